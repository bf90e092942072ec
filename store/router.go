package store

import (
	"context"
	"time"
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

// Floor is everything the router decides on.
type Floor struct {
	Waiting []WaitingChat // oldest first, at most limit
	Agents  []Agent       // enabled people the router may give chats to (by role and setting), with TeamIDs, offline ones too
	More    bool          // the queue is longer than limit
}

// Floor reads queue and people in one snapshot.
func (s *Store) Floor(ctx context.Context, limit int) (Floor, error) { panic("not built yet") }

// RouteChat claims one waiting chat for one agent, if at this instant it still has the version the router saw and nobody
// owns it, and the agent is still available and has room; else Conflict owned or unavailable. The capacity is never
// exceeded. It writes the assignment with reason and considered, a thread line and the event.
func (s *Store) RouteChat(ctx context.Context, chat WaitingChat, agentID int64, reason Reason, considered []Considered) error {
	panic("not built yet")
}
