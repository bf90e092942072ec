package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"agentdesk/whatsapp/simulator"
)

const (
	secret  = "app-secret-of-the-test"
	token   = "token-of-the-test"
	number  = "106540352242922"
	second  = "106540352242933"
	account = "102290129340398"
)

// world is a simulator with its HTTP server, a webhook receiver and a clock.
type world struct {
	*simulator.Simulator
	t        *testing.T
	server   *httptest.Server
	receiver *receiver
	clock    *clock
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// receiver is the business's webhook: it checks every signature over the raw bytes.
type receiver struct {
	t       *testing.T
	server  *httptest.Server
	mu      sync.Mutex
	answers []int // codes for the next requests, then 200
	bodies  [][]byte
	gate    chan struct{} // when set, requests wait for it
	arrived chan struct{}
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, arrived: make(chan struct{}, 10000)}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodGet {
		if q := req.URL.Query(); q.Get("hub.mode") == "subscribe" && q.Get("hub.verify_token") == "verify" {
			io.WriteString(w, q.Get("hub.challenge"))
			return
		}
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.t.Errorf("webhook body: %v", err)
	}
	if got, want := req.Header.Get("X-Hub-Signature-256"), simulator.Sign(secret, body); got != want {
		r.t.Errorf("signature %q, want %q", got, want)
	}
	if got := req.Header.Get("Content-Type"); got != "application/json" {
		r.t.Errorf("webhook content type %q", got)
	}
	r.mu.Lock()
	gate := r.gate
	code := http.StatusOK
	if len(r.answers) > 0 {
		code, r.answers = r.answers[0], r.answers[1:]
	}
	r.bodies = append(r.bodies, body)
	r.mu.Unlock()
	r.arrived <- struct{}{}
	if gate != nil {
		<-gate
	}
	w.WriteHeader(code)
}

func (r *receiver) raw() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([][]byte(nil), r.bodies...)
}

func (r *receiver) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies = nil
}

// values are the changes[].value of every delivery so far, with their field under "field".
func (r *receiver) values() []map[string]any {
	var out []map[string]any
	for _, body := range r.raw() {
		var envelope struct {
			Object string
			Entry  []struct {
				ID      string
				Changes []struct {
					Field string
					Value map[string]any
				}
			}
		}
		if err := json.Unmarshal(body, &envelope); err != nil {
			r.t.Fatalf("webhook is no JSON: %v\n%s", err, body)
		}
		for _, entry := range envelope.Entry {
			for _, change := range entry.Changes {
				change.Value["field"] = change.Field
				out = append(out, change.Value)
			}
		}
	}
	return out
}

// list gathers the objects of one list (messages, statuses) over all deliveries.
func (r *receiver) list(name string) []map[string]any {
	var out []map[string]any
	for _, value := range r.values() {
		items, _ := value[name].([]any)
		for _, item := range items {
			out = append(out, item.(map[string]any))
		}
	}
	return out
}

func setup(t *testing.T, change ...func(*simulator.Options)) *world {
	t.Helper()
	c := &clock{now: time.Date(2026, 9, 14, 10, 0, 0, 0, time.UTC)}
	receiver := newReceiver(t)
	opts := simulator.Options{
		Now: c.Now, Advance: c.Advance, WebhookURL: receiver.server.URL, AppSecret: secret, AccessToken: token, VerifyToken: "verify",
		WABAID: account, Business: "Casa Lumen", ReviewDelay: -1,
		Numbers: []simulator.Number{
			{PhoneNumberID: number, DisplayPhone: "+34 600 000 100", VerifiedName: "Casa Lumen", Throughput: 1000},
			{PhoneNumberID: second, DisplayPhone: "+34 600 000 101", VerifiedName: "Casa Lumen Taller"},
		},
		Retry: func(int) time.Duration { return time.Millisecond },
	}
	for _, apply := range change {
		apply(&opts)
	}
	s := simulator.New(opts)
	server := httptest.NewServer(s.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		server.Close()
	})
	return &world{Simulator: s, t: t, server: server, receiver: receiver, clock: c}
}

func (w *world) idle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := w.Idle(ctx); err != nil {
		w.t.Fatalf("not idle: %v", err)
	}
}

// nadia has a phone and reads; she has just written, so her window is open.
func (w *world) nadia() *simulator.Customer {
	c := w.AddCustomer(simulator.Customer{Name: "Nadia El-Amin", Phone: "+34600000042", Reads: true})
	w.Say(c.ID, "Hola")
	w.idle()
	w.receiver.reset()
	return c
}

// call does one Graph request and decodes its answer.
func (w *world) call(method, path string, body any) (int, map[string]any) {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, w.server.URL+path, reader)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		return res.StatusCode, nil
	}
	return res.StatusCode, out
}

type m = map[string]any

// send posts a message from the first number.
func (w *world) send(body m) (int, map[string]any) {
	w.t.Helper()
	whole := m{"messaging_product": "whatsapp"}
	for key, value := range body {
		whole[key] = value
	}
	return w.call("POST", "/v25.0/"+number+"/messages", whole)
}

func text(to, body string) m {
	return m{"to": to, "type": "text", "text": m{"body": body}}
}

func code(answer map[string]any) int {
	refused, _ := answer["error"].(map[string]any)
	n, _ := refused["code"].(float64)
	return int(n)
}

func wamid(t *testing.T, answer map[string]any) string {
	t.Helper()
	list, _ := answer["messages"].([]any)
	if len(list) != 1 {
		t.Fatalf("answer without a message: %v", answer)
	}
	return list[0].(map[string]any)["id"].(string)
}

func TestSendAndTicks(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	body := text(c.Phone, "Buenos días")
	body["biz_opaque_callback_data"] = "msg:912"
	status, answer := w.send(body)
	if status != 200 {
		t.Fatalf("send: %d %v", status, answer)
	}
	id := wamid(t, answer)
	w.idle()
	statuses := w.receiver.list("statuses")
	if len(statuses) != 3 {
		t.Fatalf("%d statuses: %v", len(statuses), statuses)
	}
	for i, want := range []string{"sent", "delivered", "read"} {
		got := statuses[i]
		if got["status"] != want || got["id"] != id || got["biz_opaque_callback_data"] != "msg:912" ||
			got["recipient_id"] != "34600000042" || got["recipient_user_id"] != c.BSUID {
			t.Errorf("status %d: %v", i, got)
		}
		if hasPrice := got["pricing"] != nil; hasPrice != (want != "read") {
			t.Errorf("%s: pricing %v", want, got["pricing"])
		}
	}
	for _, value := range w.receiver.values() {
		contacts, _ := value["contacts"].([]any)
		if len(contacts) != 1 || contacts[0].(map[string]any)["wa_id"] != "34600000042" {
			t.Errorf("contacts of a status: %v", value["contacts"])
		}
	}
	taken := w.Accepted()
	if len(taken) != 1 || taken[0].WAMID != id || taken[0].Opaque != "msg:912" || taken[0].PhoneNumberID != number ||
		taken[0].CustomerID != c.ID || !taken[0].Time.Equal(w.clock.Now()) {
		t.Errorf("accepted: %+v", taken)
	}
}

func TestInboundShape(t *testing.T) {
	t.Parallel()
	w := setup(t)
	withPhone := w.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042", Username: "nadia.lee"})
	id := w.Say(withPhone.ID, "¿Llega hoy? https://casalumen.example/ 🌷")
	w.idle()
	raw := w.receiver.raw()[0]
	if bytes.Contains(raw, []byte("://")) || !bytes.Contains(raw, []byte(`https:\/\/casalumen.example\/ \ud83c\udf37`)) || bytes.ContainsFunc(raw, func(r rune) bool { return r > 127 }) {
		t.Errorf("not escaped the way Meta does: %s", raw)
	}
	message := w.receiver.list("messages")[0]
	if message["id"] != id || message["from"] != "34600000042" || message["from_user_id"] != withPhone.BSUID ||
		message["timestamp"] != "1789380000" || message["text"].(m)["body"] != "¿Llega hoy? https://casalumen.example/ 🌷" {
		t.Errorf("message: %v", message)
	}
	value := w.receiver.values()[0]
	if value["metadata"].(m)["display_phone_number"] != "34600000100" || value["metadata"].(m)["phone_number_id"] != number {
		t.Errorf("metadata: %v", value["metadata"])
	}

	w.receiver.reset()
	hidden := w.AddCustomer(simulator.Customer{Name: "Ines", Username: "ines"})
	w.Say(hidden.ID, "Hola")
	w.idle()
	message = w.receiver.list("messages")[0]
	who := w.receiver.values()[0]["contacts"].([]any)[0].(m)
	if _, has := message["from"]; has {
		t.Errorf("a hidden phone appears: %v", message)
	}
	if _, has := who["wa_id"]; has || who["user_id"] != hidden.BSUID || who["profile"].(m)["username"] != "ines" {
		t.Errorf("contact of a hidden phone: %v", who)
	}
}
