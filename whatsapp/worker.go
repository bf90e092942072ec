package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"agentdesk/store"
)

// WorkerOptions configure a Worker. Store is required.
type WorkerOptions struct {
	Store            *store.Store
	Batch            int                             // deliveries applied in one transaction; default 64
	Tick             time.Duration                   // a look even without a wake-up; default 5 s
	TemplatesChanged func()                          // a notice came whose details only fetching tells: Syncer.Soon
	Observe          func(result string, number int) // done, problem, parked, failed: for metrics
	Logger           *slog.Logger                    // default: discard
}

// Worker turns kept deliveries into what the desk knows.
type Worker struct {
	o        WorkerOptions
	log      *slog.Logger
	failures map[int64]int   // by delivery: how often it could not be applied
	noted    map[string]bool // names passed over that have been logged
}

// NewWorker panics without a store. A Worker is used by one goroutine.
func NewWorker(o WorkerOptions) *Worker {
	if o.Store == nil {
		panic("whatsapp: WorkerOptions.Store is missing")
	}
	if o.Batch <= 0 {
		o.Batch = 64
	}
	if o.Tick <= 0 {
		o.Tick = 5 * time.Second
	}
	if o.TemplatesChanged == nil {
		o.TemplatesChanged = func() {}
	}
	if o.Observe == nil {
		o.Observe = func(string, int) {}
	}
	return &Worker{o: o, log: logger(o.Logger), failures: map[int64]int{}, noted: map[string]bool{}}
}

func logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}

// Run processes deliveries as they come until ctx ends; it returns nil then. What the database cannot take stays new and is
// tried again.
func (w *Worker) Run(ctx context.Context) error {
	tick := time.NewTicker(w.o.Tick)
	defer tick.Stop()
	for ctx.Err() == nil {
		changed := w.o.Store.Changed()
		n, err := w.RunOnce(ctx)
		if err != nil && ctx.Err() == nil {
			w.log.Error("deliveries could not be processed", "error", err)
			pause(ctx, time.Second)
			continue
		}
		if n == w.o.Batch {
			continue
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-tick.C:
		}
	}
	return nil
}

// RunOnce processes one batch of new deliveries, oldest first, and returns how many it looked at. An error means that some
// of them are still new.
func (w *Worker) RunOnce(ctx context.Context) (int, error) {
	deliveries, err := w.o.Store.NewDeliveries(ctx, w.o.Batch)
	if err != nil {
		return 0, err
	}
	var batch []store.Processed
	resync := false
	for _, d := range deliveries {
		r, err := w.read(d)
		if err != nil {
			if err := w.park(ctx, d.ID, err); err != nil {
				return len(deliveries), err
			}
			continue
		}
		w.note(r.unknown)
		resync = resync || r.resync
		batch = append(batch, store.Processed{DeliveryID: d.ID, Reports: r.reports, Problem: r.problemText()})
	}
	if err := w.apply(ctx, batch); err != nil {
		return len(deliveries), err
	}
	if resync {
		w.o.TemplatesChanged()
	}
	return len(deliveries), nil
}

// read reads one delivery. A panic in it must not stop the others: it is our bug, and the delivery shows where.
func (w *Worker) read(d store.Delivery) (r reading, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.log.Error("reading a delivery panicked", "delivery", d.ID, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("reading it panicked: %v", p)
		}
	}()
	return read(d)
}

// apply applies a batch together, or, if that fails, one by one, so that one delivery cannot hold up the others.
func (w *Worker) apply(ctx context.Context, batch []store.Processed) error {
	if len(batch) == 0 {
		return nil
	}
	err := w.applyTogether(ctx, batch)
	if err == nil {
		w.applied(batch)
		return nil
	}
	if ctx.Err() != nil || store.Unavailable(err) {
		return err
	}
	var failed []error
	for _, p := range batch {
		err := w.applyTogether(ctx, []store.Processed{p})
		if err == nil {
			w.applied([]store.Processed{p})
			continue
		}
		if err := w.failed(ctx, p.DeliveryID, err); err != nil {
			failed = append(failed, err)
		}
		if store.Unavailable(err) {
			break // the others would wait for it in vain
		}
	}
	return errors.Join(failed...)
}

// applyTogether turns a panic into an error: else one delivery would stop the program at every start.
func (w *Worker) applyTogether(ctx context.Context, batch []store.Processed) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.log.Error("applying deliveries panicked", "first", batch[0].DeliveryID, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("applying it panicked: %v", p)
		}
	}()
	return w.o.Store.ApplyDeliveries(ctx, batch)
}

func (w *Worker) applied(batch []store.Processed) {
	for _, p := range batch {
		delete(w.failures, p.DeliveryID)
		if p.Problem != "" {
			w.o.Observe("problem", 1)
			w.log.Warn("part of a delivery could not be read", "delivery", p.DeliveryID)
			continue
		}
		w.o.Observe("done", 1)
	}
}

// failed decides about a delivery that fails alone: the third failure parks it. A full disk or a lock says nothing about the
// delivery and passes, so it counts for none.
func (w *Worker) failed(ctx context.Context, id int64, err error) error {
	const patience = 3
	passing := store.Unavailable(err)
	if !passing {
		w.failures[id]++
	}
	if ctx.Err() == nil && !passing && (errors.Is(err, store.ErrUnknownNumber) || w.failures[id] >= patience) {
		return w.park(ctx, id, err)
	}
	w.o.Observe("failed", 1)
	return fmt.Errorf("delivery %d: %w", id, err)
}

func (w *Worker) park(ctx context.Context, id int64, reason error) error {
	if err := w.o.Store.ParkDelivery(ctx, id, shorten(reason.Error(), 1000)); err != nil {
		return fmt.Errorf("park delivery %d: %w", id, err)
	}
	delete(w.failures, id)
	w.o.Observe("parked", 1)
	w.log.Warn("a delivery was parked", "delivery", id, "reason", reason)
	return nil
}

// note logs what was passed over, once each: new features of Meta, and security notices, show themselves here.
func (w *Worker) note(names []string) {
	const most = 500
	for _, name := range names {
		if !w.noted[name] && len(w.noted) < most {
			w.noted[name] = true
			w.log.Warn("passed over in a delivery", "what", name)
		}
	}
}

// pause waits in real time, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
