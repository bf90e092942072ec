package simulator_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"agentdesk/whatsapp/simulator"
)

func TestRetryUntil200(t *testing.T) {
	t.Parallel()
	var attempts []int
	w := setup(t, func(o *simulator.Options) {
		o.Retry = func(attempt int) time.Duration { attempts = append(attempts, attempt); return time.Millisecond }
	})
	w.receiver.mu.Lock()
	w.receiver.answers = []int{503, 500, 302, 204}
	w.receiver.mu.Unlock()
	c := w.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"})
	w.Say(c.ID, "Hola")
	for range 5 {
		<-w.receiver.arrived
	}
	w.idle()
	raw := w.receiver.raw()
	if len(raw) != 5 {
		t.Fatalf("%d attempts", len(raw))
	}
	for _, again := range raw[1:] {
		if !bytes.Equal(again, raw[0]) {
			t.Error("a retry is not the same POST")
		}
	}
	if len(attempts) != 4 || attempts[3] != 4 {
		t.Errorf("back-off was asked for attempts %v", attempts)
	}
}

// What happens before a webhook is set is delivered once it is.
func TestSetWebhook(t *testing.T) {
	t.Parallel()
	w := setup(t, func(o *simulator.Options) {
		o.WebhookURL = ""
		o.Retry = func(int) time.Duration { return time.Hour }
	})
	c := w.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"})
	w.Say(c.ID, "Hola")
	w.idle()
	w.SetWebhook(w.receiver.server.URL)
	<-w.receiver.arrived
	if got := w.receiver.list("messages"); len(got) != 1 {
		t.Errorf("messages: %v", got)
	}
}

func TestDeliverRaw(t *testing.T) {
	t.Parallel()
	w := setup(t)
	body := []byte(`{"object":"whatsapp_business_account",  "entry":[ ]}`)
	w.Deliver(body)
	w.idle()
	if raw := w.receiver.raw(); len(raw) != 1 || !bytes.Equal(raw[0], body) {
		t.Errorf("delivered %q", raw)
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	w := setup(t)
	if err := w.VerifyWebhook(t.Context()); err != nil {
		t.Errorf("right token: %v", err)
	}
	other := setup(t, func(o *simulator.Options) { o.VerifyToken = "wrong" })
	if err := other.VerifyWebhook(t.Context()); err == nil {
		t.Error("a wrong token was accepted")
	}
}

// No app is attached to the account: Meta tells nobody.
func TestSubscription(t *testing.T) {
	t.Parallel()
	w := setup(t)
	path := "/v25.0/" + account + "/subscribed_apps"
	c := w.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"})
	apps := func() int {
		_, answer := w.call("GET", path, nil)
		return len(answer["data"].([]any))
	}
	if apps() != 1 {
		t.Error("not attached at the start")
	}
	w.call("DELETE", path, nil)
	w.Say(c.ID, "Nadie oye")
	w.idle()
	if apps() != 0 || len(w.receiver.raw()) != 0 {
		t.Errorf("detached: %d apps, %d deliveries", apps(), len(w.receiver.raw()))
	}
	if status, answer := w.call("POST", path, nil); status != 200 || answer["success"] != true {
		t.Errorf("attach: %d %v", status, answer)
	}
	w.Say(c.ID, "Ahora sí")
	w.idle()
	if apps() != 1 || len(w.receiver.raw()) != 1 {
		t.Errorf("attached: %d apps, %d deliveries", apps(), len(w.receiver.raw()))
	}
	if status, answer := w.call("POST", path, m{"override_callback_uri": w.receiver.server.URL, "verify_token": "wrong"}); status != 400 {
		t.Errorf("override that fails its handshake: %d %v", status, answer)
	}
	if status, answer := w.call("POST", path, m{"override_callback_uri": w.receiver.server.URL + "/other", "verify_token": "verify"}); status != 200 {
		t.Errorf("override: %d %v", status, answer)
	}
}

func TestChangeNumber(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.ChangeNumber(c.ID, "+34600000077")
	w.idle()
	now := w.Customers()[0]
	message := w.receiver.list("messages")[0]
	system := message["system"].(m)
	if message["from"] != "34600000042" || message["from_user_id"] != c.BSUID || system["type"] != "user_changed_number" ||
		system["wa_id"] != "34600000077" || system["previous_user_id"] != c.BSUID || system["user_id"] != now.BSUID || now.BSUID == c.BSUID {
		t.Errorf("message: %v", message)
	}
	if w.receiver.values()[0]["contacts"] != nil {
		t.Error("a system message carries contacts")
	}
	if _, answer := w.send(text(c.Phone, "x")); code(answer) != 131026 {
		t.Errorf("to the old number: %v", answer)
	}
	if status, answer := w.send(text("+34600000077", "x")); status != 200 {
		t.Errorf("to the new number: %v", answer)
	}
	w.idle()
	w.receiver.reset()
	w.ChangeNumber(c.ID, "")
	w.idle()
	message = w.receiver.list("messages")[0]
	if _, has := message["from"]; has || message["system"].(m)["type"] != "user_changed_user_id" || message["system"].(m)["wa_id"] != nil {
		t.Errorf("hidden number: %v", message)
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"})
	id := w.Call(c.ID)
	w.idle()
	calls := w.receiver.list("calls")
	if len(calls) != 2 || calls[0]["event"] != "connect" || calls[1]["event"] != "terminate" || calls[1]["id"] != id ||
		calls[0]["direction"] != "USER_INITIATED" || calls[0]["from"] != "34600000042" || calls[1]["start_time"] != nil {
		t.Errorf("calls: %v", calls)
	}
}

// Many customers at once, with a receiver that fails now and then: every message arrives, and each customer's in order when
// nothing fails.
func TestManyCustomers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for i := range 40 {
		c := w.AddCustomer(simulator.Customer{Name: "Cliente", Phone: "+4477009001" + string(rune('0'+i/10)) + string(rune('0'+i%10))})
		go func() {
			for range 20 {
				w.Say(c.ID, "Hola")
			}
		}()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range 800 {
		select {
		case <-w.receiver.arrived:
		case <-ctx.Done():
			t.Fatal("not everything arrived")
		}
	}
	seen := map[any]bool{}
	for _, message := range w.receiver.list("messages") {
		if seen[message["id"]] {
			t.Errorf("%v came twice", message["id"])
		}
		seen[message["id"]] = true
	}
}
