package store_test

import (
	"errors"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// What a form brings may hold NUL and bytes that are no UTF-8; not every database takes them, so none may get there.
func TestFormsBringNothingThatCannotBeStored(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	for _, bad := range []string{"Ana\x00", "Ana\xff"} {
		var invalid store.Invalid
		if _, err := d.Store.ChangeProfile(t.Context(), d.Ana, bad, "UTC", ""); !errors.As(err, &invalid) || invalid.Field != "name" {
			t.Errorf("the name %q: %v", bad, err)
		}
		if _, err := d.Store.CreateAgent(t.Context(), nil, store.NewAgent{Email: bad + "@demo.test", Name: "Ana", Role: store.RoleAgent}); !errors.As(err, &invalid) || invalid.Field != "email" {
			t.Errorf("the address %q: %v", bad, err)
		}
		if _, err := d.Store.AgentByEmail(t.Context(), bad); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("looking for %q: %v", bad, err)
		}
		subjects, limits := []string{"account:" + bad}, []store.Limit{{Count: 5, Within: time.Minute}}
		if _, ok, err := d.Store.SignInAllowed(t.Context(), subjects, limits); !ok || err != nil {
			t.Errorf("signing in as %q: %t, %v", bad, ok, err)
		}
		if n := d.Count(t, "SELECT COUNT(*) FROM sign_in_failures WHERE subject = 'account:Ana\uFFFD'"); n != 1 {
			t.Errorf("%q is counted %d times under its stored form", bad, n)
		}
		if err := d.Store.ClearSignInFailures(t.Context(), subjects); err != nil {
			t.Fatal(err)
		}
		if n := d.Count(t, "SELECT COUNT(*) FROM sign_in_failures"); n != 0 {
			t.Errorf("%d failures are left", n)
		}
		if _, err := d.Store.Templates(t.Context(), store.TemplateQuery{Language: bad}); err != nil {
			t.Errorf("templates in %q: %v", bad, err)
		}
	}
}
