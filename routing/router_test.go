package routing_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"agentdesk/routing"
	"agentdesk/store"
	"agentdesk/store/storetest"
)

// soon is longer than the router needs for anything it was woken for, and shorter than a tick.
const soon = time.Second

// inBubble runs the router on a desk of its own, both clocks keeping the bubble's time. The desk opens outside, because
// gorm's cache of statements leaves a goroutine behind that a bubble would wait for.
func inBubble(t *testing.T, test func(t *testing.T, d *storetest.Desk)) {
	t.Helper()
	d := storetest.New(t)
	synctest.Test(t, func(t *testing.T) {
		d.Clock.Run()
		d.Real.Run()
		// Everybody is seen, so that the store's wake-up is of this bubble.
		if err := d.Store.StartPresence(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- routing.New(routing.Options{Store: d.Store}).Run(ctx) }()
		time.Sleep(soon)
		test(t, d)
		stop()
		if err := <-done; err != nil {
			t.Errorf("stopped: %v", err)
		}
	})
}

// owned lists the chats of somebody, oldest first.
func owned(t *testing.T, d *storetest.Desk, who store.Agent) []int64 {
	t.Helper()
	rows, err := d.DB.QueryContext(t.Context(), "SELECT id FROM chats WHERE owner_id = ? ORDER BY id", who.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func wantOwned(t *testing.T, d *storetest.Desk, who store.Agent, want []int64, when string) {
	t.Helper()
	if got := owned(t, d, who); !slices.Equal(got, want) {
		t.Errorf("%s, %s has chats %v, want %v", when, who.Name, got, want)
	}
}

func choose(t *testing.T, d *storetest.Desk, who store.Agent, p store.Presence) {
	t.Helper()
	if err := d.Store.ChoosePresence(t.Context(), who, p); err != nil {
		t.Fatal(err)
	}
}

func capacity(t *testing.T, d *storetest.Desk, who store.Agent, n int) {
	t.Helper()
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, who.ID, store.AgentChange{Capacity: &n}); err != nil {
		t.Fatal(err)
	}
}

func TestTheRouterWakesForEveryReason(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *storetest.Desk) {
		capacity(t, d, d.Ana, 2)
		chats := d.Queue(t, 5)
		time.Sleep(10 * time.Second)
		wantOwned(t, d, d.Ana, nil, "while offline")
		choose(t, d, d.Ana, store.Available)
		time.Sleep(soon)
		wantOwned(t, d, d.Ana, chats[:2], "once available")
		capacity(t, d, d.Ana, 3)
		time.Sleep(soon)
		wantOwned(t, d, d.Ana, chats[:3], "with more room")
		if _, err := d.Store.CloseChat(t.Context(), d.Ana, chats[0]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(soon)
		wantOwned(t, d, d.Ana, chats[1:4], "after closing one")
		choose(t, d, d.Ben, store.Available)
		time.Sleep(soon)
		wantOwned(t, d, d.Ben, chats[4:], "once somebody else came")
		if _, err := d.Store.ReleaseChat(t.Context(), d.Ana, chats[1]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(soon)
		wantOwned(t, d, d.Ana, chats[2:4], "after releasing one")
		wantOwned(t, d, d.Ben, []int64{chats[1], chats[4]}, "after the other released one")
	})
}

func TestTheTickFindsWhatNothingAnnounced(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *storetest.Desk) {
		choose(t, d, d.Ana, store.Available)
		time.Sleep(soon)
		chats := d.Queue(t, 3) // planted past the store: no event, no wake-up
		time.Sleep(6 * time.Second)
		wantOwned(t, d, d.Ana, chats, "after a tick")
	})
}

func TestABacklogDrainsAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *storetest.Desk) {
		d.Queue(t, 250) // more than a page
		for i := range 6 {
			a := d.Person(t, fmt.Sprintf("P%d", i), store.RoleAgent)
			capacity(t, d, a, 50)
			choose(t, d, a, store.Available)
		}
		time.Sleep(soon)
		if n := d.Count(t, "SELECT COUNT(*) FROM chats WHERE owner_id IS NULL"); n != 0 {
			t.Errorf("%d chats still wait", n)
		}
	})
}

func TestPeopleWhoVanishLoseWaitingChatsOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *storetest.Desk) {
		choose(t, d, d.Ana, store.Available)
		chats := d.Queue(t, 2)
		time.Sleep(6 * time.Second)
		wantOwned(t, d, d.Ana, chats, "at first")
		d.Exec(t, "UPDATE chats SET waiting_since = 0 WHERE id = ?", chats[1])

		here := func(who store.Agent, lasts time.Duration) {
			t.Helper()
			for range int(lasts / (20 * time.Second)) {
				if err := d.Store.SocketsSeen(t.Context(), []int64{who.ID}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Second)
			}
		}
		choose(t, d, d.Ben, store.Available)
		here(d.Ben, 40*time.Second)
		if got := d.Agent(t, d.Ana.ID).Presence; got != store.Available {
			t.Errorf("Ana is %s after less than a minute without a socket", got)
		}
		here(d.Ben, 40*time.Second)
		if got := d.Agent(t, d.Ana.ID).Presence; got != store.Offline {
			t.Errorf("Ana is %s after more than a minute without a socket", got)
		}
		wantOwned(t, d, d.Ana, chats, "within the grace")
		here(d.Ben, 2*time.Minute)
		wantOwned(t, d, d.Ana, chats[1:], "after the grace")
		wantOwned(t, d, d.Ben, chats[:1], "after the grace")
		if n := d.Count(t, "SELECT COUNT(*) FROM assignments WHERE kind = 'absent'"); n != 1 {
			t.Errorf("%d returns recorded, want 1", n)
		}
		// Ana comes back to what she has left, as she chose.
		here(d.Ana, 20*time.Second)
		if got := d.Agent(t, d.Ana.ID).Presence; got != store.Available {
			t.Errorf("Ana is back as %s", got)
		}
	})
}

func TestARestartChangesNothingForAMinute(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Available(t, d.Ana)
	d.Real.Advance(time.Hour) // the program was down for an hour
	synctest.Test(t, func(t *testing.T) {
		d.Clock.Run()
		d.Real.Run()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- routing.New(routing.Options{Store: d.Store}).Run(ctx) }()
		time.Sleep(store.OfflineAfter - soon)
		if got := d.Agent(t, d.Ana.ID).Presence; got != store.Available {
			t.Errorf("Ana is %s before the minute is over", got)
		}
		time.Sleep(4 * time.Second)
		if got := d.Agent(t, d.Ana.ID).Presence; got != store.Offline {
			t.Errorf("Ana is %s after the minute", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("stopped: %v", err)
		}
	})
}

func TestLogsArePrunedEveryHour(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *storetest.Desk) {
		old := d.Real.Now().Add(-31 * 24 * time.Hour).UnixMilli()
		deliveries := func(n int) {
			t.Helper()
			for range n {
				d.Exec(t, "INSERT INTO deliveries (received_at, body, sha256, state) VALUES (?, x'7b7d', x'00', 'done')", old)
			}
		}
		deliveries(1200) // more than two batches, after the pruning at start
		d.Exec(t, "INSERT INTO deliveries (received_at, body, sha256, state) VALUES (?, x'7b7d', x'00', 'new')", old)
		left := func() int64 { return d.Count(t, "SELECT COUNT(*) FROM deliveries") }
		time.Sleep(50 * time.Minute)
		if n := left(); n != 1201 {
			t.Errorf("%d deliveries left before the hour", n)
		}
		time.Sleep(20 * time.Minute)
		if n := left(); n != 1 {
			t.Errorf("%d deliveries left after it, want the unprocessed one", n)
		}
		deliveries(1)
		time.Sleep(40 * time.Minute)
		if n := left(); n != 2 {
			t.Errorf("%d deliveries left before the second hour", n)
		}
		time.Sleep(20 * time.Minute)
		if n := left(); n != 1 {
			t.Errorf("%d deliveries left after it", n)
		}
	})
}

func TestChatsNobodyCanTakeHoldUpNoOthers(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Exec(t, "INSERT INTO teams (id, name) VALUES (2, 'Night')")
	blocked := d.Queue(t, 450) // more than two pages
	d.Exec(t, "UPDATE chats SET team_id = 2")
	d.Clock.Advance(time.Hour)
	free := d.Queue(t, 2)
	d.Available(t, d.Ana)
	r := routing.New(routing.Options{Store: d.Store})
	if got, err := r.RunOnce(t.Context()); err != nil || got != (routing.Result{Routed: 2}) {
		t.Errorf("got %+v, %v", got, err)
	}
	wantOwned(t, d, d.Ana, free, "behind a blocked team")
	d.Exec(t, "INSERT INTO team_members (team_id, agent_id) VALUES (2, ?)", d.Ana.ID)
	if got, err := r.RunOnce(t.Context()); err != nil || got != (routing.Result{Routed: 4}) {
		t.Errorf("got %+v, %v", got, err)
	}
	wantOwned(t, d, d.Ana, append(slices.Clone(blocked[:4]), free...), "in both teams")
	if got, err := r.RunOnce(t.Context()); err != nil || got != (routing.Result{}) {
		t.Errorf("with nobody free: %+v, %v", got, err)
	}
}

func TestNewNeedsAStore(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a router without a store was made")
		}
	}()
	routing.New(routing.Options{})
}
