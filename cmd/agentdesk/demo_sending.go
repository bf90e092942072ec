package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// The colleagues' side of the demo's history: answers through the desk's own gate, and their ticks.

// send queues an answer, waits until it is with Meta, and plans its ticks.
func (s *seeding) send(ctx context.Context, c simulator.Customer, st step) error {
	out := store.Outgoing{ChatID: s.chats[c.ID], ClientID: uuid.NewString(), Text: st.text}
	category := "service"
	if st.kind == sendsForm {
		form, err := s.template(st)
		if err != nil {
			return err
		}
		out.TemplateID, out.Values, category = form.ID, store.TemplateValues{}, map[string]string{"UTILITY": "utility", "MARKETING": "marketing"}[form.Category]
		for i, v := range form.Variables() {
			if i < len(st.values) {
				out.Values[v.Field] = st.values[i]
			}
		}
	}
	s.sim.UpdateCustomer(c.ID, func(c *simulator.Customer) {
		c.Reads = st.fate == "" || st.fate == store.Read
		c.Offline = st.fate == store.Sent || st.fate == store.Accepted
		c.Blocked = st.code == 131026
	})
	switch {
	case st.fate == store.Unconfirmed:
		s.sim.Faults().LoseAnswer(1)
	case st.code != 0 && st.code != 131026:
		s.sim.Faults().FailStatus(st.code, 1)
	}
	m, err := s.store.QueueMessage(ctx, s.people[st.by], out)
	if err != nil {
		return err
	}
	err = s.until(ctx, "the sender", func() (bool, error) {
		m, err = s.store.Message(ctx, s.admin, m.ID)
		return m.Status != store.Queued && m.Status != store.Sending, err
	})
	if err != nil {
		return err
	}
	if m.Status == store.Failed {
		return fmt.Errorf("refused with %d", m.ErrorCode)
	}
	s.ours[c.ID] = append(s.ours[c.ID], m.WAMID)
	s.plan(c, st, m, category)
	return nil
}

func (s *seeding) template(st step) (store.Template, error) {
	for _, t := range s.templates {
		if t.Name == st.form && t.Language == st.lang {
			return t, nil
		}
	}
	return store.Template{}, fmt.Errorf("no template %s in %s", st.form, st.lang)
}

// plan says when a message of ours gets its ticks, as far as it gets.
func (s *seeding) plan(c simulator.Customer, st step, m store.Message, category string) {
	reading := 15*time.Second + time.Duration(m.ID*53%140)*time.Second
	ways := map[store.Status][]tick{
		"":                {{status: store.Sent}, {status: store.Delivered}, {status: store.Read}},
		store.Read:        {{status: store.Sent}, {status: store.Delivered}, {status: store.Read}},
		store.Delivered:   {{status: store.Sent}, {status: store.Delivered}},
		store.Sent:        {{status: store.Sent}},
		store.Failed:      {{status: store.Failed}},
		store.Accepted:    nil,
		store.Unconfirmed: nil,
	}
	after := map[store.Status]time.Duration{store.Sent: time.Second, store.Delivered: 2 * time.Second, store.Failed: 2 * time.Second, store.Read: reading}
	for _, t := range ways[st.fate] {
		t.at, t.to, t.wamid, t.opaque = st.at.Add(after[t.status]), c, m.WAMID, fmt.Sprintf("msg:%d", m.ID)
		t.code, t.category = st.code, category
		s.pending = append(s.pending, t)
	}
}

// tell delivers the ticks whose time has come by at. Somebody who writes has read what came before, so the ticks of that
// customer come in any case.
func (s *seeding) tell(ctx context.Context, at time.Time, customer string) error {
	var due, later []tick
	for _, t := range s.pending {
		if t.to.ID == customer && t.at.After(at) {
			t.at = at.Add(-time.Second)
		}
		if t.at.After(at) {
			later = append(later, t)
			continue
		}
		due = append(due, t)
	}
	if len(due) == 0 {
		return nil
	}
	slices.SortStableFunc(due, func(a, b tick) int { return a.at.Compare(b.at) })
	s.pending = later
	s.sim.Deliver(tickDelivery(due))
	s.delivered++
	return s.takenIn(ctx)
}
