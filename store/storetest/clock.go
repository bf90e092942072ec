package storetest

import (
	"sync"
	"time"
)

// start is where both clocks stand when a desk opens.
var start = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// Clock stands still until it is moved, or until it is told to run.
type Clock struct {
	mu      sync.Mutex
	at      time.Time
	running time.Time // when Run was called; zero = standing
}

func newClock() *Clock { return &Clock{at: start} }

func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running.IsZero() {
		return c.at
	}
	return c.at.Add(time.Since(c.running))
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Set puts the clock to an instant.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
	if !c.running.IsZero() {
		c.running = time.Now()
	}
}

// Run lets the clock go on by itself from where it stands; inside a synctest bubble it then keeps the bubble's time.
func (c *Clock) Run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running.IsZero() {
		c.running = time.Now()
	}
}
