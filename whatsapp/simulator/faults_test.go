package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"agentdesk/whatsapp/simulator"
)

// post sends a text and returns what a client sees: status, body, error.
func (w *world) post(client *http.Client, to string) (int, string, error) {
	w.t.Helper()
	data, err := json.Marshal(m{"messaging_product": "whatsapp", "to": to, "type": "text", "text": m{"body": "Hola"}})
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequest("POST", w.server.URL+"/v25.0/"+number+"/messages", bytes.NewReader(data))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), err
}

// Each fault with what the sender sees, what Meta took, and that it wears off or can be switched off.
func TestAnswerFaults(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		set, unset func(*simulator.Faults)
		status     int // 0 = the connection broke
		broken     bool
		taken      int
		code       string
	}{
		"lost answer": {set: func(f *simulator.Faults) { f.LoseAnswer(1) }, broken: true, taken: 1},
		"half answer": {set: func(f *simulator.Faults) { f.HalfAnswer(1) }, status: 200, broken: true, taken: 1},
		"slow answer": {set: func(f *simulator.Faults) { f.HangAnswer(1, time.Hour) }, broken: true, taken: 1},
		"500 before":  {set: func(f *simulator.Faults) { f.Error500(1, false) }, status: 500, taken: 0, code: "131000"},
		"500 after":   {set: func(f *simulator.Faults) { f.Error500(1, true) }, status: 500, taken: 1, code: "131000"},
		"refusal":     {set: func(f *simulator.Faults) { f.FailSend(131042, 1) }, status: 400, taken: 0, code: "131042"},
		"locked":      {set: func(f *simulator.Faults) { f.FailSend(368, 1) }, status: 403, taken: 0, code: "368"},
		"token":       {set: func(f *simulator.Faults) { f.TokenDead(true) }, unset: func(f *simulator.Faults) { f.TokenDead(false) }, status: 401, code: "190"},
		"rate limit":  {set: func(f *simulator.Faults) { f.RateLimit(true) }, unset: func(f *simulator.Faults) { f.RateLimit(false) }, status: 400, code: "130429"},
		"down":        {set: func(f *simulator.Faults) { f.Down(true) }, unset: func(f *simulator.Faults) { f.Down(false) }, status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			c := w.nadia()
			row.set(w.Faults())
			client := &http.Client{}
			if name == "slow answer" {
				client.Timeout = 200 * time.Millisecond
			}
			status, body, err := w.post(client, c.Phone)
			if status != row.status || (err != nil) != row.broken {
				t.Errorf("status %d, error %v", status, err)
			}
			if row.code != "" && !strings.Contains(body, `"code":`+row.code) {
				t.Errorf("body %s", body)
			}
			if name == "down" && json.Valid([]byte(body)) {
				t.Errorf("down answers JSON: %s", body)
			}
			if got := len(w.Accepted()); got != row.taken {
				t.Errorf("%d messages taken, want %d", got, row.taken)
			}
			w.idle()
			if got := statusNames(w); row.taken == 1 && got != "sent delivered read" {
				t.Errorf("statuses of a taken message: %s", got)
			}
			if row.unset != nil {
				row.unset(w.Faults())
			}
			if status, body, err := w.post(http.DefaultClient, c.Phone); status != 200 {
				t.Errorf("afterwards: %d %s %v", status, body, err)
			}
		})
	}
}

func TestStatusFirst(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.Faults().StatusFirst(1)
	gate := make(chan struct{})
	w.receiver.mu.Lock()
	w.receiver.gate = gate
	w.receiver.mu.Unlock()
	drain(w.receiver.arrived)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		w.send(text(c.Phone, "Hola"))
	}()
	<-w.receiver.arrived
	select {
	case <-answered:
		t.Error("the send was answered before its status was")
	default:
	}
	if got := statusNames(w); got != "sent" {
		t.Errorf("statuses before the answer: %s", got)
	}
	close(gate)
	<-answered
	w.idle()
	if got := statusNames(w); got != "sent delivered read" {
		t.Errorf("statuses: %s", got)
	}
}

func drain(c chan struct{}) {
	for {
		select {
		case <-c:
		default:
			return
		}
	}
}

func TestFailStatusAndNoStatuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.Faults().FailStatus(131049, 1)
	w.send(text(c.Phone, "Hola"))
	w.idle()
	failed := w.receiver.list("statuses")
	if len(failed) != 1 || failed[0]["status"] != "failed" || failed[0]["errors"].([]any)[0].(m)["code"] != 131049.0 {
		t.Errorf("statuses: %v", failed)
	}
	w.receiver.reset()
	w.Faults().NoStatuses(true)
	w.send(text(c.Phone, "Hola"))
	w.idle()
	if got := statusNames(w); got != "" {
		t.Errorf("with no statuses: %s", got)
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.Faults().DuplicateNext(10)
	w.Say(c.ID, "Diez veces")
	w.Say(c.ID, "Una vez")
	w.idle()
	raw := w.receiver.raw()
	if len(raw) != 11 {
		t.Fatalf("%d deliveries", len(raw))
	}
	for _, copy := range raw[1:10] {
		if !bytes.Equal(copy, raw[0]) {
			t.Errorf("copies differ:\n%s\n%s", raw[0], copy)
		}
	}
}

func TestReorder(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.Faults().Reorder(3)
	for _, word := range []string{"uno", "dos", "tres", "cuatro"} {
		w.Say(c.ID, word)
		if word == "tres" {
			w.idle()
		}
	}
	w.idle()
	var got []string
	for _, message := range w.receiver.list("messages") {
		got = append(got, message["text"].(m)["body"].(string))
	}
	if strings.Join(got, " ") != "tres dos uno cuatro" {
		t.Errorf("order: %v", got)
	}
}

func TestLate(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.Faults().LateNext(3 * time.Hour)
	w.Say(c.ID, "Tarde")
	w.Say(c.ID, "A tiempo")
	w.idle()
	now := w.clock.Now()
	for i, want := range []time.Time{now.Add(-3 * time.Hour), now} {
		if got := w.receiver.list("messages")[i]["timestamp"]; got != strconv.FormatInt(want.Unix(), 10) {
			t.Errorf("message %d: %v, want %d", i, got, want.Unix())
		}
	}
}

// Two deliveries are held for a third that never comes: they go by themselves. Real time, hence the bubble.
func TestReorderGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Options{
			AppSecret: secret, AccessToken: token, Numbers: []simulator.Number{{PhoneNumberID: number, DisplayPhone: "+34600000100"}},
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.Run(ctx) }()
		c := s.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"})
		s.Faults().Reorder(3)
		s.Say(c.ID, "uno")
		synctest.Wait()
		short, stop := context.WithTimeout(ctx, 4*time.Second)
		if err := s.Idle(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("held deliveries do not count as pending: %v", err)
		}
		stop()
		long, stop := context.WithTimeout(ctx, 2*time.Second)
		if err := s.Idle(long); err != nil {
			t.Errorf("still held after five seconds: %v", err)
		}
		stop()
		cancel()
		<-done
	})
}

// The pair limit: forty-five at once, then one in six seconds; another customer is not touched by it.
func TestPairAndThroughputLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Options{
			AppSecret: secret, AccessToken: token,
			Numbers: []simulator.Number{{PhoneNumberID: number, DisplayPhone: "+34600000100"}, {PhoneNumberID: second, DisplayPhone: "+34600000101", Throughput: 3}},
		})
		handler := s.Handler()
		send := func(from, to string) int {
			data, _ := json.Marshal(m{"messaging_product": "whatsapp", "to": to, "type": "text", "text": m{"body": "Hola"}})
			req := httptest.NewRequest("POST", "/v25.0/"+from+"/messages", bytes.NewReader(data))
			req.Header.Set("Authorization", "Bearer "+token)
			res := httptest.NewRecorder()
			handler.ServeHTTP(res, req)
			var answer map[string]any
			if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil {
				t.Fatal(err)
			}
			return code(answer)
		}
		a := s.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"})
		b := s.AddCustomer(simulator.Customer{Name: "Tomás", Phone: "+34600000017"})
		s.Say(a.ID, "Hola")
		s.Say(b.ID, "Hola")
		for i := range 45 {
			if got := send(number, a.Phone); got != 0 {
				t.Fatalf("message %d of the burst: %d", i, got)
			}
		}
		if got := send(number, a.Phone); got != 131056 {
			t.Errorf("after the burst: %d", got)
		}
		if got := send(number, b.Phone); got != 0 {
			t.Errorf("to somebody else: %d", got)
		}
		time.Sleep(6 * time.Second)
		if got := send(number, a.Phone); got != 0 {
			t.Errorf("after six seconds: %d", got)
		}
		if got := send(number, a.Phone); got != 131056 {
			t.Errorf("a second one after six seconds: %d", got)
		}

		s.ReceiveOn(second, b.ID, m{"type": "text", "text": m{"body": "Hola"}}) // received ones count too
		for want, n := range map[int]int{0: 2} {
			for range n {
				if got := send(second, b.Phone); got != want {
					t.Errorf("within the throughput: %d", got)
				}
			}
		}
		if got := send(second, b.Phone); got != 130429 {
			t.Errorf("over the throughput: %d", got)
		}
		time.Sleep(time.Second)
		if got := send(second, b.Phone); got != 0 {
			t.Errorf("a second later: %d", got)
		}
	})
}
