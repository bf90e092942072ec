// Package routing decides which agent gets which waiting chat, and keeps the floor's presence and the logs tidy.
//
// It reconciles: it is never told that a chat arrived, but looks at the whole queue and everybody on the floor whenever
// something changed that could matter, and at every tick. So one path serves new chats, an agent who comes in, a closed
// chat that frees a place, and the start after a crash. Every claim is a conditional update in the store; losing one only
// means looking again.
package routing

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"agentdesk/store"
)

// Options for New. Store is required.
type Options struct {
	Store  *store.Store
	Logger *slog.Logger  // default: discard
	Tick   time.Duration // how often to look without a reason to; default 5 s
}

// Router gives waiting chats to agents.
type Router struct {
	Options
}

const (
	defaultTick = 5 * time.Second
	// page is how many waiting chats are read and decided on at a time.
	page = 200
	// pause after each run, so that a burst of commits costs a few runs and not one each.
	pause = 20 * time.Millisecond
	// maxLooks ends a RunOnce that keeps losing claims; whoever won them has woken the next one already.
	maxLooks = 50
	// eventBatch is how many events are read at a time to find one that matters.
	eventBatch = 500
)

// New panics without a store.
func New(o Options) *Router {
	if o.Store == nil {
		panic("routing: no store")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Tick <= 0 {
		o.Tick = defaultTick
	}
	return &Router{Options: o}
}

// Run routes, sweeps presence and prunes logs until ctx ends; it returns when all three have stopped. What goes wrong is
// logged and tried again.
func (r *Router) Run(ctx context.Context) error {
	var loops errgroup.Group
	loops.Go(func() error { return r.runRouting(ctx) })
	loops.Go(func() error { return r.runAbsence(ctx) })
	loops.Go(func() error { return r.runUpkeep(ctx) })
	return loops.Wait()
}

// Result is what one RunOnce did.
type Result struct {
	Routed int // chats given to somebody
	Lost   int // claims that somebody else was faster with
}

// RunOnce drains the queue: when it returns, no chat waited that somebody could have taken. It looks through the whole
// queue, so that chats nobody can take hold up none behind them.
func (r *Router) RunOnce(ctx context.Context) (Result, error) {
	var total Result
	for range maxLooks {
		look, err := r.look(ctx)
		total.Routed += look.Routed
		total.Lost += look.Lost
		if err != nil || look.Lost == 0 {
			return total, err
		}
	}
	return total, nil
}

// look goes through the queue once, from the oldest chat on. It stops at the first lost claim: the floor is no longer what
// the decisions were made on, and going on could serve a younger chat first.
func (r *Router) look(ctx context.Context) (Result, error) {
	var total Result
	var after store.WaitingChat
	for {
		floor, err := r.Store.Floor(ctx, after, page)
		if err != nil {
			return total, err
		}
		if len(floor.Waiting) == 0 || !anybodyFree(floor.Agents) {
			return total, nil
		}
		after = floor.Waiting[len(floor.Waiting)-1]
		for _, d := range Pick(floor.Waiting, floor.Agents) {
			err := r.Store.RouteChat(ctx, d.Chat, d.AgentID, d.Reason, d.Considered)
			var conflict store.Conflict
			if errors.As(err, &conflict) {
				total.Lost++
				return total, nil
			}
			if err != nil {
				return total, err
			}
			total.Routed++
		}
		if !floor.More {
			return total, nil
		}
	}
}

func anybodyFree(agents []store.Agent) bool {
	for _, a := range agents {
		if a.Presence == store.Available && a.HasRoom() {
			return true
		}
	}
	return false
}

func (r *Router) runRouting(ctx context.Context) error {
	tick := time.NewTicker(r.Tick)
	defer tick.Stop()
	log := cursor{store: r.Store, seq: unread}
	due := true
	for ctx.Err() == nil {
		changed := r.Store.Changed() // before looking, so that nothing falls in between
		news, err := log.news(ctx)
		if err == nil && (news || due) {
			_, err = r.RunOnce(ctx)
			wait(ctx, time.After(pause))
		}
		r.report(ctx, "route chats", err)
		due = err != nil
		select {
		case <-ctx.Done():
		case <-changed:
		case <-tick.C:
			due = true
		}
	}
	return nil
}

// report is the edge at which a loop's failure is logged; being told to stop is none.
func (r *Router) report(ctx context.Context, doing string, err error) {
	if err != nil && ctx.Err() == nil {
		r.Logger.ErrorContext(ctx, "routing loop", "doing", doing, "error", err)
	}
}

// wait returns when the channel speaks or ctx ends; it says whether to go on.
func wait(ctx context.Context, c <-chan time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-c:
		return true
	}
}

// cursor is how far in the desk's log the router has looked.
type cursor struct {
	store *store.Store
	seq   int64
}

// unread is a cursor that begins at the log's end: the first look needs no reason, and yesterday's events are none.
const unread = -1

// news says whether anything since the last call could let a chat find an agent: a chat that came into the queue or left
// an owner, a person or a setting that changed.
func (c *cursor) news(ctx context.Context) (bool, error) {
	if c.seq == unread {
		seq, err := c.store.LastSeq(ctx)
		if err == nil {
			c.seq = seq
		}
		return true, err
	}
	found := false
	for {
		events, complete, err := c.store.EventsAfter(ctx, c.seq, eventBatch)
		if err != nil {
			return false, err
		}
		if !complete { // pruned, or another database: look, and go on from the end
			c.seq, err = c.store.LastSeq(ctx)
			return true, err
		}
		for _, e := range events {
			found = found || matters(e)
			c.seq = e.Seq
		}
		if len(events) < eventBatch {
			return found, nil
		}
	}
}

func matters(e store.Event) bool {
	switch e.Kind {
	case store.ChatChanged:
		return e.OwnerID == 0 || e.FormerID > 0
	case store.AgentChanged, store.SettingsChanged:
		return true
	}
	return false
}
