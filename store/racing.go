package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// raceTime is how long whoever saw a chat until it changed hands is told what became of it instead of "not found": two
// people press Take on what both see in the queue, and the slower one may not see the chat any more.
const raceTime = 10 * time.Second

// chatOrWinner is chatFor, except that the loser of a race gets a Conflict that says who won: owned, closed or open.
func (t *tx) chatOrWinner(who Agent, id int64) (Chat, error) {
	c, err := t.chatFor(who, id)
	if !errors.Is(err, ErrNotFound) {
		return c, err
	}
	if c, err = t.chat(id); err != nil {
		return Chat{}, err
	}
	var last Assignment
	if err := t.Where("chat_id = ?", id).Order("at DESC, id DESC").Limit(1).Find(&last).Error; err != nil {
		return Chat{}, fmt.Errorf("last assignment of chat %d: %w", id, err)
	}
	if last.ID == 0 || t.now.Sub(last.At) > raceTime || !MaySee(who, c.before(last)) {
		return Chat{}, ErrNotFound
	}
	switch {
	case c.State == ChatClosed:
		return Chat{}, t.closedBy(c)
	case last.Kind == Reopened:
		return Chat{}, t.openedBy(c)
	}
	return Chat{}, t.ownedBy(c.OwnerID)
}

// LostTo says what became of a chat to somebody who saw it until it changed hands a moment ago: the same Conflict that
// their own command would get. Nil if they see it still, ErrNotFound for everybody else.
func (s *Store) LostTo(ctx context.Context, who Agent, id int64) error {
	t := &tx{DB: s.read.WithContext(ctx), now: s.Now(), real: s.Real(), store: s}
	_, err := t.chatOrWinner(who, id)
	return err
}

// before is the chat as it stood when its last assignment was made, as far as sight depends on it.
func (c Chat) before(last Assignment) Chat {
	c.State, c.OwnerID = ChatOpen, last.FromID
	if last.Kind == Reopened {
		c.State, c.OwnerID = ChatClosed, 0
	}
	return c
}

// openedBy is the Conflict that names whoever has the chat that was closed a moment ago.
func (t *tx) openedBy(c Chat) error {
	owner, err := t.named(c.OwnerID)
	if err != nil {
		return err
	}
	return Conflict{Kind: ConflictOpen, Agent: owner}
}
