package live_test

import (
	"fmt"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"agentdesk/web/live"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func next(t *testing.T, sub *live.Subscriber) string {
	t.Helper()
	select {
	case frame := <-sub.Frames:
		return string(frame)
	default:
		return ""
	}
}

func gone(sub *live.Subscriber) bool {
	select {
	case <-sub.Gone:
		return true
	default:
		return false
	}
}

func TestPublishReachesEachOnce(t *testing.T) {
	t.Parallel()
	hub := live.NewHub()
	both := hub.Subscribe(1, "a", "b")
	one := hub.Subscribe(2, "b")
	other := hub.Subscribe(3, "c")

	reached, slow := hub.Publish([]byte("hello"), "a", "b")
	if reached != 2 || slow != 0 {
		t.Errorf("reached %d, slow %d; want 2, 0", reached, slow)
	}
	if got := next(t, both); got != "hello" {
		t.Errorf("got %q", got)
	}
	if got := next(t, both); got != "" {
		t.Errorf("got %q a second time", got)
	}
	if got := next(t, one); got != "hello" {
		t.Errorf("got %q", got)
	}
	if got := next(t, other); got != "" {
		t.Errorf("a stranger to the topic got %q", got)
	}
}

func TestLeaveEndsAtOnce(t *testing.T) {
	t.Parallel()
	hub := live.NewHub()
	sub := hub.Subscribe(1, "chat:7", "desk")
	hub.Leave(sub, "chat:7")
	hub.Publish([]byte("secret"), "chat:7")
	hub.Publish([]byte("open"), "desk")
	if got := next(t, sub); got != "open" {
		t.Errorf("got %q, want only what the other topic carries", got)
	}
	if hub.Has("chat:7") {
		t.Error("the topic still has somebody on it")
	}
}

func TestSetTopicsReplaces(t *testing.T) {
	t.Parallel()
	hub := live.NewHub()
	sub := hub.Subscribe(1, "floor", "desk")
	hub.SetTopics(sub, "desk", "agent:1")
	if hub.Has("floor") || !hub.Has("desk") || !hub.Has("agent:1") {
		t.Error("topics were not replaced")
	}
}

func TestFullQueueIsGivenUp(t *testing.T) {
	t.Parallel()
	hub := live.NewHub()
	slow, quick := hub.Subscribe(1, "a"), hub.Subscribe(2, "a")
	for i := range live.Buffer + 1 {
		hub.Publish(fmt.Append(nil, i), "a")
		if next(t, quick) != fmt.Sprint(i) {
			t.Fatalf("the quick one missed frame %d", i)
		}
	}
	if !gone(slow) || hub.Why(slow) != live.TooSlow {
		t.Error("a full queue must end its subscriber")
	}
	if gone(quick) {
		t.Error("the quick one suffered for the slow one")
	}
	hub.Unsubscribe(slow) // harmless
	if hub.Count(0) != 1 {
		t.Errorf("%d subscribers, want 1", hub.Count(0))
	}
}

func TestKickTakesEverySocketOfOnePerson(t *testing.T) {
	t.Parallel()
	hub := live.NewHub()
	first, second, other := hub.Subscribe(1, "a"), hub.Subscribe(1, "a"), hub.Subscribe(2, "a")
	if got := len(hub.Owners()); got != 2 {
		t.Errorf("%d owners, want 2", got)
	}
	hub.Kick(1)
	if !gone(first) || !gone(second) || gone(other) {
		t.Error("want both of the person's sockets gone and the other's kept")
	}
	if hub.Why(first) != live.Kicked {
		t.Error("the reason is wrong")
	}
}

func TestCloseGivesUpEverybodyAndLaterOnes(t *testing.T) {
	t.Parallel()
	hub := live.NewHub()
	sub := hub.Subscribe(1, "a")
	hub.Close()
	hub.Close()
	late := hub.Subscribe(2, "a")
	if !gone(sub) || !gone(late) || hub.Why(late) != live.Stopping {
		t.Error("a closed hub keeps nobody")
	}
}

// TestConcurrently is for the race detector: everything at once, and nobody left behind.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	hub := live.NewHub()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			topic := fmt.Sprint("chat:", i%5)
			sub := hub.Subscribe(int64(i%7), topic, "desk")
			for j := range 100 {
				hub.Publish([]byte("x"), topic)
				hub.Join(sub, fmt.Sprint("chat:", j%5))
				hub.On(topic)
				next(t, sub)
			}
			hub.Leave(sub, topic)
			hub.Unsubscribe(sub)
		})
	}
	all.Go(func() {
		for i := range 100 {
			hub.Kick(int64(i % 7))
		}
	})
	all.Wait()
	if hub.Count(0) != 0 || hub.Has("desk") {
		t.Errorf("%d left behind", hub.Count(0))
	}
}

func BenchmarkPublishToThousand(b *testing.B) {
	hub := live.NewHub()
	subs := make([]*live.Subscriber, 1000)
	for i := range subs {
		subs[i] = hub.Subscribe(int64(i), "desk")
	}
	frame := make([]byte, 1500)
	for b.Loop() {
		hub.Publish(frame, "desk")
		for _, sub := range subs {
			<-sub.Frames
		}
	}
}
