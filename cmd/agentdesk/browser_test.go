package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// The kit of the whole-program tests: the program as main starts it, a simulated Meta, and people in a real Chromium who
// find things by role and name, as a screen reader does.

const patience = 30 * time.Second // on a busy machine; a test never waits longer than it must

// floor is a running desk with people, a simulated Meta and a clock that both keep to.
type floor struct {
	URL, phone               string
	Store                    *store.Store
	Sim                      *simulator.Simulator
	clock                    *businessClock
	parts                    *desk
	log                      *lockedBuffer
	line                     *line
	stop                     func()
	Alex, Sam, Ana, Ben, Chi store.Agent
	env                      map[string]string
}

var cheapHash = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash(demoPassword, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		panic(err)
	}
	return hash
})

// open starts `agentdesk serve` against a simulated Meta, with five people; the test's end stops both.
func open(t testing.TB) *floor {
	t.Helper()
	f := &floor{clock: &businessClock{}, log: &lockedBuffer{}, line: newLine(t)}
	f.URL = "http://" + f.line.addr
	f.Sim = simulator.New(simulator.Options{
		Now: f.clock.Now, AppSecret: "app-secret", AccessToken: "access-token", VerifyToken: "verify-token", WABAID: demoWABA,
		Numbers:  []simulator.Number{{PhoneNumberID: demoNumber, DisplayPhone: demoPhone, VerifiedName: demoShop}},
		Business: demoShop, Logger: slog.New(slog.DiscardHandler),
	})
	meta := httptest.NewServer(f.Sim.Handler())
	t.Cleanup(meta.Close)
	ctx, cancel := context.WithCancel(context.Background())
	simulated := make(chan error, 1)
	go func() { simulated <- f.Sim.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-simulated; err != nil {
			t.Errorf("simulator: %v", err)
		}
	})
	f.env = map[string]string{
		"AGENTDESK_ADDR": "127.0.0.1:0", "AGENTDESK_BASE_URL": f.URL, "AGENTDESK_OPS_ADDR": "off", "AGENTDESK_DATA_DIR": t.TempDir(),
		"AGENTDESK_GRAPH_URL": meta.URL, "AGENTDESK_APP_SECRET": "app-secret", "AGENTDESK_ACCESS_TOKEN": "access-token",
		"AGENTDESK_VERIFY_TOKEN": "verify-token", "AGENTDESK_WABA_ID": demoWABA, "AGENTDESK_PHONE_NUMBER_ID": demoNumber,
		"AGENTDESK_LOGIN_LIMIT": "100/15m,1000/15m",
	}
	f.start(t)
	t.Cleanup(func() { f.stop() })
	for _, person := range []struct {
		into  *store.Agent
		email string
		name  string
		role  store.Role
	}{
		{&f.Alex, "alex@demo.test", "Alex Moreau", store.RoleAdmin}, {&f.Sam, "sam@demo.test", "Sam Keller", store.RoleSupervisor},
		{&f.Ana, "ana@demo.test", "Ana Ruiz", store.RoleAgent}, {&f.Ben, "ben@demo.test", "Ben Carter", store.RoleAgent},
		{&f.Chi, "chi@demo.test", "Chi Nguyen", store.RoleAgent},
	} {
		agent, err := f.Store.CreateAgent(ctx, nil, store.NewAgent{Email: person.email, Name: person.name, Role: person.role, PasswordHash: cheapHash(), TimeZone: "Europe/Madrid"})
		if err != nil {
			t.Fatal(err)
		}
		if *person.into, err = f.Store.AgentByID(ctx, agent.ID); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// start runs the program behind the line; after a stop it may be started again.
func (f *floor) start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan running, 1), make(chan int, 1)
	go func() {
		ended <- run(ctx, program{
			args: []string{"serve"}, env: f.env, stdin: strings.NewReader(""), stdout: f.log, stderr: f.log, now: f.clock.Now,
			ready: func(r running) { started <- r },
		})
	}()
	select {
	case r := <-started:
		f.parts, f.Store = r.parts, r.parts.store
		f.line.connect(r.desk)
		f.Sim.SetWebhook("http://" + r.desk + "/webhooks/whatsapp")
	case code := <-ended:
		t.Fatalf("the desk did not start: exit %d\n%s", code, f.log)
	case <-time.After(30 * time.Second):
		t.Fatalf("the desk did not start in time\n%s", f.log)
	}
	f.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case code := <-ended:
			if code != 0 {
				t.Errorf("exit code %d\n%s", code, f.log)
			}
		case <-time.After(15 * time.Second):
			t.Errorf("the desk did not stop in time")
		}
	})
}

// moveTime moves business time for desk, simulator and every open page.
func (f *floor) moveTime(t testing.TB, by time.Duration) {
	t.Helper()
	f.clock.Advance(by)
	f.parts.web.TellTime()
}

// customer adds somebody to the simulator who reads what arrives.
func (f *floor) customer(name, phone string) string {
	return f.Sim.AddCustomer(simulator.Customer{Name: name, Phone: phone, Reads: true}).ID
}

// chatOf waits until the contact of that name has a chat.
func (f *floor) chatOf(t testing.TB, name string) store.ChatRow {
	t.Helper()
	var found store.ChatRow
	eventually(t, "a chat of "+name, func() bool {
		for _, view := range []store.View{store.ViewAll, store.ViewClosed} {
			rows, _, err := f.Store.ChatList(t.Context(), f.Alex, store.ListQuery{View: view, Limit: 200})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				if got, _ := row.Contact.DisplayName(); got == name {
					found = row
					return true
				}
			}
		}
		return false
	})
	return found
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
		pause()
	}
}

// pause lets others work between two looks at a condition.
func pause() { <-time.After(15 * time.Millisecond) }

// chrome is one Chromium for the whole test binary; each person gets a browser context of their own in it.
var chrome = sync.OnceValues(func() (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("no Chromium: run make test, which installs it or says how")
	}
	profile, err := os.MkdirTemp("", "agentdesk-chromium-")
	if err != nil {
		return nil, err
	}
	endChrome = append(endChrome, func() { os.RemoveAll(profile) })
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(profile), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancelBrowser := chromedp.NewContext(allocator)
	endChrome = append(endChrome, cancelBrowser, cancel)
	return ctx, chromedp.Do(ctx, chromedp.Navigate("about:blank"))
})

var endChrome []func()

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
	}
	code := m.Run()
	for i := len(endChrome) - 1; i >= 0; i-- {
		endChrome[i]()
	}
	os.Exit(code)
}

// person is somebody at a browser of their own.
type person struct {
	t    testing.TB
	ctx  context.Context
	base string
	name string

	mu       sync.Mutex
	problems []string // policy reports, script errors
}

// browser opens a page for nobody yet.
func (f *floor) browser(t testing.TB, name string) *person {
	t.Helper()
	parent, err := chrome()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	p := &person{t: t, ctx: ctx, base: f.URL, name: name}
	t.Cleanup(func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, problem := range p.problems {
			t.Errorf("%s's page: %s", name, problem)
		}
	})
	// The tab lives as long as the context of its first command: this one must not have a deadline.
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900)); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			p.note(fmt.Sprintf("script error: %s %s", e.ExceptionDetails.Text, e.ExceptionDetails.Exception.Description))
		}
	}); err != nil {
		t.Fatal(err)
	}
	p.script(watchPolicy)
	return p
}

// watchPolicy keeps what the browser refused by the page's policy, for every document from the first byte on.
const watchPolicy = `window.__refused = []; document.addEventListener("securitypolicyviolation",
	(e) => window.__refused.push(e.violatedDirective + " " + e.blockedURI + " " + e.sourceFile + ":" + e.lineNumber));`

func (p *person) script(source string) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source}); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

func (p *person) note(problem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, problem)
}

// signedIn opens a browser, signs in through the form and lands on the chats.
func (f *floor) signedIn(t testing.TB, who store.Agent) *person {
	t.Helper()
	p := f.browser(t, who.Name)
	p.open("/session")
	p.fill("textbox", "E-mail", who.Email)
	p.fill("textbox", "Password", demoPassword)
	p.press("button", "Sign in")
	p.until("the chats", `!!document.querySelector('nav#chats')`)
	p.until("the live line", `document.body.dataset.connection === "Live"`)
	return p
}

func (p *person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

func (p *person) open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// eval returns what an expression is in the page.
func eval[T any](p *person, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, expression, err)
	}
	return value
}

// until waits for an expression to become true.
func (p *person) until(what, expression string) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; pause() {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		cancel()
		if err == nil && is {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s never saw %s (%v); the page says:\n%s", p.name, what, err, eval[string](p, "document.body.innerText"))
		}
	}
}

func (p *person) sees(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%q", text), fmt.Sprintf("document.body.innerText.includes(%s)", quoted(text)))
}

// find is an expression for the first visible thing of that role whose accessible name begins like that.
func find(role, name string) string {
	return fmt.Sprintf("(%s)(%s, %s)", byRole, quoted(role), quoted(name))
}

//go:embed testdata/by_role.js
var byRole string

func (p *person) has(role, name string) {
	p.t.Helper()
	p.until(role+" "+name, find(role, name))
}

func (p *person) hasNot(role, name string) {
	p.t.Helper()
	p.until("no "+role+" "+name, "!"+find(role, name))
}

func (p *person) press(role, name string) {
	p.t.Helper()
	p.has(role, name)
	eval[bool](p, find(role, name)+".click() || true")
}

// fill replaces what a field says, letter events included.
func (p *person) fill(role, name, text string) {
	p.t.Helper()
	p.has(role, name)
	eval[bool](p, fmt.Sprintf(`(() => { const field = %s; field.focus(); field.value = ""; return true })()`, find(role, name)))
	p.keys(text)
}

// keys types into whatever has the focus.
func (p *person) keys(text string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(text))
}

const enter = kb.Enter

func (p *person) resize(width, height int64) { p.do(chromedp.EmulateViewport(width, height)) }

// theme sets what the system prefers.
func (p *person) theme(scheme string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// clean fails when the page's policy refused anything so far.
func (p *person) clean() {
	p.t.Helper()
	if refused := eval[[]string](p, "window.__refused ?? []"); len(refused) > 0 {
		p.t.Errorf("%s's page broke its policy: %v", p.name, refused)
	}
}

func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// lockedBuffer collects the log of a running program.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
