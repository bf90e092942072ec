package main

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// TestALockedDatabase: somebody else holds the write lock for longer than the desk waits. Meta and people are told to come
// back, pages can be read, nothing is answered 500, and everything goes on by itself once the lock is gone.
func TestALockedDatabase(t *testing.T) {
	t.Parallel()
	env := serveEnv(t)
	env["AGENTDESK_APP_SECRET"], env["AGENTDESK_PHONE_NUMBER_ID"], env["AGENTDESK_ACCESS_TOKEN"] = "app-secret", demoNumber, "access-token"
	env["AGENTDESK_GRAPH_URL"] = "http://127.0.0.1:9" // nobody there
	d := startServe(t, env)
	hook, body := d.url+"/webhooks/whatsapp", `{"object":"whatsapp_business_account","entry":[]}`
	signature := simulator.Sign("app-secret", []byte(body))

	lock, err := database(t, env["AGENTDESK_DATA_DIR"]).BeginTx(t.Context(), nil) // immediate: it has the lock
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := get(t, d.url+"/session"); status != http.StatusOK {
		t.Errorf("a page is answered %d", status)
	}
	var meta, person int
	var both sync.WaitGroup
	both.Go(func() { meta = post(t, hook, body, "X-Hub-Signature-256", signature) })
	both.Go(func() {
		person = post(t, d.url+"/session", url.Values{"email": {"ana@demo.test"}, "password": {"not hers"}}.Encode(),
			"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	})
	both.Wait()
	if meta != http.StatusServiceUnavailable || person != http.StatusServiceUnavailable {
		t.Errorf("answered %d to Meta, %d to a person; want 503", meta, person)
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a delivery that is kept", func() bool { return post(t, hook, body, "X-Hub-Signature-256", signature) == http.StatusOK })
	eventually(t, "its processing", func() bool {
		return one[int](t, database(t, env["AGENTDESK_DATA_DIR"]), "SELECT COUNT(*) FROM deliveries WHERE state = 'done'") > 0
	})
}

// TestNothingPrivateIsLogged runs the desk through its days, good and bad, and looks for what no log may hold: what people
// wrote, numbers, passwords, tokens and secrets.
func TestNothingPrivateIsLogged(t *testing.T) {
	t.Parallel()
	f := open(t)
	canaries := map[string]string{
		"a customer's words": "canary-inbound", "an agent's words": "canary-outbound", "a customer's name": "Canary Customer", "a phone": "600555019",
		"a password": "canary-password", "an unreadable delivery": "canary-raw", "a query": "canary-query",
		"the access token": "access-token", "the app secret": "app-secret", "the verify token": "verify-token",
	}
	customer := f.customer("Canary Customer", "+34600555019")
	f.Sim.Say(customer, "canary-inbound")
	row := f.chatOf(t, "Canary Customer")
	send := func(text string) store.Message {
		m, err := f.Store.QueueMessage(t.Context(), f.Alex, store.Outgoing{ChatID: row.Chat.ID, ClientID: uuid.NewString(), Text: text, TakeOver: true})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	ended := func(what string, m store.Message, is func(store.Message) bool) {
		eventually(t, what, func() bool {
			now, err := f.Store.Message(t.Context(), f.Alex, m.ID)
			return err == nil && is(now)
		})
	}
	ended("a send", send("canary-outbound one"), func(m store.Message) bool { return m.Status == store.Read })
	f.Sim.Faults().FailSend(131026, 1)
	ended("a refusal", send("canary-outbound two"), func(m store.Message) bool { return m.Status == store.Failed })
	f.Sim.Faults().LoseAnswer(1)
	ended("a lost answer", send("canary-outbound three"), func(m store.Message) bool {
		return m.Attempts > 0 || m.Status != store.Queued && m.Status != store.Sending
	})
	f.Sim.Faults().FailSend(190, 1)
	ended("a dead token", send("canary-outbound four"), func(m store.Message) bool { return m.Attempts > 0 })

	desk := "http://" + f.line.addr
	for _, body := range []string{`{"canary-raw`, `{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":` +
		`{"metadata":{"phone_number_id":"1"},"messages":[{"id":"wamid.X","from":"34600555019","type":"text","text":{"body":"canary-raw"}}]}}]}]}`} {
		if status := post(t, desk+"/webhooks/whatsapp", body, "X-Hub-Signature-256", simulator.Sign("app-secret", []byte(body))); status != http.StatusOK {
			t.Errorf("a delivery is answered %d", status)
		}
		if status := post(t, desk+"/webhooks/whatsapp", body, "X-Hub-Signature-256", simulator.Sign("another", []byte(body))); status != http.StatusUnauthorized {
			t.Errorf("a forged delivery is answered %d", status)
		}
	}
	post(t, desk+"/session", url.Values{"email": {"ana@demo.test"}, "password": {"canary-password"}}.Encode(),
		"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	get(t, desk+"/chats?q=canary-query")
	get(t, desk+"/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1&hub.verify_token=canary-query")
	eventually(t, "the parking", func() bool {
		parked, err := f.Store.Deliveries(t.Context(), f.Alex, true, 0, 10)
		return err == nil && len(parked) >= 2
	})
	f.stop()
	log := f.log.String()
	for what, canary := range canaries {
		if at := strings.Index(log, canary); at >= 0 {
			t.Errorf("the log holds %s: …%s…", what, log[max(0, at-120):min(len(log), at+60)])
		}
	}
	if !strings.Contains(log, "a delivery was parked") || !strings.Contains(log, "a message was not taken") {
		t.Errorf("the log says too little to have been looked at:\n%s", log)
	}
}
