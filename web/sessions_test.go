package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/web"
)

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]struct {
		name   string
		secure bool
	}{
		"":                     {"sid", false},
		"https://desk.example": {"__Host-sid", true},
	} {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, func(o *web.Options) {
				if base != "" {
					o.BaseURL = parseURL(t, base)
				}
			})
			got := d.nobody(t).post(t, "/session", credentials("ana@demo.test", password)).expect(t, 303)
			cookie, err := http.ParseSetCookie(got.header.Get("Set-Cookie"))
			if err != nil {
				t.Fatal(err)
			}
			if cookie.Name != want.name || cookie.Secure != want.secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode ||
				cookie.Path != "/" || cookie.Domain != "" {
				t.Errorf("cookie %v", cookie)
			}
			if days := time.Duration(cookie.MaxAge) * time.Second / (24 * time.Hour); days > 7 {
				t.Errorf("lives for %d days", days)
			}
		})
	}
}

func TestSigningInRenewsTheToken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.nobody(t)
	b.post(t, "/session", credentials("ana@demo.test", password)).expect(t, 303)
	first := b.cookie(t).Value
	b.post(t, "/session", credentials("ana@demo.test", password)).expect(t, 303)
	if b.cookie(t).Value == first {
		t.Error("the same token again")
	}
	if got := d.nobody(t).get(t, "/rail", "Cookie", "sid="+first); got.status != 303 {
		t.Errorf("the old token is answered %d", got.status)
	}
	planted := d.nobody(t)
	planted.post(t, "/session", credentials("ana@demo.test", password), "Cookie", "sid=planted-by-somebody").expect(t, 303)
	if got := d.nobody(t).get(t, "/rail", "Cookie", "sid=planted-by-somebody"); got.status != 303 {
		t.Errorf("a planted token is answered %d", got.status)
	}
	for _, line := range dump(t, d.Desk) {
		if strings.Contains(line, b.cookie(t).Value) {
			t.Error("the database holds a live token")
		}
	}
}

func TestVisitorsLeaveNoSessions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.nobody(t)
	b.get(t, "/session").expect(t, 200)
	b.get(t, "/chats").expect(t, 303)
	b.post(t, "/session", credentials("ana@demo.test", "wrong-password")).expect(t, 422)
	if n := d.Count(t, "SELECT COUNT(*) FROM sessions WHERE ended_at = 0"); n != 0 || b.cookie(t) != nil {
		t.Errorf("%d sessions, cookie %v", n, b.cookie(t))
	}
}

// TestSessionsEndEverywhere: each of these ends every session of ana but, where she did it herself, the one it came from.
func TestSessionsEndEverywhere(t *testing.T) {
	t.Parallel()
	const changed = "a-new-long-password"
	for name, tt := range map[string]struct {
		end       func(t *testing.T, d *desk)
		ownStands bool
	}{
		"disabled": {func(t *testing.T, d *desk) {
			d.alex.post(t, personPath(d.Ana)+"/disablings", nil).expect(t, 303)
		}, false},
		"password changed": {func(t *testing.T, d *desk) {
			d.ana.post(t, "/profile/password", url.Values{"old": {password}, "password": {changed}, "repeated": {changed}}).expect(t, 303)
		}, true},
		"reset link used": {func(t *testing.T, d *desk) {
			token, err := d.Store.CreateLink(t.Context(), nil, store.LinkReset, d.Ana.ID)
			if err != nil {
				t.Fatal(err)
			}
			d.nobody(t).post(t, "/links/"+token, url.Values{"password": {changed}, "repeated": {changed}}).expect(t, 303)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			other := d.browser(t, d.Ana)
			d.ana.get(t, "/rail").expect(t, 200)
			other.get(t, "/rail").expect(t, 200)
			tt.end(t, d)
			other.get(t, "/chats").expect(t, 303)
			other.get(t, "/rail", htmx...).expect(t, 401)
			other.post(t, "/presence", url.Values{"presence": {"away"}}).expect(t, 401)
			want := 303
			if tt.ownStands {
				want = 200
			}
			d.ana.get(t, "/rail").expect(t, want)
			d.ben.get(t, "/rail").expect(t, 200) // nobody else's
		})
	}
}

func TestIdleSessionsEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ana.get(t, "/profile").expect(t, 200)
	d.Real.Advance(7 * time.Hour)
	d.ana.get(t, "/profile").expect(t, 200) // used in time
	d.Real.Advance(7 * time.Hour)
	d.ana.get(t, "/rail", htmx...).expect(t, 200) // a page that refreshes itself is no use
	d.Real.Advance(time.Hour + time.Minute)
	d.ana.get(t, "/profile").expect(t, 303)
	if n := d.Count(t, "SELECT COUNT(*) FROM sessions WHERE ended_at = 0"); n != 0 {
		t.Errorf("%d sessions are kept", n)
	}
}

func TestSessionsEndAfterAWeek(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ana.get(t, "/profile").expect(t, 200)
	for range 23 {
		d.Real.Advance(7 * time.Hour)
		d.ana.get(t, "/profile").expect(t, 200)
	}
	d.Real.Advance(7*time.Hour + 5*time.Minute)
	d.ana.get(t, "/profile").expect(t, 303)
}

// TestReadingRenewsSeldom: a page that is read again and again does not write each time.
func TestReadingRenewsSeldom(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ana.get(t, "/profile").expect(t, 200)
	d.Real.Advance(2 * time.Minute)
	if got := d.ana.get(t, "/profile"); got.header.Get("Set-Cookie") == "" {
		t.Error("not renewed after two minutes")
	}
	before := fingerprint(t, d.Desk)
	for range 3 {
		if got := d.ana.get(t, "/profile"); got.header.Get("Set-Cookie") != "" {
			t.Error("renewed at once")
		}
	}
	if fingerprint(t, d.Desk) != before {
		t.Error("reading wrote")
	}
}
