package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// The commands by which a chat changes hands. All go through one owner move, a conditional update of the chat by its
// version and of the agents' open counts, so that there is at most one owner and nobody's count drifts. The loser of a
// race gets Conflict owned with whoever has it. Each writes an assignment, a thread line and a ChatChanged event, and
// each is ErrNotFound for who may not see the chat, ErrForbidden for who may not do this to it.

// TakeChat makes who the owner, whatever their presence or load. Taking one's own changes nothing. If somebody else owns
// it, over must be true (the person agreed to take over), else Conflict owned. Conflict closed if it is.
func (s *Store) TakeChat(ctx context.Context, who Agent, chatID int64, over bool) (Chat, error) {
	return s.onChat(ctx, who, chatID, func(t *tx, c *Chat) error { return t.take(who, c, over) })
}

func (t *tx) take(who Agent, c *Chat, over bool) error {
	switch {
	case c.State == ChatClosed:
		return t.closedBy(*c)
	case c.OwnerID == who.ID:
		return nil
	case !May(who, ActTake, *c):
		return ErrForbidden
	case c.OwnerID != 0 && !over:
		return t.ownedBy(c.OwnerID)
	}
	return t.move(c, move{to: who.ID, state: ChatOpen, kind: Taken, line: LineTaken, by: who.ID})
}

// AssignChat gives the chat to somebody; to oneself is taking it. Past their capacity it is Conflict over_capacity until
// confirmed, and recorded as such. Invalid agent_id: unknown, disabled, or not of the chat's team. from is the owner that the
// page showed, FromQueue for nobody, 0 if it did not say: another owner now is Conflict owned. Conflict closed if the chat is.
func (s *Store) AssignChat(ctx context.Context, who Agent, chatID, agentID, from int64, confirmed bool) (Chat, error) {
	return s.onChat(ctx, who, chatID, func(t *tx, c *Chat) error {
		switch {
		case c.State == ChatClosed:
			return t.closedBy(*c)
		case c.OwnerID == agentID && agentID != 0:
			return nil
		case from != 0 && c.OwnerID != max(from, 0): // FromQueue is nobody
			return t.ownedBy(c.OwnerID)
		case agentID == who.ID:
			return t.take(who, c, from > 0 || who.Role != RoleAgent)
		case !May(who, ActAssign, *c):
			return ErrForbidden
		}
		to, err := t.assignee(*c, agentID)
		if err != nil {
			return err
		}
		if !to.HasRoom() && !confirmed {
			return Conflict{Kind: ConflictOverCapacity, Agent: &to}
		}
		return t.move(c, move{to: to.ID, state: ChatOpen, kind: Assigned, line: LineAssigned, by: who.ID, overCapacity: !to.HasRoom()})
	})
}

// assignee is an enabled person of the chat's team, with name and load only.
func (t *tx) assignee(c Chat, id int64) (Agent, error) {
	var a Agent
	err := t.Select("id", "name", "capacity", "open_count", "disabled_at").
		Where("id = ? AND disabled_at = 0", id).
		Where("EXISTS (SELECT 1 FROM team_members WHERE team_id = ? AND agent_id = agents.id)", c.TeamID).
		First(&a).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return a, Invalid{Field: "agent_id", Message: "Choose somebody of this chat's team who still works here."}
	}
	if err != nil {
		return a, fmt.Errorf("assignee %d: %w", id, err)
	}
	return a, nil
}

// ReleaseChat puts it back into the queue; the router does not hand it to whoever had it, also when a supervisor took it
// away from them. Conflict owned, without an Agent, if it is in the queue already; Conflict closed if it is closed.
func (s *Store) ReleaseChat(ctx context.Context, who Agent, chatID int64) (Chat, error) {
	return s.onChat(ctx, who, chatID, func(t *tx, c *Chat) error {
		switch {
		case c.State == ChatClosed:
			return t.closedBy(*c)
		case c.OwnerID == 0:
			return t.ownedBy(0)
		case !May(who, ActRelease, *c):
			return ErrForbidden
		}
		c.ReleasedByID = c.OwnerID
		return t.move(c, move{state: ChatOpen, kind: Released, line: LineReleased, by: who.ID})
	})
}

// CloseChat ends its case: nobody waits any more and nothing is unread. Conflict closed if somebody was faster.
func (s *Store) CloseChat(ctx context.Context, who Agent, chatID int64) (Chat, error) {
	return s.onChat(ctx, who, chatID, func(t *tx, c *Chat) error {
		if c.State == ChatClosed {
			return t.closedBy(*c)
		}
		if !May(who, ActClose, *c) {
			return ErrForbidden
		}
		if err := t.closeCase(*c, who.ID); err != nil {
			return err
		}
		if err := t.move(c, move{state: ChatClosed, kind: Closed, line: LineClosed, by: who.ID}); err != nil {
			return err
		}
		newest, err := t.newestReceived(c.ID, 0)
		if err != nil {
			return err
		}
		c.WaitingSince, c.Unread, c.ReadUpTo = time.Time{}, 0, max(c.ReadUpTo, newest)
		return t.save(c)
	})
}

// ReopenChat opens a new case owned by who. Conflict open if somebody was faster.
func (s *Store) ReopenChat(ctx context.Context, who Agent, chatID int64) (Chat, error) {
	return s.onChat(ctx, who, chatID, func(t *tx, c *Chat) error {
		if c.State == ChatOpen {
			return t.openedBy(*c)
		}
		if !May(who, ActReopen, *c) {
			return ErrForbidden
		}
		return t.reopen(c, who.ID)
	})
}

// ReadChat notes that the owner has seen everything up to messageID and recounts what is unread. From anybody else it
// changes nothing and is no error: looking over a shoulder is not reading.
func (s *Store) ReadChat(ctx context.Context, who Agent, chatID, messageID int64) (Chat, error) {
	var c Chat
	err := s.command(ctx, func(t *tx) (err error) {
		if c, err = t.chatFor(who, chatID); err != nil || c.OwnerID != who.ID || messageID <= c.ReadUpTo {
			return err
		}
		seen, err := t.newestReceived(c.ID, messageID)
		if err != nil || seen <= c.ReadUpTo {
			return err
		}
		var unread int64
		err = t.Model(&Message{}).Where("chat_id = ? AND direction = 'in' AND id > ?", c.ID, seen).Count(&unread).Error
		if err != nil {
			return fmt.Errorf("count unread of chat %d: %w", c.ID, err)
		}
		c.ReadUpTo, c.Unread = seen, int(unread)
		return t.save(&c)
	})
	if err != nil {
		return Chat{}, err
	}
	return c, nil
}

// newestReceived is the newest message of the customer, by id and so by arrival, up to a given one (0 = of all). Ids that
// a page made up end at what there is.
func (t *tx) newestReceived(chatID, upTo int64) (id int64, err error) {
	q := t.Model(&Message{}).Where("chat_id = ? AND direction = 'in'", chatID)
	if upTo != 0 {
		q = q.Where("id <= ?", upTo)
	}
	if err := q.Select("COALESCE(MAX(id), 0)").Scan(&id).Error; err != nil {
		return 0, fmt.Errorf("newest received of chat %d: %w", chatID, err)
	}
	return id, nil
}

// openingsApart is how often the same person is noted as having opened the same chat.
const openingsApart = time.Minute

// RecordOpening notes that who opened the chat, at most once a minute of real time for the same pair.
func (s *Store) RecordOpening(ctx context.Context, who Agent, chatID int64) error {
	return s.command(ctx, func(t *tx) error {
		if _, err := t.chatFor(who, chatID); err != nil {
			return err
		}
		res := t.Exec("INSERT INTO chat_openings (chat_id, agent_id, at) SELECT ?, ?, ? WHERE NOT EXISTS"+
			" (SELECT 1 FROM chat_openings WHERE chat_id = ? AND agent_id = ? AND at > ?)",
			chatID, who.ID, millis(t.real), chatID, who.ID, millis(t.real.Add(-openingsApart)))
		if res.Error != nil {
			return fmt.Errorf("record opening of chat %d: %w", chatID, res.Error)
		}
		return nil
	})
}

// onChat runs one command on one chat as somebody who may see it, and returns the chat as it is then.
func (s *Store) onChat(ctx context.Context, who Agent, id int64, do func(t *tx, c *Chat) error) (Chat, error) {
	var c Chat
	err := s.command(ctx, func(t *tx) (err error) {
		if c, err = t.chatOrWinner(who, id); err != nil {
			return err
		}
		return do(t, &c)
	})
	if err != nil {
		return Chat{}, err
	}
	return c, nil
}
