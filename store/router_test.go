package store_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestFloor(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Available(t, d.Ana)
	chats := d.Queue(t, 5)
	d.Exec(t, "UPDATE chats SET queued_at = queued_at - 3600000 WHERE id = ?", chats[3])
	d.Exec(t, "UPDATE chats SET owner_id = ?, queued_at = 0 WHERE id = ?", d.Ben.ID, chats[0])
	d.Exec(t, "UPDATE chats SET state = 'closed', queued_at = 0 WHERE id = ?", chats[1])
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Chi.ID, store.AgentChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	floor := func(after store.WaitingChat, limit int) (ids []int64, f store.Floor) {
		t.Helper()
		f, err := d.Store.Floor(t.Context(), after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range f.Waiting {
			ids = append(ids, c.ID)
		}
		return ids, f
	}
	ids, first := floor(store.WaitingChat{}, 2)
	if diff := cmp.Diff([]int64{chats[3], chats[2]}, ids); diff != "" || !first.More {
		t.Errorf("first page, more %t (-want +got):\n%s", first.More, diff)
	}
	ids, second := floor(first.Waiting[1], 2)
	if diff := cmp.Diff([]int64{chats[4]}, ids); diff != "" || second.More {
		t.Errorf("second page, more %t (-want +got):\n%s", second.More, diff)
	}
	names := func(f store.Floor) (names []string) {
		for _, a := range f.Agents {
			if diff := cmp.Diff([]int64{1}, a.TeamIDs); diff != "" {
				t.Errorf("teams of %s (-want +got):\n%s", a.Name, diff)
			}
			names = append(names, a.Name+" "+string(a.Presence))
		}
		return names
	}
	if diff := cmp.Diff([]string{"Ana Ruiz available", "Ben Novak offline"}, names(first)); diff != "" {
		t.Errorf("agents only (-want +got):\n%s", diff)
	}
	settings, err := d.Store.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	settings.RouteToSupervisors = true
	if err := d.Store.ChangeSettings(t.Context(), d.Alex, settings); err != nil {
		t.Fatal(err)
	}
	_, let := floor(store.WaitingChat{}, 2)
	if diff := cmp.Diff([]string{"Ana Ruiz available", "Ben Novak offline", "Sam Okafor offline"}, names(let)); diff != "" {
		t.Errorf("supervisors let in, admins never (-want +got):\n%s", diff)
	}
}

func TestRouteChat(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Available(t, d.Ana)
	d.Queue(t, 1)
	chat := inQueue(t, d)[0]
	seq := lastSeq(t, d)
	d.Real.Advance(time.Minute)
	considered := []store.Considered{{AgentID: d.Ana.ID, Name: d.Ana.Name, Capacity: 6}, {AgentID: d.Ben.ID, Name: d.Ben.Name, Capacity: 6, Skipped: "offline"}}
	if err := d.Store.RouteChat(t.Context(), chat, d.Ana.ID, store.ReasonLeastLoaded, considered); err != nil {
		t.Fatal(err)
	}
	if got := d.Agent(t, d.Ana.ID); got.OpenCount != 1 || !got.RoutedAt.Equal(d.Real.Now()) {
		t.Errorf("Ana has %d open, last routed %s", got.OpenCount, got.RoutedAt)
	}
	var why string
	err := d.DB.QueryRowContext(t.Context(), "SELECT considered FROM assignments a JOIN thread_lines l ON l.assignment_id = a.id"+
		" WHERE a.chat_id = ? AND a.kind = 'routed' AND a.agent_id = ? AND a.by_id IS NULL AND a.reason = 'least_loaded'"+
		" AND l.kind = 'routed' AND l.agent_id = a.agent_id AND l.other_id IS NULL", chat.ID, d.Ana.ID).Scan(&why)
	if err != nil {
		t.Fatalf("the assignment and its line: %v", err)
	}
	var stored []store.Considered
	if err := json.Unmarshal([]byte(why), &stored); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(considered, stored); diff != "" {
		t.Errorf("considered (-want +got):\n%s", diff)
	}
	var kinds []store.EventKind
	for _, e := range eventsSince(t, d, seq) {
		kinds = append(kinds, e.Kind)
	}
	slices.Sort(kinds)
	if diff := cmp.Diff([]store.EventKind{store.AgentChanged, store.ChatChanged, store.LineAdded}, kinds); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	checkCounts(t, d)
}

func TestRouteChatLosesRaces(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Available(t, d.Ana, d.Ben)
	d.Queue(t, 3)
	queue := inQueue(t, d)
	route := func(c store.WaitingChat, to store.Agent) error {
		return d.Store.RouteChat(t.Context(), c, to.ID, store.ReasonLeastLoaded, nil)
	}
	if err := route(queue[0], d.Ben); err != nil {
		t.Fatal(err)
	}
	var lost store.Conflict
	if err := route(queue[0], d.Ana); !errors.As(err, &lost) || lost.Kind != store.ConflictOwned || lost.Agent == nil || lost.Agent.ID != d.Ben.ID {
		t.Errorf("an owned chat: %v, %+v", err, lost)
	}
	stale := queue[1]
	stale.Version++
	if err := route(stale, d.Ana); !errors.As(err, &lost) || lost.Kind != store.ConflictOwned || lost.Agent != nil {
		t.Errorf("a chat that has moved: %v, %+v", err, lost)
	}
	unavailable := func(why string) {
		t.Helper()
		if err := route(queue[1], d.Ana); !errors.As(err, &lost) || lost.Kind != store.ConflictUnavailable {
			t.Errorf("%s: %v", why, err)
		}
	}
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ana.ID, store.AgentChange{Capacity: new(0)}); err != nil {
		t.Fatal(err)
	}
	unavailable("full")
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ana.ID, store.AgentChange{Capacity: new(1)}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []store.Presence{store.Away, store.Offline} {
		if err := d.Store.ChoosePresence(t.Context(), d.Ana, p); err != nil {
			t.Fatal(err)
		}
		unavailable(string(p))
	}
	d.Available(t, d.Ana)
	if err := route(queue[1], d.Ana); err != nil {
		t.Errorf("available with room: %v", err)
	}
	if err := route(queue[2], d.Ana); !errors.As(err, &lost) || lost.Kind != store.ConflictUnavailable {
		t.Errorf("past capacity: %v", err)
	}
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ben.ID, store.AgentChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	if err := route(queue[2], d.Ben); !errors.As(err, &lost) || lost.Kind != store.ConflictUnavailable {
		t.Errorf("disabled: %v", err)
	}
	if err := d.Store.RouteChat(t.Context(), store.WaitingChat{ID: 4711}, d.Ana.ID, store.ReasonLeastLoaded, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a chat that is not there: %v", err)
	}
	checkCounts(t, d)
	if n := d.Count(t, "SELECT COUNT(*) FROM assignments WHERE kind = 'routed'"); n != 2 {
		t.Errorf("%d claims recorded, want 2", n)
	}
}

func TestTheQueueIsReadFromItsIndex(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	rows, err := d.DB.QueryContext(t.Context(), "EXPLAIN QUERY PLAN SELECT * FROM chats WHERE owner_id IS NULL AND state = 'open'"+
		" AND (queued_at, id) > (5, 7) ORDER BY queued_at, id LIMIT 201")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, step)
	}
	if len(plan) != 1 || !strings.Contains(plan[0], "USING INDEX chats_waiting") {
		t.Errorf("plan: %q", plan)
	}
}

func BenchmarkFloor(b *testing.B) {
	d := storetest.New(b)
	d.Queue(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		floor, err := d.Store.Floor(b.Context(), store.WaitingChat{}, 200)
		if err != nil || len(floor.Waiting) != 200 || !floor.More {
			b.Fatalf("%d waiting, %v", len(floor.Waiting), err)
		}
	}
}
