package simulator

import "time"

// limits are the throughput of each number and the pair limit (6.5). Both run on real time.
type limits struct {
	numbers map[string]*bucket
	pairs   map[conversationKey]*bucket
}

// bucket holds tokens that come back over time.
type bucket struct {
	tokens, size, perSecond float64
	last                    time.Time
}

func newLimits() limits {
	return limits{numbers: map[string]*bucket{}, pairs: map[conversationKey]*bucket{}}
}

func (b *bucket) refill(now time.Time) {
	b.tokens = min(b.size, b.tokens+now.Sub(b.last).Seconds()*b.perSecond)
	b.last = now
}

func (b *bucket) take(now time.Time) bool {
	b.refill(now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

func (l limits) number(n Number) *bucket {
	b := l.numbers[n.PhoneNumberID]
	if b == nil {
		rate := float64(n.Throughput)
		b = &bucket{tokens: rate, size: rate, perSecond: rate, last: time.Now()}
		l.numbers[n.PhoneNumberID] = b
	}
	return b
}

// receive counts a customer's message: throughput is what is sent and received. What comes in is never refused.
func (l limits) receive(n Number) { l.number(n).take(time.Now()) }

func (l limits) send(n Number) bool { return l.number(n).take(time.Now()) }

// pair lets a burst to one customer through and then one message in six seconds.
func (l limits) pair(key conversationKey, burst int) bool {
	b := l.pairs[key]
	if b == nil {
		b = &bucket{tokens: float64(burst), size: float64(burst), perSecond: 1.0 / 6, last: time.Now()}
		l.pairs[key] = b
	}
	return b.take(time.Now())
}
