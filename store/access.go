package store

import (
	"slices"

	"gorm.io/gorm"
)

// Action is something a person may or may not do to a chat that they see.
type Action string

const (
	ActTake    Action = "take"
	ActAnswer  Action = "answer"
	ActAssign  Action = "assign"
	ActRelease Action = "release"
	ActClose   Action = "close"
	ActReopen  Action = "reopen"
)

// MaySee is the one rule of who sees a chat (contract: Roles and owning). visibleTo is the same rule as a query; a test
// holds the two together.
func MaySee(who Agent, c Chat) bool {
	reach, inTeam := who.reach(), slices.Contains(who.TeamIDs, c.TeamID)
	switch {
	case reach == "":
		return false
	case reach == VisibleAll, c.OwnerID == who.ID:
		return true
	case c.State == ChatClosed && c.LastOwnerID == who.ID:
		return true
	case c.State == ChatOpen && c.OwnerID == 0 && inTeam:
		return true
	}
	return reach == VisibleTeam && inTeam
}

// reach is how far somebody sees beyond their own chats and the queue of their teams; empty for who sees nothing.
func (a Agent) reach() Visibility {
	switch {
	case a.ID == 0 || a.Disabled():
		return ""
	case a.Role == RoleAdmin:
		return VisibleAll
	case a.Role == RoleSupervisor:
		return VisibleTeam
	case a.Role == RoleAgent && (a.Visibility == VisibleTeam || a.Visibility == VisibleAll):
		return a.Visibility
	case a.Role == RoleAgent:
		return VisibleOwn
	}
	return ""
}

// May says whether somebody who sees the chat may do this to it. Refusals are ErrForbidden, or a Conflict where waiting
// or asking helps.
func May(who Agent, do Action, c Chat) bool {
	if !MaySee(who, c) {
		return false
	}
	leads := who.Role != RoleAgent
	owns := c.OwnerID == who.ID && c.OwnerID != 0
	switch do {
	case ActTake:
		return c.State == ChatOpen && !owns
	case ActAnswer:
		return true // into somebody else's chat only after taking over: the gate asks
	case ActAssign:
		return c.State == ChatOpen && (owns || leads)
	case ActRelease:
		return c.State == ChatOpen && c.OwnerID != 0 && (owns || leads)
	case ActClose:
		return c.State == ChatOpen && (owns || leads || c.OwnerID == 0)
	case ActReopen:
		return c.State == ChatClosed
	}
	return false
}

// visibleTo narrows a query over chats to what this person may see: for one chat by its id. Lists and counts ask for the
// same by parts, each of which an index serves (views.go).
func visibleTo(who Agent) func(*gorm.DB) *gorm.DB {
	return func(q *gorm.DB) *gorm.DB {
		const own = "chats.owner_id = ? OR (chats.state = 'closed' AND chats.last_owner_id = ?)"
		teams := orNobody(who.TeamIDs)
		switch who.reach() {
		case VisibleAll:
			return q
		case VisibleTeam:
			return q.Where("("+own+" OR chats.team_id IN ?)", who.ID, who.ID, teams)
		case VisibleOwn:
			return q.Where("("+own+" OR (chats.state = 'open' AND chats.owner_id IS NULL AND chats.team_id IN ?))",
				who.ID, who.ID, teams)
		}
		return q.Where("1 = 0")
	}
}
