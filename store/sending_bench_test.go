package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// BenchmarkQueueMessage is one answer through the gate, on a floor of 10,000 chats.
func BenchmarkQueueMessage(b *testing.B) {
	d := storetest.New(b)
	chats := d.Queue(b, 10_000)
	next := 0
	b.ResetTimer()
	for b.Loop() {
		say(b, d, d.Ana, chats[next%len(chats)], "It is on its way and comes between ten and twelve.")
		next++
	}
}

// BenchmarkClaimDue claims 20 messages of a backlog in 10,000 chats, two in each, and records that Meta took them.
func BenchmarkClaimDue(b *testing.B) {
	d := storetest.New(b)
	plantBacklog(b, d, 10_000)
	b.ResetTimer()
	for b.Loop() {
		due, err := d.Store.ClaimDue(b.Context(), 20)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if len(due) < 20 { // all sent: begin anew
			d.Exec(b, "UPDATE messages SET status = 'queued', rank = 0, wamid = NULL WHERE direction = 'out'")
		} else {
			for _, x := range due {
				d.Exec(b, "UPDATE messages SET status = 'accepted', rank = 2 WHERE id = ?", x.Message.ID)
			}
		}
		b.StartTimer()
	}
}

// BenchmarkIdleOutbox is what every commit of the desk costs the outbox while 10,000 messages wait for a paused number.
func BenchmarkIdleOutbox(b *testing.B) {
	d := storetest.New(b)
	plantBacklog(b, d, 5_000)
	if err := d.Store.PauseNumber(b.Context(), d.Number.ID, 190, store.PauseToken); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if due, err := d.Store.ClaimDue(b.Context(), 20); err != nil || len(due) != 0 {
			b.Fatalf("%d due, %v", len(due), err)
		}
		if _, err := d.Store.NextDue(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStatus is a status from delivery to thread.
func BenchmarkStatus(b *testing.B) {
	d := storetest.New(b)
	chats := d.Queue(b, 1)
	for b.Loop() {
		b.StopTimer()
		wamid := uuid.NewString()
		sent(b, d, d.Ana, chats[0], wamid)
		b.StartTimer()
		d.Report(b, status(d, wamid, store.Delivered))
	}
}

// plantBacklog puts two queued messages into each of so many chats.
func plantBacklog(b *testing.B, d *storetest.Desk, chats int) {
	b.Helper()
	ids := d.Queue(b, chats)
	db, err := d.DB.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Rollback()
	due := d.Real.Now().Add(-time.Hour).UnixMilli()
	for range 2 {
		for _, id := range ids {
			_, err := db.ExecContext(b.Context(), "INSERT INTO messages (chat_id, number_id, direction, kind, client_id, agent_id, at, body, status,"+
				" next_attempt_at, created_at) VALUES (?, ?, 'out', 'text', ?, ?, ?, 'on its way', 'queued', ?, ?)",
				id, d.Number.ID, uuid.NewString(), d.Ana.ID, due, due, due)
			if err != nil {
				b.Fatal(err)
			}
			due++
		}
	}
	if err := db.Commit(); err != nil {
		b.Fatal(err)
	}
}
