package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// What the tests of gate, outbox and statuses are written in.

// say queues a text as somebody.
func say(t testing.TB, d *storetest.Desk, who store.Agent, chatID int64, text string) store.Message {
	t.Helper()
	m, err := d.Store.QueueMessage(t.Context(), who, store.Outgoing{ChatID: chatID, ClientID: uuid.NewString(), Text: text})
	if err != nil {
		t.Fatalf("%s sends %q: %v", who.Name, text, err)
	}
	return m
}

// claim takes what is due and fails unless it is these messages, in this order.
func claim(t testing.TB, d *storetest.Desk, want ...store.Message) []store.Due {
	t.Helper()
	due, err := d.Store.ClaimDue(t.Context(), 100)
	if err != nil {
		t.Fatalf("claim: %v", err)
	}
	if len(due) != len(want) {
		t.Fatalf("claimed %d messages, want %d: %+v", len(due), len(want), due)
	}
	for i := range due {
		if due[i].Message.ID != want[i].ID || due[i].Message.Status != store.Sending {
			t.Fatalf("claim %d is message %d (%s), want %d", i, due[i].Message.ID, due[i].Message.Status, want[i].ID)
		}
	}
	return due
}

// sent queues a text and has Meta take it under this id.
func sent(t testing.TB, d *storetest.Desk, who store.Agent, chatID int64, wamid string) store.Message {
	t.Helper()
	m := say(t, d, who, chatID, "on its way")
	claim(t, d, m)
	accept(t, d, m, wamid)
	return m
}

func accept(t testing.TB, d *storetest.Desk, m store.Message, wamid string) {
	t.Helper()
	if err := d.Store.RecordAccepted(t.Context(), m.ID, wamid, store.Identity{}); err != nil {
		t.Fatalf("accept: %v", err)
	}
}

func refuse(t testing.TB, d *storetest.Desk, m store.Message, code int, reason store.FailReason) {
	t.Helper()
	if err := d.Store.RecordRefused(t.Context(), m.ID, code, reason, "said Meta"); err != nil {
		t.Fatalf("refuse: %v", err)
	}
}

// lose makes a claimed message unconfirmed.
func lose(t testing.TB, d *storetest.Desk, m store.Message) {
	t.Helper()
	if err := d.Store.RecordUnknown(t.Context(), m.ID, 0, "no answer"); err != nil {
		t.Fatalf("lose: %v", err)
	}
}

// afresh loads a message as the admin sees it now.
func afresh(t testing.TB, d *storetest.Desk, m store.Message) store.Message {
	t.Helper()
	now, err := d.Store.Message(t.Context(), d.Alex, m.ID)
	if err != nil {
		t.Fatalf("message %d: %v", m.ID, err)
	}
	return now
}

func wantStatus(t testing.TB, d *storetest.Desk, m store.Message, want store.Status) store.Message {
	t.Helper()
	now := afresh(t, d, m)
	if now.Status != want || now.Rank != want.Rank() {
		t.Fatalf("message %d is %s (rank %d), want %s", m.ID, now.Status, now.Rank, want)
	}
	return now
}

func wantConflict(t testing.TB, err error, kind store.ConflictKind) store.Conflict {
	t.Helper()
	var conflict store.Conflict
	if !errors.As(err, &conflict) || conflict.Kind != kind {
		t.Fatalf("got %v, want conflict %s", err, kind)
	}
	return conflict
}

func wantInvalid(t testing.TB, err error, field string) {
	t.Helper()
	var invalid store.Invalid
	if !errors.As(err, &invalid) || invalid.Field != field || invalid.Message == "" {
		t.Fatalf("got %v, want something invalid about %s", err, field)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// changes counts the events of one kind about a message.
func changes(t testing.TB, d *storetest.Desk, kind store.EventKind, m store.Message) int64 {
	t.Helper()
	return d.Count(t, "SELECT COUNT(*) FROM events WHERE kind = ? AND message_id = ?", kind, m.ID)
}

// atOnce runs f n times at the same moment.
func atOnce(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			f(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// plantTemplate puts an approved template into the desk's account.
func plantTemplate(t testing.TB, d *storetest.Desk, template store.Template) store.Template {
	t.Helper()
	if template.Name == "" {
		template.Name = "order_update"
	}
	if template.Language == "" {
		template.Language = "en_US"
	}
	if template.Status == "" {
		template.Status = "APPROVED"
	}
	if template.Components == nil {
		template.Components = []store.TemplateComponent{{Type: "BODY", Text: "Hello {{1}}, your order {{2}} is ready."}}
	}
	before, err := d.Store.Templates(t.Context(), store.TemplateQuery{WABAID: storetest.WABAID})
	if err != nil {
		t.Fatalf("templates: %v", err)
	}
	if _, _, _, err := d.Store.SaveTemplates(t.Context(), storetest.WABAID, append(before, template)); err != nil {
		t.Fatalf("save templates: %v", err)
	}
	id := d.Count(t, "SELECT id FROM templates WHERE name = ? AND language = ?", template.Name, template.Language)
	saved, err := d.Store.Template(t.Context(), id)
	if err != nil {
		t.Fatalf("template: %v", err)
	}
	return saved
}

const later = 20 * time.Second // longer than the loser of a race is told who won
