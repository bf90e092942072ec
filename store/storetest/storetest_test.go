package storetest_test

import (
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestTheDeskIsWhatItSays(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	if at := d.Clock.Now(); !at.Equal(time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)) || !d.Store.Now().Equal(at) || !d.Store.Real().Equal(at) {
		t.Errorf("the clock starts at %s, the store's at %s and %s", at, d.Store.Now(), d.Store.Real())
	}
	for _, a := range []struct {
		who   store.Agent
		role  store.Role
		email string
	}{
		{d.Alex, store.RoleAdmin, "alex@demo.test"}, {d.Sam, store.RoleSupervisor, "sam@demo.test"}, {d.Ana, store.RoleAgent, "ana@demo.test"},
		{d.Ben, store.RoleAgent, "ben@demo.test"}, {d.Chi, store.RoleAgent, "chi@demo.test"},
	} {
		if a.who.Role != a.role || a.who.Email != a.email || a.who.Presence != store.Offline {
			t.Errorf("%+v", a.who)
		}
	}
	if token, err := d.Store.NumberToken(t.Context(), d.Number.ID); err != nil || token != storetest.Token {
		t.Errorf("token %q, %v", token, err)
	}
}

func TestCustomersWriteAndAreOwned(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	first := d.Inbound(t, 1, "Is the lamp back in stock?")
	d.Clock.Advance(time.Minute)
	again := d.Inbound(t, 1, "The brass one.")
	if again.ID != first.ID || again.Unread != 2 || !again.Waiting() || !again.WindowFrom.Equal(d.Clock.Now()) {
		t.Errorf("first %+v, then %+v", first, again)
	}
	other := d.Owned(t, d.Ana, 2, "Good morning")
	if other.ID == first.ID || other.OwnerID != d.Ana.ID || d.Agent(t, d.Ana.ID).OpenCount != 1 {
		t.Errorf("owned: %+v", other)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM deliveries WHERE state <> 'done'"); n != 0 {
		t.Errorf("%d deliveries are not done", n)
	}
	planted := d.Queue(t, 3)
	if c := d.Chat(t, planted[2]); c.OwnerID != 0 || !c.Waiting() || !c.QueuedAt.Equal(d.Clock.Now().Add(2*time.Second)) {
		t.Errorf("planted: %+v", c)
	}
	d.Available(t, d.Ben)
	if a := d.Agent(t, d.Ben.ID); a.Presence != store.Available {
		t.Errorf("Ben is %s", a.Presence)
	}
}

func TestClockRuns(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Real.Run()
	if a := d.Real.Now(); a.Before(d.Clock.Now()) {
		t.Errorf("a running clock went back to %s", a)
	}
	later := d.Clock.Now().Add(time.Hour)
	d.Real.Set(later)
	if a := d.Real.Now(); a.Before(later) || a.After(later.Add(time.Minute)) {
		t.Errorf("put to %s, it shows %s", later, a)
	}
}
