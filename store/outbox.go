package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
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

// isHead: nothing of the same chat stands before m or is on its way. The first condition is that of the index
// messages_outbox.
const isHead = `NOT EXISTS (SELECT 1 FROM messages b WHERE b.chat_id = m.chat_id AND b.status IN ('queued', 'sending', 'unconfirmed')
	AND ((b.status = 'queued' AND b.id < m.id) OR b.status = 'sending'
		OR (b.status = 'unconfirmed' AND b.settled_at = 0 AND b.sending_at > @held)))`

const ofSendingNumber = `m.number_id IN (SELECT id FROM numbers WHERE paused_at = 0)`

const dueHeads = `SELECT m.id FROM messages m WHERE m.status = 'queued' AND m.next_attempt_at <= @real AND ` + ofSendingNumber + `
	AND ` + isHead + ` ORDER BY m.next_attempt_at, m.id LIMIT @limit`

// ClaimDue marks up to limit queued messages as sending and returns them: the head of each chat only (nothing of the same
// chat may be sending, or unconfirmed for less than UnconfirmedHold), due by their back-off, of numbers that are not
// paused, never two of one chat. A free text whose window has ended meanwhile fails with window_ended instead of being
// returned. The claim is committed before this returns: a crash after it leaves sending, which RecoverSending turns into
// unconfirmed, never into queued.
func (s *Store) ClaimDue(ctx context.Context, limit int) ([]Due, error) {
	// A commit wakes everybody, this worker too: without looking first an idle desk would never rest.
	ids, err := findHeads(s.read.WithContext(ctx), s.Real(), limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var due []Due
	err = s.command(ctx, func(t *tx) error {
		ids, err := findHeads(t.DB, t.real, limit)
		if err != nil {
			return err
		}
		heads, err := t.loadHeads(ids)
		if err != nil {
			return err
		}
		due = make([]Due, 0, len(heads))
		for _, h := range heads {
			if h.message.Kind != KindTemplate && !h.chat.Window().Open(t.now) {
				if _, err := t.reach(h.message, outcome{status: Failed, at: t.now, reason: FailWindowEnded}); err != nil {
					return err
				}
				continue
			}
			claimed, err := t.claim(&h.message)
			if err != nil {
				return err
			}
			if claimed {
				t.messageChanged(h.message, h.chat)
				due = append(due, Due{Message: h.message, Contact: h.contact, Number: h.number})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	return due, nil
}

func findHeads(db *gorm.DB, real time.Time, limit int) (ids []int64, err error) {
	err = db.Raw(dueHeads, map[string]any{"real": millis(real), "held": millis(real.Add(-UnconfirmedHold)), "limit": limit}).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("find due messages: %w", err)
	}
	return ids, nil
}

type head struct {
	message Message
	chat    Chat
	contact Contact
	number  Number
}

// loadHeads loads messages with what a call needs, in the order of ids.
func (t *tx) loadHeads(ids []int64) ([]head, error) {
	var messages []Message
	var chats []Chat
	var contacts []Contact
	var numbers []Number
	for _, load := range []struct {
		into  any
		where string
	}{
		{&messages, "id IN ?"},
		{&chats, "id IN (SELECT chat_id FROM messages WHERE id IN ?)"},
		{&contacts, "id IN (SELECT chats.contact_id FROM chats JOIN messages ON messages.chat_id = chats.id WHERE messages.id IN ?)"},
		{&numbers, "id IN (SELECT number_id FROM messages WHERE id IN ?)"},
	} {
		if err := t.Where(load.where, ids).Find(load.into).Error; err != nil {
			return nil, fmt.Errorf("load due messages: %w", err)
		}
	}
	messageOf, contactOf := byID(messages, messageID), byID(contacts, contactID)
	chatOf := byID(chats, func(c Chat) int64 { return c.ID })
	numberOf := byID(numbers, func(n Number) int64 { return n.ID })
	heads := make([]head, 0, len(ids))
	for _, id := range ids {
		m := messageOf[id]
		c := chatOf[m.ChatID]
		heads = append(heads, head{message: *m, chat: *c, contact: *contactOf[c.ContactID], number: *numberOf[m.NumberID]})
	}
	return heads, nil
}

// claim marks one message as sending; false when somebody else was faster.
func (t *tx) claim(m *Message) (bool, error) {
	res := t.Exec("UPDATE messages SET status = 'sending', rank = ?, sending_at = ? WHERE id = ? AND status = 'queued'",
		Sending.Rank(), millis(t.real), m.ID)
	if res.Error != nil {
		return false, fmt.Errorf("claim message %d: %w", m.ID, res.Error)
	}
	m.Status, m.Rank, m.SendingAt = Sending, Sending.Rank(), instant(millis(t.real))
	return res.RowsAffected > 0, nil
}

// NextDue is the real time at which the next queued or held message becomes due; zero if none waits. What waits for a
// send under way, or for a paused number, is not counted: the end of either is a commit, and that wakes by itself.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	real := s.Real()
	var next struct{ Queued, Held int64 }
	err := s.read.WithContext(ctx).Raw(nextDue, map[string]any{"held": millis(real.Add(-UnconfirmedHold))}).Scan(&next).Error
	if err != nil {
		return time.Time{}, fmt.Errorf("next due message: %w", err)
	}
	if next.Queued == 0 || (next.Held != 0 && next.Held < next.Queued) {
		return instant(next.Held), nil
	}
	return instant(next.Queued), nil
}

const nextDue = `SELECT
	COALESCE((SELECT m.next_attempt_at FROM messages m WHERE m.status = 'queued' AND ` + ofSendingNumber + ` AND ` + isHead + `
		ORDER BY m.next_attempt_at, m.id LIMIT 1), 0) AS queued,
	COALESCE((SELECT MIN(next_attempt_at) FROM messages WHERE status = 'unconfirmed' AND next_attempt_at > 0), 0) AS held`

// RecoverSending turns every sending message into unconfirmed: called once at start, and for sends whose worker died.
func (s *Store) RecoverSending(ctx context.Context) (int64, error) {
	const lost = "SELECT id FROM messages WHERE status IN ('queued', 'sending', 'unconfirmed')" + // the index's condition
		" AND status = 'sending'"
	var ids []int64
	if err := s.read.WithContext(ctx).Raw(lost).Scan(&ids).Error; err != nil {
		return 0, fmt.Errorf("find lost sends: %w", err)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	var n int64
	err := s.command(ctx, func(t *tx) error {
		n = 0
		for _, id := range ids {
			changed, err := t.doubt(id, 0, "")
			if err != nil {
				return err
			}
			if changed {
				n++
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("recover lost sends: %w", err)
	}
	return n, nil
}

// ReleaseUnconfirmed emits a change for unconfirmed messages whose hold is over, so that pages ask the agent; it returns
// how many. Each is announced once.
func (s *Store) ReleaseUnconfirmed(ctx context.Context) (int, error) {
	var ids []int64
	err := s.read.WithContext(ctx).Raw(releasable, millis(s.Real())).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	n := 0
	err = s.command(ctx, func(t *tx) error {
		n = 0
		for _, id := range ids {
			res := t.Exec("UPDATE messages SET next_attempt_at = 0 WHERE id = ? AND status = 'unconfirmed' AND next_attempt_at > 0", id)
			if res.Error != nil {
				return res.Error
			}
			if res.RowsAffected == 0 {
				continue
			}
			if err := t.announce(id); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("release unconfirmed messages: %w", err)
	}
	return n, nil
}

const releasable = "SELECT id FROM messages WHERE status = 'unconfirmed' AND next_attempt_at > 0 AND next_attempt_at <= ? ORDER BY id"

// OutboxFigures are for metrics: how many wait, how many are unconfirmed and unsettled, since when (business time) the
// oldest waits.
func (s *Store) OutboxFigures(ctx context.Context) (queued, unconfirmed int64, oldest time.Time, err error) {
	var figures struct{ Queued, Unconfirmed, Oldest int64 }
	err = s.read.WithContext(ctx).Raw(outboxFigures).Scan(&figures).Error
	if err != nil {
		return 0, 0, time.Time{}, fmt.Errorf("outbox figures: %w", err)
	}
	return figures.Queued, figures.Unconfirmed, instant(figures.Oldest), nil
}

const outboxFigures = `SELECT COUNT(*) AS queued, COALESCE(MIN(created_at), 0) AS oldest,
	(SELECT COUNT(*) FROM messages WHERE status = 'unconfirmed' AND settled_at = 0) AS unconfirmed
	FROM messages WHERE status = 'queued'`
