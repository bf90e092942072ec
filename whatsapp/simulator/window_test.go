package simulator_test

import (
	"strconv"
	"testing"
	"time"

	"agentdesk/whatsapp/simulator"
)

func TestWindowBoundary(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.clock.Advance(24*time.Hour - time.Second)
	if status, answer := w.send(text(c.Phone, "Justo")); status != 200 {
		t.Errorf("a second before the end: %d %v", status, answer)
	}
	w.clock.Advance(time.Second)
	if _, answer := w.send(text(c.Phone, "Tarde")); code(answer) != 131047 {
		t.Errorf("at 24 h 0 s: %v", answer)
	}
	w.Faults().WindowAsStatus(true)
	w.idle()
	w.receiver.reset()
	if status, answer := w.send(text(c.Phone, "Tarde")); status != 200 {
		t.Errorf("as a status: %d %v", status, answer)
	}
	w.idle()
	failed := w.receiver.list("statuses")
	last := failed[len(failed)-1]
	if last["status"] != "failed" || last["errors"].([]any)[0].(m)["code"] != 131047.0 {
		t.Errorf("statuses: %v", failed)
	}
	w.Say(c.ID, "Sigo aquí")
	if status, answer := w.send(text(c.Phone, "Bien")); status != 200 {
		t.Errorf("after the customer wrote: %d %v", status, answer)
	}
}

func TestWhatOpensTheWindow(t *testing.T) {
	t.Parallel()
	w := setup(t)
	now := w.clock.Now()
	at := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	for name, row := range map[string]struct {
		message m
		end     time.Time
	}{
		"text":            {m{"type": "text", "text": m{"body": "x"}}, now.Add(24 * time.Hour)},
		"button":          {m{"type": "button", "button": m{"text": "x", "payload": "x"}}, now.Add(24 * time.Hour)},
		"unsupported":     {m{"type": "unsupported"}, now.Add(24 * time.Hour)},
		"reaction":        {m{"type": "reaction", "reaction": m{"message_id": "wamid.none"}}, time.Time{}},
		"system":          {m{"type": "system", "system": m{"body": "x"}}, time.Time{}},
		"edit":            {m{"type": "edit", "edit": m{}}, time.Time{}},
		"call permission": {m{"type": "interactive", "interactive": m{"type": "call_permission_reply"}}, time.Time{}},
		"three days late": {m{"type": "text", "text": m{"body": "x"}, "timestamp": at(-72 * time.Hour)}, now.Add(-48 * time.Hour)},
		"a clock ahead":   {m{"type": "text", "text": m{"body": "x"}, "timestamp": at(time.Hour)}, now.Add(24 * time.Hour)},
	} {
		c := w.AddCustomer(simulator.Customer{Name: name, Phone: "+4477009" + strconv.Itoa(len(w.Customers())+10000)})
		w.Receive(c.ID, row.message)
		if got := w.WindowEnd(c.ID, ""); !got.Equal(row.end) {
			t.Errorf("%s: window ends %v, want %v", name, got, row.end)
		}
	}
	caller := w.AddCustomer(simulator.Customer{Name: "Caller", Phone: "+447700900999"})
	w.Call(caller.ID)
	if got := w.WindowEnd(caller.ID, ""); !got.Equal(now.Add(24 * time.Hour)) {
		t.Errorf("call: window ends %v", got)
	}
}

// Older events never shorten a window, our own messages never lengthen it, and each number has its own.
func TestWindowIsMonotonicAndPerNumber(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	end := w.WindowEnd(c.ID, number)
	w.clock.Advance(time.Hour)
	w.Receive(c.ID, m{"type": "text", "text": m{"body": "vieja"}, "timestamp": strconv.FormatInt(w.clock.Now().Add(-3*time.Hour).Unix(), 10)})
	w.send(text(c.Phone, "Nuestra"))
	if got := w.WindowEnd(c.ID, number); !got.Equal(end) {
		t.Errorf("window ends %v, want %v", got, end)
	}
	if got := w.WindowEnd(c.ID, second); !got.IsZero() {
		t.Errorf("the other number's window ends %v", got)
	}
	body := text(c.Phone, "x")
	body["messaging_product"] = "whatsapp"
	if _, answer := w.call("POST", "/v25.0/"+second+"/messages", body); code(answer) != 131047 {
		t.Errorf("from the other number: %v", answer)
	}
	w.ReceiveOn(second, c.ID, m{"type": "text", "text": m{"body": "Hola"}})
	if status, answer := w.call("POST", "/v25.0/"+second+"/messages", body); status != 200 {
		t.Errorf("from the other number, open: %v", answer)
	}
}

func TestRemember(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"})
	at := w.clock.Now().Add(-20 * time.Hour)
	id := w.Remember(simulator.Past{CustomerID: c.ID, FromCustomer: true, Text: "Hola", At: at, WAMID: "wamid.PAST"})
	w.idle()
	if id != "wamid.PAST" || len(w.receiver.raw()) != 0 {
		t.Errorf("id %q, %d deliveries", id, len(w.receiver.raw()))
	}
	if got := w.WindowEnd(c.ID, ""); !got.Equal(at.Add(24 * time.Hour)) {
		t.Errorf("window ends %v", got)
	}
	if status, _ := w.send(m{"status": "read", "message_id": id}); status != 200 {
		t.Error("a remembered message cannot be marked read")
	}
	if w.Remember(simulator.Past{CustomerID: "nobody", Text: "x", At: at}) != "" {
		t.Error("a message of nobody was kept")
	}
}

func TestPricing(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		now              time.Time
		template         bool
		kind, model, cat string
		billable         bool
	}{
		"service before October 2026":       {time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), false, "free_customer_service", "PMP", "service", false},
		"service since, within the free":    {time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), false, "free_customer_service", "PMP", "service", false},
		"utility in the window before":      {time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), true, "free_customer_service", "PMP", "utility", false},
		"utility in the window since":       {time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), true, "regular", "PMP", "utility", true},
		"a conversation, in the old manner": {time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC), false, "free_customer_service", "CBP", "service", false},
	} {
		w := setup(t, func(o *simulator.Options) { o.Now = func() time.Time { return row.now } })
		c := w.nadia()
		w.AddTemplate(plainTemplate())
		body := text(c.Phone, "Hola")
		if row.template {
			body = template(c.Phone, "aviso", nil)
		}
		if status, answer := w.send(body); status != 200 {
			t.Fatalf("%s: %v", name, answer)
		}
		w.idle()
		pricing := w.receiver.list("statuses")[0]["pricing"].(m)
		if pricing["type"] != row.kind || pricing["pricing_model"] != row.model || pricing["category"] != row.cat || pricing["billable"] != row.billable {
			t.Errorf("%s: %v", name, pricing)
		}
	}
}

// A conversation keeps its newest two thousand messages.
func TestBounds(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"})
	var ids []string
	for range 2001 {
		ids = append(ids, w.Remember(simulator.Past{CustomerID: c.ID, FromCustomer: true, Text: "x", At: w.clock.Now()}))
	}
	for i, want := range map[int]int{0: 400, 1: 200, 2000: 200} {
		if status, _ := w.send(m{"status": "read", "message_id": ids[i]}); status != want {
			t.Errorf("message %d: %d, want %d", i, status, want)
		}
	}
}
