package web_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/views"
	"agentdesk/web"
)

const chosen = "four-quiet-lamps"

func twice(password string, more ...string) url.Values {
	form := url.Values{"password": {password}, "repeated": {password}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func (d *desk) link(t *testing.T, kind store.LinkKind, id int64) string {
	t.Helper()
	token, err := d.Store.CreateLink(t.Context(), nil, kind, id)
	if err != nil {
		t.Fatal(err)
	}
	return "/links/" + token
}

func TestResetLink(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.link(t, store.LinkReset, d.Ana.ID)
	b := d.nobody(t)
	b.get(t, path).expect(t, 200, "Choose a new password", "ana@demo.test")
	b.get(t, path).expect(t, 200) // looking does not use it up
	for name, tt := range map[string]struct {
		form  url.Values
		field string
		text  string
	}{
		"short":         {twice("short"), "password", views.PasswordTooShort},
		"too long":      {twice(strings.Repeat("ab", 65)), "password", views.PasswordTooLong},
		"common":        {twice("Password12345"), "password", views.PasswordCommon},
		"one character": {twice("aaaaaaaaaaaaaa"), "password", views.PasswordCommon},
		"own name":      {twice("Ana Ruiz 2026!"), "password", views.PasswordIsName},
		"own address":   {twice("ana@demo.test"), "password", views.PasswordIsName},
		"two different": {url.Values{"password": {chosen}, "repeated": {chosen + "s"}}, "repeated", views.PasswordsDiffer},
	} {
		got := b.post(t, path, tt.form).expect(t, 422, tt.text)
		if _, kept := got.doc.Find("#password").Attr("value"); kept {
			t.Errorf("%s: the password stands in the page", name)
		}
		if got.doc.Find("#"+tt.field).AttrOr("aria-invalid", "") != "true" {
			t.Errorf("%s: the field does not say so", name)
		}
	}
	if got := b.post(t, path, twice(chosen)); got.status != 303 || got.location() != "/" {
		t.Fatalf("%d to %q", got.status, got.location())
	}
	b.get(t, "/rail").expect(t, 200) // signed in
	b.get(t, path).expect(t, 404, "no longer works")
	b.post(t, path, twice(chosen)).expect(t, 404, "no longer works")
	d.nobody(t).post(t, "/session", credentials("ana@demo.test", chosen)).expect(t, 303)
	d.nobody(t).post(t, "/session", credentials("ana@demo.test", password)).expect(t, 422)
}

func TestLinksEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	invitation, reset := d.link(t, store.LinkInvitation, d.Ben.ID), d.link(t, store.LinkReset, d.Ana.ID)
	b := d.nobody(t)
	b.get(t, "/links/nonsense").expect(t, 404, "no longer works")
	d.Real.Advance(time.Hour + time.Second)
	b.get(t, reset).expect(t, 404)
	b.post(t, reset, twice(chosen)).expect(t, 404)
	b.get(t, invitation).expect(t, 200, "Welcome, Ben Novak")
	d.Real.Advance(23 * time.Hour)
	b.post(t, invitation, twice(chosen)).expect(t, 404)
}

// TestLinkIsUsedOnce: of many at the same moment one wins.
func TestLinkIsUsedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.link(t, store.LinkReset, d.Ana.ID)
	statuses := make(chan int, 8)
	var all sync.WaitGroup
	for range cap(statuses) {
		b := d.nobody(t)
		all.Go(func() { statuses <- b.post(t, path, twice(chosen)).status })
	}
	all.Wait()
	close(statuses)
	won := 0
	for status := range statuses {
		switch status {
		case 303:
			won++
		case 404:
		default:
			t.Errorf("%d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d used the link", won)
	}
}

func TestSetUpLinkMakesTheFirstAdmin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(t, "UPDATE agents SET role = 'agent'")
	path := d.link(t, store.LinkSetup, 0)
	b := d.nobody(t)
	b.get(t, path).expect(t, 200, "Set up this desk", "Time zone")
	kept := b.post(t, path, twice(chosen, "name", "Iris Vale", "email", "no address", "time_zone", "Europe/Lisbon")).expect(t, 422)
	if kept.doc.Find("#name").AttrOr("value", "") != "Iris Vale" || kept.doc.Find("#email").AttrOr("aria-invalid", "") != "true" ||
		kept.doc.Find("#email").AttrOr("value", "") != "no address" || kept.doc.Find("#time_zone").AttrOr("value", "") != "Europe/Lisbon" {
		t.Errorf("what was typed is lost, or nothing says what is wrong\n%s", kept.body)
	}
	b.post(t, path, twice(chosen, "name", "Iris Vale", "email", "iris@demo.test", "time_zone", "Europe/Nowhere")).expect(t, 422, "Choose a time zone")
	b.post(t, path, twice(chosen, "name", "Iris Vale", "email", "iris@demo.test", "time_zone", "Europe/Lisbon", "role", "agent")).expect(t, 303)
	iris, err := d.Store.AgentByEmail(t.Context(), "iris@demo.test")
	if err != nil || iris.Role != store.RoleAdmin || iris.TimeZone != "Europe/Lisbon" || iris.Choice != store.Away {
		t.Fatalf("%+v, %v", iris, err)
	}
	b.get(t, "/settings").expect(t, 200)
	b.get(t, path).expect(t, 404)
}

func TestHashPassword(t *testing.T) {
	t.Parallel()
	hash, err := web.HashPassword(t.Context(), chosen)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Errorf("%q, %v", hash, err)
	}
	if err := web.CheckPassword("demo-desk-2026", "Ana Ruiz", "ana@demo.test"); err != nil {
		t.Errorf("the demo's own password is refused: %v", err)
	}
	if err := web.CheckPassword("ваза на столе у окна", "Ana Ruiz", "ana@demo.test"); err != nil {
		t.Errorf("words of any script will do: %v", err)
	}
}
