package store

import (
	"context"
	"encoding/json"
	"time"
)

// UnconfirmedHold is how long an unconfirmed message keeps what stands behind it in its chat waiting, and how long a
// status webhook may settle it before the agent is asked.
const UnconfirmedHold = 120 * time.Second

// Due is one message claimed for sending, with everything that Meta's call needs.
type Due struct {
	Message Message
	Contact Contact
	Number  Number
}

// ClaimDue marks up to limit queued messages as sending and returns them: the head of each chat only (nothing of the same
// chat may be sending, or unconfirmed for less than UnconfirmedHold), due by their back-off, of numbers that are not
// paused, never two of one chat. A free text whose window has ended meanwhile fails with window_ended instead of being
// returned. The claim is committed before this returns: a crash after it leaves sending, which RecoverSending turns into
// unconfirmed, never into queued.
func (s *Store) ClaimDue(ctx context.Context, limit int) ([]Due, error) { panic("not built yet") }

// NextDue is the real time at which the next queued or held message becomes due; zero if none waits.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) { panic("not built yet") }

// RecoverSending turns every sending message into unconfirmed: called once at start, and for sends whose worker died.
func (s *Store) RecoverSending(ctx context.Context) (int64, error) { panic("not built yet") }

// RecordAccepted: Meta took the message and named it. Statuses that came earlier under that name are applied now.
// recipient is what the answer said of the contact (wa_id, user_id).
func (s *Store) RecordAccepted(ctx context.Context, messageID int64, wamid string, recipient Identity) error {
	panic("not built yet")
}

// RecordRefused: Meta certainly did not take it and never will. A reason of window_ended also ends the chat's window.
func (s *Store) RecordRefused(ctx context.Context, messageID int64, code int, reason FailReason, details string) error {
	panic("not built yet")
}

// RecordUnknown: the call's outcome cannot be known. The message is unconfirmed and is never sent again by itself.
func (s *Store) RecordUnknown(ctx context.Context, messageID int64, code int, details string) error {
	panic("not built yet")
}

// PutBack: Meta certainly did not take it, but may later. The message is queued again for the real instant at; attempts
// counts up. If pause is set the whole number waits from now on (PauseNumber).
func (s *Store) PutBack(ctx context.Context, messageID int64, at time.Time, code int, details string) error {
	panic("not built yet")
}

// ReleaseUnconfirmed emits a change for unconfirmed messages whose hold is over, so that pages ask the agent; it returns
// how many. Each is announced once.
func (s *Store) ReleaseUnconfirmed(ctx context.Context) (int, error) { panic("not built yet") }

// OutboxFigures are for metrics: how many wait, how many are unconfirmed and unsettled, since when the oldest waits.
func (s *Store) OutboxFigures(ctx context.Context) (queued, unconfirmed int64, oldest time.Time, err error) {
	panic("not built yet")
}

// rawJSON keeps a nil message out of a NOT NULL column.
func rawJSON(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}
