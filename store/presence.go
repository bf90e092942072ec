package store

import (
	"context"
	"time"
)

// OfflineAfter is how long somebody without a socket keeps the presence they chose.
const OfflineAfter = 60 * time.Second

// ChoosePresence sets what the agent wants to be; it takes effect at once (they are here: they asked).
func (s *Store) ChoosePresence(ctx context.Context, who Agent, p Presence) error {
	panic("not built yet")
}

// SetPresenceOf lets a supervisor of their team, or an admin, choose for somebody. Recorded.
func (s *Store) SetPresenceOf(ctx context.Context, by Agent, agentID int64, p Presence) error {
	panic("not built yet")
}

// SocketsSeen notes that these agents have a live socket. Whoever was offline without having chosen it is back as they chose.
func (s *Store) SocketsSeen(ctx context.Context, agentIDs []int64) error { panic("not built yet") }

// StartPresence gives everybody who was present when the program stopped 60 s to come back. Once, at start.
func (s *Store) StartPresence(ctx context.Context) error { panic("not built yet") }

// SweepPresence makes those offline whose sockets have been gone for OfflineAfter; it returns how many.
func (s *Store) SweepPresence(ctx context.Context) (int, error) { panic("not built yet") }

// ReturnAbsentChats puts chats in which the customer waits back into the queue when their owner has been offline for
// grace (real time), each exactly once; it returns how many.
func (s *Store) ReturnAbsentChats(ctx context.Context, grace time.Duration) (int, error) {
	panic("not built yet")
}
