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
	if who.Disabled() {
		return false
	}
	inTeam := slices.Contains(who.TeamIDs, c.TeamID)
	switch {
	case who.Role == RoleAdmin:
		return true
	case who.Role == RoleSupervisor:
		return inTeam
	case c.OwnerID == who.ID:
		return true
	case c.State == ChatClosed && c.LastOwnerID == who.ID:
		return true
	case c.State == ChatOpen && c.OwnerID == 0 && inTeam:
		return true
	}
	return who.Visibility == VisibleAll || (who.Visibility == VisibleTeam && inTeam)
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

// visibleTo narrows a query over chats to what this person may see; used by list, count, thread, socket and everything
// else that reads.
func visibleTo(who Agent) func(*gorm.DB) *gorm.DB {
	return func(q *gorm.DB) *gorm.DB {
		if who.Disabled() {
			return q.Where("1 = 0")
		}
		teams := who.TeamIDs
		if len(teams) == 0 {
			teams = []int64{0} // IN () is not SQL everywhere
		}
		switch {
		case who.Role == RoleAdmin:
			return q
		case who.Role == RoleSupervisor:
			return q.Where("chats.team_id IN ?", teams)
		case who.Visibility == VisibleAll:
			return q
		case who.Visibility == VisibleTeam:
			return q.Where("(chats.team_id IN ? OR chats.owner_id = ? OR (chats.state = 'closed' AND chats.last_owner_id = ?))",
				teams, who.ID, who.ID)
		}
		return q.Where("(chats.owner_id = ? OR (chats.state = 'open' AND chats.owner_id IS NULL AND chats.team_id IN ?)"+
			" OR (chats.state = 'closed' AND chats.last_owner_id = ?))", who.ID, teams, who.ID)
	}
}
