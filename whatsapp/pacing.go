package whatsapp

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"agentdesk/store"
)

// pacing keeps the desk under Meta's limits (6.5): messages a second for each number, and one in six seconds to the same
// person, with a burst. All in real time.
type pacing struct {
	every time.Duration
	burst int

	mu      sync.Mutex
	numbers map[int64]*rate.Limiter
	pairs   map[int64]*rate.Limiter // by chat: one contact on one number
	swept   time.Time
}

func newPacing(every time.Duration, burst int) *pacing {
	return &pacing{every: every, burst: burst, numbers: map[int64]*rate.Limiter{}, pairs: map[int64]*rate.Limiter{}}
}

// pair takes a token of the chat, or says how long until there is one.
func (p *pacing) pair(chatID int64, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	limiter, ok := p.pairs[chatID]
	if !ok {
		limiter = rate.NewLimiter(rate.Every(p.every), p.burst)
		p.pairs[chatID] = limiter
	}
	return take(limiter, now, 0)
}

// number takes a token of the number and says how long to wait before using it. ok is false when that is longer than most:
// nothing was taken then.
func (p *pacing) number(n store.Number, now time.Time, most time.Duration) (wait time.Duration, ok bool) {
	perSecond := rate.Limit(max(1, n.Throughput))
	p.mu.Lock()
	defer p.mu.Unlock()
	limiter, known := p.numbers[n.ID]
	if !known {
		limiter = rate.NewLimiter(perSecond, 1)
		p.numbers[n.ID] = limiter
	}
	if limiter.Limit() != perSecond {
		limiter.SetLimitAt(now, perSecond)
	}
	wait = take(limiter, now, most)
	return wait, wait <= most
}

// take reserves a token unless it is further off than most.
func take(limiter *rate.Limiter, now time.Time, most time.Duration) time.Duration {
	reservation := limiter.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > most {
		reservation.CancelAt(now)
	}
	return wait
}

// sweep forgets, once a minute, chats that have all their tokens again.
func (p *pacing) sweep(now time.Time) {
	if now.Sub(p.swept) < time.Minute {
		return
	}
	p.swept = now
	for id, limiter := range p.pairs {
		if limiter.TokensAt(now) >= float64(p.burst) {
			delete(p.pairs, id)
		}
	}
}
