// Package live is the hub between what happens on the desk and the sockets that look at it: topics, subscribers, frames as
// bytes. It knows nothing of what a frame says or of who may see it; whoever publishes and subscribes does.
package live

import "sync"

// Buffer is how many frames a subscriber may lag behind before it is closed. It resumes by its cursor, so nothing is lost;
// dropping single frames silently would lose them.
const Buffer = 256

// Hub hands frames to the subscribers of a topic. The zero value is not usable; NewHub is.
type Hub struct {
	mu     sync.Mutex
	topics map[string]map[*Subscriber]struct{}
	all    map[*Subscriber]struct{}
	closed bool
}

// Subscriber is one socket's queue.
type Subscriber struct {
	Owner  int64 // whose socket it is
	Frames chan []byte
	Gone   chan struct{} // closed when the hub gives the subscriber up: too slow, kicked, or the hub closed

	why    Reason
	topics map[string]struct{}
}

// Reason is why a subscriber was given up.
type Reason int

const (
	Left     Reason = iota // by itself
	TooSlow                // its queue was full
	Kicked                 // its session ended
	Stopping               // the hub closed
)

func NewHub() *Hub {
	return &Hub{topics: map[string]map[*Subscriber]struct{}{}, all: map[*Subscriber]struct{}{}}
}

// Subscribe adds a socket with its first topics. On a closed hub the subscriber is gone at once.
func (h *Hub) Subscribe(owner int64, topics ...string) *Subscriber {
	sub := &Subscriber{Owner: owner, Frames: make(chan []byte, Buffer), Gone: make(chan struct{}), topics: map[string]struct{}{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		sub.why = Stopping
		close(sub.Gone)
		return sub
	}
	h.all[sub] = struct{}{}
	for _, topic := range topics {
		h.join(sub, topic)
	}
	return sub
}

func (h *Hub) join(sub *Subscriber, topic string) {
	if h.topics[topic] == nil {
		h.topics[topic] = map[*Subscriber]struct{}{}
	}
	h.topics[topic][sub] = struct{}{}
	sub.topics[topic] = struct{}{}
}

// Unsubscribe takes the subscriber out of everything. Calling it twice does nothing.
func (h *Hub) Unsubscribe(sub *Subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.giveUp(sub, Left)
}

// Join puts the subscriber on one more topic; nothing happens if it is gone.
func (h *Hub) Join(sub *Subscriber, topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, here := h.all[sub]; here {
		h.join(sub, topic)
	}
}

// SetTopics replaces everything the subscriber is on.
func (h *Hub) SetTopics(sub *Subscriber, topics ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, here := h.all[sub]; !here {
		return
	}
	for topic := range sub.topics {
		h.leave(sub, topic)
	}
	for _, topic := range topics {
		h.join(sub, topic)
	}
}

// GiveUp ends one subscriber for a reason.
func (h *Hub) GiveUp(sub *Subscriber, why Reason) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.giveUp(sub, why)
}

// Leave takes the subscriber out of one topic; from the return on, nothing of it reaches the queue.
func (h *Hub) Leave(sub *Subscriber, topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leave(sub, topic)
}

func (h *Hub) leave(sub *Subscriber, topic string) {
	delete(sub.topics, topic)
	delete(h.topics[topic], sub)
	if len(h.topics[topic]) == 0 {
		delete(h.topics, topic)
	}
}

func (h *Hub) giveUp(sub *Subscriber, why Reason) {
	if _, here := h.all[sub]; !here {
		return
	}
	delete(h.all, sub)
	for topic := range sub.topics {
		h.leave(sub, topic)
	}
	sub.why = why
	close(sub.Gone)
}

// Publish puts one frame into the queue of everybody who is on any of the topics, once each, and returns how many that
// were. Whoever's queue is full is given up as too slow.
func (h *Hub) Publish(frame []byte, topics ...string) (reached, slow int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	done := map[*Subscriber]struct{}{}
	for _, topic := range topics {
		for sub := range h.topics[topic] {
			if _, twice := done[sub]; twice {
				continue
			}
			done[sub] = struct{}{}
			if h.push(sub, frame) {
				reached++
			} else {
				slow++
			}
		}
	}
	return reached, slow
}

// Send puts a frame into one subscriber's queue, in order with what is published.
func (h *Hub) Send(sub *Subscriber, frame []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, here := h.all[sub]; here {
		h.push(sub, frame)
	}
}

func (h *Hub) push(sub *Subscriber, frame []byte) bool {
	select {
	case sub.Frames <- frame:
		return true
	default:
		h.giveUp(sub, TooSlow)
		return false
	}
}

// On lists the subscribers of a topic at this moment.
func (h *Hub) On(topic string) []*Subscriber {
	h.mu.Lock()
	defer h.mu.Unlock()
	subs := make([]*Subscriber, 0, len(h.topics[topic]))
	for sub := range h.topics[topic] {
		subs = append(subs, sub)
	}
	return subs
}

// Has says whether anybody is on the topic, so that nothing is rendered for nobody.
func (h *Hub) Has(topic string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.topics[topic]) > 0
}

// Kick gives up every socket of a person.
func (h *Hub) Kick(owner int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for sub := range h.all {
		if sub.Owner == owner {
			h.giveUp(sub, Kicked)
		}
	}
}

// Count is how many sockets a person has here; owner 0 counts all.
func (h *Hub) Count(owner int64) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if owner == 0 {
		return len(h.all)
	}
	n := 0
	for sub := range h.all {
		if sub.Owner == owner {
			n++
		}
	}
	return n
}

// Owners lists whose sockets are here, once each.
func (h *Hub) Owners() []int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := map[int64]struct{}{}
	var owners []int64
	for sub := range h.all {
		if _, twice := seen[sub.Owner]; !twice {
			seen[sub.Owner] = struct{}{}
			owners = append(owners, sub.Owner)
		}
	}
	return owners
}

// Why is the reason a subscriber was given up; ask after Gone is closed.
func (h *Hub) Why(sub *Subscriber) Reason {
	h.mu.Lock()
	defer h.mu.Unlock()
	return sub.why
}

// Close gives everybody up; later subscribers are gone at once. Call it before the HTTP server's shutdown, because sockets
// never end by themselves. Twice is harmless.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for sub := range h.all {
		h.giveUp(sub, Stopping)
	}
}
