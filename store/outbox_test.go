package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestClaimedWithEverythingTheCallNeeds(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 7, "hello")
	m := say(t, d, d.Ana, c.ID, "hi")
	due := claim(t, d, m)[0]
	if due.Contact.WaID != storetest.Customer(7).WaID || due.Number.PhoneNumberID != storetest.PhoneNumberID || due.Message.Body != "hi" ||
		!due.Message.SendingAt.Equal(d.Real.Now()) {
		t.Errorf("claimed %+v", due)
	}
	wantStatus(t, d, m, store.Sending)
	claim(t, d)
	if n := changes(t, d, store.MessageChanged, m); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestOrderWithinAChat(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	a, b := d.Owned(t, d.Ana, 1, "hello"), d.Owned(t, d.Ana, 2, "hello")
	a1, a2, b1 := say(t, d, d.Ana, a.ID, "a1"), say(t, d, d.Ana, a.ID, "a2"), say(t, d, d.Ana, b.ID, "b1")
	claim(t, d, a1, b1)
	claim(t, d) // a1 is on its way
	accept(t, d, a1, "wamid.a1")
	claim(t, d, a2)

	// A head that is put back holds what stands behind it, even when that would be due before.
	a3 := say(t, d, d.Ana, a.ID, "a3")
	at := d.Real.Now().Add(4 * time.Second)
	if err := d.Store.PutBack(t.Context(), a2.ID, at, 131056, "pair rate"); err != nil {
		t.Fatal(err)
	}
	if now := wantStatus(t, d, a2, store.Queued); now.Attempts != 1 || !now.NextAttemptAt.Equal(at) || now.ErrorCode != 131056 {
		t.Errorf("put back: %+v", now)
	}
	claim(t, d)
	wantDue(t, d, at)
	d.Real.Advance(4*time.Second - time.Millisecond)
	claim(t, d)
	d.Real.Advance(time.Millisecond)
	claim(t, d, a2)
	wantDue(t, d, time.Time{})

	// One that is refused fails alone.
	refuse(t, d, a2, 100, store.FailOurs)
	claim(t, d, a3)
	wantStatus(t, d, a2, store.Failed)
}

func TestClaimLimit(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	var queued []store.Message
	for i := range 5 {
		queued = append(queued, say(t, d, d.Ana, d.Owned(t, d.Ana, i+1, "hello").ID, "hi"))
	}
	for i, want := range []int{2, 2, 1, 0} {
		due, err := d.Store.ClaimDue(t.Context(), 2)
		if err != nil || len(due) != want {
			t.Fatalf("claim %d: %d messages, %v", i, len(due), err)
		}
		for j := range due {
			if due[j].Message.ID != queued[2*i+j].ID {
				t.Errorf("claim %d brings message %d before %d", i, due[j].Message.ID, queued[2*i+j].ID)
			}
		}
	}
}

func TestClaimingAtOnce(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	const chats, each = 10, 3
	for i := range chats {
		c := d.Owned(t, d.Ana, i+1, "hello")
		for range each {
			say(t, d, d.Ana, c.ID, "hi")
		}
	}
	var mu sync.Mutex
	claimed := map[int64]int{}
	last := map[int64]int64{}
	atOnce(8, func(worker int) {
		for range 200 {
			due, err := d.Store.ClaimDue(t.Context(), 4)
			if err != nil {
				t.Errorf("claim: %v", err)
				return
			}
			for _, x := range due {
				mu.Lock()
				claimed[x.Message.ID]++
				if last[x.Message.ChatID] > x.Message.ID {
					t.Errorf("message %d after %d", x.Message.ID, last[x.Message.ChatID])
				}
				last[x.Message.ChatID] = x.Message.ID
				all := len(claimed) == chats*each
				mu.Unlock()
				if err := d.Store.RecordAccepted(t.Context(), x.Message.ID, fmt.Sprintf("wamid.%d", x.Message.ID), store.Identity{}); err != nil {
					t.Errorf("accept: %v", err)
				}
				if all {
					return
				}
			}
		}
	})
	for id, times := range claimed {
		if times != 1 {
			t.Errorf("message %d was claimed %d times", id, times)
		}
	}
	if len(claimed) != chats*each {
		t.Errorf("%d of %d were claimed", len(claimed), chats*each)
	}
}

func TestWindowIsCheckedAgainWhenTheTurnComes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration // past Meta's 24 hours
		sent  bool
	}{{-time.Millisecond, true}, {0, false}, {5 * time.Second, false}} {
		t.Run(c.after.String(), func(t *testing.T) {
			t.Parallel()
			d := storetest.New(t)
			chat := d.Owned(t, d.Ana, 1, "hello")
			template := plantTemplate(t, d, store.Template{Components: []store.TemplateComponent{{Type: "BODY", Text: "Hello again"}}})
			d.Clock.Set(chat.WindowUntil.Add(-40 * time.Second))
			text := say(t, d, d.Ana, chat.ID, "hi")
			behind, err := d.Store.QueueMessage(t.Context(), d.Ana, store.Outgoing{ChatID: chat.ID, ClientID: uuid.NewString(), TemplateID: template.ID})
			if err != nil {
				t.Fatal(err)
			}
			d.Clock.Set(chat.WindowUntil.Add(c.after))
			if c.sent {
				claim(t, d, text)
				return
			}
			claim(t, d)
			now := wantStatus(t, d, text, store.Failed)
			if now.ErrorReason != store.FailWindowEnded || now.ErrorCode != 0 {
				t.Errorf("failed with %+v", now)
			}
			if n := changes(t, d, store.MessageChanged, text); n != 1 {
				t.Errorf("%d events", n)
			}
			if n := d.Count(t, "SELECT COUNT(*) FROM thread_lines WHERE kind = 'window_ended'"); n != 0 {
				t.Errorf("%d lines quote Meta, who said nothing", n)
			}
			claim(t, d, behind)
		})
	}
}

func TestStuckHeadHoldsNobodyElse(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	a, b := d.Owned(t, d.Ana, 1, "hello"), d.Owned(t, d.Ana, 2, "hello")
	stuck, behind := say(t, d, d.Ana, a.ID, "stuck"), say(t, d, d.Ana, a.ID, "behind")
	claim(t, d, stuck)
	other := say(t, d, d.Ana, b.ID, "other")
	d.Real.Advance(time.Hour)
	claim(t, d, other)
	wantStatus(t, d, behind, store.Queued)
}

func TestUnconfirmedHoldsItsChat(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	lost, behind := say(t, d, d.Ana, c.ID, "lost"), say(t, d, d.Ana, c.ID, "behind")
	claim(t, d, lost)
	d.Real.Advance(30 * time.Second)
	lose(t, d, lost)
	held := d.Real.Now().Add(120 * time.Second)
	wantDue(t, d, held)
	release := func(want int) {
		t.Helper()
		if n, err := d.Store.ReleaseUnconfirmed(t.Context()); err != nil || n != want {
			t.Fatalf("released %d, want %d: %v", n, want, err)
		}
	}

	d.Clock.Advance(10 * time.Hour) // business time rules nothing here
	d.Real.Set(held.Add(-time.Millisecond))
	claim(t, d)
	release(0)
	if afresh(t, d, lost).Undecided(d.Real.Now()) {
		t.Error("the agent is asked too early")
	}
	before := changes(t, d, store.MessageChanged, lost)
	d.Real.Set(held)
	claim(t, d, behind)
	release(1)
	release(0)
	if n := changes(t, d, store.MessageChanged, lost) - before; n != 1 {
		t.Errorf("announced %d times", n)
	}
	if !wantStatus(t, d, lost, store.Unconfirmed).Undecided(d.Real.Now()) {
		t.Error("the agent is not asked")
	}
	wantDue(t, d, time.Time{})
}

func TestStatusEndsTheHold(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	lost, behind := say(t, d, d.Ana, c.ID, "lost"), say(t, d, d.Ana, c.ID, "behind")
	claim(t, d, lost)
	lose(t, d, lost)
	claim(t, d)
	r := status(d, "wamid.A", store.Delivered)
	r.MessageID = lost.ID
	d.Report(t, r)
	claim(t, d, behind)
	d.Real.Advance(time.Hour)
	if n, err := d.Store.ReleaseUnconfirmed(t.Context()); err != nil || n != 0 {
		t.Errorf("released %d, %v", n, err)
	}
}

// After a crash what was being sent is unconfirmed: the call may have been made.
func TestCrash(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	a, b := d.Owned(t, d.Ana, 1, "hello"), d.Owned(t, d.Ana, 2, "hello")
	first, second := say(t, d, d.Ana, a.ID, "one"), say(t, d, d.Ana, a.ID, "two")
	other := say(t, d, d.Ana, b.ID, "three")
	claim(t, d, first, other)
	accept(t, d, other, "wamid.other")

	// The program dies here; the next one opens the same file.
	after, err := store.Open(t.Context(), store.Options{Path: filepath.Clean(d.Path), Now: d.Clock.Now, Real: d.Real.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := after.Close(); err != nil {
			t.Error(err)
		}
	}()
	d.Real.Advance(time.Minute)
	for _, want := range []int64{1, 0} {
		if n, err := after.RecoverSending(t.Context()); err != nil || n != want {
			t.Errorf("recovered %d, want %d: %v", n, want, err)
		}
	}
	wantStatus(t, d, other, store.Accepted)
	if now := wantStatus(t, d, first, store.Unconfirmed); !now.SendingAt.Equal(d.Real.Now()) {
		t.Errorf("unconfirmed since %v", now.SendingAt)
	}
	if n := changes(t, d, store.MessageChanged, first); n != 2 {
		t.Errorf("%d events, want one for sending and one for unconfirmed", n)
	}
	d.Real.Advance(24 * time.Hour)
	claim(t, d, second)
	wantStatus(t, d, first, store.Unconfirmed)
}

func TestOutcomesOfWhatIsNoLongerBeingSent(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	m := sent(t, d, d.Ana, c.ID, "wamid.A")
	lose(t, d, m)
	wantStatus(t, d, m, store.Accepted)
	if err := d.Store.PutBack(t.Context(), m.ID, d.Real.Now(), 4, ""); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, d, m, store.Accepted)
	claim(t, d)
	for name, err := range map[string]error{
		"accepted": d.Store.RecordAccepted(t.Context(), 4711, "wamid.B", store.Identity{}),
		"refused":  d.Store.RecordRefused(t.Context(), 4711, 100, store.FailOurs, ""),
		"a customer's": d.Store.RecordRefused(t.Context(), d.Count(t, "SELECT MIN(id) FROM messages WHERE direction = 'in'"),
			100, store.FailOurs, ""),
	} {
		t.Run(name, func(t *testing.T) { wantError(t, err, store.ErrNotFound) })
	}
}

func TestAcceptanceNamesTheContact(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	in := d.Text(1, "hello")
	in.From.WaID = ""
	d.Report(t, in)
	chatID := d.Count(t, "SELECT MAX(id) FROM chats")
	m := say(t, d, d.Ana, chatID, "hi")
	if due := claim(t, d, m); due[0].Contact.WaID != "" {
		t.Fatalf("contact %+v", due[0].Contact)
	}
	if err := d.Store.RecordAccepted(t.Context(), m.ID, "wamid.A", store.Identity{WaID: "34600000001"}); err != nil {
		t.Fatal(err)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM contacts WHERE wa_id = '34600000001'"); n != 1 {
		t.Error("the contact did not learn its wa_id")
	}
}

func TestOutboxFigures(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	want := func(queued, unconfirmed int64, oldest time.Time) {
		t.Helper()
		q, u, o, err := d.Store.OutboxFigures(t.Context())
		if err != nil || q != queued || u != unconfirmed || !o.Equal(oldest) {
			t.Errorf("figures %d, %d, %v (%v), want %d, %d, %v", q, u, o, err, queued, unconfirmed, oldest)
		}
	}
	want(0, 0, time.Time{})
	c := d.Owned(t, d.Ana, 1, "hello")
	start := d.Clock.Now()
	m := say(t, d, d.Ana, c.ID, "one")
	d.Clock.Advance(time.Minute)
	say(t, d, d.Ana, c.ID, "two")
	want(2, 0, start)
	claim(t, d, m)
	lose(t, d, m)
	want(1, 1, start.Add(time.Minute))
	if _, err := d.Store.ConfirmMessage(t.Context(), d.Ana, m.ID); err != nil {
		t.Fatal(err)
	}
	want(1, 0, start.Add(time.Minute))
}

// An idle outbox commits nothing: every commit wakes the worker that looks into it.
func TestIdleOutboxWakesNobody(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	held := say(t, d, d.Ana, c.ID, "held")
	claim(t, d, held)
	say(t, d, d.Ana, c.ID, "behind it")
	changed := d.Store.Changed()
	for name, idle := range map[string]func() error{
		"ClaimDue":           func() error { _, err := d.Store.ClaimDue(t.Context(), 10); return err },
		"NextDue":            func() error { _, err := d.Store.NextDue(t.Context()); return err },
		"ReleaseUnconfirmed": func() error { _, err := d.Store.ReleaseUnconfirmed(t.Context()); return err },
	} {
		if err := idle(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-changed:
			t.Fatalf("%s committed although there was nothing to do", name)
		default:
		}
	}
}

// The outbox is asked after every commit, so its questions must not read the whole table.
func TestSendingReadsByIndex(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	template := plantTemplate(t, d, store.Template{Components: []store.TemplateComponent{{Type: "BODY", Text: "Hello again"}}})
	take, err := store.Statements(d.Store)
	if err != nil {
		t.Fatal(err)
	}
	lost := say(t, d, d.Ana, c.ID, "hi")
	claim(t, d, lost)
	lose(t, d, lost)
	d.Real.Advance(store.UnconfirmedHold)
	if _, err := d.Store.ReleaseUnconfirmed(t.Context()); err != nil {
		t.Fatal(err)
	}
	m, err := d.Store.RetryMessage(t.Context(), d.Ana, lost.ID, uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	claim(t, d, m)
	refuse(t, d, m, 131026, store.FailUnreachable)
	answered := store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), TemplateID: template.ID, LastSeen: c.LastMessageID}
	m, err = d.Store.QueueMessage(t.Context(), d.Ana, answered)
	if err != nil {
		t.Fatal(err)
	}
	claim(t, d, m)
	if _, err := d.Store.RecoverSending(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := status(d, "wamid.A", store.Read)
	r.MessageID = m.ID
	d.Report(t, status(d, "wamid.A", store.Sent), r)
	wantDue(t, d, time.Time{})
	if _, _, _, err := d.Store.OutboxFigures(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.SendableTemplates(t.Context(), d.Ana, c.ID); err != nil {
		t.Fatal(err)
	}

	explained := 0
	for _, s := range take() {
		if verb, _, _ := strings.Cut(s.SQL, " "); verb != "SELECT" && verb != "UPDATE" && verb != "DELETE" {
			continue
		}
		rows, err := d.DB.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+s.SQL, s.Args...)
		if err != nil {
			t.Fatalf("explain %s: %v", s.SQL, err)
		}
		for _, step := range dumpRows(t, rows) {
			for _, table := range []string{"SCAN messages", "SCAN m", "SCAN b", "SCAN chats", "SCAN contacts", "SCAN message_statuses", "SCAN pending_reports"} {
				if _, rest, found := strings.Cut(step, table); found && !strings.Contains(rest, "INDEX") && !strings.HasPrefix(rest, "at") {
					t.Errorf("%s\n%s", step, s.SQL)
				}
			}
		}
		explained++
	}
	if explained < 30 {
		t.Errorf("only %d statements were seen", explained)
	}
}

func wantDue(t testing.TB, d *storetest.Desk, want time.Time) {
	t.Helper()
	next, err := d.Store.NextDue(t.Context())
	if err != nil || !next.Equal(want) {
		t.Fatalf("next due %v (%v), want %v", next, err, want)
	}
}

// An id that stands with another message does not keep an outcome from being recorded: the message would be sending for ever.
func TestAcceptedUnderAKnownName(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	taken := d.Text(1, "more")
	d.Report(t, taken)
	m := say(t, d, d.Ana, c.ID, "hi")
	claim(t, d, m)
	accept(t, d, m, taken.WAMID)
	if now := wantStatus(t, d, m, store.Accepted); now.WAMID != "" {
		t.Errorf("named %q", now.WAMID)
	}
}
