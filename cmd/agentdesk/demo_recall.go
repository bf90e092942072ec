package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// recalled is how many messages of each chat the customers' phones show again.
const recalled = 100

// recall puts the customers of a kept data directory onto their phones again, with their newest messages: the simulator
// forgets everything when it stops, and it would refuse answers to people who, for all it knows, never wrote.
func (f demoFloor) recall(ctx context.Context) error {
	alex, err := f.admin(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return errors.New("the data directory holds a desk that is not the demo's; choose another AGENTDESK_DATA_DIR")
	}
	if err != nil {
		return err
	}
	for _, view := range []store.View{store.ViewAll, store.ViewClosed} {
		after := ""
		for {
			rows, next, err := f.store.ChatList(ctx, alex, store.ListQuery{View: view, After: after, Limit: 200})
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := f.recallChat(ctx, alex, row.Chat.ID); err != nil {
					return fmt.Errorf("chat %d: %w", row.Chat.ID, err)
				}
			}
			if after = next; after == "" {
				break
			}
		}
	}
	return nil
}

func (f demoFloor) recallChat(ctx context.Context, alex store.Agent, id int64) error {
	page, err := f.store.Chat(ctx, alex, id)
	if err != nil {
		return err
	}
	thread, err := f.store.Thread(ctx, alex, id, store.ThreadQuery{Limit: recalled})
	if err != nil {
		return err
	}
	who := f.sim.AddCustomer(knownCustomer(page))
	for _, m := range thread.Messages {
		if m.Direction == store.Out && m.WAMID == "" {
			continue // it never left
		}
		f.sim.Remember(simulator.Past{CustomerID: who.ID, WAMID: m.WAMID, FromCustomer: m.Direction == store.In, Body: recalledBody(m), At: m.At})
	}
	return nil
}

// knownCustomer is the customer that a chat's contact was in the table, with the ids that they have now; or, for somebody
// who was added on the phone page, one with the contact's ids.
func knownCustomer(page store.ChatPage) simulator.Customer {
	c := page.Contact
	now := simulator.Customer{ID: fmt.Sprintf("kept-%d", c.ID), Name: c.ProfileName, Language: "en"}
	for _, known := range invented() {
		if slices.ContainsFunc(page.Identities, func(i store.ContactIdentity) bool { return i.Value == known.BSUID }) {
			now = known
		}
	}
	now.BSUID, now.Username, now.WaID, now.Phone = c.BSUID, c.Username, c.WaID, ""
	if c.WaID != "" {
		now.Phone = c.Phone
	}
	return now
}

// recalledBody is a message as the phone shows it again: its text, or what kind it was.
func recalledBody(m store.Message) map[string]any {
	switch {
	case m.Kind == store.KindSystem: // opens no window
		return map[string]any{"type": "system", "system": map[string]any{"body": m.Body}}
	case m.Kind == store.KindLocation && m.Details.Location != nil:
		l := m.Details.Location
		return map[string]any{"type": "location", "location": map[string]any{"latitude": l.Latitude, "longitude": l.Longitude, "name": l.Name, "address": l.Address}}
	case m.Details.Template != nil:
		return text(m.Details.Template.Body)
	case m.Details.Media != nil:
		return map[string]any{"type": string(m.Kind), string(m.Kind): map[string]any{"caption": m.Body, "filename": m.Details.Media.FileName}}
	case m.Body == "":
		return map[string]any{"type": string(m.Kind)}
	}
	return text(m.Body)
}

func text(body string) map[string]any {
	return map[string]any{"type": "text", "text": map[string]any{"body": body}}
}

// invented are all customers of the tables: the guests, and those who are still to come.
func invented() []simulator.Customer {
	var all []simulator.Customer
	for _, g := range demoGuests {
		all = append(all, g.Customer)
	}
	for _, n := range demoNewcomers {
		all = append(all, n.Customer)
	}
	return all
}
