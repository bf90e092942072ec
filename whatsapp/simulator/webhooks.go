package simulator

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// attempt is one line of the page's log of deliveries.
type attempt struct {
	at     time.Time // business time
	code   int       // 0 = nobody answered
	what   string    // "messages · text"
	took   time.Duration
	again  time.Duration // until the next attempt; 0 = none
	copies int
}

// delivery is one webhook body on its way.
type delivery struct {
	body     []byte
	what     string
	key      string // lane
	since    time.Time
	attempts int
	reversed bool   // already held back once by Faults.Reorder
	arrived  func() // called when it was answered 200
}

// patience is how long Meta goes on trying (1.3).
const patience = 7 * 24 * time.Hour

func retryAfter(attempt int) time.Duration {
	steps := []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second}
	if attempt <= len(steps) {
		return steps[attempt-1]
	}
	return time.Minute
}

func newClient() *http.Client {
	return &http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a redirect is no 200
	}
}

// Deliver signs body as it is and posts it through the ordinary, retrying path.
func (s *Simulator) Deliver(body []byte) {
	s.enqueue(&delivery{body: bytes.Clone(body), what: "raw", key: "raw"})
}

// envelope wraps one change of the account the way Meta does (1.4).
func (s *Simulator) envelope(field string, value object) []byte {
	return encode(object{"object": "whatsapp_business_account", "entry": []any{
		object{"id": s.opts.WABAID, "changes": []any{object{"field": field, "value": value}}},
	}})
}

// accountEnvelope is envelope for account-level fields: with a time and without metadata.
func (s *Simulator) accountEnvelope(field string, at time.Time, value object) []byte {
	return encode(object{"object": "whatsapp_business_account", "entry": []any{
		object{"id": s.opts.WABAID, "time": at.Unix(), "changes": []any{object{"field": field, "value": value}}},
	}})
}

func metadata(n Number) object {
	return object{"display_phone_number": digits(n.DisplayPhone), "phone_number_id": n.PhoneNumberID}
}

func (s *Simulator) enqueue(d *delivery) {
	d.since = time.Now()
	s.queue.add(d.key, 0, func(ctx context.Context) { s.deliver(ctx, d) })
}

// deliver posts d now, in the caller's goroutine, and queues another attempt if it was not answered 200.
func (s *Simulator) deliver(ctx context.Context, d *delivery) {
	s.mu.Lock()
	target, subscribed := s.webhook, s.subscribed
	s.mu.Unlock()
	if !subscribed {
		return // no app is attached to the account: Meta tells nobody
	}
	if s.holdBack(d) {
		return
	}
	if d.since.IsZero() {
		d.since = time.Now()
	}
	copies := 1
	if d.attempts == 0 {
		copies = s.faults.takeDuplicates()
	}
	d.attempts++
	start := time.Now()
	code := s.postCopies(ctx, target, d, copies)
	line := attempt{at: s.Clock(), code: code, what: d.what, took: time.Since(start), copies: copies}
	if code != http.StatusOK && time.Since(d.since) < patience {
		line.again = s.opts.Retry(d.attempts)
		s.queue.later(d.key, line.again, true, func(ctx context.Context) { s.deliver(ctx, d) })
	}
	s.remember(line)
	if code == http.StatusOK && d.arrived != nil {
		d.arrived()
	}
}

// postCopies posts d copies times in parallel; the answer is 200 only if every copy got it.
func (s *Simulator) postCopies(ctx context.Context, target string, d *delivery, copies int) int {
	if target == "" {
		return 0
	}
	codes := make([]int, copies)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() { codes[i] = s.post(ctx, target, d.body) })
	}
	all.Wait()
	for _, code := range codes {
		if code != http.StatusOK {
			return code
		}
	}
	return http.StatusOK
}

func (s *Simulator) post(ctx context.Context, target string, body []byte) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "facebookexternalua")
	req.Header.Set("X-Hub-Signature-256", Sign(s.opts.AppSecret, body))
	res, err := s.client.Do(req)
	if err != nil {
		s.log.Debug("simulator: webhook not delivered", "error", err)
		return 0
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	return res.StatusCode
}

// Sign is the value of X-Hub-Signature-256 for these exact bytes (1.2).
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (s *Simulator) remember(line attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wire = append(s.wire, line)
	if len(s.wire) > maxLog {
		s.wire = s.wire[len(s.wire)-maxLog:]
	}
}

// holdBack keeps d for Faults.Reorder and says whether it did. The one that completes the batch sends all of them, newest
// first, in one lane.
func (s *Simulator) holdBack(d *delivery) bool {
	if d.reversed || d.attempts > 0 {
		return false
	}
	kept, batch, started := s.faults.hold(d)
	if kept {
		s.queue.keep()
	}
	if started { // nobody is kept for ever because too little else happened
		s.queue.later("reorder", reorderPatience, false, func(context.Context) { s.release(s.faults.takeHeld()) })
	}
	s.release(batch)
	return kept
}

func (s *Simulator) release(batch []*delivery) {
	for i := len(batch) - 1; i >= 0; i-- {
		d := batch[i]
		d.reversed, d.key = true, "reorder"
		s.queue.add(d.key, 0, func(ctx context.Context) { s.deliver(ctx, d) })
		s.queue.let()
	}
}

// VerifyWebhook does Meta's GET handshake with the webhook (1.1) and says what was wrong with the answer.
func (s *Simulator) VerifyWebhook(ctx context.Context) error {
	s.mu.Lock()
	target := s.webhook
	s.mu.Unlock()
	return s.verify(ctx, target, s.opts.VerifyToken)
}

func (s *Simulator) verify(ctx context.Context, target, token string) error {
	challenge := randomDigits(10)
	query := url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {challenge}, "hub.verify_token": {token}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target+"?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("verify webhook: %w", err)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("verify webhook: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("verify webhook: read answer: %w", err)
	}
	if res.StatusCode != http.StatusOK || string(body) != challenge {
		return fmt.Errorf("verify webhook: answered %d and not the challenge", res.StatusCode)
	}
	return nil
}
