package routing_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"agentdesk/routing"
	"agentdesk/store"
	"agentdesk/store/storetest"
)

// watch plants triggers that look at every change inside the transaction that makes it, and write down what must not be.
func watch(t *testing.T, d *storetest.Desk) {
	t.Helper()
	for _, statement := range []string{
		"CREATE TABLE violations (what TEXT NOT NULL)",
		"CREATE TABLE left_queue (chat_id INTEGER PRIMARY KEY, queued_at INTEGER, released_by INTEGER)",
		`CREATE TRIGGER remember_queue AFTER UPDATE OF owner_id ON chats WHEN OLD.owner_id IS NULL AND NEW.owner_id IS NOT NULL BEGIN
			INSERT OR REPLACE INTO left_queue VALUES (NEW.id, OLD.queued_at, OLD.released_by_id);
		END`,
		`CREATE TRIGGER every_move_counts AFTER UPDATE OF owner_id, state ON chats
			WHEN (OLD.owner_id IS NOT NEW.owner_id OR OLD.state <> NEW.state) AND NEW.version <> OLD.version + 1 BEGIN
			INSERT INTO violations VALUES ('chat ' || NEW.id || ' moved without a new version');
		END`,
		`CREATE TRIGGER router_keeps_the_rules AFTER INSERT ON assignments WHEN NEW.kind = 'routed' BEGIN
			INSERT INTO violations SELECT 'agent ' || id || ' was routed to with ' || open_count || ' of ' || capacity || ', ' || presence
				FROM agents WHERE id = NEW.agent_id AND (open_count > capacity OR presence <> 'available' OR disabled_at <> 0);
			INSERT INTO violations SELECT 'chat ' || chat_id || ' went back to who released it'
				FROM left_queue WHERE chat_id = NEW.chat_id AND released_by = NEW.agent_id;
			INSERT INTO violations SELECT 'chat ' || NEW.chat_id || ' was served before the older ' || older.id
				FROM chats older JOIN left_queue ON left_queue.chat_id = NEW.chat_id
				WHERE older.owner_id IS NULL AND older.state = 'open' AND older.queued_at < left_queue.queued_at
				AND older.released_by_id IS NOT NEW.agent_id;
		END`,
	} {
		d.Exec(t, statement)
	}
}

// expected errors are how the loser of a race, or somebody who may no longer see a chat, is told.
func expected(err error) bool {
	var conflict store.Conflict
	return err == nil || errors.As(err, &conflict) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrForbidden)
}

// TestFiftyAtOnce lets the router, people who take, supervisors who assign, people who come, go, close, release and
// reopen, and admins who change capacity or disable, loose on one floor.
func TestFiftyAtOnce(t *testing.T) {
	t.Parallel()
	const rounds = 40
	d := storetest.New(t)
	d.Clock.Run()
	d.Real.Run()
	watch(t, d)
	chats := d.Queue(t, 60)
	d.Exec(t, "UPDATE chats SET queued_at = queued_at - 3600000") // in the past, so that what is released comes after them
	floor := []store.Agent{d.Ana, d.Ben, d.Chi}
	for i := range 5 {
		floor = append(floor, d.Person(t, fmt.Sprintf("P%d", i), store.RoleAgent))
	}
	d.Available(t, floor...)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stopped := make(chan error, 1)
	go func() {
		stopped <- routing.New(routing.Options{Store: d.Store, Tick: time.Hour}).Run(ctx) // woken by changes alone
	}()

	var actors sync.WaitGroup
	act := func(n int, what string, do func(r *rand.Rand, a store.Agent, chat int64) error) {
		for range n {
			actors.Go(func() {
				r := rand.New(rand.NewPCG(rand.Uint64(), 1))
				for range rounds {
					if err := do(r, floor[r.IntN(len(floor))], chats[r.IntN(len(chats))]); !expected(err) {
						t.Errorf("%s: %v", what, err)
					}
				}
			})
		}
	}
	act(20, "take", func(r *rand.Rand, a store.Agent, chat int64) error {
		got, err := d.Store.TakeChat(ctx, a, chat, r.IntN(3) == 0)
		if err == nil && got.OwnerID != a.ID {
			t.Errorf("chat %d taken by %d belongs to %d", chat, a.ID, got.OwnerID)
		}
		return err
	})
	act(5, "assign", func(r *rand.Rand, a store.Agent, chat int64) error {
		_, err := d.Store.AssignChat(ctx, d.Sam, chat, a.ID, 0, r.IntN(2) == 0)
		var invalid store.Invalid
		if errors.As(err, &invalid) { // disabled meanwhile
			return nil
		}
		return err
	})
	act(6, "close", func(_ *rand.Rand, a store.Agent, chat int64) error {
		_, err := d.Store.CloseChat(ctx, a, chat)
		return err
	})
	act(4, "reopen", func(_ *rand.Rand, a store.Agent, chat int64) error {
		_, err := d.Store.ReopenChat(ctx, a, chat)
		return err
	})
	act(6, "release", func(r *rand.Rand, a store.Agent, chat int64) error {
		_, err := d.Store.ReleaseChat(ctx, []store.Agent{a, d.Sam}[r.IntN(2)], chat)
		return err
	})
	act(4, "presence", func(r *rand.Rand, a store.Agent, _ int64) error {
		p := store.Available
		if r.IntN(4) == 0 {
			p = []store.Presence{store.Away, store.Offline}[r.IntN(2)]
		}
		return d.Store.ChoosePresence(ctx, a, p)
	})
	act(3, "capacity", func(r *rand.Rand, a store.Agent, _ int64) error {
		_, err := d.Store.ChangeAgent(ctx, d.Sam, a.ID, store.AgentChange{Capacity: new(r.IntN(12))})
		return err
	})
	act(2, "disable", func(_ *rand.Rand, a store.Agent, _ int64) error {
		_, err := d.Store.ChangeAgent(ctx, d.Alex, a.ID, store.AgentChange{Disabled: new(true)})
		if err == nil {
			_, err = d.Store.ChangeAgent(ctx, d.Alex, a.ID, store.AgentChange{Disabled: new(false)})
		}
		return err
	})
	actors.Go(func() {
		for range rounds {
			wantHonestCounts(t, d)
		}
	})
	actors.Wait()

	for _, a := range floor {
		if _, err := d.Store.ChangeAgent(ctx, d.Alex, a.ID, store.AgentChange{Capacity: new(30), Disabled: new(false)}); err != nil {
			t.Fatal(err)
		}
		choose(t, d, a, store.Available)
	}
	deadline := time.After(20 * time.Second)
	for waiting := int64(1); waiting > 0; {
		changed := d.Store.Changed()
		if waiting = d.Count(t, "SELECT COUNT(*) FROM chats WHERE state = 'open' AND owner_id IS NULL"); waiting == 0 {
			break
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%d chats wait although everybody is free", waiting)
		}
	}
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("stopped: %v", err)
	}

	wantHonestCounts(t, d)
	rows, err := d.DB.QueryContext(t.Context(), "SELECT what, COUNT(*) FROM violations GROUP BY what LIMIT 20")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var what string
		var n int
		if err := rows.Scan(&what, &n); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s (%d times)", what, n)
	}
	routed := d.Count(t, "SELECT COUNT(*) FROM assignments WHERE kind = 'routed'")
	if routed == 0 {
		t.Error("the router did nothing")
	}
	t.Logf("%d moves, %d of them by the router", d.Count(t, "SELECT COUNT(*) FROM assignments"), routed)
}

// wantHonestCounts: nobody's open_count is anything but what they own, whenever one looks.
func wantHonestCounts(t *testing.T, d *storetest.Desk) {
	t.Helper()
	if n := d.Count(t, "SELECT COUNT(*) FROM agents WHERE open_count <> (SELECT COUNT(*) FROM chats WHERE owner_id = agents.id)"); n != 0 {
		t.Errorf("%d agents whose count is not what they own", n)
	}
}
