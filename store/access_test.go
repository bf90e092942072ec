package store_test

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// everyChat plants chats in every combination of state, owner, last owner and team that sight can depend on.
func everyChat(t *testing.T, d *storetest.Desk, people ...int64) []store.Chat {
	t.Helper()
	for team := 2; team <= 3; team++ {
		d.Exec(t, "INSERT INTO teams (id, name) VALUES (?, ?)", team, fmt.Sprintf("Team %d", team))
	}
	orNull := func(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }
	now := d.Clock.Now()
	var chats []store.Chat
	for _, state := range []store.ChatState{store.ChatOpen, store.ChatClosed} {
		for _, owner := range append([]int64{0}, people...) {
			if state == store.ChatClosed && owner != 0 {
				continue
			}
			for _, last := range append([]int64{0}, people...) {
				for team := int64(1); team <= 3; team++ {
					n := len(chats)
					until := now.Add(time.Duration(n%9) * time.Hour)
					contact := d.Exec(t, "INSERT INTO contacts (name, created_at, updated_at) VALUES (?, 1, 1)", fmt.Sprintf("Contact %d", n))
					id := d.Exec(t, "INSERT INTO chats (number_id, contact_id, team_id, state, owner_id, last_owner_id, window_from,"+
						" window_until, next_up, closed_at, unread, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)", d.Number.ID, contact, team,
						state, orNull(owner), orNull(last), until.Add(-store.WindowLength).UnixMilli(), until.UnixMilli(), 1000-n/3, n/2, n%2)
					chats = append(chats, d.Chat(t, id))
				}
			}
		}
	}
	return chats
}

// somebody is any person there can be, as they are when loaded to act.
func somebody(t *rapid.T, ids ...int64) store.Agent {
	who := store.Agent{
		ID:         rapid.SampledFrom(ids).Draw(t, "id"),
		Role:       rapid.SampledFrom([]store.Role{store.RoleAgent, store.RoleSupervisor, store.RoleAdmin, ""}).Draw(t, "role"),
		Visibility: rapid.SampledFrom([]store.Visibility{store.VisibleOwn, store.VisibleTeam, store.VisibleAll, ""}).Draw(t, "visibility"),
	}
	for team := int64(1); team <= 3; team++ {
		if rapid.Bool().Draw(t, "in team") {
			who.TeamIDs = append(who.TeamIDs, team)
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "disabled") == 0 {
		who.DisabledAt = time.UnixMilli(1)
	}
	return who
}

func TestMaySeeIsWhatTheQueriesLetThrough(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	chats := everyChat(t, d, d.Ana.ID, d.Ben.ID)
	rapid.Check(t, func(rt *rapid.T) {
		who := somebody(rt, d.Ana.ID, d.Ben.ID, d.Sam.ID, 0)
		for _, c := range chats {
			sees, err := d.Store.SeesChat(t.Context(), who, c.ID)
			if err != nil {
				rt.Fatal(err)
			}
			if may := store.MaySee(who, c); sees != may {
				rt.Fatalf("MaySee %v, the query %v: %+v", may, sees, c)
			}
		}
	})
}

// inView says in plain words what belongs into a view; the queries are built of parts that must come to the same.
func inView(who store.Agent, v store.View, c store.Chat, now time.Time) bool {
	open := c.State == store.ChatOpen
	if !store.MaySee(who, c) {
		return false
	}
	switch v {
	case store.ViewMine:
		return open && c.OwnerID == who.ID
	case store.ViewQueue:
		return open && c.OwnerID == 0 && (who.Role != store.RoleAgent || who.Visibility == store.VisibleAll || slices.Contains(who.TeamIDs, c.TeamID))
	case store.ViewTeam:
		wide := who.Role != store.RoleAgent || who.Visibility == store.VisibleTeam || who.Visibility == store.VisibleAll
		return open && (!wide || slices.Contains(who.TeamIDs, c.TeamID))
	case store.ViewAll:
		return open
	case store.ViewClosing:
		left := c.Window().FreeUntil().Sub(now)
		return open && left > 0 && left < store.ClosingSoon
	case store.ViewClosed:
		return !open
	}
	return false
}

var views = []store.View{store.ViewMine, store.ViewQueue, store.ViewTeam, store.ViewAll, store.ViewClosing, store.ViewClosed}

func TestViewsShowWhatOneMaySee(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	chats := everyChat(t, d, d.Ana.ID, d.Ben.ID)
	rapid.Check(t, func(rt *rapid.T) {
		who := somebody(rt, d.Ana.ID, d.Ben.ID, d.Sam.ID, 0)
		counts, err := d.Store.ViewCounts(t.Context(), who)
		if err != nil {
			rt.Fatal(err)
		}
		wantCounts := store.ViewCounts{Views: map[store.View]int{}}
		for _, view := range views {
			want := map[int64]bool{}
			for _, c := range chats {
				if inView(who, view, c, d.Clock.Now()) {
					want[c.ID] = true
				}
				if view == store.ViewMine && want[c.ID] && c.Unread > 0 {
					wantCounts.Unread++
				}
			}
			wantCounts.Views[view] = len(want)
			got := map[int64]bool{}
			for _, c := range walk(rt, d, who, view, rapid.IntRange(1, 7).Draw(rt, "limit")) {
				got[c.ID] = true
			}
			if !maps.Equal(want, got) {
				rt.Fatalf("%s as %+v: want %v, got %v", view, who, want, got)
			}
		}
		if diff := cmp.Diff(wantCounts, counts); diff != "" {
			rt.Fatalf("counts (-want +got):\n%s", diff)
		}
	})
}

// walk reads a view to its end in pages of limit, and holds it to the order and to showing nothing twice.
func walk(t rapid.TB, d *storetest.Desk, who store.Agent, view store.View, limit int) []store.Chat {
	var all []store.Chat
	seen := map[int64]bool{}
	for after, pages := "", 0; ; pages++ {
		rows, next, err := d.Store.ChatList(background, who, store.ListQuery{View: view, After: after, Limit: limit})
		if err != nil {
			t.Fatalf("%s: %v", view, err)
		}
		for _, row := range rows {
			if seen[row.Chat.ID] {
				t.Fatalf("%s shows chat %d twice", view, row.Chat.ID)
			}
			seen[row.Chat.ID] = true
			all = append(all, row.Chat)
		}
		if next == "" {
			break
		}
		if len(rows) != limit || pages > 1000 {
			t.Fatalf("%s: page %d has %d rows and a next one", view, pages, len(rows))
		}
		after = next
	}
	if !slices.IsSortedFunc(all, func(a, b store.Chat) int { return byView(view, a, b) }) {
		t.Fatalf("%s is out of order", view)
	}
	return all
}

func byView(view store.View, a, b store.Chat) int {
	switch view {
	case store.ViewClosing:
		return firstOf(a.WindowUntil.Compare(b.WindowUntil), int(a.ID-b.ID))
	case store.ViewClosed:
		return firstOf(b.ClosedAt.Compare(a.ClosedAt), int(b.ID-a.ID))
	}
	return firstOf(int(a.NextUp-b.NextUp), int(a.ID-b.ID))
}

func firstOf(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

func TestMay(t *testing.T) {
	t.Parallel()
	ana := store.Agent{ID: 1, Role: store.RoleAgent, TeamIDs: []int64{1}, Visibility: store.VisibleOwn}
	onlooker := ana
	onlooker.ID, onlooker.Visibility = 2, store.VisibleTeam
	stranger := store.Agent{ID: 3, Role: store.RoleAgent, TeamIDs: []int64{2}, Visibility: store.VisibleOwn}
	sam := store.Agent{ID: 4, Role: store.RoleSupervisor, TeamIDs: []int64{1}}
	abroad := store.Agent{ID: 5, Role: store.RoleSupervisor, TeamIDs: []int64{2}}
	alex := store.Agent{ID: 6, Role: store.RoleAdmin}
	gone := alex
	gone.DisabledAt = time.UnixMilli(1)

	queued := store.Chat{ID: 1, TeamID: 1, State: store.ChatOpen}
	anas := queued
	anas.OwnerID = ana.ID
	closed := store.Chat{ID: 1, TeamID: 1, State: store.ChatClosed, LastOwnerID: ana.ID}

	const take, answer, assign, release, shut, reopen = store.ActTake, store.ActAnswer, store.ActAssign, store.ActRelease, store.ActClose, store.ActReopen
	for _, tt := range []struct {
		name string
		who  store.Agent
		chat store.Chat
		may  []store.Action
	}{
		{"agent, the queue", ana, queued, []store.Action{take, answer, shut}},
		{"agent, their own", ana, anas, []store.Action{answer, assign, release, shut}},
		{"agent, closed by them", ana, closed, []store.Action{answer, reopen}},
		{"agent, a colleague's", onlooker, anas, []store.Action{take, answer}},
		{"agent, closed by a colleague", onlooker, closed, []store.Action{answer, reopen}},
		{"agent of another team, the queue", stranger, queued, nil},
		{"agent of another team, owned", stranger, anas, nil},
		{"agent of another team, closed", stranger, closed, nil},
		{"supervisor, the queue", sam, queued, []store.Action{take, answer, assign, shut}},
		{"supervisor, their agent's", sam, anas, []store.Action{take, answer, assign, release, shut}},
		{"supervisor, closed", sam, closed, []store.Action{answer, reopen}},
		{"supervisor of another team", abroad, anas, nil},
		{"admin, somebody's", alex, anas, []store.Action{take, answer, assign, release, shut}},
		{"disabled admin", gone, anas, nil},
		{"nobody", store.Agent{}, queued, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var may []store.Action
			for _, do := range []store.Action{take, answer, assign, release, shut, reopen} {
				if store.May(tt.who, do, tt.chat) {
					may = append(may, do)
				}
			}
			if diff := cmp.Diff(tt.may, may); diff != "" {
				t.Errorf("may (-want +got):\n%s", diff)
			}
		})
	}
}
