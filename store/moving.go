package store

import (
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// What every command on a chat is made of: load and lock it, move its owner, open a case, write what changed.

// chat loads and locks a chat inside a command, without asking who may see it: for the desk's own acts.
func (t *tx) chat(id int64) (Chat, error) {
	var c Chat
	err := t.Clauses(clause.Locking{Strength: "UPDATE"}).First(&c, id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return c, ErrNotFound
	}
	return c, err
}

// chatFor loads and locks a chat as somebody who may see it; ErrNotFound otherwise.
func (t *tx) chatFor(who Agent, id int64) (Chat, error) {
	var c Chat
	err := t.Clauses(clause.Locking{Strength: "UPDATE"}).Scopes(visibleTo(who)).First(&c, id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return c, ErrNotFound
	}
	return c, err
}

// move says how a chat changes hands.
type move struct {
	to           int64 // the new owner; 0 = the queue, or nobody when closed
	state        ChatState
	kind         AssignmentKind
	line         LineKind
	by           int64 // who did it; 0 = the router, the customer, the desk
	reason       Reason
	considered   []Considered
	overCapacity bool
	needsRoom    bool // the router's claim: only if available and below capacity at this instant
}

// move is the one place where a chat changes owner or state. The counts of both agents, the chat (by the version that was
// seen), the assignment, the line and the events stand or fall together. Conflict owned when the chat has moved on since c
// was read, unavailable when needsRoom was not met.
func (t *tx) move(c *Chat, m move) error {
	from := c.OwnerID
	next := *c
	next.State = m.state
	next.OwnerID = m.to
	next.Version++
	if from != 0 && from != m.to {
		next.LastOwnerID = from
	}
	if m.to != 0 {
		next.ReleasedByID = 0
	}
	switch {
	case m.state == ChatClosed:
		next.QueuedAt, next.ClosedAt = instant(0), t.now
	case m.to == 0 && (from != 0 || c.State == ChatClosed):
		next.QueuedAt, next.ClosedAt = t.now, instant(0)
	case m.to != 0:
		next.QueuedAt, next.ClosedAt = instant(0), instant(0)
	}
	res := t.Model(&Chat{}).Where("id = ? AND version = ?", c.ID, c.Version).
		Select("state", "owner_id", "last_owner_id", "released_by_id", "version", "queued_at", "closed_at").Updates(&next)
	if res.Error != nil {
		return fmt.Errorf("move chat %d: %w", c.ID, res.Error)
	}
	if res.RowsAffected == 0 {
		return t.lostTo(c.ID)
	}
	if err := t.countOwners(from, m.to, m.needsRoom); err != nil {
		return err
	}
	*c = next

	assignment := Assignment{ChatID: c.ID, CaseID: c.CaseID, At: t.now, Kind: m.kind, AgentID: m.to, FromID: from, ByID: m.by,
		Reason: m.reason, Considered: m.considered, OverCapacity: m.overCapacity}
	if err := t.Create(&assignment).Error; err != nil {
		return fmt.Errorf("record assignment of chat %d: %w", c.ID, err)
	}
	if m.line != "" {
		line := Line{ChatID: c.ID, Kind: m.line, AgentID: m.by, OtherID: m.to, CaseID: c.CaseID, AssignmentID: assignment.ID}
		if m.by == 0 || m.by == m.to {
			line.AgentID, line.OtherID = m.to, from
		}
		if m.to == 0 && m.by != from {
			line.OtherID = from
		}
		if err := t.addLine(*c, line); err != nil {
			return err
		}
	}
	t.emit(Event{Kind: ChatChanged, ChatID: c.ID, TeamID: c.TeamID, OwnerID: c.OwnerID, FormerID: from})
	return nil
}

func (t *tx) countOwners(from, to int64, needsRoom bool) error {
	if from == to {
		return nil
	}
	if from != 0 {
		if err := t.Exec("UPDATE agents SET open_count = open_count - 1 WHERE id = ?", from).Error; err != nil {
			return fmt.Errorf("count for agent %d: %w", from, err)
		}
		t.emit(Event{Kind: AgentChanged, AgentID: from})
	}
	if to == 0 {
		return nil
	}
	take := "UPDATE agents SET open_count = open_count + 1 WHERE id = ? AND disabled_at = 0"
	args := []any{to}
	if needsRoom {
		take = "UPDATE agents SET open_count = open_count + 1, routed_at = ? WHERE id = ? AND disabled_at = 0" +
			" AND presence = 'available' AND open_count < capacity"
		args = []any{millis(t.real), to}
	}
	res := t.Exec(take, args...)
	if res.Error != nil {
		return fmt.Errorf("count for agent %d: %w", to, res.Error)
	}
	if res.RowsAffected == 0 {
		return Conflict{Kind: ConflictUnavailable}
	}
	t.emit(Event{Kind: AgentChanged, AgentID: to})
	return nil
}

// lostTo tells the loser of a race who has the chat now.
func (t *tx) lostTo(chatID int64) error {
	c, err := t.chat(chatID)
	if err != nil {
		return err
	}
	return t.ownedBy(c.OwnerID)
}

// ownedBy is the Conflict that names the owner; without one the chat is simply no longer what it was.
func (t *tx) ownedBy(ownerID int64) error {
	conflict := Conflict{Kind: ConflictOwned}
	if ownerID != 0 {
		var owner Agent
		if err := t.First(&owner, ownerID).Error; err != nil {
			return fmt.Errorf("owner %d: %w", ownerID, err)
		}
		conflict.Agent = &owner
	}
	return conflict
}

// openCase begins a new case; by 0 = the customer.
func (t *tx) openCase(c *Chat, by int64) error {
	opened := Case{ChatID: c.ID, OpenedAt: t.now, OpenedBy: by}
	if err := t.Create(&opened).Error; err != nil {
		return fmt.Errorf("open case of chat %d: %w", c.ID, err)
	}
	c.CaseID = opened.ID
	if err := t.Model(&Chat{}).Where("id = ?", c.ID).Update("case_id", c.CaseID).Error; err != nil {
		return err
	}
	return t.addLine(*c, Line{ChatID: c.ID, Kind: LineCaseOpened, AgentID: by, CaseID: c.CaseID})
}

func (t *tx) addLine(c Chat, line Line) error {
	if line.At.IsZero() {
		line.At = t.now
	}
	if err := t.Create(&line).Error; err != nil {
		return fmt.Errorf("line of chat %d: %w", c.ID, err)
	}
	t.emit(Event{Kind: LineAdded, ChatID: c.ID, LineID: line.ID, TeamID: c.TeamID, OwnerID: c.OwnerID})
	return nil
}

// save writes everything of a chat that is not its owner, state or version, with its place in the list recomputed, and
// says that it changed.
func (t *tx) save(c *Chat) error {
	c.NextUp = c.nextUp()
	err := t.Model(&Chat{}).Where("id = ?", c.ID).Select("last_answerer_id", "released_by_id", "waiting_since", "window_from",
		"window_until", "unread", "read_up_to", "last_message_id", "last_message_at", "next_up").Updates(c).Error
	if err != nil {
		return fmt.Errorf("save chat %d: %w", c.ID, err)
	}
	t.emit(Event{Kind: ChatChanged, ChatID: c.ID, TeamID: c.TeamID, OwnerID: c.OwnerID})
	return nil
}
