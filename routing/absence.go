package routing

import (
	"context"
	"time"
)

// sweepEvery is how often the floor is looked over for people who have gone.
const sweepEvery = 2 * time.Second

// runAbsence gives everybody the time to come back after a restart, then keeps presence true and brings chats back whose
// customer waits for somebody who is gone.
func (r *Router) runAbsence(ctx context.Context) error {
	for started := false; ctx.Err() == nil && !started; {
		err := r.Store.StartPresence(ctx)
		r.report(ctx, "start presence", err)
		if started = err == nil; !started {
			wait(ctx, time.After(sweepEvery))
		}
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for wait(ctx, tick.C) {
		r.report(ctx, "sweep presence", r.sweep(ctx))
	}
	return nil
}

func (r *Router) sweep(ctx context.Context) error {
	gone, err := r.Store.SweepPresence(ctx)
	if err != nil {
		return err
	}
	settings, err := r.Store.Settings(ctx)
	if err != nil {
		return err
	}
	returned, err := r.Store.ReturnAbsentChats(ctx, settings.AbsenceGrace)
	if gone > 0 || returned > 0 {
		r.Logger.InfoContext(ctx, "people are gone", "offline", gone, "chats_returned", returned)
	}
	return err
}
