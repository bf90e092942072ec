package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// stands is where somebody's presence is right now.
func stands(t *testing.T, d *storetest.Desk, who store.Agent) [2]store.Presence {
	t.Helper()
	a := d.Agent(t, who.ID)
	if (a.Presence == store.Offline) == a.OfflineSince.IsZero() {
		t.Errorf("%s is %s, offline since %s", a.Name, a.Presence, a.OfflineSince)
	}
	return [2]store.Presence{a.Choice, a.Presence}
}

func TestChoosePresence(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	if got := stands(t, d, d.Ana); got != [2]store.Presence{store.Away, store.Offline} {
		t.Errorf("somebody new is %v", got)
	}
	d.Real.Advance(time.Hour)
	for _, p := range []store.Presence{store.Available, store.Away, store.Offline} {
		seq := lastSeq(t, d)
		for range 2 {
			if err := d.Store.ChoosePresence(t.Context(), d.Ana, p); err != nil {
				t.Fatal(err)
			}
		}
		if got := stands(t, d, d.Ana); got != [2]store.Presence{p, p} {
			t.Errorf("after choosing %s: %v", p, got)
		}
		if got := d.Agent(t, d.Ana.ID); !got.SeenAt.Equal(d.Real.Now()) {
			t.Errorf("after choosing %s, seen at %s", p, got.SeenAt)
		}
		if diff := cmp.Diff([]store.Event{{Kind: store.AgentChanged, AgentID: d.Ana.ID}}, eventsSince(t, d, seq)); diff != "" {
			t.Errorf("choosing %s twice (-want +got):\n%s", p, diff)
		}
	}
	if err := d.Store.ChoosePresence(t.Context(), d.Ana, "lunch"); invalidField(err) != "presence" {
		t.Errorf("lunch: %v", err)
	}
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ana.ID, store.AgentChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	if err := d.Store.ChoosePresence(t.Context(), d.Ana, store.Available); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of somebody disabled: %v", err)
	}
}

func TestSetPresenceOf(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	outsider := d.Person(t, "Eli Stone", store.RoleAgent)
	d.Exec(t, "DELETE FROM team_members WHERE agent_id = ?", outsider.ID)
	for _, tt := range []struct {
		by, of store.Agent
		want   error
	}{
		{d.Ana, d.Ben, store.ErrForbidden}, {d.Ana, d.Ana, store.ErrForbidden}, {d.Sam, outsider, store.ErrNotFound},
		{d.Sam, d.Ben, nil}, {d.Alex, outsider, nil},
	} {
		if err := d.Store.SetPresenceOf(t.Context(), tt.by, tt.of.ID, store.Available); !errors.Is(err, tt.want) {
			t.Errorf("%s for %s: %v, want %v", tt.by.Name, tt.of.Name, err, tt.want)
		}
	}
	if got := stands(t, d, d.Ben); got != [2]store.Presence{store.Available, store.Offline} {
		t.Errorf("somebody who is not here: %v", got)
	}
	d.Available(t, d.Chi)
	if err := d.Store.SetPresenceOf(t.Context(), d.Sam, d.Chi.ID, store.Away); err != nil {
		t.Fatal(err)
	}
	if got := stands(t, d, d.Chi); got != [2]store.Presence{store.Away, store.Away} {
		t.Errorf("somebody who is here: %v", got)
	}
	if err := d.Store.SetPresenceOf(t.Context(), d.Sam, d.Chi.ID, "lunch"); invalidField(err) != "presence" {
		t.Errorf("lunch: %v", err)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM audit WHERE action = 'presence.set'"); n != 3 {
		t.Errorf("recorded %d times, want 3", n)
	}
}

func TestSocketsDecideWhoIsHere(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Available(t, d.Ana, d.Ben)
	if err := d.Store.ChoosePresence(t.Context(), d.Chi, store.Offline); err != nil {
		t.Fatal(err)
	}
	sweep := func(want int) {
		t.Helper()
		if got, err := d.Store.SweepPresence(t.Context()); err != nil || got != want {
			t.Errorf("%d are gone, %v; want %d", got, err, want)
		}
	}
	seen := func(people ...store.Agent) {
		t.Helper()
		var ids []int64
		for _, a := range people {
			ids = append(ids, a.ID)
		}
		if err := d.Store.SocketsSeen(t.Context(), ids); err != nil {
			t.Fatal(err)
		}
	}
	d.Real.Advance(30 * time.Second)
	seen(d.Ana)
	d.Real.Advance(30*time.Second - time.Millisecond)
	sweep(0)
	d.Real.Advance(time.Millisecond)
	seq := lastSeq(t, d)
	sweep(1)
	if diff := cmp.Diff([]store.Event{{Kind: store.AgentChanged, AgentID: d.Ben.ID}}, eventsSince(t, d, seq)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if a, b := stands(t, d, d.Ana), stands(t, d, d.Ben); a[1] != store.Available || b != [2]store.Presence{store.Available, store.Offline} {
		t.Errorf("Ana is %v, Ben %v", a, b)
	}

	seq = lastSeq(t, d)
	seen(d.Ana, d.Ben, d.Chi, d.Sam)
	want := []store.Event{{Kind: store.AgentChanged, AgentID: d.Ben.ID}, {Kind: store.AgentChanged, AgentID: d.Sam.ID}}
	if diff := cmp.Diff(want, eventsSince(t, d, seq)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if b, c, s := stands(t, d, d.Ben), stands(t, d, d.Chi), stands(t, d, d.Sam); b[1] != store.Available || c[1] != store.Offline || s[1] != store.Away {
		t.Errorf("back are Ben %v, Chi %v, Sam %v", b, c, s)
	}
	seen()
}

func TestARestartGivesEverybodyAMinute(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Available(t, d.Ana)
	d.Real.Advance(time.Hour) // the program was down
	if err := d.Store.StartPresence(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Real.Advance(store.OfflineAfter - time.Millisecond)
	if n, err := d.Store.SweepPresence(t.Context()); err != nil || n != 0 {
		t.Errorf("%d swept before the minute was over, %v", n, err)
	}
	if got := stands(t, d, d.Ana); got[1] != store.Available {
		t.Errorf("Ana is %v", got)
	}
	d.Real.Advance(time.Millisecond)
	if n, err := d.Store.SweepPresence(t.Context()); err != nil || n != 1 {
		t.Errorf("%d swept after it, %v", n, err)
	}
}

// absentFloor has chats of Ana (three, one of them answered) and of Ben (one); Ana is available, Ben away.
func absentFloor(t *testing.T) (d *storetest.Desk, ana []int64, ben int64) {
	t.Helper()
	d = storetest.New(t)
	d.Available(t, d.Ana, d.Ben)
	chats := d.Queue(t, 4)
	for i, c := range inQueue(t, d) {
		owner := d.Ana
		if i == 3 {
			owner = d.Ben
		}
		if err := d.Store.RouteChat(t.Context(), c, owner.ID, store.ReasonLeastLoaded, nil); err != nil {
			t.Fatal(err)
		}
	}
	d.Exec(t, "UPDATE chats SET waiting_since = 0 WHERE id = ?", chats[2])
	if err := d.Store.ChoosePresence(t.Context(), d.Ben, store.Away); err != nil {
		t.Fatal(err)
	}
	return d, chats[:2], chats[3]
}

func TestReturnAbsentChats(t *testing.T) {
	t.Parallel()
	d, chats, _ := absentFloor(t)
	const grace = 2 * time.Minute
	if err := d.Store.ChoosePresence(t.Context(), d.Ana, store.Offline); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Hour)
	d.Real.Advance(grace - time.Millisecond)
	if n, err := d.Store.ReturnAbsentChats(t.Context(), grace); err != nil || n != 0 {
		t.Errorf("%d returned within the grace, %v", n, err)
	}
	d.Real.Advance(time.Millisecond)

	var all atomic.Int64
	var sweepers sync.WaitGroup
	for range 8 {
		sweepers.Go(func() {
			n, err := d.Store.ReturnAbsentChats(t.Context(), grace)
			if err != nil {
				t.Error(err)
			}
			all.Add(int64(n))
		})
	}
	sweepers.Wait()
	if all.Load() != 2 {
		t.Errorf("%d returned, want 2", all.Load())
	}
	var queue []int64
	for _, c := range inQueue(t, d) {
		queue = append(queue, c.ID)
	}
	if diff := cmp.Diff(chats, queue); diff != "" {
		t.Errorf("queue: the answered chat stays, and so do Ben's, who is only away (-want +got):\n%s", diff)
	}
	moved := "SELECT COUNT(*) FROM assignments a JOIN thread_lines l ON l.assignment_id = a.id WHERE a.kind = 'absent' AND a.from_id = ?" +
		" AND a.agent_id IS NULL AND a.by_id IS NULL AND l.kind = 'absent' AND l.agent_id IS NULL AND l.other_id = a.from_id"
	if n := d.Count(t, moved, d.Ana.ID); n != 2 {
		t.Errorf("%d moves recorded, want 2", n)
	}
	if got := d.Agent(t, d.Ana.ID); got.OpenCount != 1 {
		t.Errorf("Ana has %d open, want the answered one", got.OpenCount)
	}
	checkCounts(t, d)
}

func TestWhoeverComesBackInTimeKeepsTheirChats(t *testing.T) {
	t.Parallel()
	d, _, _ := absentFloor(t)
	d.Real.Advance(store.OfflineAfter)
	if n, err := d.Store.SweepPresence(t.Context()); err != nil || n != 2 {
		t.Fatalf("%d swept, %v", n, err)
	}
	d.Clock.Advance(time.Hour)
	d.Real.Advance(time.Minute)
	if err := d.Store.SocketsSeen(t.Context(), []int64{d.Ana.ID}); err != nil {
		t.Fatal(err)
	}
	d.Real.Advance(time.Hour)
	if n, err := d.Store.ReturnAbsentChats(t.Context(), 2*time.Minute); err != nil || n != 1 {
		t.Errorf("%d returned, %v; want only Ben's", n, err)
	}
}

func TestAChatGivenToSomebodyOfflineHasItsOwnGrace(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Available(t, d.Ana)
	d.Queue(t, 1)
	if err := d.Store.RouteChat(t.Context(), inQueue(t, d)[0], d.Ana.ID, store.ReasonLeastLoaded, nil); err != nil {
		t.Fatal(err)
	}
	// Offline for an hour already when the chat came to her.
	d.Exec(t, "UPDATE agents SET presence = 'offline', offline_since = ? WHERE id = ?", d.Real.Now().Add(-time.Hour).UnixMilli(), d.Ana.ID)
	d.Clock.Advance(time.Minute)
	if n, err := d.Store.ReturnAbsentChats(t.Context(), 2*time.Minute); err != nil || n != 0 {
		t.Errorf("%d returned a minute after it was given, %v", n, err)
	}
	d.Clock.Advance(time.Minute)
	if n, err := d.Store.ReturnAbsentChats(t.Context(), 2*time.Minute); err != nil || n != 1 {
		t.Errorf("%d returned two minutes after it was given, %v", n, err)
	}
}

// checkCounts holds open_count against the chats that are owned.
func checkCounts(t testing.TB, d *storetest.Desk) {
	t.Helper()
	if n := d.Count(t, "SELECT COUNT(*) FROM agents WHERE open_count <> (SELECT COUNT(*) FROM chats WHERE owner_id = agents.id)"); n != 0 {
		t.Errorf("%d agents whose count is not what they own", n)
	}
}
