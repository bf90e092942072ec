package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// WaitingChat is one chat in the queue, as the router sees it.
type WaitingChat struct {
	ID             int64
	Version        int64
	TeamID         int64
	QueuedAt       time.Time `gorm:"serializer:ms"`
	LastAnswererID int64     `gorm:"serializer:orNull"`
	ReleasedByID   int64     `gorm:"serializer:orNull"`
}

func (WaitingChat) TableName() string { return "chats" }

// Floor is everything the router decides on.
type Floor struct {
	Waiting []WaitingChat // oldest first, at most limit
	Agents  []Agent       // enabled people the router may give chats to (by role and setting), with TeamIDs, offline ones too
	More    bool          // the queue is longer than this
}

// Floor reads queue and people in one snapshot: the queue behind after, whose zero value stands before the oldest.
func (s *Store) Floor(ctx context.Context, after WaitingChat, limit int) (f Floor, err error) {
	err = s.read.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		// The condition stands in literals, because only so does SQLite see that chats_waiting covers it.
		err := db.Where("owner_id IS NULL AND state = 'open'").Where("(queued_at, id) > (?, ?)", millis(after.QueuedAt), after.ID).
			Order("queued_at, id").Limit(limit + 1).Find(&f.Waiting).Error
		if err != nil {
			return fmt.Errorf("read queue: %w", err)
		}
		if f.More = len(f.Waiting) > limit; f.More {
			f.Waiting = f.Waiting[:limit]
		}
		set, err := settingsIn(db)
		if err != nil {
			return err
		}
		roles := []Role{RoleAgent}
		if set.RouteToSupervisors {
			roles = append(roles, RoleSupervisor)
		}
		f.Agents, err = people(db, db.Where("disabled_at = 0 AND role IN ?", roles))
		return err
	})
	if err != nil {
		return Floor{}, err
	}
	return f, nil
}

// RouteChat claims one waiting chat for one agent, if at this instant it still has the version the router saw and nobody
// owns it, and the agent is still available and has room; else Conflict owned or unavailable. The capacity is never
// exceeded. It writes the assignment with reason and considered, a thread line and the event.
func (s *Store) RouteChat(ctx context.Context, chat WaitingChat, agentID int64, reason Reason, considered []Considered) error {
	return s.command(ctx, func(t *tx) error {
		c, err := t.chat(chat.ID)
		if err != nil {
			return err
		}
		if c.Version != chat.Version || c.OwnerID != 0 || c.State != ChatOpen {
			return t.ownedBy(c.OwnerID)
		}
		return t.move(&c, move{to: agentID, state: ChatOpen, kind: Routed, line: LineRouted, reason: reason,
			considered: considered, needsRoom: true})
	})
}
