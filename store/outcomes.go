package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// What the sender tells of a message that it claimed.

// RecordAccepted: Meta took the message and named it. Statuses that came earlier under that name are applied now.
// recipient is what the answer said of the contact (wa_id, user_id).
func (s *Store) RecordAccepted(ctx context.Context, messageID int64, wamid string, recipient Identity) error {
	err := s.command(ctx, func(t *tx) error {
		m, err := t.outgoing(messageID)
		if err != nil {
			return err
		}
		if wamid != "" {
			if err := t.name(m.ID, wamid); err != nil {
				return err
			}
		}
		if _, err := t.reach(m, outcome{status: Accepted, at: t.now}); err != nil {
			return err
		}
		if err := t.learnRecipient(m.ChatID, recipient); err != nil {
			return err
		}
		return t.applyKeptStatuses(wamid)
	})
	if err != nil {
		return fmt.Errorf("record acceptance of message %d: %w", messageID, err)
	}
	return nil
}

// RecordRefused: Meta certainly did not take it and never will. A reason of window_ended also ends the chat's window.
func (s *Store) RecordRefused(ctx context.Context, messageID int64, code int, reason FailReason, details string) error {
	err := s.command(ctx, func(t *tx) error {
		m, err := t.outgoing(messageID)
		if err != nil {
			return err
		}
		_, err = t.reach(m, outcome{status: Failed, at: t.now, code: code, reason: reason, words: details})
		return err
	})
	if err != nil {
		return fmt.Errorf("record refusal of message %d: %w", messageID, err)
	}
	return nil
}

// RecordUnknown: the call's outcome cannot be known. The message is unconfirmed and is never sent again by itself. A
// message whose fate a status has told meanwhile stays as it is.
func (s *Store) RecordUnknown(ctx context.Context, messageID int64, code int, details string) error {
	err := s.command(ctx, func(t *tx) error {
		_, err := t.doubt(messageID, code, details)
		return err
	})
	if err != nil {
		return fmt.Errorf("record unknown outcome of message %d: %w", messageID, err)
	}
	return nil
}

// doubt turns a sending message into an unconfirmed one. Its next_attempt_at is from now on when the agent is asked.
func (t *tx) doubt(messageID int64, code int, words string) (bool, error) {
	res := t.Exec("UPDATE messages SET status = 'unconfirmed', rank = ?, sending_at = ?, next_attempt_at = ?, error_code = ?, error_details = ?"+
		" WHERE id = ? AND status = 'sending'", Unconfirmed.Rank(), millis(t.real), millis(t.real.Add(UnconfirmedHold)), code, clean(words), messageID)
	if res.Error != nil || res.RowsAffected == 0 {
		return false, res.Error
	}
	return true, t.announce(messageID)
}

// announce leaves the event for a message whose looks changed.
func (t *tx) announce(messageID int64) error {
	m, err := t.outgoing(messageID)
	if err != nil {
		return err
	}
	c, err := t.chat(m.ChatID)
	if err != nil {
		return err
	}
	t.messageChanged(m, c)
	return nil
}

// PutBack: Meta certainly did not take it, but may later. The message is queued again for the real instant at; attempts
// counts up. Where the whole number has to wait, call PauseNumber first.
func (s *Store) PutBack(ctx context.Context, messageID int64, at time.Time, code int, details string) error {
	err := s.command(ctx, func(t *tx) error {
		res := t.Exec("UPDATE messages SET status = 'queued', rank = 0, attempts = attempts + 1, next_attempt_at = ?, sending_at = 0,"+
			" error_code = ?, error_details = ? WHERE id = ? AND status = 'sending'",
			millis(at), code, clean(details), messageID)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		return t.announce(messageID)
	})
	if err != nil {
		return fmt.Errorf("put message %d back: %w", messageID, err)
	}
	return nil
}

// rawJSON keeps a nil message out of a NOT NULL column.
func rawJSON(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}
