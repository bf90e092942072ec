package web_test

import (
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/views"
	"agentdesk/web"
)

func credentials(email, password string, more ...string) url.Values {
	form := url.Values{"email": {email}, "password": {password}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

// loginLimits are wide enough for tests that sign in often.
func loginLimits(account, address int) func(*web.Options) {
	return func(o *web.Options) {
		o.LoginLimits = []store.Limit{{Count: account, Within: 15 * time.Minute}, {Count: address, Within: 15 * time.Minute}}
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(t, "UPDATE agents SET password_hash = '' WHERE id = ?", d.Chi.ID) // invited
	disabled := true
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ben.ID, store.AgentChange{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		form   url.Values
		status int
		to     string
	}{
		"right":               {credentials("ana@demo.test", password), 303, "/"},
		"right, other case":   {credentials(" ANA@demo.test ", password), 303, "/"},
		"back to a chat":      {credentials("ana@demo.test", password, "back", "/chats/7?view=all"), 303, "/chats/7?view=all"},
		"not to another host": {credentials("ana@demo.test", password, "back", "//evil.test/"), 303, "/"},
		"nor by a backslash":  {credentials("ana@demo.test", password, "back", `/\evil.test`), 303, "/"},
		"nor by a tab":        {credentials("ana@demo.test", password, "back", "/\t/evil.test"), 303, "/"},
		"nor by a scheme":     {credentials("ana@demo.test", password, "back", "https://evil.test/"), 303, "/"},
		"nor to itself":       {credentials("ana@demo.test", password, "back", "/session?back=/session"), 303, "/"},
		"wrong password":      {credentials("ana@demo.test", "wrong-password"), 422, ""},
		"unknown":             {credentials("nobody@demo.test", password), 422, ""},
		"disabled":            {credentials("ben@demo.test", password), 422, ""},
		"invited":             {credentials("chi@demo.test", ""), 422, ""},
		"empty":               {url.Values{}, 422, ""},
		"endless":             {credentials(strings.Repeat("a", 9000)+"@demo.test", password), 422, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := d.nobody(t).post(t, "/session", tt.form)
			if got.status != tt.status || got.location() != tt.to {
				t.Errorf("%d to %q, want %d to %q", got.status, got.location(), tt.status, tt.to)
			}
			if tt.status == 422 {
				got.expect(t, 422, views.SignInRefused, "!"+password)
				if got.doc.Find("#password").AttrOr("aria-invalid", "") != "true" || got.doc.Find("#password").AttrOr("aria-describedby", "") != "password-error" {
					t.Error("the field does not say that it is wrong")
				}
			}
		})
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM audit WHERE action = 'session.refused'"); n != 6 {
		t.Errorf("%d refusals recorded, want 6", n)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM audit WHERE action = 'session.started' AND agent_id = ? AND address = '127.0.0.1'", d.Ana.ID); n != 8 {
		t.Errorf("%d sign-ins recorded, want 8", n)
	}
}

func TestSignInPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	page := d.nobody(t).get(t, "/session?back=/chats/7").expect(t, 200, "!set-up link")
	if page.doc.Find("input#email[type=email]").Length() != 1 || page.text("label[for=email]") != "E-mail" || page.text("label[for=password]") != "Password" ||
		page.text("form button[type=submit]") != "Sign in" || page.doc.Find("input[name=back]").AttrOr("value", "") != "/chats/7" {
		t.Errorf("not the form of the contract:\n%s", page.body)
	}
	if got := d.ana.get(t, "/session?back=/chats"); got.status != 303 || got.location() != "/chats" {
		t.Errorf("somebody signed in: %d to %q", got.status, got.location())
	}
	if got := d.nobody(t).get(t, "/chats/7?view=all"); got.location() != "/session?back=%2Fchats%2F7%3Fview%3Dall" {
		t.Errorf("the way back is lost: %q", got.location())
	}
	d.Exec(t, "UPDATE agents SET role = 'agent'")
	d.nobody(t).get(t, "/session").expect(t, 200, "set-up link")
}

// TestSigningInOverAPage is the dialog that htmx shows when a session has ended.
func TestSigningInOverAPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.nobody(t)
	dialog := b.get(t, "/rail", htmx...)
	if dialog.status != 401 || dialog.header.Get("HX-Retarget") != "#"+views.IDToasts || dialog.doc.Find("dialog[data-sign-in-again] form[hx-post='/session']").Length() != 1 {
		t.Fatalf("no dialog: %d\n%s", dialog.status, dialog.body)
	}
	again := b.post(t, "/session", credentials("ana@demo.test", "wrong-password"), htmx...).expect(t, 422, views.SignInRefused, "!<html")
	if again.doc.Find("form#sign-in-again-form input[name=email]").AttrOr("value", "") != "ana@demo.test" {
		t.Error("the address has to be typed again")
	}
	done := b.post(t, "/session", credentials("ana@demo.test", password), htmx...)
	if done.status != 200 || done.header.Get("HX-Reswap") != "delete" || done.header.Get("HX-Retarget") != "#sign-in-again" {
		t.Errorf("the dialog stays: %d %v", done.status, done.header)
	}
	if want := `{"desk:signed-in":{"agent":` + strconv.FormatInt(d.Ana.ID, 10) + `}}`; done.header.Get("HX-Trigger") != want {
		t.Errorf("trigger %q, want %q", done.header.Get("HX-Trigger"), want)
	}
	b.get(t, "/rail", htmx...).expect(t, 200)
}

func TestSignInIsThrottled(t *testing.T) {
	t.Parallel()
	d := newDesk(t, loginLimits(3, 6))
	b := d.nobody(t)
	for range 3 {
		b.post(t, "/session", credentials("ana@demo.test", "wrong-password")).expect(t, 422)
	}
	refused := b.post(t, "/session", credentials("ana@demo.test", password)).expect(t, 429, "Too many attempts")
	wait, err := strconv.Atoi(refused.header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 15*60 {
		t.Errorf("Retry-After %q", refused.header.Get("Retry-After"))
	}
	b.post(t, "/session", credentials("ana@demo.test", password), htmx...).expect(t, 429, "Too many attempts", "!<html")
	d.nobody(t).post(t, "/session", credentials("ben@demo.test", password)).expect(t, 303) // nobody else is kept out
	for range 3 {
		b.post(t, "/session", credentials("nobody@demo.test", "wrong-password")).expect(t, 422)
	}
	b.post(t, "/session", credentials("ben@demo.test", password)).expect(t, 429) // now the address is
	d.Real.Advance(15*time.Minute + time.Second)
	b.post(t, "/session", credentials("ana@demo.test", password)).expect(t, 303)
}

// TestGuessingInParallel: a hundred guesses in the same instant are no more than the limit, and hashing them does not eat
// the memory.
func TestGuessingInParallel(t *testing.T) {
	t.Parallel()
	d := newDesk(t, loginLimits(5, 1000))
	var evaluated, refused int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 100 {
		b := d.nobody(t)
		all.Go(func() {
			got := b.post(t, "/session", credentials("nobody@demo.test", "guess-number-1"))
			mu.Lock()
			defer mu.Unlock()
			switch got.status {
			case 422:
				evaluated++
			case 429:
				refused++
			}
		})
	}
	all.Wait()
	if evaluated != 5 || refused != 95 {
		t.Errorf("%d guesses evaluated and %d refused, want 5 and 95", evaluated, refused)
	}
}

// Not parallel: it measures the whole process.
func TestManySignInsFitIntoMemory(t *testing.T) {
	runtime.GC()
	d := newDesk(t, loginLimits(1000, 1000))
	var all sync.WaitGroup
	for range 40 {
		b := d.nobody(t)
		all.Go(func() {
			if got := b.post(t, "/session", credentials("nobody@demo.test", "guess-number-1")); got.status != 422 {
				t.Errorf("%d", got.status)
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	var most uint64
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
		select {
		case <-done:
			if most > 400<<20 {
				t.Errorf("the heap grew to %d MiB", most>>20)
			}
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// TestUnknownPeopleTakeAsLong: the time of the answer does not tell who has an account. Not parallel: it measures.
func TestUnknownPeopleTakeAsLong(t *testing.T) {
	d := newDesk(t, loginLimits(1000, 1000))
	hash, err := web.HashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	d.Exec(t, "UPDATE agents SET password_hash = ? WHERE id = ?", hash, d.Ana.ID)
	fastest := func(email string) time.Duration {
		best := time.Hour
		for range 5 {
			start := time.Now()
			d.nobody(t).post(t, "/session", credentials(email, "wrong-password")).expect(t, 422)
			best = min(best, time.Since(start))
		}
		return best
	}
	known, unknown := fastest("ana@demo.test"), fastest("nobody@demo.test")
	if unknown < known/3 || known < unknown/3 {
		t.Errorf("a known person takes %v, an unknown one %v", known, unknown)
	}
}

func TestForwardedAddresses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		proxies []string
		header  func(i int) string
		status  int // of the attempt after the limit
	}{
		"without a proxy the header means nothing": {nil, func(i int) string { return "203.0.113." + strconv.Itoa(i) }, 429},
		"a trusted proxy's address is believed":    {[]string{"127.0.0.1/32"}, func(i int) string { return "203.0.113." + strconv.Itoa(i) }, 422},
		"and the same one is limited":              {[]string{"127.0.0.1/32"}, func(int) string { return "203.0.113.7" }, 429},
		"what the customer put before it is not":   {[]string{"127.0.0.1/32"}, func(i int) string { return "198.51.100." + strconv.Itoa(i) + ", 203.0.113.7" }, 429},
		"another proxy is not":                     {[]string{"192.0.2.0/24"}, func(i int) string { return "203.0.113." + strconv.Itoa(i) }, 429},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, loginLimits(1000, 3), func(o *web.Options) {
				for _, proxy := range tt.proxies {
					o.TrustedProxies = append(o.TrustedProxies, cidr(t, proxy))
				}
			})
			b := d.nobody(t)
			attempt := func(i int) answer {
				return b.post(t, "/session", credentials("ana@demo.test", "wrong-password"), "X-Forwarded-For", tt.header(i), "X-Real-IP", tt.header(i))
			}
			for i := range 3 {
				attempt(i).expect(t, 422)
			}
			attempt(3).expect(t, tt.status)
		})
	}
}

func TestSigningOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ana.get(t, "/rail").expect(t, 200)
	token := d.ana.cookie(t).Value
	out := d.ana.post(t, "/session/ending", nil)
	if out.status != 303 || out.location() != "/session" || out.header.Get("Clear-Site-Data") != `"storage"` {
		t.Errorf("%d to %q, %v", out.status, out.location(), out.header)
	}
	if d.ana.cookie(t) != nil {
		t.Error("the browser keeps its cookie")
	}
	d.nobody(t).get(t, "/rail", "Cookie", "sid="+token).expect(t, http.StatusSeeOther)
	d.nobody(t).post(t, "/session/ending", nil).expect(t, http.StatusSeeOther) // without a session too
	if n := d.Count(t, "SELECT COUNT(*) FROM audit WHERE action = 'session.ended' AND agent_id = ?", d.Ana.ID); n != 1 {
		t.Errorf("%d sign-outs recorded", n)
	}
}
