package routing

import (
	"context"
	"time"
)

const (
	pruneEvery = time.Hour
	pruneBatch = 500
	// prunePause between two batches lets everybody else write.
	prunePause = 50 * time.Millisecond
)

// runUpkeep prunes what the settings say need not be kept, at start and then every hour. Nothing that people read goes
// with it.
func (r *Router) runUpkeep(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		r.report(ctx, "prune logs", r.prune(ctx))
		if !wait(ctx, tick.C) {
			return nil
		}
	}
}

func (r *Router) prune(ctx context.Context) error {
	settings, err := r.Store.Settings(ctx)
	if err != nil {
		return err
	}
	deliveries, err := inBatches(ctx, func() (int64, error) {
		return r.Store.PruneDeliveries(ctx, settings.KeepDeliveries, pruneBatch)
	})
	if err != nil {
		return err
	}
	events, err := inBatches(ctx, func() (int64, error) { return r.Store.PruneEvents(ctx, settings.KeepEvents) })
	if deliveries > 0 || events > 0 {
		r.Logger.InfoContext(ctx, "logs pruned", "deliveries", deliveries, "events", events)
	}
	return err
}

// inBatches calls until nothing is left; it returns how many went.
func inBatches(ctx context.Context, once func() (int64, error)) (all int64, err error) {
	for {
		n, err := once()
		all += n
		if err != nil || n == 0 || !wait(ctx, time.After(prunePause)) {
			return all, err
		}
	}
}
