package store_test

import (
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

var _ scs.CtxStore = store.Sessions{}

func TestSessions(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	sessions := d.Store.Sessions()
	find := func(token, want string) {
		t.Helper()
		data, found, err := sessions.FindCtx(t.Context(), token)
		if err != nil || found != (want != "") || string(data) != want {
			t.Errorf("session %s is %q, %t, %v; want %q", token, data, found, err, want)
		}
	}
	keep := func(token, data string, lasts time.Duration) {
		t.Helper()
		if err := sessions.CommitCtx(t.Context(), token, []byte(data), d.Real.Now().Add(lasts)); err != nil {
			t.Fatal(err)
		}
	}
	changed, seq := d.Store.Changed(), lastSeq(t, d)
	find("a", "")
	keep("a", "first", time.Hour)
	keep("b", "other", time.Minute)
	find("a", "first")
	keep("a", "second", 2*time.Hour)
	find("a", "second")
	d.Clock.Advance(24 * time.Hour) // business time ends no session
	d.Real.Advance(time.Minute - time.Millisecond)
	find("b", "other")
	d.Real.Advance(time.Millisecond)
	find("b", "")
	find("a", "second")
	for range 2 {
		if err := sessions.DeleteCtx(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	find("a", "")

	select {
	case <-changed:
		t.Error("a session woke the listeners")
	default:
	}
	if got := lastSeq(t, d); got != seq {
		t.Errorf("sessions left %d events", got-seq)
	}
	if err := sessions.Commit("c", []byte("third"), d.Real.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if data, found, err := sessions.Find("c"); err != nil || !found || string(data) != "third" {
		t.Errorf("without a context: %q, %t, %v", data, found, err)
	}
	if err := sessions.Delete("c"); err != nil {
		t.Fatal(err)
	}
	find("c", "")
}

// A request that renews its session while somebody signs out loses: the session stays ended.
func TestEndedSessionStaysEnded(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	sessions, ctx, expiry := d.Store.Sessions(), t.Context(), d.Real.Now().Add(time.Hour)
	if err := sessions.CommitCtx(ctx, "hash", []byte("first"), expiry); err != nil {
		t.Fatal(err)
	}
	if err := sessions.DeleteCtx(ctx, "hash"); err != nil {
		t.Fatal(err)
	}
	if err := sessions.CommitCtx(ctx, "hash", []byte("late renewal"), expiry); err != nil {
		t.Fatal(err)
	}
	if _, found, err := sessions.FindCtx(ctx, "hash"); err != nil || found {
		t.Errorf("found %v, %v: a late renewal brought the session back", found, err)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM sessions WHERE LENGTH(data) > 0"); n != 0 {
		t.Errorf("%d sessions still say something", n)
	}
}
