package store

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// What every command on a chat is made of: load and lock it, move its owner, open and close its case, write what changed.

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
// seen), the assignment, the line and the events stand or fall together. Conflict owned (or closed) when the chat has
// moved on since c was read, unavailable when the new owner is disabled or needsRoom was not met.
func (t *tx) move(c *Chat, m move) error {
	from := c.OwnerID
	next := c.after(m, t.now)
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
	former := from
	switch {
	case from == 0 && c.State == ChatClosed:
		former = c.LastOwnerID // saw it among the closed ones
	case from == 0:
		former = FromQueue
	}
	*c = next

	assignment := Assignment{ChatID: c.ID, CaseID: c.CaseID, At: t.now, Kind: m.kind, AgentID: m.to, FromID: from, ByID: m.by,
		Reason: m.reason, Considered: m.considered, OverCapacity: m.overCapacity}
	if assignment.Considered == nil {
		assignment.Considered = []Considered{} // gorm writes a nil list as NULL
	}
	if err := t.Create(&assignment).Error; err != nil {
		return fmt.Errorf("record assignment of chat %d: %w", c.ID, err)
	}
	// Before the line: whoever loses sight by this must not be sent it.
	t.chatChanged(*c, former)
	if m.line == "" {
		return nil
	}
	line := Line{ChatID: c.ID, Kind: m.line, AgentID: m.by, OtherID: m.to, CaseID: c.CaseID, AssignmentID: assignment.ID}
	if m.by == 0 || m.by == m.to {
		line.AgentID, line.OtherID = m.to, from
	}
	if m.to == 0 && m.by != from {
		line.OtherID = from
	}
	return t.addLine(*c, line)
}

// after is the chat as the move leaves it.
func (c Chat) after(m move, now time.Time) Chat {
	from, wasClosed := c.OwnerID, c.State == ChatClosed
	c.State, c.OwnerID = m.state, m.to
	c.Version++
	switch {
	case from != 0 && from != m.to:
		c.LastOwnerID = from
	case m.state == ChatClosed && m.by != 0:
		c.LastOwnerID = m.by // so that whoever closed a chat out of the queue finds it among the closed ones
	}
	if m.to != 0 || m.state == ChatClosed {
		c.ReleasedByID = 0
	}
	switch {
	case m.state == ChatClosed:
		c.QueuedAt, c.ClosedAt = time.Time{}, now
	case m.to != 0:
		c.QueuedAt, c.ClosedAt = time.Time{}, time.Time{}
	case from != 0 || wasClosed || c.QueuedAt.IsZero():
		c.QueuedAt, c.ClosedAt = now, time.Time{}
	}
	return c
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

// lostTo tells the loser of a race what the chat is now.
func (t *tx) lostTo(chatID int64) error {
	c, err := t.chat(chatID)
	if err != nil {
		return err
	}
	if c.State == ChatClosed {
		return t.closedBy(c)
	}
	return t.ownedBy(c.OwnerID)
}

// ownedBy is the Conflict that names the owner; without one the chat is simply no longer what it was.
func (t *tx) ownedBy(ownerID int64) error {
	owner, err := t.named(ownerID)
	if err != nil {
		return err
	}
	return Conflict{Kind: ConflictOwned, Agent: owner}
}

// closedBy is the Conflict that names whoever closed the chat's last case.
func (t *tx) closedBy(c Chat) error {
	var last Case
	if err := t.Limit(1).Find(&last, "id = ?", c.CaseID).Error; err != nil {
		return fmt.Errorf("last case of chat %d: %w", c.ID, err)
	}
	closer, err := t.named(last.ClosedBy)
	if err != nil {
		return err
	}
	return Conflict{Kind: ConflictClosed, Agent: closer}
}

// openCase begins a new case, in c and in the database; by 0 = the customer. at is where its line stands in the thread:
// the instant of the message that opened it, so that the line comes before it. A person who reopens a chat gets the line
// of the move instead.
func (t *tx) openCase(c *Chat, by int64, at time.Time) error {
	opened := Case{ChatID: c.ID, OpenedAt: t.now, OpenedBy: by}
	if err := t.Create(&opened).Error; err != nil {
		return fmt.Errorf("open case of chat %d: %w", c.ID, err)
	}
	c.CaseID = opened.ID
	if err := t.Model(&Chat{}).Where("id = ?", c.ID).Update("case_id", c.CaseID).Error; err != nil {
		return fmt.Errorf("open case of chat %d: %w", c.ID, err)
	}
	if by != 0 {
		return nil
	}
	return t.addLine(*c, Line{ChatID: c.ID, Kind: LineCaseOpened, At: at, CaseID: c.CaseID})
}

// closeCase ends the case that is open; by 0 = the desk.
func (t *tx) closeCase(c Chat, by int64) error {
	err := t.Model(&Case{}).Where("id = ? AND closed_at = 0", c.CaseID).Select("closed_at", "closed_by").
		Updates(&Case{ClosedAt: t.now, ClosedBy: by}).Error
	if err != nil {
		return fmt.Errorf("close case %d: %w", c.CaseID, err)
	}
	return nil
}

// reopen makes a closed chat somebody's again, as a new case: by hand, or by sending into it.
func (t *tx) reopen(c *Chat, by int64) error {
	if err := t.openCase(c, by, t.now); err != nil {
		return err
	}
	return t.move(c, move{to: by, state: ChatOpen, kind: Reopened, line: LineReopened, by: by})
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
	t.chatChanged(*c, 0)
	return nil
}

// chatChanged says so once a command, however many of its steps changed the chat; former is the owner who lost it by this
// step, or 0.
func (t *tx) chatChanged(c Chat, former int64) {
	if former == c.OwnerID {
		former = 0
	}
	for i := range t.events {
		e := &t.events[i]
		if e.Kind == ChatChanged && e.ChatID == c.ID && (former == 0 || e.FormerID == 0) {
			e.OwnerID, e.TeamID, e.FormerID = c.OwnerID, c.TeamID, cmp.Or(e.FormerID, former)
			return
		}
	}
	t.emit(Event{Kind: ChatChanged, ChatID: c.ID, TeamID: c.TeamID, OwnerID: c.OwnerID, FormerID: former})
}
