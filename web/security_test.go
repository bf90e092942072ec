package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"agentdesk/static"
	"agentdesk/web"
)

// headers are on every answer of every route, whoever asks and whatever the answer is.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
		"font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; " +
		"object-src 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":       "nosniff",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(self)",
	"Cache-Control":                "no-store",
}

func TestHeadersOfEveryRoute(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"nobody", "alex"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			for _, route := range s.Server.Routes() {
				b := s.browserOf(t, name)
				got := b.send(t, route.Method, s.target(route), form(route))
				for key, want := range headers {
					if value := got.header.Get(key); value != want {
						t.Errorf("%s %s: %s is %q", route.Method, route.Path, key, value)
					}
				}
				if policy := got.header.Get("Referrer-Policy"); !slices.Contains([]string{"no-referrer", "same-origin"}, policy) {
					t.Errorf("%s %s: Referrer-Policy %q", route.Method, route.Path, policy)
				}
				if got.header.Get("Strict-Transport-Security") != "" {
					t.Errorf("%s %s: HSTS over http", route.Method, route.Path)
				}
				for _, leaky := range []string{"Server", "X-Powered-By"} {
					if got.header.Get(leaky) != "" {
						t.Errorf("%s %s: has %s", route.Method, route.Path, leaky)
					}
				}
			}
		})
	}
}

func TestHeadersElsewhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *web.Options) { o.BaseURL = parseURL(t, "https://desk.example") })
	got := d.nobody(t).get(t, "/session").expect(t, 200)
	if got.header.Get("Strict-Transport-Security") != "max-age=31536000; includeSubDomains" {
		t.Errorf("HSTS %q", got.header.Get("Strict-Transport-Security"))
	}
	missing := d.nobody(t).get(t, "/no-such-page").expect(t, 404, "!no-such-page")
	css := d.nobody(t).get(t, static.Path("css/desk.css")).expect(t, 200)
	for _, a := range []answer{missing, css} {
		if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Security-Policy") != headers["Content-Security-Policy"] {
			t.Errorf("headers %v", a.header)
		}
	}
	if !strings.Contains(css.header.Get("Cache-Control"), "immutable") || missing.header.Get("Cache-Control") != "no-store" {
		t.Errorf("cached as %q and %q", css.header.Get("Cache-Control"), missing.header.Get("Cache-Control"))
	}
	d.nobody(t).get(t, "/static/0123456789ab/css/desk.css").expect(t, 404)
}

// TestOtherSitesChangeNothing: no route that is not read only listens to a page of another site. Meta's webhook has no
// browser behind it and its own proof.
func TestOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.browserOf(t, "alex")
	before := s.fingerprint(t)
	for _, route := range s.Server.Routes() {
		if route.Method == http.MethodGet {
			continue
		}
		for name, foreign := range map[string][]string{
			"cross-site":     {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"},
			"same-site":      {"Sec-Fetch-Site", "same-site", "Origin", "https://other.desk.test"},
			"old browser":    {"Sec-Fetch-Site", "", "Origin", "https://evil.test"},
			"opaque origin":  {"Sec-Fetch-Site", "cross-site", "Origin", "null"},
			"htmx elsewhere": {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test", "HX-Request", "true"},
		} {
			want := http.StatusForbidden
			if route.Path == "/webhooks/whatsapp" {
				want = http.StatusUnauthorized
			}
			if got := b.post(t, s.target(route), form(route), foreign...); got.status != want {
				t.Errorf("%s %s, %s: %d, want %d", route.Method, route.Path, name, got.status, want)
			}
		}
	}
	if s.fingerprint(t) != before {
		t.Error("something changed")
	}
	for name, own := range map[string][]string{
		"same origin":      {"Sec-Fetch-Site", "same-origin"},
		"typed or scripts": {"Sec-Fetch-Site", ""},
		"own origin":       {"Sec-Fetch-Site", "", "Origin", s.URL},
	} {
		if got := b.post(t, "/presence", form(web.Route{Path: "/presence"}), own...); got.status != http.StatusSeeOther {
			t.Errorf("%s: %d", name, got.status)
		}
	}
}

// TestFormsAreBounded: a form larger than any real one is not read to its end.
func TestFormsAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	huge := credentials(strings.Repeat("a", 2<<20), password)
	if got := d.nobody(t).post(t, "/session", huge); got.status != http.StatusRequestEntityTooLarge && got.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", got.status)
	}
	if got := d.ana.post(t, "/profile", huge); got.status != http.StatusRequestEntityTooLarge && got.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", got.status)
	}
}
