package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// tell applies reports, for tests that run side by side and for those that expect an error.
func tell(d *storetest.Desk, reports ...store.Report) error {
	return d.Store.ApplyDeliveries(context.Background(), []store.Processed{{Reports: reports}})
}

func refused(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func clash(t testing.TB, err error, kind store.ConflictKind) {
	t.Helper()
	var c store.Conflict
	if !errors.As(err, &c) || c.Kind != kind {
		t.Errorf("got %v, want conflict %s", err, kind)
	}
}

// eventsLeft are the events that something leaves.
func eventsLeft(t testing.TB, d *storetest.Desk, do func()) []store.Event {
	t.Helper()
	seq, err := d.Store.LastSeq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	do()
	events, complete, err := d.Store.EventsAfter(t.Context(), seq, 10_000)
	if err != nil || !complete {
		t.Fatalf("events after %d: complete %v, %v", seq, complete, err)
	}
	return events
}

func kindsOf(events []store.Event) string {
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, string(e.Kind))
	}
	return strings.Join(kinds, " ")
}

// messageOf reads a message by its WhatsApp id, as the admin sees it.
func messageOf(t testing.TB, d *storetest.Desk, wamid string) store.Message {
	t.Helper()
	m, err := d.Store.Message(t.Context(), d.Alex, d.Count(t, "SELECT COALESCE(MAX(id), 0) FROM messages WHERE wamid = ?", wamid))
	if err != nil {
		t.Fatalf("message %s: %v", wamid, err)
	}
	return m
}

func TestReceiveBeginsAChat(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Clock.Advance(3500 * time.Millisecond)
	at := d.Clock.Now().Truncate(time.Second)
	var c store.Chat
	events := eventsLeft(t, d, func() { c = d.Inbound(t, 1, "Hello") })
	if c.State != store.ChatOpen || c.OwnerID != 0 || c.TeamID != d.Number.TeamID || c.NumberID != d.Number.ID || c.CaseID == 0 ||
		!c.QueuedAt.Equal(d.Clock.Now()) {
		t.Errorf("chat: %+v", c)
	}
	if c.Unread != 1 || !c.WaitingSince.Equal(at) || !c.LastMessageAt.Equal(at) || c.NextUp != c.WindowUntil.UnixMilli() {
		t.Errorf("waiting since %v, unread %d, last %v, next up %d", c.WaitingSince, c.Unread, c.LastMessageAt, c.NextUp)
	}
	if !c.WindowFrom.Equal(at) || !c.WindowUntil.Equal(at.Add(24*time.Hour)) {
		t.Errorf("window %v to %v", c.WindowFrom, c.WindowUntil)
	}
	if got, want := kindsOf(events), "line.added message.received chat.changed"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	th, err := d.Store.Thread(t.Context(), d.Alex, c.ID, store.ThreadQuery{})
	if err != nil || len(th.Messages) != 1 || len(th.Lines) != 1 {
		t.Fatalf("thread: %+v, %v", th, err)
	}
	m, line := th.Messages[0], th.Lines[0]
	if m.ID != c.LastMessageID || m.CaseID != c.CaseID || m.Body != "Hello" || m.Direction != store.In || m.ClockAhead || !m.At.Equal(at) {
		t.Errorf("message: %+v", m)
	}
	if line.Kind != store.LineCaseOpened || line.At.After(m.At) {
		t.Errorf("line: %+v", line)
	}
}

// Every event ten times, by 32 senders, shuffled: one row each, and nothing counted twice.
func TestReceiveDuplicatesAreQuiet(t *testing.T) {
	t.Parallel()
	const senders, times = 32, 10
	d := storetest.New(t)
	var texts []store.Report
	for i := range 20 {
		d.Clock.Advance(time.Second)
		texts = append(texts, d.Text(1+i%4, "message"))
	}
	var work []store.Report
	for range times {
		work = append(work, texts...)
	}
	rand.Shuffle(len(work), func(i, j int) { work[i], work[j] = work[j], work[i] })
	queue := make(chan store.Report, len(work))
	for _, r := range work {
		queue <- r
	}
	close(queue)
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for r := range queue {
				if err := tell(d, r); err != nil {
					t.Errorf("apply: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if n := d.Count(t, "SELECT COUNT(*) FROM messages"); n != 20 {
		t.Errorf("%d messages, want 20", n)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM chats"); n != 4 {
		t.Errorf("%d chats, want 4", n)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM chats WHERE unread <> 5"); n != 0 {
		t.Errorf("%d chats with a wrong count of unread messages", n)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM events WHERE kind = 'message.received'"); n != 20 {
		t.Errorf("%d messages announced, want 20", n)
	}

	before := d.Chat(t, 1)
	d.Clock.Advance(time.Hour)
	changed := texts[0].(store.InboundMessage)
	changed.Body, changed.SentAt = "something else under the same id", d.Clock.Now()
	events := eventsLeft(t, d, func() { d.Report(t, changed) })
	if len(events) != 0 || d.Chat(t, 1) != before {
		t.Errorf("a repeat left %s and\n%+v, was\n%+v", kindsOf(events), d.Chat(t, 1), before)
	}
	if got := messageOf(t, d, changed.WAMID).Body; got != "message" {
		t.Errorf("body %q: the first one counts", got)
	}
}

// An album: the first messages of a new customer come side by side.
func TestReceiveFirstMessagesInParallel(t *testing.T) {
	t.Parallel()
	const customers, pictures = 20, 4
	d := storetest.New(t)
	var wg sync.WaitGroup
	for i := range customers * pictures {
		r := d.Text(1+i%customers, "picture")
		r.Kind, r.Details.Media = store.KindImage, &store.Media{MetaID: fmt.Sprint(i), MIMEType: "image/jpeg"}
		wg.Go(func() {
			if err := tell(d, r); err != nil {
				t.Errorf("apply: %v", err)
			}
		})
	}
	wg.Wait()
	for query, want := range map[string]int64{
		"SELECT COUNT(*) FROM contacts":                      customers,
		"SELECT COUNT(*) FROM chats WHERE unread = 4":        customers,
		"SELECT COUNT(*) FROM cases":                         customers,
		"SELECT COUNT(*) FROM contact_identities":            2 * customers,
		"SELECT COUNT(*) FROM messages WHERE kind = 'image'": customers * pictures,
	} {
		if n := d.Count(t, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
}

func TestReceiveUnknownNumber(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	for _, r := range []store.Report{
		store.InboundMessage{PhoneNumberID: "1", WAMID: "w", From: storetest.Customer(1)},
		store.EchoMessage{PhoneNumberID: "1", WAMID: "w", To: storetest.Customer(1)},
		store.ReactionReport{PhoneNumberID: "1", TargetWAMID: "w", From: storetest.Customer(1)},
		store.EditReport{PhoneNumberID: "1", TargetWAMID: "w"}, store.RevokeReport{PhoneNumberID: "1", TargetWAMID: "w"},
		store.CallReport{PhoneNumberID: "1", CallID: "w", Contact: storetest.Customer(1)},
		store.IdentityReport{PhoneNumberID: "1", WAMID: "w", Old: storetest.Customer(1), New: storetest.Customer(2)},
		store.NoticeReport{PhoneNumberID: "1", Contact: storetest.Customer(1), Text: "x"},
	} {
		kept := keepNew(t, d, fmt.Sprintf("%T", r))
		if err := d.Store.ApplyDeliveries(t.Context(), []store.Processed{{DeliveryID: kept.ID, Reports: []store.Report{r}}}); err != nil {
			t.Errorf("%T: %v", r, err)
		}
		if got := deliveryOf(t, d, kept.ID); got.State != store.DeliveryParked || got.Error != "unknown number: 1" {
			t.Errorf("%T: %+v", r, got)
		}
	}
	for _, table := range []string{"contacts", "chats", "messages", "reactions", "pending_reports", "thread_lines"} {
		if n := d.Count(t, "SELECT COUNT(*) FROM "+table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
}

func TestReceiveClockAhead(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	r := d.Text(1, "from the future")
	r.SentAt = d.Clock.Now().Add(10 * time.Minute)
	d.Report(t, r)
	m, c := messageOf(t, d, r.WAMID), d.Chat(t, 1)
	if !m.ClockAhead || !m.At.Equal(d.Clock.Now()) {
		t.Errorf("message at %v, ahead %v", m.At, m.ClockAhead)
	}
	if !c.WindowUntil.Equal(d.Clock.Now().Add(24 * time.Hour)) {
		t.Errorf("window until %v", c.WindowUntil)
	}
}

// answer puts an agent's answer of that instant into a chat, past the gate.
func answer(t testing.TB, d *storetest.Desk, c store.Chat, at time.Time, status store.Status) {
	t.Helper()
	id := d.Exec(t, "INSERT INTO messages (chat_id, case_id, number_id, direction, kind, agent_id, at, body, status, rank, created_at)"+
		" VALUES (?, ?, ?, 'out', 'text', ?, ?, 'Answer', ?, ?, ?)", c.ID, c.CaseID, c.NumberID, d.Ana.ID, at.UnixMilli(), status,
		status.Rank(), at.UnixMilli())
	d.Exec(t, "UPDATE chats SET waiting_since = 0, unread = 0, last_message_id = ?, last_message_at = ? WHERE id = ?", id, at.UnixMilli(), c.ID)
}

func TestReceiveLate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		late     time.Duration // between the message and its arrival
		answered time.Duration // between the message and the answer
		status   store.Status
		closed   bool
		waits    bool
	}{
		{name: "three days late, answered meanwhile", late: 72 * time.Hour, answered: time.Hour, status: store.Read},
		{name: "three days late, answered and closed meanwhile", late: 72 * time.Hour, answered: time.Hour, status: store.Read, closed: true},
		{name: "three days late, the answer failed", late: 72 * time.Hour, answered: time.Hour, status: store.Failed, waits: true},
		{name: "three days late, answered before it", late: 72 * time.Hour, answered: -time.Hour, status: store.Read, waits: true},
		{name: "three days late, closed without an answer", late: 72 * time.Hour, answered: -time.Hour, status: store.Read, closed: true, waits: true},
		{name: "within the same second as the answer", late: 72 * time.Hour, answered: 400 * time.Millisecond, status: store.Sent, waits: true},
		{name: "written while the agent wrote", late: 3 * time.Second, answered: time.Second, status: store.Sent, waits: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := storetest.New(t)
			c := d.Inbound(t, 1, "first")
			d.Clock.Advance(2 * time.Hour)
			r := d.Text(1, "late")
			answer(t, d, c, r.SentAt.Add(test.answered), test.status)
			if test.closed {
				if _, err := d.Store.CloseChat(t.Context(), d.Alex, c.ID); err != nil {
					t.Fatal(err)
				}
			}
			d.Clock.Advance(test.late)
			before := d.Chat(t, c.ID)
			d.Report(t, r)
			got := d.Chat(t, c.ID)
			if got.Waiting() != test.waits || (got.Unread == 1) != test.waits || (got.State == store.ChatOpen) != (test.waits || !test.closed) {
				t.Errorf("waiting since %v, unread %d, %s", got.WaitingSince, got.Unread, got.State)
			}
			if !got.WindowUntil.Equal(r.SentAt.Add(24 * time.Hour)) {
				t.Errorf("window until %v, want it counted from the message", got.WindowUntil)
			}
			if test.late > 24*time.Hour && got.Window().Open(d.Clock.Now()) {
				t.Error("a message three days old opened the window")
			}
			if test.answered > time.Second && got.LastMessageID != before.LastMessageID {
				t.Error("the last message is not the newest in thread order")
			}
			if m := messageOf(t, d, r.WAMID); !m.At.Equal(r.SentAt) {
				t.Errorf("stands at %v, want %v", m.At, r.SentAt)
			}
		})
	}
}

func TestReceiveReopens(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "first")
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, c.ID); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Hour)
	closed := d.Chat(t, c.ID)
	var got store.Chat
	events := eventsLeft(t, d, func() { got = d.Inbound(t, 1, "again") })
	if got.State != store.ChatOpen || got.OwnerID != 0 || got.Version != closed.Version+1 || got.CaseID == closed.CaseID ||
		!got.QueuedAt.Equal(d.Clock.Now()) || !got.ClosedAt.IsZero() || got.Unread != 1 || !got.WaitingSince.Equal(d.Clock.Now()) {
		t.Errorf("reopened: %+v", got)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM assignments WHERE chat_id = ? AND kind = 'reopened' AND case_id = ? AND by_id IS NULL", c.ID, got.CaseID); n != 1 {
		t.Errorf("%d assignments of the kind reopened", n)
	}
	if n := d.Count(t, "SELECT case_id FROM messages WHERE id = ?", got.LastMessageID); n != got.CaseID {
		t.Errorf("the message is of case %d, want the new one, %d", n, got.CaseID)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM cases WHERE chat_id = ? AND closed_at = 0 AND opened_by IS NULL", c.ID); n != 1 {
		t.Errorf("%d open cases", n)
	}
	if got, want := kindsOf(events), "message.received line.added chat.changed"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
}

func TestReceiveOwnedStaysOwned(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "first")
	got := d.Inbound(t, 1, "second")
	if got.OwnerID != d.Ana.ID || got.Version != c.Version || got.CaseID != c.CaseID || got.Unread != c.Unread+1 {
		t.Errorf("was %+v\nis %+v", c, got)
	}
}

// What tells and does not ask makes nobody wait, is not unread and leaves a closed chat closed.
func TestReceiveKinds(t *testing.T) {
	t.Parallel()
	for kind, want := range map[store.MessageKind]struct{ asks, window bool }{
		store.KindText: {true, true}, store.KindImage: {true, true}, store.KindVideo: {true, true}, store.KindAudio: {true, true},
		store.KindDocument: {true, true}, store.KindSticker: {true, true}, store.KindLocation: {true, true},
		store.KindContacts: {true, true}, store.KindAnswer: {true, true}, store.KindOrder: {true, true},
		store.KindWelcome: {true, true}, store.KindUnsupported: {true, true},
		store.KindPermission: {false, false}, store.KindSystem: {false, false},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			d := storetest.New(t)
			c := d.Owned(t, d.Ana, 1, "first")
			if _, err := d.Store.CloseChat(t.Context(), d.Ana, c.ID); err != nil {
				t.Fatal(err)
			}
			d.Clock.Advance(time.Hour)
			before := d.Chat(t, c.ID)
			r := d.Text(1, "words")
			r.Kind = kind
			stranger := d.Text(2, "words")
			stranger.Kind = kind
			d.Report(t, r, stranger)
			got, fresh := d.Chat(t, c.ID), d.Chat(t, c.ID+1)
			if got.Waiting() != want.asks || (got.Unread == 1) != want.asks || (got.State == store.ChatOpen) != want.asks {
				t.Errorf("waiting since %v, unread %d, %s", got.WaitingSince, got.Unread, got.State)
			}
			if fresh.Waiting() != want.asks || (fresh.Unread == 1) != want.asks || (fresh.State == store.ChatOpen) != want.asks {
				t.Errorf("of a new contact: waiting since %v, unread %d, %s", fresh.WaitingSince, fresh.Unread, fresh.State)
			}
			if got.WindowFrom.After(before.WindowFrom) != want.window || fresh.Window().Open(d.Clock.Now()) != want.window {
				t.Errorf("window from %v; of a new contact until %v", got.WindowFrom, fresh.WindowUntil)
			}
			if got.LastMessageID == before.LastMessageID {
				t.Error("it is not the last message of its chat")
			}
		})
	}
}

// Whatever began closed is opened like any other when the contact writes.
func TestReceiveFirstWordsAfterASystemLine(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	r := d.Text(1, "security code changed")
	r.Kind = store.KindSystem
	d.Report(t, r)
	c := d.Inbound(t, 1, "Hello")
	if c.State != store.ChatOpen || c.CaseID == 0 || c.QueuedAt.IsZero() || c.Unread != 1 {
		t.Errorf("chat: %+v", c)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM thread_lines WHERE kind = 'case_opened'"); n != 1 {
		t.Errorf("%d lines of a case's beginning", n)
	}
}

func TestReceiveEcho(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Inbound(t, 1, "question")
	d.Clock.Advance(time.Minute)
	second := d.Text(1, "after the answer")
	d.Clock.Advance(time.Minute)
	d.Report(t, second)
	echo := store.EchoMessage{PhoneNumberID: storetest.PhoneNumberID, To: storetest.Customer(1), WAMID: "wamid.APP1",
		SentAt: c.WaitingSince.Add(30 * time.Second), Kind: store.KindText, Body: "from the phone"}
	d.Report(t, echo, echo)
	got, m := d.Chat(t, c.ID), messageOf(t, d, "wamid.APP1")
	if m.Direction != store.Out || m.AgentID != 0 || !m.Details.FromApp || m.Status != store.Sent {
		t.Errorf("message: %+v", m)
	}
	if !got.WaitingSince.Equal(second.SentAt) || !got.WindowFrom.Equal(second.SentAt) || got.Unread != 2 {
		t.Errorf("waiting since %v, window from %v, unread %d", got.WaitingSince, got.WindowFrom, got.Unread)
	}
	echo.WAMID, echo.SentAt = "wamid.APP2", d.Clock.Now()
	d.Report(t, echo)
	if got := d.Chat(t, c.ID); got.Waiting() || got.LastMessageID != messageOf(t, d, "wamid.APP2").ID || !got.WindowFrom.Equal(second.SentAt) {
		t.Errorf("after an answer from the phone: %+v", got)
	}
	echo.WAMID, echo.To = "wamid.APP3", storetest.Customer(2)
	d.Report(t, echo)
	if got := d.Chat(t, c.ID+1); got.State != store.ChatClosed || !got.WindowUntil.IsZero() || got.Waiting() {
		t.Errorf("to somebody new: %+v", got)
	}
}

func TestReceiveHostileText(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	r := d.Text(1, "a\x00b\xffc")
	r.From.ProfileName, r.From.Username = "N\x00N", "@u\x00u"
	r.Details.Answer = &store.Answer{Type: "button", Title: `back\u0000slash` + "\x00"}
	r.Details.Unsupported = &store.Unsupported{Raw: json.RawMessage(`{"a":"\u0000\\u0000","b":"\ud800","c":"\\\u0000"}`)}
	long := d.Text(2, strings.Repeat("💡", 16_384))
	d.Report(t, r, long)
	m := messageOf(t, d, r.WAMID)
	if m.Body != "a\uFFFDb\uFFFDc" || m.Details.Answer.Title != `back\u0000slash`+"\uFFFD" {
		t.Errorf("body %q, title %q", m.Body, m.Details.Answer.Title)
	}
	if got, want := string(m.Details.Unsupported.Raw), `{"a":"\ufffd\\u0000","b":"\ud800","c":"\\\ufffd"}`; got != want {
		t.Errorf("raw %s, want %s", got, want)
	}
	var raw map[string]string
	if err := json.Unmarshal(m.Details.Unsupported.Raw, &raw); err != nil || raw["b"] != "\uFFFD" {
		t.Errorf("raw %q, %v", raw, err)
	}
	if got := messageOf(t, d, long.WAMID).Body; got != long.Body {
		t.Errorf("%d bytes of 64 kB", len(got))
	}
	page, err := d.Store.Chat(t.Context(), d.Alex, m.ChatID)
	if err != nil || page.Contact.ProfileName != "N\uFFFDN" || page.Contact.Username != "u\uFFFDu" {
		t.Errorf("contact %+v, %v", page.Contact, err)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM messages WHERE instr(details, '\\u0000') > 0 AND instr(details, 'back') = 0"); n != 0 {
		t.Error("a NUL is left in the details")
	}
}
