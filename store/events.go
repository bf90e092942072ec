package store

import (
	"context"
	"fmt"
	"time"
)

// EventKind names what happened. Pages, router and workers read the log by these.
type EventKind string

const (
	MessageReceived EventKind = "message.received" // a customer's message stands in the thread
	MessageQueued   EventKind = "message.queued"   // an agent's message stands in the thread
	MessageChanged  EventKind = "message.changed"  // status, edit, revoke, reaction, details
	LineAdded       EventKind = "line.added"
	ChatChanged     EventKind = "chat.changed"    // owner, state, unread, window: FormerID says who lost it
	ContactChanged  EventKind = "contact.changed" // names, identities
	AgentChanged    EventKind = "agent.changed"   // presence, capacity, role, disabled, password
	TemplateChanged EventKind = "template.changed"
	NumberChanged   EventKind = "number.changed"   // paused, resumed, quality
	DeliveryChanged EventKind = "delivery.changed" // parked, or run again
	SettingsChanged EventKind = "settings.changed"
)

// Event is one row of the desk's log. Its ids say what to look at again; what it looks like now is read afresh, so a row
// replayed late shows today's state and leaks nothing of yesterday's.
type Event struct {
	Seq       int64     `gorm:"primaryKey"`
	At        time.Time `gorm:"serializer:ms"`
	Kind      EventKind
	ChatID    int64
	MessageID int64
	LineID    int64
	AgentID   int64
	TeamID    int64
	OwnerID   int64
	FormerID  int64 // the owner who lost the chat, FromQueue if it was taken out of the queue, 0 if the owner stayed
}

// FromQueue is a FormerID: nobody had the chat, and everybody of its team saw it.
const FromQueue = -1

// eventsAtOnce is how many events one statement inserts: databases bound the values of a statement (SQLite 32,766).
const eventsAtOnce = 500

// appendEvents writes the command's events as its last step. SQLite has one writer, so seq follows the order of commits.
func (t *tx) appendEvents() error {
	if len(t.events) == 0 {
		return nil
	}
	for i := range t.events {
		t.events[i].At = t.real
	}
	if err := t.CreateInBatches(t.events, eventsAtOnce).Error; err != nil {
		return fmt.Errorf("append events: %w", err)
	}
	return nil
}

// LastSeq is the number of the newest event; 0 before the first.
func (s *Store) LastSeq(ctx context.Context) (int64, error) {
	var seq int64
	err := s.read.WithContext(ctx).Raw("SELECT COALESCE(MAX(seq), 0) FROM events").Scan(&seq).Error
	return seq, err
}

// EventsAfter returns up to limit events after seq, in order. complete is false when the log no longer reaches back to
// seq (pruned, or a number from another database): whoever asks must then start afresh.
func (s *Store) EventsAfter(ctx context.Context, seq int64, limit int) (events []Event, complete bool, err error) {
	var bounds struct{ First, Last int64 }
	db := s.read.WithContext(ctx)
	// Asked for in one SELECT, MIN and MAX would make SQLite read the whole log.
	const both = "SELECT (SELECT COALESCE(MIN(seq), 0) FROM events) AS first, (SELECT COALESCE(MAX(seq), 0) FROM events) AS last"
	if err := db.Raw(both).Scan(&bounds).Error; err != nil {
		return nil, false, fmt.Errorf("bounds of the event log: %w", err)
	}
	if seq > bounds.Last || bounds.First > seq+1 {
		return nil, false, nil
	}
	if err := db.Where("seq > ?", seq).Order("seq").Limit(limit).Find(&events).Error; err != nil {
		return nil, false, fmt.Errorf("events after %d: %w", seq, err)
	}
	return events, true, nil
}
