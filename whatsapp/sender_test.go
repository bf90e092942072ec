package whatsapp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/whatsapp"
)

// meta is a scripted Graph server: it counts what it took, by our message id, and answers as it is told.
type meta struct {
	*httptest.Server
	t  *testing.T
	mu sync.Mutex

	answer func(w http.ResponseWriter, r *http.Request, call int) // default: take it
	calls  int
	taken  map[string]int
	order  []string
}

func newMeta(t *testing.T) *meta {
	m := &meta{t: t, taken: map[string]int{}}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func (m *meta) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	var body struct {
		Opaque string `json:"biz_opaque_callback_data"`
	}
	if err != nil || json.Unmarshal(data, &body) != nil || r.URL.Path != "/v25.0/"+phoneNumberID+"/messages" {
		m.t.Errorf("a call that Meta would not understand: %s %s %s", r.Method, r.URL, data)
	}
	if r.Header.Get("Authorization") != "Bearer a-token" || r.Header.Get("Idempotency-Key") != "" || r.UserAgent() != "agentdesk" {
		m.t.Errorf("headers: %v", r.Header)
	}
	m.mu.Lock()
	m.calls++
	call, answer := m.calls, m.answer
	m.mu.Unlock()
	r = r.WithContext(context.WithValue(r.Context(), opaque{}, body.Opaque))
	if answer == nil {
		m.take(w, r)
		return
	}
	answer(w, r, call)
}

type opaque struct{}

// accept takes the message and returns Meta's answer.
func (m *meta) accept(r *http.Request) string {
	id := r.Context().Value(opaque{}).(string)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.taken[id]++
	m.order = append(m.order, id)
	return `{"messaging_product":"whatsapp","contacts":[{"input":"+16505551234","wa_id":"16505551234"}],"messages":[{"id":"wamid.` + id + `"}]}`
}

func (m *meta) take(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, m.accept(r))
}

func (m *meta) counts() (calls, taken int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range m.taken {
		taken += n
	}
	return m.calls, taken
}

func refuse(status, code int) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"message":"(#%d) no","type":"OAuthException","code":%d,"error_data":{"details":"Because."},"fbtrace_id":"x"}}`, code, code)
	}
}

func hangUp(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

// floor is a desk with a sender that talks to a scripted Meta, and one chat whose window is open.
type floor struct {
	*desk
	meta   *meta
	sender *whatsapp.Sender
}

func newFloor(t *testing.T, change func(*whatsapp.SenderOptions)) *floor {
	t.Helper()
	f := &floor{desk: newDesk(t), meta: newMeta(t)}
	f.Clock.Set(time.Unix(1749416383, 0))
	f.deliver(t, webhook(t, "text"))
	o := whatsapp.SenderOptions{Store: f.Store, Client: whatsapp.NewClient(whatsapp.ClientOptions{BaseURL: f.meta.URL, Timeout: 300 * time.Millisecond})}
	if change != nil {
		change(&o)
	}
	f.sender = whatsapp.NewSender(o)
	return f
}

func (f *floor) send(t *testing.T) int {
	t.Helper()
	n, err := f.sender.RunOnce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// chat opens a chat with another customer.
func (f *floor) chat(t *testing.T, customer int) int64 {
	t.Helper()
	f.deliver(t, messages(fmt.Sprintf(`{"from":"447700900%03d","id":"wamid.IN%d","timestamp":"1749416383","type":"text","text":{"body":"Hello?"}}`, customer, customer)))
	return f.Count(t, "SELECT chat_id FROM messages WHERE wamid = ?", fmt.Sprintf("wamid.IN%d", customer))
}

// TestOutcomes: one call, whatever becomes of it, and never a second one where the first may have been taken.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	type answer = func(m *meta) func(http.ResponseWriter, *http.Request, int)
	for _, tt := range []struct {
		name   string
		answer answer
		status store.Status
		reason store.FailReason
		paused store.PauseReason
		taken  int
	}{
		{"taken", nil, store.Accepted, "", "", 1},
		{"taken, then hung up", func(m *meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, _ int) { m.accept(r); hangUp(w) }
		}, store.Unconfirmed, "", "", 1},
		{"taken, then silent", func(m *meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, _ int) { m.accept(r); <-r.Context().Done() }
		}, store.Unconfirmed, "", "", 1},
		{"half an answer", func(m *meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, _ int) {
				body := m.accept(r)
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
				_, _ = io.WriteString(w, body[:len(body)/2])
				_ = http.NewResponseController(w).Flush()
				hangUp(w)
			}
		}, store.Unconfirmed, "", "", 1},
		{"an answer without JSON", func(m *meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, _ int) { m.accept(r); _, _ = io.WriteString(w, "<html>") }
		}, store.Unconfirmed, "", "", 1},
		{"an answer that names no message", func(m *meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, _ int) {
				m.accept(r)
				_, _ = io.WriteString(w, `{"messages":[]}`)
			}
		}, store.Unconfirmed, "", "", 1},
		{"500 after taking it", func(m *meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, n int) { m.accept(r); refuse(500, 131000)(w, r, n) }
		}, store.Unconfirmed, "", "", 1},
		{"500 without taking it", func(*meta) func(http.ResponseWriter, *http.Request, int) { return refuse(500, 131000) }, store.Unconfirmed, "", "", 0},
		{"503 from a machine in between", func(*meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, _ *http.Request, _ int) {
				http.Error(w, "busy", http.StatusServiceUnavailable)
			}
		}, store.Unconfirmed, "", "", 0},
		{"a redirect", func(*meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, _ int) {
				http.Redirect(w, r, "http://elsewhere.example/", http.StatusTemporaryRedirect)
			}
		}, store.Unconfirmed, "", "", 0},
		{"an answer without end", func(m *meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, _ int) {
				m.accept(r)
				chunk := strings.Repeat(" ", 1<<20)
				for range 64 {
					if _, err := io.WriteString(w, chunk); err != nil {
						return
					}
				}
			}
		}, store.Unconfirmed, "", "", 1},

		{"the window has ended", func(*meta) func(http.ResponseWriter, *http.Request, int) { return refuse(400, 131047) }, store.Failed, store.FailWindowEnded, "", 0},
		{"cannot be reached", func(*meta) func(http.ResponseWriter, *http.Request, int) { return refuse(400, 131026) }, store.Failed, store.FailUnreachable, "", 0},
		{"a code of tomorrow", func(*meta) func(http.ResponseWriter, *http.Request, int) { return refuse(400, 987654) }, store.Failed, store.FailNoMatchFound, "", 0},
		{"404 without JSON", func(*meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, _ int) { http.NotFound(w, r) }
		}, store.Failed, store.FailNoMatchFound, "", 0},

		{"too fast for the number", func(*meta) func(http.ResponseWriter, *http.Request, int) { return refuse(400, 130429) }, store.Queued, "", "", 0},
		{"429 from a machine in between", func(*meta) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, _ *http.Request, _ int) {
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		}, store.Queued, "", "", 0},
		{"the token is dead", func(*meta) func(http.ResponseWriter, *http.Request, int) { return refuse(401, 190) }, store.Queued, "", store.PauseToken, 0},
		{"the bill is not paid", func(*meta) func(http.ResponseWriter, *http.Request, int) { return refuse(400, 131042) }, store.Queued, "", store.PausePayment, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFloor(t, nil)
			if tt.answer != nil {
				f.meta.answer = tt.answer(f.meta)
			}
			m := f.queue(t, 1, "Hello")
			f.send(t)
			m = f.message(t, m.ID)
			if m.Status != tt.status || m.ErrorReason != tt.reason {
				t.Errorf("it is %s (%s), want %s (%s)", m.Status, m.ErrorReason, tt.status, tt.reason)
			}
			if calls, taken := f.meta.counts(); calls != 1 || taken != tt.taken {
				t.Errorf("%d calls, %d taken", calls, taken)
			}
			numbers, err := f.Store.Numbers(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := numbers[1].PausedReason; got != tt.paused {
				t.Errorf("the number is paused for %q, want %q", got, tt.paused)
			}
			if tt.status == store.Queued && tt.paused == "" {
				return
			}
			f.Real.Advance(time.Hour)
			f.send(t)
			if calls, _ := f.meta.counts(); calls != 1 {
				t.Errorf("%d calls an hour later", calls)
			}
		})
	}
}

// TestNothingWritten: a message that certainly did not leave is sent as soon as Meta can be reached, once.
func TestNothingWritten(t *testing.T) {
	t.Parallel()
	f := newFloor(t, nil)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	unreachable := whatsapp.NewSender(whatsapp.SenderOptions{Store: f.Store, Client: whatsapp.NewClient(whatsapp.ClientOptions{BaseURL: gone.URL})})
	m := f.queue(t, 1, "Hello")
	if _, err := unreachable.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m = f.message(t, m.ID); m.Status != store.Queued || m.Attempts != 1 || !m.NextAttemptAt.After(f.Store.Real()) {
		t.Fatalf("it is %s after %d attempts, next %v", m.Status, m.Attempts, m.NextAttemptAt)
	}
	if n := f.send(t); n != 0 {
		t.Error("it is sent before its time")
	}
	f.Real.Advance(2 * time.Second)
	f.send(t)
	if m = f.message(t, m.ID); m.Status != store.Accepted || m.WAMID == "" {
		t.Errorf("it is %s", m.Status)
	}
	if _, taken := f.meta.counts(); taken != 1 {
		t.Errorf("%d taken", taken)
	}
}

// TestPassingRefusals: what Meta refuses for now is tried again with growing waits, and given up after ten minutes.
func TestPassingRefusals(t *testing.T) {
	t.Parallel()
	f := newFloor(t, nil)
	f.meta.answer = func(w http.ResponseWriter, r *http.Request, call int) {
		if call < 4 {
			refuse(400, 130429)(w, r, call)
			return
		}
		f.meta.take(w, r)
	}
	m := f.queue(t, 1, "Hello")
	for range 20 {
		f.send(t)
		f.Real.Advance(time.Second)
	}
	if m = f.message(t, m.ID); m.Status != store.Accepted {
		t.Errorf("it is %s", m.Status)
	}
	if calls, taken := f.meta.counts(); calls != 4 || taken != 1 {
		t.Errorf("%d calls, %d taken", calls, taken)
	}

	f.meta.mu.Lock()
	f.meta.answer = refuse(400, 131056)
	f.meta.mu.Unlock()
	m = f.queue(t, 1, "Hello again")
	began := f.Store.Real()
	for f.Store.Real().Sub(began) < 9*time.Minute {
		f.send(t)
		f.Real.Advance(10 * time.Second)
	}
	if m = f.message(t, m.ID); m.Status != store.Queued {
		t.Errorf("given up early: %s", m.Status)
	}
	if calls, _ := f.meta.counts(); calls > 4+5 { // after 4, 16, 64 and 256 s
		t.Errorf("%d calls: it is no longer backing off", calls)
	}
	for range 200 {
		f.send(t)
		f.Real.Advance(10 * time.Second)
	}
	if m = f.message(t, m.ID); m.Status != store.Failed || m.ErrorReason != store.FailTryAgain {
		t.Errorf("it is %s (%s)", m.Status, m.ErrorReason)
	}
}

// TestStatusBeforeAnswer: the status overtakes the answer of the call, or comes instead of it.
func TestStatusBeforeAnswer(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprintf("answer lost: %v", lost), func(t *testing.T) {
			t.Parallel()
			f := newFloor(t, nil)
			f.meta.answer = func(w http.ResponseWriter, r *http.Request, _ int) {
				id := r.Context().Value(opaque{}).(string)
				f.deliver(t, value(`"statuses":[{"id":"wamid.`+id+`","status":"delivered","timestamp":"1749416383","recipient_id":"16505551234","biz_opaque_callback_data":"`+id+`"}]`))
				body := f.meta.accept(r)
				if lost {
					hangUp(w)
					return
				}
				_, _ = io.WriteString(w, body)
			}
			m := f.queue(t, 1, "Hello")
			f.send(t)
			if m = f.message(t, m.ID); m.Status != store.Delivered || m.WAMID != fmt.Sprintf("wamid.msg:%d", m.ID) {
				t.Errorf("it is %s under %q", m.Status, m.WAMID)
			}
		})
	}
}

// TestUnconfirmedSettledByStatus: a lost answer, then a status that carries our id.
func TestUnconfirmedSettledByStatus(t *testing.T) {
	t.Parallel()
	f := newFloor(t, nil)
	f.meta.answer = func(w http.ResponseWriter, r *http.Request, call int) {
		if call == 1 {
			f.meta.accept(r)
			hangUp(w)
			return
		}
		f.meta.take(w, r)
	}
	first, second := f.queue(t, 1, "one"), f.queue(t, 1, "two")
	f.send(t)
	if n := f.send(t); n != 0 {
		t.Error("what stands behind an unconfirmed message does not wait")
	}
	f.deliver(t, value(fmt.Sprintf(`"statuses":[{"id":"wamid.X","status":"sent","timestamp":"1749416383","biz_opaque_callback_data":"msg:%d"}]`, first.ID)))
	if m := f.message(t, first.ID); m.Status != store.Sent || m.WAMID != "wamid.X" {
		t.Errorf("it is %s under %q", m.Status, m.WAMID)
	}
	f.send(t)
	if m := f.message(t, second.ID); m.Status != store.Accepted {
		t.Errorf("the second is %s", m.Status)
	}
}

// TestUnconfirmedHoldsForTwoMinutes: without a status, what stands behind it goes on after the hold.
func TestUnconfirmedHoldsForTwoMinutes(t *testing.T) {
	t.Parallel()
	f := newFloor(t, nil)
	f.meta.answer = func(w http.ResponseWriter, r *http.Request, call int) {
		if call == 1 {
			hangUp(w)
			return
		}
		f.meta.take(w, r)
	}
	first, second := f.queue(t, 1, "one"), f.queue(t, 1, "two")
	f.send(t)
	f.Real.Advance(store.UnconfirmedHold - time.Second)
	if n := f.send(t); n != 0 {
		t.Error("the hold is too short")
	}
	f.Real.Advance(2 * time.Second)
	f.send(t)
	if m := f.message(t, second.ID); m.Status != store.Accepted {
		t.Errorf("the second is %s", m.Status)
	}
	if m := f.message(t, first.ID); m.Status != store.Unconfirmed {
		t.Errorf("the first is %s", m.Status)
	}
}

// TestOrderAndParallel: one chat strictly in order; another does not wait for it.
func TestOrderAndParallel(t *testing.T) {
	t.Parallel()
	f := newFloor(t, func(o *whatsapp.SenderOptions) {
		o.Client = whatsapp.NewClient(whatsapp.ClientOptions{BaseURL: o.Client.BaseURL(), Timeout: time.Minute})
	})
	other := f.chat(t, 1)
	slow, release := f.queue(t, 1, "slow"), make(chan struct{})
	f.meta.answer = func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.Context().Value(opaque{}) == fmt.Sprintf("msg:%d", slow.ID) {
			<-release
		}
		f.meta.take(w, r)
	}
	behind, beside := f.queue(t, 1, "behind"), f.queue(t, other, "beside")
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- f.sender.Run(ctx) }()
	until(t, "the other chat's message is taken", func() bool { return f.message(t, beside.ID).Status == store.Accepted })
	if m := f.message(t, behind.ID); m.Status != store.Queued {
		t.Errorf("what stands behind is %s", m.Status)
	}
	close(release)
	until(t, "the message behind is taken", func() bool { return f.message(t, behind.ID).Status == store.Accepted })
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	want := []string{fmt.Sprintf("msg:%d", beside.ID), fmt.Sprintf("msg:%d", slow.ID), fmt.Sprintf("msg:%d", behind.ID)}
	if fmt.Sprint(f.meta.order) != fmt.Sprint(want) {
		t.Errorf("taken in the order %v, want %v", f.meta.order, want)
	}
}

// TestPairLimit: whoever got their burst waits in the queue, not in a slot, and the others go past.
func TestPairLimit(t *testing.T) {
	t.Parallel()
	f := newFloor(t, func(o *whatsapp.SenderOptions) { o.PairBurst, o.Parallel = 2, 1 })
	other := f.chat(t, 1)
	var ids []int64
	for i := range 4 {
		ids = append(ids, f.queue(t, 1, fmt.Sprint(i)).ID)
	}
	beside := f.queue(t, other, "beside")
	for range 8 {
		f.send(t)
	}
	if _, taken := f.meta.counts(); taken != 3 || f.message(t, beside.ID).Status != store.Accepted {
		t.Errorf("%d taken at once, the other chat's is %s", taken, f.message(t, beside.ID).Status)
	}
	for _, id := range ids[2:] {
		f.Real.Advance(6 * time.Second)
		f.send(t)
		if m := f.message(t, id); m.Status != store.Accepted {
			t.Errorf("%d is %s after its 6 s", id, m.Status)
		}
	}
}

// TestWindowEndsInTheQueue: the window is looked at again before every attempt.
func TestWindowEndsInTheQueue(t *testing.T) {
	t.Parallel()
	f := newFloor(t, nil)
	m := f.queue(t, 1, "Hello")
	f.Clock.Advance(25 * time.Hour)
	f.send(t)
	if m = f.message(t, m.ID); m.Status != store.Failed || m.ErrorReason != store.FailWindowEnded {
		t.Errorf("it is %s (%s)", m.Status, m.ErrorReason)
	}
	if calls, _ := f.meta.counts(); calls != 0 {
		t.Error("Meta was asked")
	}
}

// TestWithoutToken: a number that was set up without a token waits instead of failing its messages.
func TestWithoutToken(t *testing.T) {
	t.Parallel()
	f := newFloor(t, nil)
	f.Exec(t, "UPDATE numbers SET token_sealed = '' WHERE phone_number_id = ?", phoneNumberID)
	m := f.queue(t, 1, "Hello")
	f.send(t)
	numbers, err := f.Store.Numbers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if m = f.message(t, m.ID); m.Status != store.Queued || numbers[1].PausedReason != store.PauseToken {
		t.Errorf("it is %s, the number paused for %q", m.Status, numbers[1].PausedReason)
	}
}

// TestOutcomeThatCannotBeRecorded: a fault of ours leaves the message to a person, and neither its chat nor the sender waiting.
func TestOutcomeThatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	f := newFloor(t, nil)
	f.Exec(t, "CREATE TRIGGER fault BEFORE INSERT ON message_statuses BEGIN SELECT RAISE(FAIL, 'a fault of ours'); END")
	m := f.queue(t, 1, "Hello")
	f.send(t)
	if m = f.message(t, m.ID); m.Status != store.Unconfirmed {
		t.Errorf("it is %s", m.Status)
	}
	if calls, _ := f.meta.counts(); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

// TestStop: a stop waits for the call under way and records its outcome; and a call that does not end is cut off.
func TestStop(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		grace  time.Duration
		status store.Status
	}{{"the answer comes in time", time.Minute, store.Accepted}, {"the answer does not come", time.Millisecond, store.Unconfirmed}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFloor(t, func(o *whatsapp.SenderOptions) {
				o.Grace = tt.grace
				o.Client = whatsapp.NewClient(whatsapp.ClientOptions{BaseURL: o.Client.BaseURL(), Timeout: time.Minute})
			})
			called, release := make(chan struct{}), make(chan struct{})
			f.meta.answer = func(w http.ResponseWriter, r *http.Request, _ int) {
				close(called)
				if tt.status == store.Unconfirmed {
					<-r.Context().Done()
					return
				}
				<-release
				f.meta.take(w, r)
			}
			m := f.queue(t, 1, "Hello")
			ctx, stop := context.WithCancel(t.Context())
			stopped := make(chan error, 1)
			go func() { stopped <- f.sender.Run(ctx) }()
			<-called
			stop()
			close(release)
			if err := <-stopped; err != nil {
				t.Error(err)
			}
			if m = f.message(t, m.ID); m.Status != tt.status {
				t.Errorf("it is %s", m.Status)
			}
		})
	}
}

// TestAfterACrash: what was being sent becomes unconfirmed at the next start, and is not sent again.
func TestAfterACrash(t *testing.T) {
	t.Parallel()
	f := newFloor(t, nil)
	m := f.queue(t, 1, "Hello")
	if due, err := f.Store.ClaimDue(t.Context(), 1); err != nil || len(due) != 1 {
		t.Fatalf("%v, %v", due, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- f.sender.Run(ctx) }()
	until(t, "it is unconfirmed", func() bool { return f.message(t, m.ID).Status == store.Unconfirmed })
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if calls, _ := f.meta.counts(); calls != 0 {
		t.Errorf("%d calls", calls)
	}
}

// until polls a condition for up to twenty seconds.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	untilWithin(t, 20*time.Second, what, ok)
}

func untilWithin(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("timed out: %s", what)
		case <-tick.C:
		}
	}
}
