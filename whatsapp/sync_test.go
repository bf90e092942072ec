package whatsapp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/whatsapp"
	"agentdesk/whatsapp/simulator"
)

// account is a desk whose Meta is the simulator.
type account struct {
	*desk
	sim    *simulator.Simulator
	graph  *httptest.Server
	client *whatsapp.Client
	calls  atomic.Int64
}

func newAccount(t *testing.T, change func(*simulator.Options)) *account {
	t.Helper()
	a := &account{desk: newDesk(t)}
	a.Exec(t, "DELETE FROM numbers WHERE phone_number_id <> ?", phoneNumberID) // the simulator knows one
	a.Clock.Run()
	a.Real.Run()
	o := simulator.Options{
		Now: a.Clock.Now, AppSecret: appSecret, AccessToken: "a-token", VerifyToken: "v", WABAID: wabaID,
		Numbers: []simulator.Number{{PhoneNumberID: phoneNumberID, DisplayPhone: "+1 555-078-3881", VerifiedName: "Casa Lumen", Throughput: 1000}},
	}
	if change != nil {
		change(&o)
	}
	a.sim = simulator.New(o)
	a.graph = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.calls.Add(1)
		a.sim.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(a.graph.Close)
	a.client = whatsapp.NewClient(whatsapp.ClientOptions{BaseURL: a.graph.URL, Timeout: 2 * time.Second})
	return a
}

// receive gives the simulator a webhook to deliver to: the desk's inbox behind real HTTP.
func (a *account) receive(t *testing.T) {
	t.Helper()
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = a.inbox.Accept(r.Context(), body, r.Header.Values("X-Hub-Signature-256"))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(hook.Close)
	a.sim.SetWebhook(hook.URL)
}

// run keeps loops going until the test ends.
func run(t *testing.T, loops ...func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, len(loops))
	for _, loop := range loops {
		go func() { ended <- loop(ctx) }()
	}
	t.Cleanup(func() {
		stop()
		for range loops {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

func body(text string) []map[string]any {
	return []map[string]any{{"type": "BODY", "text": text, "example": map[string]any{"body_text": [][]string{{"Marta"}}}}}
}

func (a *account) number(t testing.TB) store.Number {
	t.Helper()
	numbers, err := a.Store.Numbers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return numbers[0]
}

// TestSync: all pages, facts, what disappears, and nothing lost when a page fails.
func TestSync(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	for i := range 230 {
		a.sim.AddTemplate(simulator.Template{ID: fmt.Sprint(100000 + i), Name: fmt.Sprintf("order_%03d", i), Language: "es", Category: "UTILITY", Components: body("Hola {{1}}!")})
	}
	a.sim.AddTemplate(simulator.Template{ID: "99", Name: "rejected", Language: "en_US", Category: "MARKETING", Status: "REJECTED", RejectedReason: "PROMOTIONAL", Components: body("Buy {{1}}!")})
	syncer := whatsapp.NewSyncer(whatsapp.SyncerOptions{Store: a.Store, Client: a.client})
	if err := syncer.SyncNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	templates, err := a.Store.Templates(t.Context(), store.TemplateQuery{WABAID: wabaID})
	if err != nil || len(templates) != 231 {
		t.Fatalf("%d templates, %v", len(templates), err)
	}
	first, last := templates[0], templates[230]
	if first.Name != "order_000" || first.MetaID != "100000" || !first.Sendable() || len(first.Variables()) != 1 || first.Variables()[0].Example != "Marta" {
		t.Errorf("a template is %+v", first)
	}
	if last.Status != "REJECTED" || last.Reason != "PROMOTIONAL" || last.Sendable() {
		t.Errorf("the rejected one is %+v", last)
	}
	numbers, err := a.Store.Numbers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := numbers[0]; n.DisplayPhone != "+1 555-078-3881" || n.Quality != "GREEN" || n.MessagingLimit != "TIER_2K" || n.Throughput != 1000 || n.SyncedAt.IsZero() {
		t.Errorf("the number is %+v", n)
	}

	a.sim.SetTemplateStatus("100007", "DELETED", "")
	if err := syncer.SyncNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := func() int64 { return a.Count(t, "SELECT COUNT(*) FROM templates WHERE removed_at = 0") }
	if n := count(); n != 230 {
		t.Errorf("%d templates after one was deleted", n)
	}

	a.sim.Faults().Down(true)
	if err := syncer.SyncNow(t.Context()); err == nil {
		t.Error("no error while Meta is down")
	}
	if n := count(); n != 230 {
		t.Errorf("%d templates after a failed fetch", n)
	}
}

// TestSyncPagesTolerantly: pages as Meta may write them, with a field that this version does not know and a `next` that
// leads elsewhere.
func TestSyncPagesTolerantly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(t, "DELETE FROM numbers WHERE phone_number_id <> ?", phoneNumberID)
	graph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		switch {
		case strings.Contains(query.Get("fields"), "correct_category"), strings.Contains(query.Get("fields"), "health_status"):
			refuse(400, 100)(w, r, 0)
		case strings.HasSuffix(r.URL.Path, "/message_templates") && query.Get("after") == "":
			fmt.Fprint(w, `{"data":[{"id":77,"name":"a","language":"en-US","status":"approved","category":"utility","components":[{"type":"BODY","text":"Hi","example":"odd"}],"quality_score":{"score":"GREEN","date":1751247548}},null,{"name":null},"what"],
				"paging":{"cursors":{"after":"c1"},"next":"http://elsewhere.example/steal"}}`)
		case strings.HasSuffix(r.URL.Path, "/message_templates"):
			fmt.Fprint(w, `{"data":[{"id":"78","name":"b","language":"es","status":"NEWLY_INVENTED"}],"paging":{"cursors":{"after":"c2"}}}`)
		default:
			fmt.Fprint(w, `{"id":"106540352242922","display_phone_number":"+1 555-078-3881","quality_rating":"GREEN","throughput":{"level":"NOT_APPLICABLE"}}`)
		}
	}))
	t.Cleanup(graph.Close)
	syncer := whatsapp.NewSyncer(whatsapp.SyncerOptions{Store: d.Store, Client: whatsapp.NewClient(whatsapp.ClientOptions{BaseURL: graph.URL})})
	if err := syncer.SyncNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	templates, err := d.Store.Templates(t.Context(), store.TemplateQuery{})
	if err != nil || len(templates) != 2 {
		t.Fatalf("%v, %v", templates, err)
	}
	if a, b := templates[0], templates[1]; a.MetaID != "77" || a.Language != "en_US" || !a.Sendable() || a.Quality != "GREEN" || b.Sendable() {
		t.Errorf("%+v", templates)
	}
}

// TestSubscribe: the set-up page's button.
func TestSubscribe(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	syncer := whatsapp.NewSyncer(whatsapp.SyncerOptions{Store: a.Store, Client: a.client})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, a.graph.URL+"/v25.0/"+wabaID+"/subscribed_apps", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer a-token")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if on, err := syncer.Subscribed(t.Context(), wabaID); on || err != nil {
		t.Errorf("subscribed before: %v, %v", on, err)
	}
	if err := syncer.Subscribe(t.Context(), wabaID); err != nil {
		t.Error(err)
	}
	if on, err := syncer.Subscribed(t.Context(), wabaID); !on || err != nil {
		t.Errorf("subscribed after: %v, %v", on, err)
	}
	if err := syncer.Subscribe(t.Context(), "1"); err == nil {
		t.Error("an account nobody knows is subscribed")
	}
}

// TestPauseAndResume: a dead token stops the number, its messages wait, and they go out once it is alive again.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.receive(t)
	c := a.sim.AddCustomer(simulator.Customer{Name: "Marta", Phone: "+34600000123"})
	sender := whatsapp.NewSender(whatsapp.SenderOptions{Store: a.Store, Client: a.client})
	syncer := whatsapp.NewSyncer(whatsapp.SyncerOptions{Store: a.Store, Client: a.client, Probe: 20 * time.Millisecond})
	run(t, a.sim.Run, a.worker.Run, sender.Run)
	a.sim.Say(c.ID, "Hola")
	until(t, "the message is in", func() bool { return a.Count(t, "SELECT COUNT(*) FROM messages") == 1 })

	a.sim.Faults().TokenDead(true)
	m := a.queue(t, 1, "Buenas")
	until(t, "the number is paused", func() bool { return a.number(t).PausedReason == store.PauseToken })
	until(t, "the message waits", func() bool { return a.message(t, m.ID).Status == store.Queued })
	run(t, syncer.Run)
	a.sim.Faults().TokenDead(false)
	until(t, "the message has arrived", func() bool { return a.message(t, m.ID).Status == store.Delivered })
	if a.number(t).Paused() {
		t.Error("the number is still paused")
	}
	if sent := a.sim.Accepted(); len(sent) != 1 {
		t.Errorf("%d taken", len(sent))
	}
}

// TestDeadTokenFoundBySync: better before an agent's message than by it.
func TestDeadTokenFoundBySync(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.sim.Faults().TokenDead(true)
	syncer := whatsapp.NewSyncer(whatsapp.SyncerOptions{Store: a.Store, Client: a.client})
	if err := syncer.SyncNow(t.Context()); err == nil {
		t.Error("no error")
	}
	if n := a.number(t); n.PausedReason != store.PauseToken || n.PausedCode != 190 {
		t.Errorf("paused for %q (%d)", n.PausedReason, n.PausedCode)
	}
}

// TestSyncSoon: many notices become one fetch, and a new number is fetched without being asked for.
func TestSyncSoon(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	syncer := whatsapp.NewSyncer(whatsapp.SyncerOptions{Store: a.Store, Client: a.client, Gap: 50 * time.Millisecond, Probe: 20 * time.Millisecond})
	run(t, syncer.Run)
	until(t, "the number is fetched at the start", func() bool { return !a.number(t).SyncedAt.IsZero() })
	a.sim.AddTemplate(simulator.Template{Name: "late", Language: "es", Category: "UTILITY", Components: body("Hola {{1}}!")})
	before := a.calls.Load()
	for range 50 {
		syncer.Soon()
	}
	until(t, "the new template is here", func() bool { return a.Count(t, "SELECT COUNT(*) FROM templates") == 1 })
	if calls := a.calls.Load() - before; calls > 4 {
		t.Errorf("%d calls", calls)
	}
}
