package whatsapp

import (
	"context"
	"errors"
	"time"

	"agentdesk/store"
)

// What the sender writes down of a call.

func (s *Sender) refuse(ctx context.Context, d store.Due, v verdict) {
	s.forget(d.Message.ID)
	s.record(ctx, d, func(ctx context.Context) error {
		return s.store.RecordRefused(ctx, d.Message.ID, v.code, v.reason, v.details)
	})
}

// pauseNumber stops the number first and puts the message back then: the other way round it could be claimed in between.
func (s *Sender) pauseNumber(ctx context.Context, d store.Due, v verdict) {
	s.record(ctx, d, func(ctx context.Context) error { return s.store.PauseNumber(ctx, d.Number.ID, v.code, v.pause) })
	s.putBack(ctx, d, 0, v.code, v.details)
}

func (s *Sender) putBack(ctx context.Context, d store.Due, wait time.Duration, code int, details string) {
	at := s.store.Real().Add(wait)
	s.record(ctx, d, func(ctx context.Context) error { return s.store.PutBack(ctx, d.Message.ID, at, code, details) })
}

// record writes an outcome down, whatever becomes of ctx, and goes on trying while the database refuses: an outcome that is
// lost makes people ask a customer whether something arrived. After a stop it tries for a few seconds more; then the
// message stays sending, and the next start makes it unconfirmed. An outcome that a sound database refuses again and again is
// our bug: the message becomes unconfirmed, so that neither its chat nor this slot stands still for ever.
func (s *Sender) record(ctx context.Context, d store.Due, write func(context.Context) error) {
	const (
		once      = 10 * time.Second
		afterStop = 3 * time.Second
		refusals  = 5
	)
	wait, refused := 50*time.Millisecond, 0
	var stopped time.Time
	for {
		writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), once)
		err := write(writing)
		cancel()
		if err == nil {
			return
		}
		if ctx.Err() != nil && stopped.IsZero() {
			stopped = time.Now()
		}
		s.log.Error("an outcome could not be recorded", "message", d.Message.ID, "error", err)
		if !store.Unavailable(err) {
			refused++
		}
		if refused == refusals {
			if err := s.store.RecordUnknown(context.WithoutCancel(ctx), d.Message.ID, 0, "its outcome could not be recorded"); err != nil {
				s.log.Error("nor could that it is not known", "message", d.Message.ID, "error", err)
			}
			return
		}
		if errors.Is(err, store.ErrNotFound) || (!stopped.IsZero() && time.Since(stopped) > afterStop) {
			return
		}
		if !stopped.IsZero() {
			wait = 200 * time.Millisecond
		}
		pause(context.WithoutCancel(ctx), wait)
		wait = min(2*wait, 5*time.Second)
	}
}
