package whatsapp

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"agentdesk/store"
)

// SenderOptions configure a Sender. Store and Client are required.
type SenderOptions struct {
	Store     *store.Store
	Client    *Client
	Parallel  int                                      // calls at a time; default 16
	Tick      time.Duration                            // a look even without a wake-up; default 5 s
	Grace     time.Duration                            // how long calls under way may go on after a stop; default 6 s
	GiveUp    time.Duration                            // how long a message is tried again; default 10 min
	PairEvery time.Duration                            // one message to one person in this time; default 6 s
	PairBurst int                                      // and so many at once; default 45
	Observe   func(outcome string, took time.Duration) // accepted, refused, again, unknown, paused: for metrics
	Logger    *slog.Logger                             // default: discard
}

// Sender is the outbox worker. A message is claimed, and that committed, before its call; whatever the call brings is
// recorded; what cannot be known becomes unconfirmed and is never sent again by itself.
type Sender struct {
	o      SenderOptions
	store  *store.Store
	log    *slog.Logger
	pacing *pacing
	slots  chan struct{} // one for each call under way
	freed  chan struct{} // a slot has become free
	calls  sync.WaitGroup

	mu    sync.Mutex
	tries map[int64]try // of messages that were put back
}

// NewSender panics without store or client.
func NewSender(o SenderOptions) *Sender {
	if o.Store == nil || o.Client == nil {
		panic("whatsapp: SenderOptions needs Store and Client")
	}
	if o.Parallel <= 0 {
		o.Parallel = 16
	}
	if o.Tick <= 0 {
		o.Tick = 5 * time.Second
	}
	if o.Grace <= 0 {
		o.Grace = 6 * time.Second
	}
	if o.GiveUp <= 0 {
		o.GiveUp = 10 * time.Minute
	}
	if o.PairEvery <= 0 {
		o.PairEvery = 6 * time.Second
	}
	if o.PairBurst <= 0 {
		o.PairBurst = 45
	}
	if o.Observe == nil {
		o.Observe = func(string, time.Duration) {}
	}
	return &Sender{
		o: o, store: o.Store, log: logger(o.Logger), pacing: newPacing(o.PairEvery, o.PairBurst),
		slots: make(chan struct{}, o.Parallel), freed: make(chan struct{}, 1), tries: map[int64]try{},
	}
}

// Run sends until ctx ends, then waits for the calls under way and returns nil. It begins with what a crash left behind:
// messages that were being sent become unconfirmed. Only one Sender may run on a database.
func (s *Sender) Run(ctx context.Context) error {
	s.recover(ctx)
	for ctx.Err() == nil {
		changed, began := s.store.Changed(), time.Now()
		wait, err := s.pass(ctx)
		if took := time.Since(began); took > 2*time.Millisecond {
			pause(ctx, min(took, 100*time.Millisecond)) // every commit wakes: with a long queue, rest as long as it took to look
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("the outbox could not be read", "error", err)
			wait = time.Second
			changed = nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-s.freed:
		case <-timer.C:
		}
		timer.Stop()
	}
	s.calls.Wait()
	return nil
}

// RunOnce sends what is due now, as many as there are slots, waits for the outcomes and returns how many it tried.
func (s *Sender) RunOnce(ctx context.Context) (int, error) {
	n, err := s.claim(ctx)
	s.calls.Wait()
	return n, err
}

func (s *Sender) recover(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := s.store.RecoverSending(ctx)
		if err == nil {
			if n > 0 {
				s.log.Warn("messages were being sent when the desk stopped; their outcome is not known", "count", n)
			}
			return
		}
		s.log.Error("lost sends could not be recovered", "error", err)
		pause(ctx, time.Second)
	}
}

// pass claims what is due and says how long the loop may sleep if nothing wakes it.
func (s *Sender) pass(ctx context.Context) (time.Duration, error) {
	if _, err := s.store.ReleaseUnconfirmed(ctx); err != nil {
		return 0, err
	}
	if _, err := s.claim(ctx); err != nil {
		return 0, err
	}
	next, err := s.store.NextDue(ctx)
	if err != nil || next.IsZero() || len(s.slots) == cap(s.slots) {
		return s.o.Tick, err
	}
	const least = 20 * time.Millisecond // what is due and was not claimed waits for something else
	return min(max(least, next.Sub(s.store.Real())), s.o.Tick), nil
}

// claim takes as many due messages as there are free slots and begins their calls.
func (s *Sender) claim(ctx context.Context) (int, error) {
	free := cap(s.slots) - len(s.slots) // only this goroutine fills them
	if free == 0 {
		return 0, nil
	}
	due, err := s.store.ClaimDue(ctx, free)
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		s.slots <- struct{}{}
		s.calls.Add(1)
		go func() {
			defer s.calls.Done()
			defer s.release()
			s.deliver(ctx, d)
		}()
	}
	return len(due), nil
}

func (s *Sender) release() {
	<-s.slots
	select {
	case s.freed <- struct{}{}:
	default:
	}
}

// deliver takes one claimed message to its outcome.
func (s *Sender) deliver(ctx context.Context, d store.Due) {
	if wait := s.hold(ctx, d); wait >= 0 {
		s.putBack(ctx, d, wait, 0, "")
		return
	}
	body, err := requestBody(d)
	if err != nil {
		reason := store.FailOurs
		if errors.Is(err, errNoAddress) {
			reason = store.FailUnreachable
		}
		s.refuse(ctx, d, verdict{rule: rule{reason: reason}, details: err.Error()})
		return
	}
	token, err := s.store.NumberToken(ctx, d.Number.ID)
	if ctx.Err() != nil {
		s.putBack(ctx, d, 0, 0, "")
		return
	}
	if err != nil || token == "" {
		s.log.Error("a number has no usable access token", "number", d.Number.ID, "error", err)
		s.pauseNumber(ctx, d, verdict{rule: rule{pause: store.PauseToken}, details: "no usable access token"})
		return
	}
	begun := time.Now()
	r, err := s.call(ctx, d, token, body)
	outcome := s.settle(ctx, d, r, err)
	s.o.Observe(outcome, time.Since(begun))
}

// hold waits for the number's pace. It returns how long the message has to go back to the queue for, or -1 if it may go
// now: a slot is not kept for somebody who has to wait long.
func (s *Sender) hold(ctx context.Context, d store.Due) time.Duration {
	const patience = time.Second
	if wait := s.pacing.pair(d.Message.ChatID, s.store.Real()); wait > 0 {
		return wait
	}
	wait, ok := s.pacing.number(d.Number, s.store.Real(), patience)
	if !ok {
		return wait
	}
	if wait > 0 {
		pause(ctx, wait)
	}
	if ctx.Err() != nil {
		return 0
	}
	return -1
}

// call makes the one call. A stop of the desk does not cut it off at once: its answer is worth waiting for.
func (s *Sender) call(ctx context.Context, d store.Due, token string, body []byte) (receipt, error) {
	calling, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		pause(calling, s.o.Grace)
		cancel()
	})
	defer stop()
	return s.o.Client.send(calling, token, d.Number.PhoneNumberID, body)
}

// settle records what the call brought and names it for the metrics.
func (s *Sender) settle(ctx context.Context, d store.Due, r receipt, err error) string {
	id := d.Message.ID
	if err == nil {
		s.forget(id)
		s.record(ctx, d, func(ctx context.Context) error { return s.store.RecordAccepted(ctx, id, r.wamid, r.recipient) })
		return "accepted"
	}
	v := classify(err)
	s.log.Warn("a message was not taken", "message", id, "number", d.Number.ID, "code", v.code, "fate", int(v.fate))
	switch v.fate {
	case unknown:
		s.forget(id)
		s.record(ctx, d, func(ctx context.Context) error { return s.store.RecordUnknown(ctx, id, v.code, v.details) })
		return "unknown"
	case paused:
		s.pauseNumber(ctx, d, v)
		return "paused"
	case again:
		t := s.tried(id)
		if s.store.Real().Sub(t.first) >= s.o.GiveUp {
			break
		}
		s.putBack(ctx, d, backoff(v, t.count), v.code, v.details)
		return "again"
	}
	s.refuse(ctx, d, v)
	return "refused"
}
