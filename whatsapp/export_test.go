package whatsapp

import (
	"strings"
	"time"

	"agentdesk/store"
)

// What tests outside the package look at.

func RequestBody(d store.Due) ([]byte, error) { return requestBody(d) }

// Read returns how many reports a delivery holds and its problems.
func Read(d store.Delivery) (reports int, problem string, passedOver []string, err error) {
	r, err := read(d)
	return len(r.reports), r.problemText(), r.unknown, err
}

// Fate is classify in words.
func Fate(err error) (fate string, reason store.FailReason, pause store.PauseReason) {
	v := classify(err)
	return []string{"refused", "again", "unknown", "paused"}[v.fate], v.reason, v.pause
}

func Failure(code int) (store.FailReason, store.PauseReason) { return failure(code) }

func Backoff(code, n int, after time.Duration) time.Duration {
	return backoff(verdict{code: code, after: after}, n)
}

func (c *Client) BaseURL() string { return strings.TrimSuffix(c.base, "/v25.0") }
