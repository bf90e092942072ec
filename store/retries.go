package store

import (
	"context"
	"fmt"
	"time"
)

// What an agent decides about a message that failed, or of which nobody knows whether it went out.

// RetryMessage queues a failed or unconfirmed message again as a new, linked one, through the gate. clientID makes a
// double click one message. Conflict settled if it has been retried or has arrived meanwhile, is still being settled, or
// failed for a reason that repeating does not mend.
func (s *Store) RetryMessage(ctx context.Context, who Agent, messageID int64, clientID string) (Message, error) {
	var m Message
	err := s.command(ctx, func(t *tx) error {
		original, err := t.outgoing(messageID)
		if err != nil {
			return err
		}
		m, err = t.queueMessage(who, Outgoing{ChatID: original.ChatID, ClientID: clientID, RetryOf: messageID})
		return err
	})
	return m, err
}

// ConfirmMessage records an agent's word that an unconfirmed message arrived: it becomes accepted. ErrNotFound for who
// may not see its chat, ErrForbidden for who may not answer there, Conflict settled.
func (s *Store) ConfirmMessage(ctx context.Context, who Agent, messageID int64) (Message, error) {
	var m Message
	err := s.command(ctx, func(t *tx) error {
		unconfirmed, err := t.outgoing(messageID)
		if err != nil {
			return err
		}
		c, err := t.chatFor(who, unconfirmed.ChatID)
		if err != nil {
			return err
		}
		if !May(who, ActAnswer, c) {
			return ErrForbidden
		}
		settled, err := t.settle(messageID)
		if err != nil {
			return err
		}
		if !settled {
			return t.settledAlready(unconfirmed)
		}
		word := fmt.Appendf(nil, `{"confirmed_by":%d}`, who.ID)
		if _, err := t.reach(unconfirmed, outcome{status: Accepted, at: t.now, details: word}); err != nil {
			return err
		}
		if m, err = t.outgoing(messageID); err != nil {
			return err
		}
		return t.dress(&m)
	})
	return m, err
}

// replacement checks that RetryOf may still be replaced, and settles it. Without a text or template of its own the new
// message repeats it.
func (t *tx) replacement(o Outgoing, c Chat) (Outgoing, error) {
	original, err := t.outgoing(o.RetryOf)
	if err != nil {
		return o, err
	}
	if original.ChatID != c.ID {
		return o, ErrNotFound
	}
	var retries int64
	if err := t.Model(&Message{}).Where("retry_of_id = ?", original.ID).Count(&retries).Error; err != nil {
		return o, fmt.Errorf("retries of message %d: %w", original.ID, err)
	}
	again := o.Text == "" && o.TemplateID == 0
	switch {
	case retries > 0 || original.ClientID == "": // repeated already, or not written here
		return o, t.settledAlready(original)
	case original.Status == Failed && (!again || original.ErrorReason.Retryable()):
	case original.Undecided(t.real):
		if _, err := t.settle(original.ID); err != nil {
			return o, err
		}
	default:
		return o, t.settledAlready(original)
	}
	t.messageChanged(original, c)
	if !again {
		return o, nil
	}
	o.Text, o.TemplateID = original.Body, original.TemplateID
	if sent := original.Details.Template; sent != nil {
		o.Values = sent.Values
	}
	return o, nil
}

// settle notes that somebody decided about an unconfirmed message; false when that was settled before.
func (t *tx) settle(messageID int64) (bool, error) {
	res := t.Exec("UPDATE messages SET settled_at = ?, next_attempt_at = 0 WHERE id = ? AND status = 'unconfirmed' AND settled_at = 0",
		millis(t.now), messageID)
	if res.Error != nil {
		return false, fmt.Errorf("settle message %d: %w", messageID, res.Error)
	}
	return res.RowsAffected > 0, nil
}

func (t *tx) settledAlready(m Message) error {
	if err := t.dress(&m); err != nil {
		return err
	}
	return Conflict{Kind: ConflictSettled, Message: &m}
}

// Undecided says whether an agent has to say what became of this message: nobody knows, nobody decided, and a status had
// UnconfirmedHold of real time to come.
func (m Message) Undecided(real time.Time) bool {
	return m.Status == Unconfirmed && m.SettledAt.IsZero() && !real.Before(m.SendingAt.Add(UnconfirmedHold))
}
