package web_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/alexedwards/argon2id"

	"agentdesk/store"
	"agentdesk/store/storetest"
	"agentdesk/web"
)

// password is everybody's; its hash is real but cheap, and made once for all tests.
const password = "demo-desk-2026"

var passwordHash = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		panic(err)
	}
	return hash
})

// desk is the web application on a real store behind a real HTTP server, with a browser for each of the cast. A browser
// signs in with its first request.
type desk struct {
	*storetest.Desk
	Server  *web.Server
	URL     string
	channel *channel

	alex, sam, ana, ben, chi *browser // admin, supervisor, three agents
}

// newDesk opens a desk that the test's end closes. Options may be changed before the server is built; Store, Channel and
// BaseURL are filled in afterwards where they are empty.
func newDesk(t testing.TB, change ...func(*web.Options)) *desk {
	t.Helper()
	d := &desk{Desk: storetest.New(t), channel: &channel{secret: "app-secret"}}
	d.Exec(t, "UPDATE agents SET password_hash = ?", passwordHash())
	d.Real.Set(time.Now().UTC()) // sessions live by the machine's clock

	server := httptest.NewUnstartedServer(nil)
	d.URL = "http://" + server.Listener.Addr().String()
	o := web.Options{Logger: slog.New(slog.DiscardHandler), Version: "test"}
	for _, f := range change {
		f(&o)
	}
	if o.Store == nil {
		o.Store = d.Store
	}
	if o.Channel == nil {
		o.Channel = d.channel
	}
	if o.BaseURL == nil {
		o.BaseURL = parseURL(t, d.URL)
	}
	d.Server = web.New(o)
	server.Config.Handler = d.Server.Handler()
	server.Start()
	t.Cleanup(server.Close)

	d.alex, d.sam = d.browser(t, d.Alex), d.browser(t, d.Sam)
	d.ana, d.ben, d.chi = d.browser(t, d.Ana), d.browser(t, d.Ben), d.browser(t, d.Chi)
	return d
}

// browser is another browser of that person, with a cookie jar of its own; the zero Agent is nobody and never signs in.
func (d *desk) browser(t testing.TB, who store.Agent) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{desk: d, Email: who.Email, http: &http.Client{Jar: jar, Transport: transport, CheckRedirect: stay, Timeout: 20 * time.Second}}
}

// nobody is a browser without a session.
func (d *desk) nobody(t testing.TB) *browser { return d.browser(t, store.Agent{}) }

// browser follows no redirects and keeps cookies.
type browser struct {
	desk   *desk
	Email  string
	http   *http.Client
	signIn sync.Once
}

// answer is what came back, parsed as HTML.
type answer struct {
	status int
	header http.Header
	body   string
	doc    *goquery.Document
}

// htmx are the headers of an htmx request; htmxFor names the element that the answer will be swapped into.
var htmx = []string{"HX-Request", "true"}

func htmxFor(id string) []string { return append(htmx[:2:2], "HX-Target", "div#"+id) }

// get and post take headers as pairs. post says it comes from the desk's own page, as browsers do.
func (b *browser) get(t testing.TB, path string, headers ...string) answer {
	t.Helper()
	return b.send(t, http.MethodGet, path, nil, headers...)
}

func (b *browser) post(t testing.TB, path string, form url.Values, headers ...string) answer {
	t.Helper()
	if form == nil {
		form = url.Values{}
	}
	return b.send(t, http.MethodPost, path, form, headers...)
}

func (b *browser) send(t testing.TB, method, path string, form url.Values, headers ...string) answer {
	t.Helper()
	if b.Email != "" {
		b.signIn.Do(func() {
			got := b.exchange(t, http.MethodPost, "/session", url.Values{"email": {b.Email}, "password": {password}})
			if got.status != http.StatusSeeOther {
				t.Fatalf("sign in %s: %d\n%s", b.Email, got.status, got.body)
			}
		})
	}
	return b.exchange(t, method, path, form, headers...)
}

func (b *browser) exchange(t testing.TB, method, path string, form url.Values, headers ...string) answer {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, b.desk.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.http.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: string(raw), doc: doc}
}

// cookie is the session cookie that this browser holds; nil when it has none.
func (b *browser) cookie(t testing.TB) *http.Cookie {
	t.Helper()
	for _, c := range b.http.Jar.Cookies(parseURL(t, b.desk.URL)) {
		if strings.HasSuffix(c.Name, "sid") {
			return c
		}
	}
	return nil
}

// location is where a redirect leads, for plain and htmx answers.
func (a answer) location() string {
	if to := a.header.Get("HX-Location"); to != "" {
		return to
	}
	return a.header.Get("Location")
}

// expect fails unless the answer has the status, shows everything wanted and nothing forbidden ("!" in front).
func (a answer) expect(t testing.TB, status int, contents ...string) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d\n%s", a.status, status, a.body)
	}
	for _, want := range contents {
		if forbidden, ok := strings.CutPrefix(want, "!"); ok {
			if strings.Contains(a.body, forbidden) {
				t.Errorf("shows %q, which it must not\n%s", forbidden, a.body)
			}
		} else if !strings.Contains(a.body, want) {
			t.Errorf("does not show %q\n%s", want, a.body)
		}
	}
	return a
}

// text is what a selector's elements say, space collapsed.
func (a answer) text(selector string) string {
	return strings.Join(strings.Fields(a.doc.Find(selector).Text()), " ")
}

func parseURL(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// channel stands where WhatsApp would: it checks a real HMAC, keeps bodies in memory and does what the test told it.
type channel struct {
	secret string

	mu         sync.Mutex
	bodies     [][]byte
	missing    []string
	subscribed bool
	broken     error // what Subscribed, Subscribe and Sync answer
	syncs      int
}

// set changes the channel between requests.
func (c *channel) set(change func(*channel)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

func (c *channel) accepted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.bodies)
}

func (c *channel) Challenge(mode, token, challenge string) (string, bool) {
	return challenge, mode == "subscribe" && token == "verify-token"
}

func (c *channel) Accept(_ context.Context, body []byte, signatures []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.missing) > 0 {
		return web.ErrNotConfigured
	}
	if len(signatures) != 1 || !hmac.Equal([]byte(signatures[0]), []byte(sign(c.secret, body))) {
		return web.ErrUnsigned
	}
	c.bodies = append(c.bodies, body)
	return nil
}

func (c *channel) Missing() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.missing
}

func (c *channel) Subscribed(context.Context, store.Number) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.subscribed, c.broken
}

func (c *channel) Subscribe(context.Context, store.Number) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subscribed = c.subscribed || c.broken == nil
	return c.broken
}

func (c *channel) Sync(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.syncs++
	return c.broken
}

var errMeta = errors.New("meta does not answer")

// sign is Meta's signature over a raw body.
func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// cidr parses a proxy range.
func cidr(t testing.TB, s string) *net.IPNet {
	t.Helper()
	_, network, err := net.ParseCIDR(s)
	if err != nil {
		t.Fatal(err)
	}
	return network
}
