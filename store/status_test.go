package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// status is what Meta says of a message under this name.
func status(d *storetest.Desk, wamid string, s store.Status) store.StatusReport {
	r := store.StatusReport{PhoneNumberID: storetest.PhoneNumberID, WAMID: wamid, Status: s, At: d.Clock.Now()}
	if s == store.Failed {
		r.ErrorCode, r.ErrorReason, r.ErrorDetails = 131026, store.FailUnreachable, "Message undeliverable"
	}
	return r
}

func TestStatusSteps(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	m := sent(t, d, d.Ana, c.ID, "wamid.A")
	for i, s := range []store.Status{store.Sent, store.Delivered, store.Read, store.Played} {
		d.Clock.Advance(time.Second)
		r := status(d, "wamid.A", s)
		r.Details = json.RawMessage(`{"pricing":{"category":"service"}}`)
		before := changes(t, d, store.MessageChanged, m)
		d.Report(t, r)
		d.Report(t, r) // Meta repeats itself
		now := wantStatus(t, d, m, s)
		if n := changes(t, d, store.MessageChanged, m) - before; n != 1 {
			t.Errorf("%s: %d events", s, n)
		}
		last := now.Steps[len(now.Steps)-1]
		if len(now.Steps) != i+2 || last.Status != s || !last.At.Equal(d.Clock.Now()) || string(last.Details) != string(r.Details) {
			t.Errorf("%s: steps %+v", s, now.Steps)
		}
	}
}

func TestStatusFindsItsMessage(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")

	lost := say(t, d, d.Ana, c.ID, "one")
	claim(t, d, lost)
	lose(t, d, lost)
	byID := status(d, "wamid.LOST", store.Sent)
	byID.MessageID = lost.ID
	d.Report(t, byID)
	if now := wantStatus(t, d, lost, store.Sent); now.WAMID != "wamid.LOST" {
		t.Errorf("an unconfirmed message learnt the name %q", now.WAMID)
	}

	// Statuses of a life before the database was restored carry ids that mean other messages now.
	waiting := say(t, d, d.Ana, c.ID, "two")
	foreign := status(d, "wamid.OLD", store.Read)
	foreign.MessageID = waiting.ID
	d.Report(t, foreign)
	wantStatus(t, d, waiting, store.Queued)
	claim(t, d, waiting)
	accept(t, d, waiting, "wamid.NEW")
	d.Report(t, foreign)
	wantStatus(t, d, waiting, store.Accepted)

	// Another number's message, a customer's message, a message of nobody: kept, and nothing changes.
	elsewhere := status(d, "wamid.NEW", store.Read)
	elsewhere.PhoneNumberID = "1"
	d.Report(t, elsewhere)
	wantStatus(t, d, waiting, store.Accepted)
	inbound := d.Text(1, "and?")
	d.Report(t, inbound, status(d, inbound.WAMID, store.Read), status(d, "wamid.NOBODY", store.Read))
	if n := d.Count(t, "SELECT COUNT(*) FROM messages WHERE status = 'read'"); n != 0 {
		t.Errorf("%d messages are read", n)
	}
	d.Report(t, status(d, "wamid.NEW", "astonished"))
	wantStatus(t, d, waiting, store.Accepted)
}

func TestStatusBeforeTheAnswerOfTheCall(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	m := say(t, d, d.Ana, c.ID, "hi")
	claim(t, d, m)
	d.Clock.Advance(time.Second)
	d.Report(t, status(d, "wamid.A", store.Delivered), status(d, "wamid.A", store.Sent))
	d.Report(t, status(d, "wamid.A", store.Delivered))
	wantStatus(t, d, m, store.Sending)
	if n := d.Count(t, "SELECT COUNT(*) FROM pending_reports"); n != 2 {
		t.Errorf("%d statuses are kept", n)
	}
	before := changes(t, d, store.MessageChanged, m)
	accept(t, d, m, "wamid.A")
	now := wantStatus(t, d, m, store.Delivered)
	if len(now.Steps) != 3 || now.WAMID != "wamid.A" {
		t.Errorf("%q with steps %+v", now.WAMID, now.Steps)
	}
	if n := changes(t, d, store.MessageChanged, m) - before; n != 1 {
		t.Errorf("one command left %d events", n)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM pending_reports"); n != 0 {
		t.Errorf("%d statuses are still kept", n)
	}
}

// A status that names our id overtakes the answer; what was kept under the name it teaches follows.
func TestStatusTeachesTheName(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	m := say(t, d, d.Ana, c.ID, "hi")
	claim(t, d, m)
	named := status(d, "wamid.A", store.Sent)
	named.MessageID = m.ID
	d.Report(t, status(d, "wamid.A", store.Read))
	d.Report(t, named)
	wantStatus(t, d, m, store.Read)
	accept(t, d, m, "wamid.A")
	wantStatus(t, d, m, store.Read)
	lose(t, d, m)
	wantStatus(t, d, m, store.Read)
}

func TestFailedAndThenDelivered(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	m := sent(t, d, d.Ana, c.ID, "wamid.A")
	if now := d.Chat(t, c.ID); now.Waiting() {
		t.Fatalf("waiting although answered: %+v", now)
	}
	d.Report(t, status(d, "wamid.A", store.Failed))
	now := wantStatus(t, d, m, store.Failed)
	if now.ErrorCode != 131026 || now.ErrorReason != store.FailUnreachable || now.ErrorDetails != "Message undeliverable" {
		t.Errorf("failed with %+v", now)
	}
	if chat := d.Chat(t, c.ID); !chat.WaitingSince.Equal(c.WaitingSince) || chat.NextUp != c.NextUp {
		t.Errorf("after the failure the customer waits since %v, want %v", chat.WaitingSince, c.WaitingSince)
	}
	d.Report(t, status(d, "wamid.A", store.Sent)) // late, and lower
	wantStatus(t, d, m, store.Failed)
	delivered := status(d, "wamid.A", store.Delivered)
	delivered.ErrorCode, delivered.ErrorReason = 131036, store.FailNoMatchFound // to one of two devices
	d.Report(t, delivered)
	now = wantStatus(t, d, m, store.Delivered)
	if now.ErrorCode != 0 || now.ErrorReason != "" || now.ErrorDetails != "" {
		t.Errorf("delivered with %+v", now)
	}
	if d.Chat(t, c.ID).Waiting() {
		t.Error("delivered, and the customer still waits")
	}
	d.Report(t, status(d, "wamid.A", store.Failed))
	if now := wantStatus(t, d, m, store.Delivered); now.ErrorCode != 0 || len(now.Steps) != 4 {
		t.Errorf("a failure after the delivery: %+v", now)
	}
}

func TestCustomerWaitsAgainWhenTheAnswerFailed(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "first")
	waiting := func() time.Time { return d.Chat(t, c.ID).WaitingSince }
	first := c.WaitingSince

	one := sent(t, d, d.Ana, c.ID, "wamid.1")
	two := sent(t, d, d.Ana, c.ID, "wamid.2")
	refuse(t, d, one, 131026, store.FailUnreachable)
	if !waiting().IsZero() {
		t.Errorf("one of two answers failed: waiting since %v", waiting())
	}
	d.Report(t, status(d, "wamid.2", store.Failed))
	wantStatus(t, d, two, store.Failed)
	if !waiting().Equal(first) {
		t.Errorf("both failed: waiting since %v, want %v", waiting(), first)
	}
	d.Clock.Advance(time.Minute)
	three := sent(t, d, d.Ana, c.ID, "wamid.3")
	d.Clock.Advance(time.Minute)
	d.Inbound(t, 1, "second")
	second := waiting()
	refuse(t, d, three, 131026, store.FailUnreachable)
	if !waiting().Equal(first) || second.Equal(first) {
		t.Errorf("the answer between them failed: waiting since %v, want %v", waiting(), first)
	}
	four := sent(t, d, d.Ana, c.ID, "wamid.4")
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, c.ID); err != nil {
		t.Fatal(err)
	}
	d.Report(t, status(d, "wamid.4", store.Failed))
	wantStatus(t, d, four, store.Failed)
	if !waiting().IsZero() {
		t.Errorf("nobody waits in a closed chat; since %v", waiting())
	}
	refuse(t, d, say(t, d, d.Ana, c.ID, "one thing more"), 131026, store.FailUnreachable)
	if !waiting().IsZero() {
		t.Errorf("what was left unanswered when the case was closed waits again; since %v", waiting())
	}
}

func TestRefusalForTheWindowEndsIt(t *testing.T) {
	t.Parallel()
	ends := map[string]func(t *testing.T, d *storetest.Desk, m store.Message){
		"answer": func(t *testing.T, d *storetest.Desk, m store.Message) { refuse(t, d, m, 131047, store.FailWindowEnded) },
		"status": func(t *testing.T, d *storetest.Desk, m store.Message) {
			accept(t, d, m, "wamid.A")
			r := status(d, "wamid.A", store.Failed)
			r.ErrorCode, r.ErrorReason = 131047, store.FailWindowEnded
			d.Report(t, r)
			d.Report(t, r)
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := storetest.New(t)
			c := d.Owned(t, d.Ana, 1, "hello")
			m := say(t, d, d.Ana, c.ID, "hi")
			claim(t, d, m)
			d.Clock.Advance(time.Hour)
			end(t, d, m)
			now := d.Chat(t, c.ID)
			if !now.WindowUntil.Equal(d.Clock.Now()) || now.Window().TakesText(d.Clock.Now()) || !now.Waiting() {
				t.Errorf("after the refusal: %+v", now)
			}
			if n := d.Count(t, "SELECT COUNT(*) FROM thread_lines WHERE chat_id = ? AND kind = 'window_ended'", c.ID); n != 1 {
				t.Errorf("%d lines say so", n)
			}
			d.Clock.Advance(time.Minute)
			if now := d.Inbound(t, 1, "still there?"); !now.Window().TakesText(d.Clock.Now()) {
				t.Errorf("the customer wrote: %+v", now)
			}
		})
	}
}

// Meta's refusal may come after the customer has opened the window again.
func TestLateRefusalDoesNotEndTheNextWindow(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	sent(t, d, d.Ana, c.ID, "wamid.A")
	r := status(d, "wamid.A", store.Failed)
	r.ErrorCode, r.ErrorReason = 131047, store.FailWindowEnded
	d.Clock.Advance(time.Minute)
	open := d.Inbound(t, 1, "hello?")
	d.Report(t, r)
	if now := d.Chat(t, c.ID); !now.WindowUntil.Equal(open.WindowUntil) {
		t.Errorf("window until %v, want %v", now.WindowUntil, open.WindowUntil)
	}
}

func TestStatusThatConcernsTheNumberPausesIt(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	sent(t, d, d.Ana, c.ID, "wamid.A")
	r := status(d, "wamid.A", store.Failed)
	r.ErrorCode, r.ErrorReason, r.Pauses = 131042, store.FailNumber, store.PausePayment
	d.Report(t, r)
	paused := func() bool {
		numbers, err := d.Store.Numbers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return numbers[0].Paused() && numbers[0].PausedReason == store.PausePayment && numbers[0].PausedCode == 131042
	}
	if !paused() {
		t.Error("the number still sends")
	}
	if err := d.Store.ResumeNumber(t.Context(), nil, d.Number.ID); err != nil {
		t.Fatal(err)
	}
	d.Report(t, r) // again, after it was paid
	if paused() {
		t.Error("an old failure pauses the number again")
	}
}

// Any multiset of reports in any order, and the answer of the call anywhere among them, ends the same; an event tells of
// each visible change and of nothing else.
func TestStatusOrder(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	statuses := []store.Status{store.Sent, store.Delivered, store.Read, store.Played, store.Failed}
	round := 0

	rapid.Check(t, func(rt *rapid.T) {
		type said struct {
			Status  store.Status
			Seconds int
		}
		reports := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) said {
			return said{rapid.SampledFrom(statuses).Draw(rt, "status"), rapid.IntRange(0, 3).Draw(rt, "seconds")}
		}), 0, 6).Draw(rt, "reports")
		orders := [][]int{}
		for range 2 {
			order := make([]int, len(reports)+1) // the last index is the answer of the call
			for i := range order {
				order[i] = i
			}
			orders = append(orders, rapid.Permutation(order).Draw(rt, "order"))
		}
		from := d.Clock.Now()
		d.Clock.Advance(10 * time.Second)

		var ends []string
		for _, order := range orders {
			round++
			wamid := fmt.Sprintf("wamid.R%d", round)
			m := say(t, d, d.Ana, c.ID, "hi")
			claim(t, d, m)
			seen := wantStatus(t, d, m, store.Sending).Status
			start := changes(t, d, store.MessageChanged, m)
			changed := int64(0)
			for _, i := range order {
				if i == len(reports) {
					accept(t, d, m, wamid)
				} else {
					r := status(d, wamid, reports[i].Status)
					r.At = from.Add(time.Duration(reports[i].Seconds) * time.Second)
					if reports[i].Seconds%2 == 0 {
						r.MessageID = m.ID // Meta gives it back, or not
					}
					d.Report(t, r)
				}
				now := afresh(t, d, m)
				if now.Rank < seen.Rank() {
					rt.Fatalf("fell from %s to %s", seen, now.Status)
				}
				if now.Status != seen {
					seen, changed = now.Status, changed+1
				}
			}
			if n := changes(t, d, store.MessageChanged, m) - start; n != changed {
				rt.Fatalf("%d events for %d changes", n, changed)
			}
			ends = append(ends, describeEnd(afresh(t, d, m), d.Chat(t, c.ID)))
			highest := store.Accepted
			for _, r := range reports {
				if r.Status.Rank() > highest.Rank() {
					highest = r.Status
				}
			}
			if seen != highest {
				rt.Fatalf("ended as %s, the highest reported is %s", seen, highest)
			}
		}
		if diff := cmp.Diff(ends[0], ends[1]); diff != "" {
			rt.Fatalf("the order %v against %v:\n%s", orders[0], orders[1], diff)
		}
	})
}

// describeEnd is what must not depend on the order. (The time of acceptance is when the call was answered.)
func describeEnd(m store.Message, c store.Chat) string {
	steps := slices.DeleteFunc(m.Steps, func(s store.StatusStep) bool { return s.Status == store.Accepted })
	text := fmt.Sprint(m.Status, m.Rank, m.ErrorCode, m.ErrorReason, m.ErrorDetails, c.Waiting())
	for _, s := range steps {
		text += fmt.Sprint(" ", s.Status, s.At.Unix())
	}
	return text
}
