package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"agentdesk/store"
)

// Person adds somebody to the first team, with a password and the time zone Europe/Madrid.
func (d *Desk) Person(t testing.TB, name string, role store.Role) store.Agent {
	t.Helper()
	a, err := d.Store.CreateAgent(t.Context(), nil, store.NewAgent{Email: email(name), Name: name,
		TimeZone: "Europe/Madrid", Role: role, PasswordHash: PasswordHash})
	if err != nil {
		t.Fatalf("add %s: %v", name, err)
	}
	return a
}

// email is the first name at demo.test.
func email(name string) string {
	first := name
	for i, r := range name {
		if r == ' ' {
			first = name[:i]
			break
		}
	}
	return first + "@demo.test"
}

// Agent loads somebody afresh, as they stand now.
func (d *Desk) Agent(t testing.TB, id int64) store.Agent {
	t.Helper()
	a, err := d.Store.AgentByID(t.Context(), id)
	if err != nil {
		t.Fatalf("agent %d: %v", id, err)
	}
	return a
}

// Available makes people available for the router.
func (d *Desk) Available(t testing.TB, people ...store.Agent) {
	t.Helper()
	for _, a := range people {
		if err := d.Store.ChoosePresence(t.Context(), a, store.Available); err != nil {
			t.Fatalf("%s available: %v", a.Name, err)
		}
	}
}

// Customer is how Meta names customer n, 1 to 999.
func Customer(n int) store.Identity {
	return store.Identity{BSUID: fmt.Sprintf("ES.cust%04d", n), WaID: fmt.Sprintf("34600000%03d", n), ProfileName: fmt.Sprintf("Customer %d", n)}
}

// Inbound lets customer n write a text now, the way a webhook brings it, and returns their chat.
func (d *Desk) Inbound(t testing.TB, customer int, text string) store.Chat {
	t.Helper()
	d.Report(t, d.Text(customer, text))
	id := d.Count(t, "SELECT chats.id FROM chats JOIN contact_identities i ON i.contact_id = chats.contact_id"+
		" WHERE i.kind = 'bsuid' AND i.value = ? AND i.ended_at = 0", Customer(customer).BSUID)
	return d.Chat(t, id)
}

// Text is a message of customer n, stamped now, with a wamid of its own.
func (d *Desk) Text(customer int, text string) store.InboundMessage {
	return store.InboundMessage{PhoneNumberID: PhoneNumberID, From: Customer(customer),
		WAMID: fmt.Sprintf("wamid.TEST%06d", d.messages.Add(1)), SentAt: d.Clock.Now().Truncate(time.Second), Kind: store.KindText, Body: text}
}

// Report keeps one delivery and applies these reports as what was read in it.
func (d *Desk) Report(t testing.TB, reports ...store.Report) {
	t.Helper()
	body, err := json.Marshal(map[string]int64{"storetest": d.messages.Add(1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Store.KeepDelivery(t.Context(), body); err != nil {
		t.Fatalf("keep delivery: %v", err)
	}
	id := d.Count(t, "SELECT id FROM deliveries WHERE body = ?", body)
	if err := d.Store.ApplyDeliveries(t.Context(), []store.Processed{{DeliveryID: id, Reports: reports}}); err != nil {
		t.Fatalf("apply delivery: %v", err)
	}
}

// Chat loads a chat as the admin sees it.
func (d *Desk) Chat(t testing.TB, id int64) store.Chat {
	t.Helper()
	page, err := d.Store.Chat(t.Context(), d.Alex, id)
	if err != nil {
		t.Fatalf("chat %d: %v", id, err)
	}
	return page.Chat
}

// Owned lets customer n write and gives the chat to somebody by hand.
func (d *Desk) Owned(t testing.TB, owner store.Agent, customer int, text string) store.Chat {
	t.Helper()
	c := d.Inbound(t, customer, text)
	taken, err := d.Store.TakeChat(t.Context(), owner, c.ID, true)
	if err != nil {
		t.Fatalf("%s takes chat %d: %v", owner.Name, c.ID, err)
	}
	return taken
}

// Queue plants n chats in the queue, a second apart from now on, in which a customer waits; it returns their ids, oldest
// first. They have contacts without identities and no messages: fast floors for the router and for benchmarks.
func (d *Desk) Queue(t testing.TB, n int) []int64 {
	t.Helper()
	db, err := d.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Rollback()
	ids := make([]int64, n)
	for i := range ids {
		at := d.Clock.Now().Add(time.Duration(i) * time.Second).UnixMilli()
		until := at + store.WindowLength.Milliseconds()
		contact, err := db.ExecContext(t.Context(), "INSERT INTO contacts (profile_name, created_at, updated_at) VALUES (?, ?, ?)",
			fmt.Sprintf("Planted %d", i+1), at, at)
		if err != nil {
			t.Fatalf("plant contact: %v", err)
		}
		contactID, err := contact.LastInsertId()
		if err != nil {
			t.Fatal(err)
		}
		chat, err := db.ExecContext(t.Context(), "INSERT INTO chats (number_id, contact_id, team_id, queued_at, waiting_since, window_from,"+
			" window_until, last_message_at, next_up, unread, created_at) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, 1, ?)",
			d.Number.ID, contactID, at, at, at, until, at, until, at)
		if err != nil {
			t.Fatalf("plant chat: %v", err)
		}
		if ids[i], err = chat.LastInsertId(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Commit(); err != nil {
		t.Fatalf("plant chats: %v", err)
	}
	return ids
}
