package store

import "context"

// The commands by which a chat changes hands. All go through one owner move, a conditional update of the chat by its
// version and of the agents' open counts, so that there is at most one owner and nobody's count drifts. The loser of a
// race gets Conflict owned with whoever has it. Each writes an assignment, a thread line and a ChatChanged event, and
// each is ErrNotFound for who may not see the chat, ErrForbidden for who may not do this to it.

// TakeChat makes who the owner, whatever their presence or load. Taking one's own changes nothing. If somebody else owns
// it, over must be true (the person agreed to take over), else Conflict owned.
func (s *Store) TakeChat(ctx context.Context, who Agent, chatID int64, over bool) (Chat, error) {
	panic("not built yet")
}

// AssignChat gives the chat to somebody. Past their capacity it is Conflict over_capacity until confirmed, and recorded
// as such. Invalid agent_id: unknown, disabled, or not of the chat's team. from, when not 0, is the owner the page showed:
// another owner now is Conflict owned.
func (s *Store) AssignChat(ctx context.Context, who Agent, chatID, agentID, from int64, confirmed bool) (Chat, error) {
	panic("not built yet")
}

// ReleaseChat puts it back into the queue; the router does not hand it to whoever released it.
func (s *Store) ReleaseChat(ctx context.Context, who Agent, chatID int64) (Chat, error) {
	panic("not built yet")
}

// CloseChat ends its case. Conflict closed if somebody was faster.
func (s *Store) CloseChat(ctx context.Context, who Agent, chatID int64) (Chat, error) {
	panic("not built yet")
}

// ReopenChat opens a new case owned by who. Conflict open if somebody was faster.
func (s *Store) ReopenChat(ctx context.Context, who Agent, chatID int64) (Chat, error) {
	panic("not built yet")
}

// ReadChat notes that the owner has seen everything up to messageID and recounts what is unread. From anybody else it
// changes nothing and is no error: looking over a shoulder is not reading.
func (s *Store) ReadChat(ctx context.Context, who Agent, chatID, messageID int64) (Chat, error) {
	panic("not built yet")
}

// RecordOpening notes that who opened the chat, at most once a minute for the same pair.
func (s *Store) RecordOpening(ctx context.Context, who Agent, chatID int64) error {
	panic("not built yet")
}
