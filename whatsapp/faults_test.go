package whatsapp_test

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/whatsapp"
	"agentdesk/whatsapp/simulator"
)

var sends = flag.Int("sends", 200, "how many messages TestFaults sends")

// TestFaults sends hundreds of messages through a Meta that loses answers, hangs, breaks, refuses and repeats itself. No
// message is taken twice, everything that was taken is known to have been, and what was never written goes out.
func TestFaults(t *testing.T) {
	t.Parallel()
	chats := *sends / 10
	a := newAccount(t, func(o *simulator.Options) { o.PairBurst = 1 << 20 })
	a.receive(t)
	client := whatsapp.NewClient(whatsapp.ClientOptions{BaseURL: a.graph.URL, Timeout: 250 * time.Millisecond})
	sender := whatsapp.NewSender(whatsapp.SenderOptions{Store: a.Store, Client: client, PairBurst: 1 << 20, Tick: 20 * time.Millisecond})
	run(t, a.sim.Run, a.worker.Run)
	for i := range chats {
		c := a.sim.AddCustomer(simulator.Customer{Name: fmt.Sprint("Customer ", i), Phone: fmt.Sprintf("+3460000%04d", i)})
		a.sim.Say(c.ID, "Hola")
	}
	until(t, "all have written", func() bool { return a.Count(t, "SELECT COUNT(*) FROM messages") == int64(chats) })
	for i := range *sends {
		a.queue(t, int64(1+i%chats), fmt.Sprint("Message ", i))
	}
	run(t, sender.Run, func(ctx context.Context) error { misbehave(ctx, a.sim.Faults()); return nil })

	// Hours of holds and back-off pass in seconds: the desk's real time leaps to whatever is due next.
	untilWithin(t, 3*time.Minute+time.Duration(*sends)*50*time.Millisecond, "nothing is on its way", func() bool {
		next, err := a.Store.NextDue(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if wait := next.Sub(a.Store.Real()); wait > 0 {
			a.Real.Advance(wait)
		}
		return a.Count(t, "SELECT COUNT(*) FROM messages WHERE status IN ('queued', 'sending')") == 0
	})
	settle, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := a.sim.Idle(settle); err != nil {
		t.Fatal(err)
	}
	until(t, "all deliveries are processed", func() bool { return a.Count(t, "SELECT COUNT(*) FROM deliveries WHERE state = 'new'") == 0 })

	taken := map[string]int{}
	for _, sent := range a.sim.Accepted() {
		taken[sent.Opaque]++
	}
	counts := map[string]int{}
	for i := range *sends {
		id := int64(chats + 1 + i)
		m := a.message(t, id)
		n := taken[fmt.Sprintf("msg:%d", id)]
		counts[fmt.Sprintf("%s, taken %d times", m.Status, n)]++
		switch {
		case n > 1:
			t.Errorf("message %d was taken %d times", id, n)
		case n == 1 && m.Status.Rank() < store.Accepted.Rank():
			t.Errorf("message %d was taken and is %s", id, m.Status)
		case n == 0 && m.Status != store.Unconfirmed && m.Status != store.Failed:
			t.Errorf("message %d was not taken and is %s", id, m.Status)
		}
	}
	t.Log(counts)
	inOrder(t, a)
}

// inOrder: every chat's messages were taken in the order in which they were written.
func inOrder(t *testing.T, a *account) {
	t.Helper()
	last := map[string]int64{}
	for _, sent := range a.sim.Accepted() {
		var id int64
		if _, err := fmt.Sscanf(strings.TrimPrefix(sent.Opaque, "msg:"), "%d", &id); err != nil {
			t.Fatal(err)
		}
		if id < last[sent.CustomerID] {
			t.Errorf("message %d was taken after %d", id, last[sent.CustomerID])
		}
		last[sent.CustomerID] = id
	}
}

// misbehave plants one fault after another.
func misbehave(ctx context.Context, f *simulator.Faults) {
	faults := []func(){
		func() { f.LoseAnswer(2) }, func() { f.HalfAnswer(2) }, func() { f.HangAnswer(2, time.Minute) },
		func() { f.Error500(2, false) }, func() { f.Error500(2, true) }, func() { f.StatusFirst(5) },
		func() { f.FailSend(130429, 5) }, func() { f.FailSend(80007, 3) }, func() { f.DuplicateNext(10) }, func() { f.Reorder(5) },
		func() { f.FailStatus(131026, 2) }, func() { f.RateLimit(true) }, func() { f.RateLimit(false) },
	}
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		faults[i%len(faults)]()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
