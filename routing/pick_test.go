package routing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"agentdesk/routing"
	"agentdesk/store"
)

var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

func someone(id int64, change ...func(*store.Agent)) store.Agent {
	a := store.Agent{ID: id, Name: fmt.Sprintf("Agent %d", id), Role: store.RoleAgent, Capacity: 6, Presence: store.Available, TeamIDs: []int64{1}}
	for _, c := range change {
		c(&a)
	}
	return a
}

func open(n int) func(*store.Agent) { return func(a *store.Agent) { a.OpenCount = n } }
func routed(at time.Time) func(*store.Agent) {
	return func(a *store.Agent) { a.RoutedAt = at }
}
func is(p store.Presence) func(*store.Agent) { return func(a *store.Agent) { a.Presence = p } }
func of(team int64) func(*store.Agent)       { return func(a *store.Agent) { a.TeamIDs = []int64{team} } }

func TestPickExplainsItsChoice(t *testing.T) {
	t.Parallel()
	chat := store.WaitingChat{ID: 1, TeamID: 1, QueuedAt: noon}
	tests := []struct {
		name    string
		chat    func(*store.WaitingChat)
		agents  []store.Agent
		want    int64
		reason  store.Reason
		skipped []string
	}{
		{name: "the least loaded", agents: []store.Agent{someone(1, open(2)), someone(2, open(1)), someone(3, open(3))},
			want: 2, reason: store.ReasonLeastLoaded, skipped: []string{"busier", "", "busier"}},
		{name: "equally loaded: the longest without a new chat",
			agents: []store.Agent{someone(1, routed(noon)), someone(2, routed(noon.Add(-time.Minute)))},
			want:   2, reason: store.ReasonLeastLoaded, skipped: []string{"busier", ""}},
		{name: "all equal: the lower id", agents: []store.Agent{someone(2), someone(1)},
			want: 1, reason: store.ReasonLeastLoaded, skipped: []string{"busier", ""}},
		{name: "whoever answered before, though busier", chat: func(c *store.WaitingChat) { c.LastAnswererID = 1 },
			agents: []store.Agent{someone(1, open(5)), someone(2)},
			want:   1, reason: store.ReasonAnsweredBefore, skipped: []string{"", "preferred"}},
		{name: "whoever answered before is full", chat: func(c *store.WaitingChat) { c.LastAnswererID = 1 },
			agents: []store.Agent{someone(1, open(6)), someone(2, open(5))},
			want:   2, reason: store.ReasonLeastLoaded, skipped: []string{"full", ""}},
		{name: "never back to who released it", chat: func(c *store.WaitingChat) { c.ReleasedByID, c.LastAnswererID = 1, 1 },
			agents: []store.Agent{someone(1), someone(2, open(5))},
			want:   2, reason: store.ReasonLeastLoaded, skipped: []string{"released_it", ""}},
		{name: "everybody else is hindered",
			agents: []store.Agent{someone(1, of(2)), someone(2, is(store.Away)), someone(3, is(store.Offline)), someone(4, open(6)), someone(5, open(5))},
			want:   5, reason: store.ReasonLeastLoaded, skipped: []string{"team", "away", "offline", "full", ""}},
		{name: "nobody", agents: []store.Agent{someone(1, of(2)), someone(2, is(store.Away)), someone(3, open(6))}},
		{name: "nobody at all"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			chat := chat
			if tt.chat != nil {
				tt.chat(&chat)
			}
			got := routing.Pick([]store.WaitingChat{chat}, tt.agents)
			if tt.want == 0 {
				if len(got) != 0 {
					t.Fatalf("got %+v, want nobody", got)
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("got %d decisions, want 1", len(got))
			}
			var skipped []string
			for _, c := range got[0].Considered {
				skipped = append(skipped, c.Skipped)
			}
			if got[0].AgentID != tt.want || got[0].Reason != tt.reason || !slices.Equal(skipped, tt.skipped) {
				t.Errorf("agent %d, reason %s, skipped %q; want %d, %s, %q", got[0].AgentID, got[0].Reason, skipped, tt.want, tt.reason, tt.skipped)
			}
		})
	}
}

func TestPickSharesABacklogOut(t *testing.T) {
	t.Parallel()
	var waiting []store.WaitingChat
	for i := range int64(7) {
		waiting = append(waiting, store.WaitingChat{ID: i + 1, TeamID: 1, QueuedAt: noon.Add(time.Duration(-i) * time.Minute)})
	}
	got := routing.Pick(waiting, []store.Agent{someone(1, open(4)), someone(2, routed(noon)), someone(3)})
	var order [][2]int64
	for _, d := range got {
		order = append(order, [2]int64{d.Chat.ID, d.AgentID})
	}
	// Oldest first; 3 has gone without for longer than 2, and then they take turns up to the load of 1.
	want := [][2]int64{{7, 3}, {6, 2}, {5, 3}, {4, 2}, {3, 3}, {2, 2}, {1, 3}}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("chat to agent (-want +got):\n%s", diff)
	}
}

// floor draws a queue and people, with collisions of every kind likely.
func floor(t *rapid.T) ([]store.WaitingChat, []store.Agent) {
	id := rapid.Int64Range(0, 8)
	agents := make([]store.Agent, rapid.IntRange(0, 8).Draw(t, "agents"))
	for i := range agents {
		agents[i] = someone(int64(i+1),
			open(rapid.IntRange(0, 5).Draw(t, "open")),
			routed(noon.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "routed"))*time.Minute)),
			is(rapid.SampledFrom([]store.Presence{store.Available, store.Available, store.Away, store.Offline}).Draw(t, "presence")))
		agents[i].Capacity = rapid.IntRange(0, 5).Draw(t, "capacity")
		agents[i].TeamIDs = rapid.SampledFrom([][]int64{{1}, {2}, {1, 2}, nil}).Draw(t, "teams")
	}
	waiting := make([]store.WaitingChat, rapid.IntRange(0, 30).Draw(t, "waiting"))
	for i := range waiting {
		waiting[i] = store.WaitingChat{ID: int64(i + 1), TeamID: rapid.Int64Range(1, 3).Draw(t, "team"),
			QueuedAt:       noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "queued")) * time.Minute),
			LastAnswererID: id.Draw(t, "answerer"), ReleasedByID: id.Draw(t, "releaser")}
	}
	return waiting, agents
}

// TestPickProperties replays the decisions one after the other and holds each against the policy.
func TestPickProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		waiting, agents := floor(t)
		given := slices.Clone(waiting)
		decisions := routing.Pick(waiting, agents)
		if diff := cmp.Diff(given, waiting); diff != "" {
			t.Fatalf("the queue given was changed:\n%s", diff)
		}

		load := map[int64]int{}
		for _, a := range agents {
			load[a.ID] = a.OpenCount
		}
		could := func(a store.Agent, c store.WaitingChat) bool {
			return a.Presence == store.Available && load[a.ID] < a.Capacity && slices.Contains(a.TeamIDs, c.TeamID) && a.ID != c.ReleasedByID
		}
		decided := map[int64]routing.Decision{}
		for _, d := range decisions {
			if _, twice := decided[d.Chat.ID]; twice {
				t.Fatalf("chat %d is given twice", d.Chat.ID)
			}
			decided[d.Chat.ID] = d
		}
		queue := slices.Clone(waiting)
		slices.SortStableFunc(queue, func(a, b store.WaitingChat) int { return a.QueuedAt.Compare(b.QueuedAt) })
		next := 0
		for _, c := range queue {
			d, given := decided[c.ID]
			for _, a := range agents {
				if !could(a, c) {
					if given && d.AgentID == a.ID {
						t.Fatalf("chat %d went to agent %d, who cannot take it", c.ID, a.ID)
					}
					continue
				}
				if !given {
					t.Fatalf("chat %d waits although agent %d is free", c.ID, a.ID)
				}
				if c.LastAnswererID == a.ID && (d.AgentID != a.ID || d.Reason != store.ReasonAnsweredBefore) {
					t.Fatalf("chat %d went to %d (%s), not back to %d", c.ID, d.AgentID, d.Reason, a.ID)
				}
				if d.Reason == store.ReasonLeastLoaded && load[a.ID] < load[d.AgentID] {
					t.Fatalf("chat %d went to agent %d with %d open, agent %d has %d", c.ID, d.AgentID, load[d.AgentID], a.ID, load[a.ID])
				}
			}
			if !given {
				continue
			}
			if decisions[next].Chat.ID != c.ID {
				t.Fatalf("decision %d is about chat %d, but %d is older", next, decisions[next].Chat.ID, c.ID)
			}
			checkExplanation(t, d, agents, load)
			next++
			load[d.AgentID]++
		}
		for _, a := range agents {
			if load[a.ID] > max(a.Capacity, a.OpenCount) {
				t.Fatalf("agent %d has %d of %d", a.ID, load[a.ID], a.Capacity)
			}
		}
		if diff := cmp.Diff(decisions, routing.Pick(waiting, agents)); diff != "" {
			t.Fatalf("the same input gave something else:\n%s", diff)
		}
	})
}

// checkExplanation: everybody is in it, as loaded as they were at that moment, and only the chosen one is not skipped.
func checkExplanation(t *rapid.T, d routing.Decision, agents []store.Agent, load map[int64]int) {
	if len(d.Considered) != len(agents) {
		t.Fatalf("chat %d: %d of %d agents explained", d.Chat.ID, len(d.Considered), len(agents))
	}
	for i, c := range d.Considered {
		if c.AgentID != agents[i].ID || c.Open != load[c.AgentID] || c.Capacity != agents[i].Capacity {
			t.Fatalf("chat %d: agent %d stands as %+v with load %d", d.Chat.ID, agents[i].ID, c, load[c.AgentID])
		}
		if (c.Skipped == "") != (c.AgentID == d.AgentID) {
			t.Fatalf("chat %d went to %d, but of %d it says %q", d.Chat.ID, d.AgentID, c.AgentID, c.Skipped)
		}
	}
}

func BenchmarkPick(b *testing.B) {
	var waiting []store.WaitingChat
	for i := range int64(1000) {
		waiting = append(waiting, store.WaitingChat{ID: i + 1, TeamID: 1, QueuedAt: noon.Add(time.Duration(i) * time.Second), LastAnswererID: i % 70})
	}
	var agents []store.Agent
	for i := range int64(50) {
		agents = append(agents, someone(i+1, open(int(i%4))))
	}
	b.ReportAllocs()
	for b.Loop() {
		routing.Pick(waiting, agents)
	}
}
