package store_test

import (
	"fmt"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// waiting plants a chat in the queue with a case and one message of its customer, now.
func waiting(t testing.TB, d *storetest.Desk) store.Chat {
	t.Helper()
	id := d.Queue(t, 1)[0]
	caseID := d.Exec(t, "INSERT INTO cases (chat_id, opened_at) VALUES (?, ?)", id, d.Clock.Now().UnixMilli())
	d.Exec(t, "UPDATE chats SET case_id = ? WHERE id = ?", caseID, id)
	m := plant(t, d, id, store.Message{Direction: store.In, Body: "Hola", At: d.Clock.Now()})
	d.Exec(t, "UPDATE chats SET last_message_id = ? WHERE id = ?", m, id)
	return d.Chat(t, id)
}

// owned is a waiting chat that its owner took.
func owned(t testing.TB, d *storetest.Desk, owner store.Agent) store.Chat {
	t.Helper()
	return take(t, d, owner, waiting(t, d).ID)
}

func take(t testing.TB, d *storetest.Desk, who store.Agent, chatID int64) store.Chat {
	t.Helper()
	c, err := d.Store.TakeChat(t.Context(), who, chatID, true)
	if err != nil {
		t.Fatalf("%s takes chat %d: %v", who.Name, chatID, err)
	}
	return c
}

// plant puts a message into a chat past every rule, and returns its id. What is left empty is a customer's text.
func plant(t testing.TB, d *storetest.Desk, chatID int64, m store.Message) int64 {
	t.Helper()
	if m.Direction == "" {
		m.Direction = store.In
	}
	if m.Kind == "" {
		m.Kind = store.KindText
	}
	orNull := func(id int64) any {
		if id == 0 {
			return nil
		}
		return id
	}
	id := d.Exec(t, "INSERT INTO messages (chat_id, case_id, number_id, direction, kind, agent_id, at, body, quoted_wamid, status, rank,"+
		" retry_of_id, edited_at, created_at) SELECT id, case_id, number_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM chats WHERE id = ?",
		m.Direction, m.Kind, orNull(m.AgentID), m.At.UnixMilli(), m.Body, m.QuotedWAMID, m.Status, m.Status.Rank(),
		orNull(m.RetryOfID), max(0, m.EditedAt.UnixMilli()), d.Clock.Now().UnixMilli(), chatID)
	wamid := m.WAMID
	if wamid == "" {
		wamid = fmt.Sprintf("wamid.PLANTED%d", id)
	}
	d.Exec(t, "UPDATE messages SET wamid = ? WHERE id = ?", wamid, id)
	return id
}

// seeing is the person as if the desk's setting were another.
func seeing(who store.Agent, v store.Visibility) store.Agent {
	who.Visibility = v
	return who
}

// unchanged holds a refusal to leaving no trace: neither chat nor log nor anybody's count differ afterwards.
func unchanged(t testing.TB, d *storetest.Desk, do func()) {
	t.Helper()
	state := func() [3]int64 {
		return [3]int64{
			d.Count(t, "SELECT COALESCE(SUM(version), 0) FROM chats"),
			d.Count(t, "SELECT COALESCE(MAX(seq), 0) FROM events"),
			d.Count(t, "SELECT SUM(open_count) + (SELECT COUNT(*) FROM assignments) + (SELECT COUNT(*) FROM thread_lines) FROM agents"),
		}
	}
	before := state()
	do()
	if after := state(); after != before {
		t.Errorf("versions, events and records were %v and are %v", before, after)
	}
}

// eventsOf are the events that something leaves.
func eventsOf(t testing.TB, d *storetest.Desk, do func()) []store.Event {
	t.Helper()
	seq, err := d.Store.LastSeq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	do()
	events, complete, err := d.Store.EventsAfter(t.Context(), seq, 1000)
	if err != nil || !complete {
		t.Fatalf("events after %d: complete %v, %v", seq, complete, err)
	}
	for i := range events {
		events[i].Seq, events[i].At = 0, time.Time{}
	}
	return events
}

// countsAgree holds everybody's open count to the chats they own.
func countsAgree(t testing.TB, d *storetest.Desk) {
	t.Helper()
	wrong := d.Count(t, "SELECT COUNT(*) FROM agents WHERE open_count <> (SELECT COUNT(*) FROM chats WHERE owner_id = agents.id)")
	if wrong != 0 {
		t.Errorf("%d people have an open count that is not the number of their chats", wrong)
	}
}

// bigFloor plants chats with messages each, behind the store's back and quickly. One in five is open, and of those one in
// three each is Ana's, Ben's and in the queue; the rest are closed, Ana's and Ben's by turns. Every fourth message is an
// answer of Ana's that was read.
func bigFloor(t testing.TB, d *storetest.Desk, chats, messages int) {
	t.Helper()
	now, day := d.Clock.Now().UnixMilli(), store.WindowLength.Milliseconds()
	const upTo = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
	d.Exec(t, upTo+"INSERT INTO contacts (id, profile_name, created_at, updated_at) SELECT i, 'Planted ' || i, ?, ? FROM n", chats, now, now)
	d.Exec(t, upTo+"INSERT INTO chats (id, number_id, contact_id, team_id, state, owner_id, last_owner_id, queued_at, waiting_since, window_from,"+
		" window_until, next_up, unread, last_message_at, closed_at, case_id, created_at)"+
		" SELECT i, ?, i, 1, CASE WHEN i % 5 = 0 THEN 'open' ELSE 'closed' END, CASE WHEN i % 5 = 0 THEN CASE i % 3 WHEN 0 THEN ? WHEN 1 THEN ? END END,"+
		" CASE WHEN i % 5 > 0 THEN CASE i % 2 WHEN 0 THEN ? ELSE ? END END, ?, ?, ? - i * 1000, ? - i * 1000, ? - i * 1000, i % 2, ? - i * 1000,"+
		" CASE WHEN i % 5 > 0 THEN ? - i * 1000 ELSE 0 END, i, ? FROM n",
		chats, d.Number.ID, d.Ana.ID, d.Ben.ID, d.Ana.ID, d.Ben.ID, now, now, now, now+day, now+day, now, now, now)
	d.Exec(t, upTo+"INSERT INTO cases (id, chat_id, opened_at, closed_at) SELECT i, i, ?, (SELECT closed_at FROM chats WHERE id = i) FROM n", chats, now)
	d.Exec(t, upTo+"INSERT INTO messages (chat_id, case_id, number_id, direction, kind, wamid, agent_id, at, body, status, rank, created_at)"+
		" SELECT chats.id, case_id, number_id, CASE WHEN i % 4 = 0 THEN 'out' ELSE 'in' END, 'text', 'wamid.' || chats.id || '.' || i,"+
		" CASE WHEN i % 4 = 0 THEN ? END, last_message_at - (? - i) * 60000, 'What was said as number ' || i, CASE WHEN i % 4 = 0 THEN 'read' ELSE '' END,"+
		" CASE WHEN i % 4 = 0 THEN 6 ELSE 0 END, ? FROM chats, n", messages, d.Ana.ID, messages, now)
	d.Exec(t, "UPDATE chats SET last_message_id = (SELECT id FROM messages WHERE chat_id = chats.id ORDER BY at DESC, id DESC LIMIT 1)")
	for rank, status := range []store.Status{store.Accepted, store.Sent, store.Delivered, store.Read} {
		d.Exec(t, "INSERT INTO message_statuses (message_id, status, at, received_at) SELECT id, ?, at + ?, at FROM messages WHERE direction = 'out'", status, rank)
	}
	d.Exec(t, "INSERT INTO assignments (chat_id, case_id, at, kind, agent_id, by_id) SELECT id, case_id, ?, 'taken', ?, ? FROM chats", now, d.Ana.ID, d.Ana.ID)
	d.Exec(t, "INSERT INTO thread_lines (chat_id, at, kind, agent_id, case_id, assignment_id) SELECT chat_id, at, kind, agent_id, case_id, id FROM assignments")
	d.Exec(t, "INSERT INTO chat_openings (chat_id, agent_id, at) SELECT id, ?, ? FROM chats", d.Ana.ID, now)
	d.Exec(t, "UPDATE agents SET open_count = (SELECT COUNT(*) FROM chats WHERE owner_id = agents.id)")
}
