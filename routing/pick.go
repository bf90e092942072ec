package routing

import (
	"cmp"
	"slices"

	"agentdesk/store"
)

// Decision gives one waiting chat to one agent, and says why for everybody who was looked at.
type Decision struct {
	Chat       store.WaitingChat
	AgentID    int64
	Reason     store.Reason
	Considered []store.Considered // in the order of the agents; exactly one is not skipped
}

// Why somebody was passed over; views turn each into a sentence.
const (
	skipTeam      = "team"        // not of the chat's team
	skipReleased  = "released_it" // put this chat into the queue
	skipOffline   = "offline"
	skipAway      = "away"
	skipFull      = "full"
	skipBusier    = "busier"    // has more open chats, or as many and was given one more recently
	skipPreferred = "preferred" // somebody else answered this contact last
)

// Pick is the policy, and nothing else: the same queue and people give the same decisions.
//
// Chats are served oldest first, by when they came into the queue. A chat can go to those who are of its team, are
// available, have fewer open chats than their capacity, and did not release it. Among them it goes to whoever answered
// this contact last. Failing that it goes to whoever has the fewest open chats; of several, to who has waited longest
// since the router last gave them one; then to the one who has been here longest (the lower id).
//
// Each decision counts for the next one. A chat that nobody can take is left waiting and holds up no other.
func Pick(waiting []store.WaitingChat, agents []store.Agent) []Decision {
	queue := slices.Clone(waiting)
	slices.SortFunc(queue, func(a, b store.WaitingChat) int {
		return cmp.Or(a.QueuedAt.Compare(b.QueuedAt), cmp.Compare(a.ID, b.ID))
	})
	seats := make([]seat, len(agents))
	for i, a := range agents {
		seats[i] = seat{Agent: a}
	}
	var decisions []Decision
	for _, chat := range queue {
		best, reason := choose(chat, seats)
		if best < 0 {
			continue
		}
		decisions = append(decisions, Decision{Chat: chat, AgentID: seats[best].ID, Reason: reason,
			Considered: explain(chat, seats, best, reason)})
		seats[best].OpenCount++
		seats[best].turn = len(decisions)
	}
	return decisions
}

// seat is an agent as the decisions so far leave them.
type seat struct {
	store.Agent
	turn int // the decision that last gave them a chat; 0 = none of these
}

// choose returns the index of the agent who gets the chat, -1 for nobody.
func choose(chat store.WaitingChat, seats []seat) (best int, reason store.Reason) {
	best = -1
	for i := range seats {
		if obstacle(chat, &seats[i]) != "" {
			continue
		}
		if seats[i].ID == chat.LastAnswererID {
			return i, store.ReasonAnsweredBefore
		}
		if best < 0 || freer(&seats[i], &seats[best]) {
			best = i
		}
	}
	return best, store.ReasonLeastLoaded
}

// obstacle is what keeps this chat from this agent; empty if nothing does.
func obstacle(chat store.WaitingChat, s *seat) string {
	switch {
	case !slices.Contains(s.TeamIDs, chat.TeamID):
		return skipTeam
	case s.ID == chat.ReleasedByID:
		return skipReleased
	case s.Presence == store.Away:
		return skipAway
	case s.Presence != store.Available:
		return skipOffline
	case !s.HasRoom():
		return skipFull
	}
	return ""
}

// freer says whether a comes before b among those who could take a chat.
func freer(a, b *seat) bool {
	return cmp.Or(
		cmp.Compare(a.OpenCount, b.OpenCount),
		cmp.Compare(a.turn, b.turn),
		a.RoutedAt.Compare(b.RoutedAt),
		cmp.Compare(a.ID, b.ID),
	) < 0
}

func explain(chat store.WaitingChat, seats []seat, best int, reason store.Reason) []store.Considered {
	lost := skipBusier
	if reason == store.ReasonAnsweredBefore {
		lost = skipPreferred
	}
	considered := make([]store.Considered, len(seats))
	for i := range seats {
		s := &seats[i]
		considered[i] = store.Considered{AgentID: s.ID, Name: s.Name, Open: s.OpenCount, Capacity: s.Capacity}
		if i != best {
			considered[i].Skipped = cmp.Or(obstacle(chat, s), lost)
		}
	}
	return considered
}
