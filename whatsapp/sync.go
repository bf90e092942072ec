package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"agentdesk/store"
)

// SyncerOptions configure a Syncer. Store and Client are required.
type SyncerOptions struct {
	Store  *store.Store
	Client *Client
	Every  time.Duration // how often everything is fetched; default 24 h
	Gap    time.Duration // at least this between two fetches that notices ask for; default 1 min (200 calls an hour, 6.5)
	Probe  time.Duration // how often paused numbers are looked at; default 1 min
	Logger *slog.Logger  // default: discard
}

// Syncer keeps templates and number facts in step with the account, and finds out when a paused number works again.
type Syncer struct {
	o      SyncerOptions
	log    *slog.Logger
	asked  chan struct{}
	turn   chan struct{} // held by whoever is fetching
	probes map[int64]probe
}

// probe is when a paused number is looked at next. One that is paused again after each resumption is looked at less often.
type probe struct {
	next time.Time
	wait time.Duration
}

// NewSyncer panics without store or client.
func NewSyncer(o SyncerOptions) *Syncer {
	if o.Store == nil || o.Client == nil {
		panic("whatsapp: SyncerOptions needs Store and Client")
	}
	if o.Every <= 0 {
		o.Every = 24 * time.Hour
	}
	if o.Gap <= 0 {
		o.Gap = time.Minute
	}
	if o.Probe <= 0 {
		o.Probe = time.Minute
	}
	return &Syncer{
		o: o, log: logger(o.Logger), asked: make(chan struct{}, 1), turn: make(chan struct{}, 1), probes: map[int64]probe{},
	}
}

// Run fetches at the start and then daily, soon after Soon, and looks at paused numbers every minute, until ctx ends; it
// returns nil then. What Meta answers never stops it.
func (s *Syncer) Run(ctx context.Context) error {
	failures := 0
	next := time.Now()
	tick := time.NewTicker(s.o.Probe)
	defer tick.Stop()
	last := time.Time{}
	for {
		wait := time.NewTimer(time.Until(next))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-s.asked:
			if due := last.Add(s.o.Gap); due.Before(next) {
				next = due
			}
		case <-tick.C:
			if err := s.probe(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("paused numbers could not be looked at", "error", err)
			}
			if s.unsynced(ctx) && failures == 0 {
				next = time.Now()
			}
		case <-wait.C:
			last = time.Now()
			next = last.Add(s.o.Every)
			err := s.SyncNow(ctx)
			if err == nil || ctx.Err() != nil {
				failures = 0
				break
			}
			s.log.Error("templates and number facts could not be fetched", "error", err)
			failures = min(failures+1, 7)
			next = last.Add(min(time.Minute<<(failures-1), time.Hour, s.o.Every))
		}
		wait.Stop()
	}
}

// Soon asks for a fetch in the background. Many calls become one.
func (s *Syncer) Soon() {
	select {
	case s.asked <- struct{}{}:
	default:
	}
}

// unsynced says whether a number has never been fetched: somebody has just set it up.
func (s *Syncer) unsynced(ctx context.Context) bool {
	numbers, err := s.o.Store.Numbers(ctx)
	if err != nil {
		return false
	}
	for _, n := range numbers {
		if n.SyncedAt.IsZero() {
			return true
		}
	}
	return false
}

// SyncNow fetches the templates of every account and the facts of every number, and returns when they are stored. One
// account's trouble does not stop the others; the errors are joined.
func (s *Syncer) SyncNow(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	numbers, err := s.o.Store.Numbers(ctx)
	if err != nil {
		return err
	}
	var failed []error
	accounts := map[string]error{}
	for _, n := range numbers {
		if err := s.number(ctx, n, accounts); err != nil {
			failed = append(failed, fmt.Errorf("number %d: %w", n.ID, err))
		}
	}
	return errors.Join(failed...)
}

// number fetches one number's facts and, unless that was done already, its account's templates.
func (s *Syncer) number(ctx context.Context, n store.Number, accounts map[string]error) error {
	token, err := s.token(ctx, n.ID)
	if err != nil {
		return err
	}
	f, err := s.o.Client.facts(ctx, token, n.PhoneNumberID)
	if err != nil {
		return s.noticed(ctx, n, err)
	}
	if err := s.o.Store.RecordNumberFacts(ctx, n.PhoneNumberID, f.stored()); err != nil {
		return err
	}
	if n.WABAID == "" {
		return errors.New("its account (WABA id) is not known")
	}
	err, done := accounts[n.WABAID]
	if !done {
		err = s.account(ctx, token, n.WABAID)
		accounts[n.WABAID] = err
	}
	if err != nil {
		return s.noticed(ctx, n, err)
	}
	return s.o.Store.MarkSynced(ctx, n.ID, s.o.Store.Real())
}

func (s *Syncer) account(ctx context.Context, token, wabaID string) error {
	listed, err := s.o.Client.templates(ctx, token, wabaID)
	if err != nil {
		return err
	}
	created, changed, removed, err := s.o.Store.SaveTemplates(ctx, wabaID, listed)
	if err != nil {
		return err
	}
	s.log.Info("templates fetched", "listed", len(listed), "new", created, "changed", changed, "removed", removed)
	return nil
}

// noticed pauses a number whose token turns out to be dead: better before an agent's message than by it.
func (s *Syncer) noticed(ctx context.Context, n store.Number, err error) error {
	var refusal *GraphError
	if errors.As(err, &refusal) && !n.Paused() {
		if reason, pauses := failure(refusal.Code); pauses == store.PauseToken && reason == store.FailNumber {
			return errors.Join(err, s.o.Store.PauseNumber(ctx, n.ID, refusal.Code, pauses))
		}
	}
	return err
}

// errNoToken: the number has been set up without an access token.
var errNoToken = errors.New("it has no access token")

func (s *Syncer) token(ctx context.Context, numberID int64) (string, error) {
	token, err := s.o.Store.NumberToken(ctx, numberID)
	if err == nil && token == "" {
		err = errNoToken
	}
	return token, err
}

// probe looks at every paused number and lifts the pause of those that work again.
func (s *Syncer) probe(ctx context.Context) error {
	numbers, err := s.o.Store.Numbers(ctx)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		p := s.probes[n.ID]
		if !n.Paused() || time.Now().Before(p.next) || !s.works(ctx, n) {
			continue
		}
		p.wait = min(max(s.o.Probe, 2*p.wait), time.Hour)
		if time.Since(p.next) > 2*time.Hour { // its last pause is long ago
			p.wait = s.o.Probe
		}
		p.next = time.Now().Add(p.wait)
		s.probes[n.ID] = p
		if err := s.o.Store.ResumeNumber(ctx, nil, n.ID); err != nil {
			return fmt.Errorf("resume number %d: %w", n.ID, err)
		}
		s.log.Info("a paused number works again", "number", n.ID)
	}
	return nil
}

// works says whether a number can send. Meta's own health status decides; where it is missing, an answer at all shows that
// token, permission and number are good, but says nothing of payment, name and restriction.
func (s *Syncer) works(ctx context.Context, n store.Number) bool {
	token, err := s.token(ctx, n.ID)
	if err != nil {
		return false
	}
	f, err := s.o.Client.facts(ctx, token, n.PhoneNumberID)
	if err != nil {
		return false
	}
	switch f.Health.CanSend {
	case "AVAILABLE", "LIMITED":
		return true
	case "":
		switch n.PausedReason {
		case store.PauseToken, store.PausePermission, store.PauseNumber:
			return true
		}
	}
	return false
}

// Subscribe attaches the app to an account, so that its webhooks come here (1.5).
func (s *Syncer) Subscribe(ctx context.Context, wabaID string) error {
	token, err := s.accountToken(ctx, wabaID)
	if err != nil {
		return err
	}
	var answer struct {
		Success flag `json:"success"`
	}
	if err := s.o.Client.post(ctx, token, nil, &answer, wabaID, "subscribed_apps"); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if !answer.Success {
		return errors.New("subscribe: Meta did not confirm it")
	}
	return nil
}

// Subscribed says whether an app is attached to an account. Which one is not told apart: a token does not say whose it is.
func (s *Syncer) Subscribed(ctx context.Context, wabaID string) (bool, error) {
	token, err := s.accountToken(ctx, wabaID)
	if err != nil {
		return false, err
	}
	var answer struct {
		Data list[struct{}] `json:"data"`
	}
	if err := s.o.Client.get(ctx, token, nil, &answer, wabaID, "subscribed_apps"); err != nil {
		return false, fmt.Errorf("subscriptions: %w", err)
	}
	return len(answer.Data) > 0, nil
}

// accountToken is the token of the account's first number.
func (s *Syncer) accountToken(ctx context.Context, wabaID string) (string, error) {
	numbers, err := s.o.Store.Numbers(ctx)
	if err != nil {
		return "", err
	}
	for _, n := range numbers {
		if n.WABAID == wabaID {
			return s.token(ctx, n.ID)
		}
	}
	return "", fmt.Errorf("account %s: %w", wabaID, store.ErrNotFound)
}
