package store

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// Thread is a stretch of a chat, oldest first: messages with quotes, reactions, edits, steps, authors; and the lines
// that fall between them. Stretches that follow each other share nothing and leave nothing out; only what comes after the
// newest one begins with the lines that stood at its end.
type Thread struct {
	Messages []Message
	Lines    []Line
	Older    string // cursor of what comes before; empty = this is the beginning
	Newer    string // cursor of what comes after; empty = this is the end
}

// ThreadQuery asks for the newest stretch (both empty), or what comes before or after a cursor. Limit counts messages;
// 0 = 40; at most 200.
type ThreadQuery struct {
	Before, After string
	Limit         int
}

// Cursor is the message's place in its thread, as ThreadQuery takes it.
func (m Message) Cursor() string { return cursor{millis(m.At), m.ID}.String() }

// Thread returns a stretch of a chat that who may see; ErrNotFound otherwise, Invalid before/after for a bad cursor.
func (s *Store) Thread(ctx context.Context, who Agent, chatID int64, q ThreadQuery) (Thread, error) {
	before, err := parseCursor("before", q.Before)
	if err != nil {
		return Thread{}, err
	}
	after, err := parseCursor("after", q.After)
	if err != nil {
		return Thread{}, err
	}
	if before != nil && after != nil {
		return Thread{}, Invalid{Field: "after", Message: "Ask for what comes before or for what comes after, not for both."}
	}
	var stretch Thread
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		if err := seesChat(db, who, chatID); err != nil {
			return err
		}
		span, err := stretch.readMessages(db, chatID, before, after, pageSize(q.Limit, 40, 200))
		if err != nil {
			return err
		}
		if err := stretch.readLines(db, chatID, span); err != nil {
			return err
		}
		return dress(db, stretch.Messages, stretch.Lines)
	})
	if err != nil {
		return Thread{}, err
	}
	return stretch, nil
}

// span is the time a stretch answers for: after the message before it, up to its own last one; nil = without end.
type span struct{ after, upTo *int64 }

// readMessages fills in messages and cursors. It reads one message more than asked, which tells whether there is more
// and where the stretch beyond begins.
func (th *Thread) readMessages(db *gorm.DB, chatID int64, before, after *cursor, limit int) (span, error) {
	query, order := db.Where("chat_id = ?", chatID), "at DESC, id DESC"
	switch {
	case before != nil:
		query = query.Where("(at, id) < (?, ?)", before.key, before.id)
	case after != nil:
		query, order = query.Where("(at, id) > (?, ?)", after.key, after.id), "at, id"
	}
	var found []Message
	if err := query.Order(order).Limit(limit + 1).Find(&found).Error; err != nil {
		return span{}, fmt.Errorf("messages of chat %d: %w", chatID, err)
	}
	more := len(found) > limit
	th.Messages = found[:min(limit, len(found))]
	if after == nil {
		slices.Reverse(th.Messages)
	}

	var s span
	switch {
	case after != nil:
		s.after, th.Older = &after.key, after.String()
	case more:
		beyond := millis(found[limit].At)
		s.after = &beyond
	}
	if before != nil {
		th.Newer = before.String()
	}
	if len(th.Messages) == 0 {
		if before != nil {
			s.upTo = new(int64) // nothing stands before the beginning: its lines came with the first stretch
		}
		return s, nil
	}
	first, last := th.Messages[0], th.Messages[len(th.Messages)-1]
	if after != nil || more {
		th.Older = first.Cursor()
	}
	if before != nil || (after != nil && more) {
		th.Newer = last.Cursor()
		upTo := millis(last.At)
		s.upTo = &upTo
	}
	return s, nil
}

// mostLines of a stretch; only a chat that changes hands again and again without a word has more.
const mostLines = 500

func (th *Thread) readLines(db *gorm.DB, chatID int64, s span) error {
	query := db.Where("chat_id = ?", chatID)
	if s.after != nil {
		query = query.Where("at > ?", *s.after)
	}
	if s.upTo != nil {
		query = query.Where("at <= ?", *s.upTo)
	}
	if err := query.Order("at DESC, id DESC").Limit(mostLines).Find(&th.Lines).Error; err != nil {
		return fmt.Errorf("lines of chat %d: %w", chatID, err)
	}
	slices.Reverse(th.Lines)
	return nil
}

// Message returns one message of a chat that who may see, dressed as in Thread; ErrNotFound otherwise.
func (s *Store) Message(ctx context.Context, who Agent, id int64) (Message, error) {
	var found []Message
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		if err := db.Limit(1).Find(&found, id).Error; err != nil {
			return fmt.Errorf("message %d: %w", id, err)
		}
		if len(found) == 0 {
			return ErrNotFound
		}
		if err := seesChat(db, who, found[0].ChatID); err != nil {
			return err
		}
		return dress(db, found, nil)
	})
	if err != nil {
		return Message{}, err
	}
	return found[0], nil
}

// Moment is what one event changed in a thread, for the live view: viewer-neutral, and without a permission check,
// because the topic it is published on was checked.
type Moment struct {
	Message *Message
	Line    *Line
	Contact Contact // whose thread it is
}

// Moment loads what the event names, dressed as in Thread; nil for what it does not name or what is gone.
func (s *Store) Moment(ctx context.Context, e Event) (Moment, error) {
	var messages []Message
	var lines []Line
	var contact Contact
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		err := db.Raw("SELECT contacts.* FROM chats JOIN contacts ON contacts.id = chats.contact_id WHERE chats.id = ?", e.ChatID).Scan(&contact).Error
		if err != nil {
			return fmt.Errorf("contact of chat %d: %w", e.ChatID, err)
		}
		if e.MessageID != 0 {
			if err := db.Limit(1).Find(&messages, e.MessageID).Error; err != nil {
				return fmt.Errorf("message %d: %w", e.MessageID, err)
			}
		}
		if e.LineID != 0 {
			if err := db.Limit(1).Find(&lines, e.LineID).Error; err != nil {
				return fmt.Errorf("line %d: %w", e.LineID, err)
			}
		}
		return dress(db, messages, lines)
	})
	m := Moment{Contact: contact}
	if err != nil {
		return m, err
	}
	if len(messages) > 0 {
		m.Message = &messages[0]
	}
	if len(lines) > 0 {
		m.Line = &lines[0]
	}
	return m, nil
}
