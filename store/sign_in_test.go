package store_test

import (
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestSignInThrottle(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	limits := []store.Limit{{Count: 5, Within: 15 * time.Minute}, {Count: 7, Within: 15 * time.Minute}}
	try := func(account string) (time.Time, bool) {
		t.Helper()
		at, ok, err := d.Store.SignInAllowed(t.Context(), []string{"account:" + account, "address:192.0.2.1"}, limits)
		if err != nil {
			t.Fatal(err)
		}
		return at, ok
	}
	first := d.Real.Now()
	for i := range 5 {
		if _, ok := try("ana"); !ok {
			t.Fatalf("attempt %d refused", i+1)
		}
		d.Real.Advance(time.Minute)
	}
	if at, ok := try("ana"); ok || !at.Equal(first.Add(15*time.Minute)) {
		t.Errorf("sixth attempt: %t, again at %s", ok, at)
	}
	for i := range 2 { // the refused one did not count for the address
		if _, ok := try("ben"); !ok {
			t.Errorf("another account, attempt %d refused", i+1)
		}
	}
	if _, ok := try("chi"); ok {
		t.Error("the address is past its limit and still allowed")
	}
	if err := d.Store.ClearSignInFailures(t.Context(), []string{"account:ben", "address:192.0.2.1"}); err != nil {
		t.Fatal(err)
	}
	if _, ok := try("ben"); !ok {
		t.Error("a success did not give its attempt back")
	}
	if _, ok := try("ben"); ok {
		t.Error("a success forgot what others failed from the same address")
	}
	d.Real.Set(first.Add(15 * time.Minute))
	if _, ok := try("ana"); !ok {
		t.Error("refused when the oldest attempt no longer counts")
	}
	if _, ok := try("ana"); ok {
		t.Error("allowed before the second attempt left the limit")
	}
}

func TestParallelGuessesStayWithinTheLimit(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	allowed := make(chan bool, 200)
	for range cap(allowed) {
		go func() {
			_, ok, err := d.Store.SignInAllowed(t.Context(), []string{"account:ana"}, []store.Limit{{Count: 5, Within: time.Minute}})
			allowed <- err == nil && ok
		}()
	}
	n := 0
	for range cap(allowed) {
		if <-allowed {
			n++
		}
	}
	if n != 5 {
		t.Errorf("%d guesses evaluated, want 5", n)
	}
}
