package main

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"agentdesk/store"
)

//go:embed testdata/axe.min.js
var axe string

// axeRun is what an accessibility checker finds on the page as it is now, one line a finding.
const axeRun = `axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations.flatMap((v) =>
	v.nodes.map((n) => v.id + ": " + v.help + " at " + n.target.join(" ") + " " + (n.any[0]?.message ?? ""))))`

func (p *person) accessible(screen string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](axe+"; true")); err != nil {
		p.t.Fatalf("%s: %v", screen, err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](axeRun, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", screen, err)
	}
	for _, finding := range found {
		p.t.Errorf("%s: %s", screen, finding)
	}
}

// openDemo starts `agentdesk demo` on free ports: the fullest floor there is.
func openDemo(t *testing.T) *floor {
	t.Helper()
	f := &floor{log: &lockedBuffer{}}
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan running, 1), make(chan int, 1)
	go func() {
		ended <- run(ctx, program{
			args: []string{"demo"}, stdin: strings.NewReader(""), stdout: f.log, stderr: f.log,
			env: map[string]string{
				"AGENTDESK_ADDR": "127.0.0.1:0", "AGENTDESK_OPS_ADDR": "off", "AGENTDESK_SIMULATOR_ADDR": "127.0.0.1:0",
				"AGENTDESK_LOGIN_LIMIT": "100/15m,1000/15m",
			},
			ready: func(r running) { started <- r },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d\n%s", code, f.log)
		}
	})
	select {
	case r := <-started:
		f.URL, f.parts, f.Store, f.phone = "http://"+r.desk, r.parts, r.parts.store, "http://"+r.simulator
	case <-time.After(2 * time.Minute):
		t.Fatalf("the demo did not start\n%s", f.log)
	}
	for _, person := range []struct {
		into  *store.Agent
		email string
	}{{&f.Alex, "alex@demo.test"}, {&f.Sam, "sam@demo.test"}, {&f.Ana, "ana@demo.test"}, {&f.Ben, "ben@demo.test"}, {&f.Chi, "chi@demo.test"}} {
		agent, err := f.Store.AgentByEmail(ctx, person.email)
		if err != nil {
			t.Fatal(err)
		}
		if *person.into, err = f.Store.AgentByID(ctx, agent.ID); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// chatWhere is the first chat that Alex sees of which something holds.
func (f *floor) chatWhere(t *testing.T, what string, holds func(store.ChatRow) bool) int64 {
	t.Helper()
	for _, view := range []store.View{store.ViewAll, store.ViewClosed} {
		rows, _, err := f.Store.ChatList(t.Context(), f.Alex, store.ListQuery{View: view, Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if holds(row) {
				return row.Chat.ID
			}
		}
	}
	t.Fatalf("the demo has no chat that %s", what)
	return 0
}

// TestScreens visits every screen, in both themes and on a phone: the accessibility checker finds nothing, and the
// policy has nothing to refuse.
func TestScreens(t *testing.T) {
	t.Parallel()
	f := openDemo(t)
	now := f.Store.Now()
	open := f.chatWhere(t, "is open to free text", func(r store.ChatRow) bool {
		return r.Chat.OwnerID == f.Ana.ID && r.Chat.Window().TakesText(now.Add(time.Hour))
	})
	ended := f.chatWhere(t, "takes templates only", func(r store.ChatRow) bool {
		return r.Chat.State == store.ChatOpen && !r.Chat.Window().TakesText(now) && r.Chat.OwnerID == f.Ana.ID
	})
	closed := f.chatWhere(t, "is closed", func(r store.ChatRow) bool { return r.Chat.State == store.ChatClosed })
	waiting := f.chatWhere(t, "waits in the queue", func(r store.ChatRow) bool {
		return r.Chat.State == store.ChatOpen && r.Chat.OwnerID == 0
	})
	failed := f.chatWhere(t, "ends in a failure", func(r store.ChatRow) bool {
		return r.LastMessage != nil && r.LastMessage.Status == store.Failed
	})
	if err := f.Store.ParkDelivery(t.Context(), 1, "parked by the test"); err != nil {
		t.Fatal(err)
	}
	everyone := []string{"/chats", "/chats?view=queue", "/chats?view=closing", "/chats?view=closed", "/templates", "/profile",
		"/nothing-here", fmt.Sprintf("/chats/%d", open), fmt.Sprintf("/chats/%d", ended), fmt.Sprintf("/chats/%d?view=queue", waiting)}
	leads := append([]string{"/chats?view=all", "/people", fmt.Sprintf("/chats/%d?view=closed", closed), fmt.Sprintf("/chats/%d?view=all", failed)}, everyone...)
	admin := append([]string{"/deliveries", "/deliveries/1", "/settings", "/settings/whatsapp"}, leads...)
	for _, visit := range []struct {
		who   store.Agent
		paths []string
	}{{f.Ana, everyone}, {f.Sam, leads}, {f.Alex, admin}} {
		t.Run(string(visit.who.Role), func(t *testing.T) {
			p := f.signedIn(t, visit.who)
			for _, path := range visit.paths {
				for _, look := range []struct {
					name, theme   string
					width, height int64
				}{{"light", "light", 1440, 900}, {"dark", "dark", 1440, 900}, {"phone", "light", 390, 844}} {
					p.theme(look.theme)
					p.resize(look.width, look.height)
					p.open(path)
					p.accessible(path + " " + look.name)
					if overflow := eval[int](p, `document.documentElement.scrollWidth - innerWidth`); overflow > 0 {
						t.Errorf("%s %s: %d px wider than the screen", path, look.name, overflow)
					}
					p.clean()
				}
			}
		})
	}
	t.Run("nobody", func(t *testing.T) {
		p := f.browser(t, "nobody")
		for _, theme := range []string{"light", "dark"} {
			p.theme(theme)
			p.open("/session")
			p.accessible("/session " + theme)
			p.clean()
		}
	})
	t.Run("the customers' phone", func(t *testing.T) {
		p := f.browser(t, "customer")
		p.base = f.phone
		for _, theme := range []string{"light", "dark"} {
			p.theme(theme)
			p.open("/")
			p.accessible("the phone page " + theme)
			p.clean()
		}
	})
}
