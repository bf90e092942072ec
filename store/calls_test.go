package store_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// callEvent is one event of a call of customer n.
func callEvent(n int, id, direction, state string, at time.Time, seconds int) store.CallReport {
	return store.CallReport{PhoneNumberID: storetest.PhoneNumberID, Contact: storetest.Customer(n), CallID: id, At: at,
		Call: store.Call{Direction: direction, State: state, Seconds: seconds}, Qualifies: direction == "USER_INITIATED"}
}

func TestMissedCall(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "Hello")
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, c.ID); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Hour)
	began := d.Clock.Now()
	ring := callEvent(1, "wacid.1", "USER_INITIATED", "ringing", began, 0)
	d.Report(t, ring)
	c = d.Chat(t, c.ID)
	if c.State != store.ChatOpen || c.Waiting() || c.Unread != 0 || !c.WindowFrom.Equal(began) {
		t.Errorf("ringing: %+v", c)
	}
	d.Clock.Advance(time.Minute)
	end := callEvent(1, "wacid.1", "USER_INITIATED", "missed", d.Clock.Now(), 0)
	end.Call.EndedAt = d.Clock.Now()
	d.Report(t, end)
	c = d.Chat(t, c.ID)
	if !c.WaitingSince.Equal(began) || c.Unread != 1 || !c.WindowFrom.Equal(d.Clock.Now()) {
		t.Errorf("missed: %+v", c)
	}
	m := messageOf(t, d, "wacid.1")
	if m.Kind != store.KindCall || m.Direction != store.In || m.Details.Call.State != "missed" || !m.Details.Call.EndedAt.Equal(end.At) ||
		!m.At.Equal(began) || m.ID != c.LastMessageID || m.CaseID != c.CaseID {
		t.Errorf("row: %+v %+v", m, m.Details.Call)
	}
	if events := eventsLeft(t, d, func() { d.Report(t, ring, end) }); len(events) != 0 || d.Chat(t, c.ID) != c {
		t.Errorf("the same again left %s", kindsOf(events))
	}
}

func TestAnsweredCallAsksForNothing(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	at := d.Clock.Now()
	d.Clock.Advance(2 * time.Minute)
	d.Report(t, callEvent(1, "wacid.1", "USER_INITIATED", "ended", at.Add(time.Minute), 60), callEvent(1, "wacid.1", "USER_INITIATED", "ringing", at, 0))
	c, m := d.Chat(t, 1), messageOf(t, d, "wacid.1")
	if c.Waiting() || c.Unread != 0 || !c.Window().Open(d.Clock.Now()) || m.Details.Call.State != "ended" || m.Details.Call.Seconds != 60 || !m.At.Equal(at) {
		t.Errorf("chat %+v\ncall %+v at %v", c, m.Details.Call, m.At)
	}
}

func TestCallOfOurs(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	at := d.Clock.Now()
	d.Report(t, callEvent(1, "wacid.2", "BUSINESS_INITIATED", "ringing", at, 0), callEvent(1, "wacid.2", "BUSINESS_INITIATED", "rejected", at, 0),
		callEvent(1, "wacid.2", "BUSINESS_INITIATED", "missed", at, 0))
	c, m := d.Chat(t, 1), messageOf(t, d, "wacid.2")
	if c.State != store.ChatClosed || c.Waiting() || c.Unread != 0 || c.Window().Open(at) || m.Direction != store.Out || m.Details.Call.State != "rejected" {
		t.Errorf("chat %+v\ncall %+v", c, m.Details.Call)
	}
	accepted := callEvent(1, "wacid.3", "BUSINESS_INITIATED", "accepted", at, 0)
	accepted.Qualifies = true
	d.Report(t, accepted)
	if c := d.Chat(t, 1); !c.Window().Open(at) || c.Waiting() {
		t.Errorf("accepted: %+v", c)
	}
}

// Several events of one call, in any order and more than once, end as the same row and leave the chat the same.
func TestCallsInAnyOrder(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	at := d.Clock.Now()
	d.Clock.Advance(time.Hour)
	customers := 0
	rapid.Check(t, func(t *rapid.T) {
		var events []store.CallReport
		for _, e := range [][]store.CallReport{
			{callEvent(0, "", "USER_INITIATED", "ringing", at, 0), callEvent(0, "", "USER_INITIATED", "missed", at.Add(time.Minute), 0)},
			{callEvent(0, "", "USER_INITIATED", "ringing", at, 0), callEvent(0, "", "USER_INITIATED", "rejected", at.Add(time.Second), 0),
				callEvent(0, "", "USER_INITIATED", "missed", at.Add(2*time.Second), 0)},
			{callEvent(0, "", "BUSINESS_INITIATED", "ringing", at, 0), callEvent(0, "", "BUSINESS_INITIATED", "accepted", at.Add(time.Second), 0),
				callEvent(0, "", "BUSINESS_INITIATED", "ended", at.Add(time.Minute), 59)},
		}[rapid.IntRange(0, 2).Draw(t, "call")] {
			for range rapid.IntRange(1, 3).Draw(t, "times") {
				events = append(events, e)
			}
		}
		var ends [2]string
		for i, order := range [][]int{indexes(len(events)), rapid.Permutation(indexes(len(events))).Draw(t, "order")} {
			customers++
			for _, n := range order {
				e := events[n]
				e.Contact, e.CallID = customerOf(customers), callID(customers)
				if err := tell(d, e); err != nil {
					t.Fatal(err)
				}
			}
			ends[i] = look(t, d, customers)
		}
		if ends[0] != ends[1] {
			t.Fatalf("in order\n%s\nshuffled\n%s", ends[0], ends[1])
		}
	})
}
