package store_test

import (
	"errors"
	"testing"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestCreateAgentRefuses(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	good := store.NewAgent{Email: "Dee@Demo.Test", Name: " Dee Park ", Role: store.RoleAgent}
	if _, err := d.Store.CreateAgent(t.Context(), &d.Sam, good); !errors.Is(err, store.ErrForbidden) {
		t.Errorf("a supervisor adds somebody: %v", err)
	}
	a, err := d.Store.CreateAgent(t.Context(), &d.Alex, good)
	if err != nil {
		t.Fatal(err)
	}
	if a.Email != "dee@demo.test" || a.Name != "Dee Park" || a.Capacity != 6 {
		t.Errorf("got %+v", a)
	}
}
