package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"agentdesk/store"
	"agentdesk/views"
)

func personPath(a store.Agent) string { return fmt.Sprintf("/people/%d", a.ID) }

func TestPeople(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(t, "UPDATE agents SET password_hash = '' WHERE id = ?", d.Chi.ID)
	d.Exec(t, "UPDATE agents SET open_count = 4 WHERE id = ?", d.Ana.ID)
	d.Available(t, d.Ana)
	page := d.alex.get(t, "/people").expect(t, 200, "Invite somebody")
	for id, wants := range map[int64][]string{
		d.Ana.ID: {"Ana Ruiz", "ana@demo.test", "Agent", "Available", "4 of 6"},
		d.Chi.ID: {"Chi Tanaka", "Invited"},
		d.Sam.ID: {"Sam Okafor", "Supervisor", "Offline", "never"},
	} {
		row := page.text(fmt.Sprintf("#person-%d", id))
		for _, want := range wants {
			if !strings.Contains(row, want) {
				t.Errorf("row %q does not say %q", row, want)
			}
		}
	}
	d.sam.get(t, "/people").expect(t, 200, "Ana Ruiz", "!Invite somebody")
	part := d.sam.get(t, "/people", htmxFor(views.IDPage)...).expect(t, 200, "Ana Ruiz", "!<html")
	if trigger := part.doc.Find("#page").AttrOr("hx-trigger", ""); !strings.HasPrefix(trigger, "desk:page from:body") {
		t.Errorf("does not refresh itself: %q", trigger)
	}
}

func TestInviting(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	kept := d.alex.post(t, "/people", url.Values{"name": {"Iris Vale"}, "email": {"ana@demo.test"}, "role": {"supervisor"}}).
		expect(t, 422, "already here", "!/links/")
	if kept.doc.Find("#name").AttrOr("value", "") != "Iris Vale" || kept.doc.Find("#role option[selected]").AttrOr("value", "") != "supervisor" ||
		kept.doc.Find("#email").AttrOr("aria-describedby", "") != "email-error" || kept.doc.Find("details#invite[open]").Length() != 1 {
		t.Errorf("the form is not as it was sent\n%s", kept.body)
	}
	d.alex.post(t, "/people", url.Values{"name": {"Iris Vale"}, "email": {"iris@demo.test"}, "role": {"owner"}}).expect(t, 422, "Choose agent, supervisor or admin")
	d.sam.post(t, "/people", url.Values{"name": {"Iris Vale"}, "email": {"iris@demo.test"}, "role": {"agent"}}).expect(t, 403)
	d.ana.post(t, "/people", url.Values{"name": {"Iris Vale"}, "email": {"iris@demo.test"}, "role": {"agent"}}).expect(t, 404)

	made := d.alex.post(t, "/people", url.Values{"name": {"Iris Vale"}, "email": {"iris@demo.test"}, "role": {"agent"}, "capacity": {"99"}}).
		expect(t, 200, "Send this link to Iris Vale")
	link := made.doc.Find("input[readonly]").AttrOr("value", "")
	if !strings.HasPrefix(link, d.URL+"/links/") {
		t.Fatalf("link %q", link)
	}
	d.alex.get(t, "/people").expect(t, 200, "Iris Vale", "!"+link) // shown once
	iris := d.nobody(t)
	iris.post(t, strings.TrimPrefix(link, d.URL), twice(chosen)).expect(t, 303)
	iris.get(t, "/people").expect(t, 404) // an agent
	if n := d.Count(t, "SELECT capacity FROM agents WHERE email = 'iris@demo.test'"); n != 6 {
		t.Errorf("capacity %d: a field that the form does not have was taken", n)
	}
}

func TestChangingPeople(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := personPath(d.Ana)
	form := d.sam.get(t, path).expect(t, 200, "Capacity", "!Disable")
	if form.doc.Find("#name, #role").Length() != 0 {
		t.Error("a supervisor is offered name and role")
	}
	d.sam.post(t, path, url.Values{"capacity": {"3"}}).expect(t, 303)
	d.sam.post(t, path, url.Values{"name": {"Anna"}}).expect(t, 403)
	d.sam.post(t, path, url.Values{"role": {"admin"}}).expect(t, 403)
	d.sam.post(t, path+"/presence", url.Values{"presence": {"available"}}).expect(t, 303)
	d.sam.post(t, path+"/presence", url.Values{"presence": {"asleep"}}).expect(t, 422)
	if ana := d.Agent(t, d.Ana.ID); ana.Capacity != 3 || ana.Name != "Ana Ruiz" || ana.Role != store.RoleAgent || ana.Choice != store.Available {
		t.Errorf("%+v", ana)
	}
	for _, capacity := range []string{"100", "-1", "many", "", "3.5"} {
		wrong := d.alex.post(t, path, url.Values{"name": {"Ana R."}, "role": {"agent"}, "capacity": {capacity}}).expect(t, 422, "Choose between 0 and 99")
		if wrong.doc.Find("#capacity").AttrOr("value", "") != capacity || wrong.doc.Find("#name").AttrOr("value", "") != "Ana R." ||
			wrong.doc.Find("#capacity").AttrOr("aria-invalid", "") != "true" {
			t.Errorf("capacity %q: the form is not as it was sent", capacity)
		}
	}
	all := url.Values{"name": {" Ana Rios "}, "role": {"supervisor"}, "capacity": {"9"}, "email": {"other@demo.test"}, "password_hash": {"x"}, "epoch": {"9"}, "disabled_at": {"1"}}
	d.alex.post(t, path, all).expect(t, 303)
	if ana := d.Agent(t, d.Ana.ID); ana.Name != "Ana Rios" || ana.Role != store.RoleSupervisor || ana.Capacity != 9 ||
		ana.Email != "ana@demo.test" || ana.PasswordHash != passwordHash() || ana.Epoch != d.Ana.Epoch {
		t.Errorf("%+v", ana)
	}
	d.alex.post(t, "/people/999", url.Values{"capacity": {"3"}}).expect(t, 404)
	d.alex.get(t, "/people/x").expect(t, 404)
}

func TestDisablingPeople(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Owned(t, d.Ana, 1, "Hello")
	d.ana.get(t, "/rail").expect(t, 200)
	d.alex.get(t, personPath(d.Ana)).expect(t, 200, "Disable now", "1 open chat goes")
	d.alex.post(t, personPath(d.Ana)+"/disablings", nil).expect(t, 303)
	d.ana.get(t, "/rail").expect(t, 303)
	if c := d.Chat(t, chat.ID); c.OwnerID != 0 {
		t.Errorf("the chat is still owned by %d", c.OwnerID)
	}
	d.alex.get(t, personPath(d.Ana)).expect(t, 200, "Let them in again", "!Disable now")
	d.alex.post(t, personPath(d.Ana)+"/enablings", nil).expect(t, 303)
	d.browser(t, d.Ana).get(t, "/rail").expect(t, 200)
	d.alex.post(t, personPath(d.Alex)+"/disablings", nil).expect(t, 422, "This is the last admin")
	d.alex.post(t, personPath(d.Alex), url.Values{"role": {"agent"}}).expect(t, 422, "This is the last admin")
}

func TestLinksForPeople(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(t, "UPDATE agents SET password_hash = '' WHERE id = ?", d.Chi.ID)
	d.alex.get(t, personPath(d.Chi)).expect(t, 200, "Make a new invitation link")
	d.alex.post(t, personPath(d.Chi)+"/links", nil).expect(t, 200, "within 24 hours", d.URL+"/links/")
	d.alex.get(t, personPath(d.Ana)).expect(t, 200, "Make a link for a new password", "!/links/"+"Z")
	d.alex.post(t, personPath(d.Ana)+"/links", nil).expect(t, 200, "within an hour", d.URL+"/links/")
	d.alex.post(t, personPath(d.Ana)+"/disablings", nil).expect(t, 303)
	d.alex.post(t, personPath(d.Ana)+"/links", nil).expect(t, 404)
}

func TestChoosingPresence(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	back := d.ana.post(t, "/presence", url.Values{"presence": {"available"}}, "Referer", d.URL+"/templates?q=x")
	if back.status != 303 || back.location() != "/templates?q=x" {
		t.Errorf("%d to %q", back.status, back.location())
	}
	if got := d.ana.post(t, "/presence", url.Values{"presence": {"away"}}, "Referer", "https://evil.test/x"); got.location() != "/" {
		t.Errorf("to %q", got.location())
	}
	rail := d.ana.post(t, "/presence", url.Values{"presence": {"offline"}}, "HX-Request", "true", "HX-Current-URL", d.URL+"/templates?q=x").
		expect(t, 200, "!<html")
	if rail.doc.Find("button[value=offline]").AttrOr("aria-pressed", "") != "true" || !strings.Contains(rail.text("[aria-current=page]"), "Templates") {
		t.Errorf("the rail does not show it\n%s", rail.body)
	}
	d.ana.post(t, "/presence", url.Values{"presence": {"asleep"}}).expect(t, 422)
	if ana := d.Agent(t, d.Ana.ID); ana.Choice != store.Offline {
		t.Errorf("chose %s", ana.Choice)
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ana.get(t, "/profile").expect(t, 200, "Europe/Madrid", "ana@demo.test")
	wrong := d.ana.post(t, "/profile", url.Values{"name": {"Ana R."}, "time_zone": {"Mars/Olympus"}, "theme": {"dark"}}).expect(t, 422, "Choose a time zone")
	if wrong.doc.Find("#time_zone").AttrOr("value", "") != "Mars/Olympus" || wrong.doc.Find("#name").AttrOr("value", "") != "Ana R." ||
		wrong.doc.Find("#theme option[selected]").AttrOr("value", "") != "dark" {
		t.Errorf("the form is not as it was sent\n%s", wrong.body)
	}
	d.ana.post(t, "/profile", url.Values{"name": {""}, "time_zone": {"UTC"}}).expect(t, 422, "Enter a name")
	saved := d.ana.post(t, "/profile", url.Values{"name": {"Ana R."}, "time_zone": {"Asia/Tokyo"}, "theme": {"dark"}, "role": {"admin"}, "capacity": {"99"}})
	if saved.status != 303 || saved.location() != "/profile?saved=profile" {
		t.Fatalf("%d to %q", saved.status, saved.location())
	}
	page := d.ana.get(t, saved.location()).expect(t, 200, "Saved.", "Asia/Tokyo")
	if page.doc.Find("html").AttrOr("data-theme", "") != "dark" {
		t.Error("the look has not changed")
	}
	if ana := d.Agent(t, d.Ana.ID); ana.Role != store.RoleAgent || ana.Capacity != d.Ana.Capacity || ana.Name != "Ana R." {
		t.Errorf("%+v", ana)
	}
}

func TestChangingOnesPassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	change := func(old, password, repeated string) answer {
		return d.ana.post(t, "/profile/password", url.Values{"old": {old}, "password": {password}, "repeated": {repeated}})
	}
	change("wrong-password", chosen, chosen).expect(t, 422, views.OldPasswordWrong)
	change(password, "short", "short").expect(t, 422, views.PasswordTooShort)
	change(password, chosen, chosen+"s").expect(t, 422, views.PasswordsDiffer)
	d.ana.get(t, "/rail").expect(t, 200)
	before := d.ana.cookie(t).Value
	if got := change(password, chosen, chosen); got.location() != "/profile?saved=password" {
		t.Fatalf("%d to %q", got.status, got.location())
	}
	if d.ana.cookie(t).Value == before {
		t.Error("the session keeps its token")
	}
	d.nobody(t).post(t, "/session", credentials("ana@demo.test", password)).expect(t, 422)
	d.nobody(t).post(t, "/session", credentials("ana@demo.test", chosen)).expect(t, 303)
	for range 5 {
		change("wrong-password", chosen, chosen).expect(t, 422)
	}
	change(chosen, chosen, chosen).expect(t, 429, "Too many attempts")
}
