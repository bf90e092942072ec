package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"agentdesk/store"
)

// BenchmarkWebhookToFrame is from a customer's message, posted as Meta does, to the frame that brings it to the agent who
// has the chat open. Everybody owns a chat and has it open; the customers take turns, at a gentle pace that is kept whatever
// the desk does. With pages, everybody's page also fetches its list when it is nudged, as the real one does.
func BenchmarkWebhookToFrame(b *testing.B) {
	for _, floor := range []struct {
		agents   int
		pages    bool
		rate     int // messages a second
		messages int
	}{{1, false, 50, 500}, {50, false, 50, 500}, {50, true, 10, 200}} {
		name := fmt.Sprintf("agents=%d", floor.agents)
		if floor.pages {
			name += ",pages"
		}
		b.Run(name, func(b *testing.B) {
			f := open(b)
			people := f.agents(b, floor.agents)
			chats := f.ownedByEach(b, people)
			sent, seen := make([]time.Time, floor.messages), newSightings(floor.messages)
			seq, err := f.Store.LastSeq(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			for i, who := range people {
				v := f.visitor(b, who)
				look := func([]byte) {}
				if floor.pages {
					look = v.fetching(b, chats[i].ID)
				}
				v.watch(b, seq, chats[i].ID, func(frame []byte) {
					seen.in(frame)
					look(frame)
				})
			}
			deliveries := make([]signedBody, floor.messages)
			for i := range deliveries {
				deliveries[i] = textOf(i%len(people), token(i)+" Is the green lamp back in stock?")
			}
			m := f.meta(64)
			b.ResetTimer()
			var posts sync.WaitGroup
			pace := time.NewTicker(time.Second / time.Duration(floor.rate))
			defer pace.Stop()
			for i := range deliveries {
				<-pace.C
				sent[i] = time.Now()
				posts.Go(func() {
					if _, err := m.post(deliveries[i]); err != nil {
						b.Errorf("message %d: %v", i, err)
					}
				})
			}
			posts.Wait()
			eventually(b, "every message in its owner's socket", func() bool { return seen.missing() == 0 })
			b.StopTimer()
			taken := make(latencies, floor.messages)
			for i, at := range seen.at {
				taken[i] = at.Sub(sent[i])
			}
			b.ReportMetric(0, "ns/op") // the pace is ours: only the latencies mean something
			taken.report(b, 50, 95, 99)
		})
	}
}

// ownedByEach gives customer i's chat to person i and returns the chats in that order.
func (f *floor) ownedByEach(b *testing.B, people []store.Agent) []store.Chat {
	b.Helper()
	m := f.meta(8)
	greetings := make([]signedBody, len(people))
	for i := range people {
		greetings[i] = textOf(i, "Good morning")
	}
	m.postAll(b, greetings, 8)
	chats := make([]store.Chat, len(people))
	for i, who := range people {
		row := f.chatOf(b, "Customer "+strconv.Itoa(i))
		var err error
		if chats[i], err = f.Store.TakeChat(b.Context(), who, row.Chat.ID, true); err != nil {
			b.Fatal(err)
		}
	}
	return chats
}

// token marks message i; it ends with a letter, so that none is the beginning of another.
func token(i int) string { return fmt.Sprintf("zq%dx", i) }

// sightings is when each message was first seen in a frame.
type sightings struct {
	mu   sync.Mutex
	at   []time.Time
	left int
}

func newSightings(messages int) *sightings {
	return &sightings{at: make([]time.Time, messages), left: messages}
}

func (s *sightings) in(frame []byte) {
	at := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for rest := frame; ; {
		i := bytes.Index(rest, []byte("zq"))
		if i < 0 {
			return
		}
		rest = rest[i+2:]
		end := bytes.IndexByte(rest, 'x')
		if end < 0 {
			return
		}
		n, err := strconv.Atoi(string(rest[:end]))
		if err == nil && n < len(s.at) && s.at[n].IsZero() {
			s.at[n] = at
			s.left--
		}
	}
}

func (s *sightings) missing() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// fetching makes of frames what a page makes of them: a nudge for the list fetches list and counts, one for the chat what
// stands around the thread; each at once, and again at most every 700 ms while nudges keep coming.
func (v *visitor) fetching(b *testing.B, chat int64) func(frame []byte) {
	b.Helper()
	page := fmt.Sprintf("%s/chats/%d", v.base, chat)
	want := make(chan struct{}, 1)
	done := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-want:
			}
			for _, get := range [][]string{{"/chats", "nav#chats"}, {"/rail", "div"}, {fmt.Sprintf("/chats/%d/around", chat), "div"}} {
				if _, _, err := v.get(get[0], "HX-Request", "true", "HX-Target", get[1], "HX-Current-URL", page); err != nil {
					b.Errorf("a page: %v", err)
				}
			}
			select {
			case <-stop:
				return
			case <-time.After(700 * time.Millisecond):
			}
		}
	}()
	b.Cleanup(func() {
		close(stop)
		<-done
	})
	return func(frame []byte) {
		if slices.Contains(nudges(frame), "list") {
			select {
			case want <- struct{}{}:
			default:
			}
		}
	}
}
