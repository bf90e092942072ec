package store_test

import (
	"errors"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	create := func(kind store.LinkKind, agentID int64) string {
		t.Helper()
		token, err := d.Store.CreateLink(t.Context(), nil, kind, agentID)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for kind, lasts := range map[store.LinkKind]time.Duration{store.LinkInvitation: 24 * time.Hour, store.LinkReset: time.Hour} {
		older, newer := create(kind, d.Ana.ID), create(kind, d.Ana.ID)
		if _, err := d.Store.FindLink(t.Context(), older); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s, replaced: %v", kind, err)
		}
		d.Real.Advance(lasts - time.Millisecond)
		if link, err := d.Store.FindLink(t.Context(), newer); err != nil || link.Kind != kind || link.Agent.ID != d.Ana.ID {
			t.Errorf("%s, just before its end: %+v, %v", kind, link, err)
		}
		d.Real.Advance(time.Millisecond)
		if _, err := d.Store.FindLink(t.Context(), newer); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s, expired: %v", kind, err)
		}
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM links WHERE length(token_hash) <> 64"); n != 0 {
		t.Errorf("%d tokens are kept as they are", n)
	}
	for by, want := range map[*store.Agent]error{&d.Alex: nil, &d.Sam: store.ErrForbidden, &d.Ana: store.ErrForbidden} {
		if _, err := d.Store.CreateLink(t.Context(), by, store.LinkReset, d.Ben.ID); !errors.Is(err, want) {
			t.Errorf("%s makes a link: %v, want %v", by.Name, err, want)
		}
	}
	if _, err := d.Store.CreateLink(t.Context(), &d.Alex, store.LinkSetup, 0); !errors.Is(err, store.ErrForbidden) {
		t.Errorf("a set-up link on screen: %v", err)
	}
	if _, err := d.Store.CreateLink(t.Context(), &d.Alex, store.LinkReset, 4711); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a link for nobody: %v", err)
	}
	if _, err := d.Store.FindLink(t.Context(), ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no token: %v", err)
	}
}

func TestOneLinkUsedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	token, err := d.Store.CreateLink(t.Context(), &d.Alex, store.LinkReset, d.Ana.ID)
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error, 8)
	for range cap(results) {
		go func() {
			_, err := d.Store.UseLink(t.Context(), token, "$new$")
			results <- err
		}()
	}
	won := 0
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrNotFound):
			t.Error(err)
		}
	}
	if got := d.Agent(t, d.Ana.ID); won != 1 || got.Epoch != d.Ana.Epoch+1 {
		t.Errorf("%d won, epoch %d", won, got.Epoch)
	}
}

func TestSetupLink(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	first := store.NewAgent{Email: "first@demo.test", Name: "First", Role: store.RoleAgent, PasswordHash: "$new$"}
	token, err := d.Store.CreateLink(t.Context(), nil, store.LinkSetup, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.UseSetupLink(t.Context(), token, first); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("used although there is an admin: %v", err)
	}
	d.Exec(t, "UPDATE agents SET role = 'agent'")
	if has, err := d.Store.HasAdmin(t.Context()); err != nil || has {
		t.Errorf("has an admin: %t, %v", has, err)
	}
	if link, err := d.Store.FindLink(t.Context(), token); err != nil || link.Kind != store.LinkSetup {
		t.Errorf("found %+v, %v", link, err)
	}
	if _, err := d.Store.UseLink(t.Context(), token, "$new$"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("used as a reset: %v", err)
	}
	if _, err := d.Store.UseSetupLink(t.Context(), token, store.NewAgent{Email: "x", Name: "First", PasswordHash: "$new$"}); invalidField(err) != "email" {
		t.Errorf("with a bad address: %v", err)
	}
	admin, err := d.Store.UseSetupLink(t.Context(), token, first)
	if err != nil || admin.Role != store.RoleAdmin {
		t.Fatalf("got %+v, %v", admin, err)
	}
	if _, err := d.Store.UseSetupLink(t.Context(), token, first); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("used twice: %v", err)
	}
	if has, err := d.Store.HasAdmin(t.Context()); err != nil || !has {
		t.Errorf("has an admin: %t, %v", has, err)
	}
}
