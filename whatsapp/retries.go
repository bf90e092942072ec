package whatsapp

import (
	"math/rand/v2"
	"time"
)

// try is how often, and since when, a message has been tried in vain. It is kept in memory: a restart begins anew.
type try struct {
	count       int
	first, last time.Time
}

// tried counts one more attempt in vain.
func (s *Sender) tried(id int64) try {
	now := s.store.Real()
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, t := range s.tries { // messages that ended elsewhere: their window closed, their number was paused
		if now.Sub(t.last) > time.Hour {
			delete(s.tries, other)
		}
	}
	t := s.tries[id]
	if t.count == 0 {
		t.first = now
	}
	t.count++
	t.last = now
	s.tries[id] = t
	return t
}

func (s *Sender) forget(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tries, id)
}

// backoff is how long to wait after the nth attempt in vain: 1, 2, 4 … 60 s with jitter; 4^n s where the same person got
// too much; a minute where the number is being upgraded; longer if Meta says so (6.5, 10).
func backoff(v verdict, n int) time.Duration {
	var wait time.Duration
	switch v.code {
	case 131056:
		wait = time.Second << min(2*n, 10)
	case 131057:
		wait = time.Minute
	default:
		wait = min(time.Second<<min(n-1, 6), time.Minute)
		wait = time.Duration(float64(wait) * (0.75 + rand.Float64()/2))
	}
	return max(wait, v.after)
}
