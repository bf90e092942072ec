package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// View is one way to look at the chats one may see.
type View string

const (
	ViewMine    View = "mine"
	ViewQueue   View = "queue"   // open, without owner
	ViewTeam    View = "team"    // open, of the person's teams
	ViewAll     View = "all"     // open
	ViewClosing View = "closing" // open, window open with less than ClosingSoon left, least first
	ViewClosed  View = "closed"  // newest first
)

// ClosingSoon is when a window counts as closing.
const ClosingSoon = 4 * time.Hour

func (v View) Valid() bool {
	switch v {
	case ViewMine, ViewQueue, ViewTeam, ViewAll, ViewClosing, ViewClosed:
		return true
	}
	return false
}

// ChatRow is one row of the list.
type ChatRow struct {
	Chat        Chat
	Contact     Contact
	Owner       *Agent   // name only
	LastMessage *Message // nil before the first; what a preview needs: author, kind, text, details, status
	LastAuthor  *Agent   // name only, of an outgoing last message
}

// ListQuery asks for one page of a view. After is the cursor of the page before; empty = the first page. Limit 0 = 50; at
// most 200.
type ListQuery struct {
	View  View
	After string
	Limit int
}

// ChatList is one page of the chats who may see in that view, in the view's order (mine, queue, team, all: next up).
// next is empty on the last page. Invalid after: not a cursor; view: none of ours.
func (s *Store) ChatList(ctx context.Context, who Agent, q ListQuery) (rows []ChatRow, next string, err error) {
	if !q.View.Valid() {
		return nil, "", Invalid{Field: "view", Message: "There is no such view of the chats."}
	}
	after, err := parseCursor("after", q.After)
	if err != nil {
		return nil, "", err
	}
	limit := pageSize(q.Limit, 50, 200)
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		sc, err := s.scope(db, who)
		if err != nil {
			return err
		}
		parts := sc.parts(q.View)
		if len(parts) == 0 {
			return nil
		}
		var chats []Chat
		sql, args := q.View.order().page(parts, after, limit+1) // one more tells whether there is a next page
		if err := db.Raw(sql, args...).Find(&chats).Error; err != nil {
			return fmt.Errorf("list %s: %w", q.View, err)
		}
		if len(chats) > limit {
			chats = chats[:limit]
			next = q.View.place(chats[limit-1]).String()
		}
		rows, err = chatRows(db, chats)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return rows, next, nil
}

// chatRows puts to each chat its contact, owner and last message: three queries, however many rows.
func chatRows(db *gorm.DB, chats []Chat) ([]ChatRow, error) {
	if len(chats) == 0 {
		return nil, nil
	}
	contactIDs, messageIDs, people := make([]int64, len(chats)), make([]int64, len(chats)), make([]int64, 0, 2*len(chats))
	for i, c := range chats {
		contactIDs[i], messageIDs[i] = c.ContactID, c.LastMessageID
		people = append(people, c.OwnerID)
	}
	var contacts []Contact
	if err := db.Find(&contacts, "id IN ?", contactIDs).Error; err != nil {
		return nil, fmt.Errorf("contacts of a list: %w", err)
	}
	var messages []Message
	err := db.Select("id", "chat_id", "direction", "kind", "agent_id", "at", "body", "details", "status", "error_reason", "revoked_at").
		Find(&messages, "id IN ?", messageIDs).Error
	if err != nil {
		return nil, fmt.Errorf("last messages of a list: %w", err)
	}
	for _, m := range messages {
		people = append(people, m.AgentID)
	}
	names, err := agentNames(db, people...)
	if err != nil {
		return nil, err
	}
	contactByID, messageByID := byID(contacts, contactID), byID(messages, messageID)
	rows := make([]ChatRow, len(chats))
	for i, c := range chats {
		rows[i] = ChatRow{Chat: c, Owner: names[c.OwnerID], LastMessage: messageByID[c.LastMessageID]}
		if contact := contactByID[c.ContactID]; contact != nil {
			rows[i].Contact = *contact
		}
		if last := rows[i].LastMessage; last != nil {
			last.Agent = names[last.AgentID]
			rows[i].LastAuthor = last.Agent
		}
	}
	return rows, nil
}

func contactID(c Contact) int64 { return c.ID }
func messageID(m Message) int64 { return m.ID }

func byID[T any](list []T, id func(T) int64) map[int64]*T {
	found := make(map[int64]*T, len(list))
	for i := range list {
		found[id(list[i])] = &list[i]
	}
	return found
}

// CountLimit is where counting a view ends: that many means that many or more.
const CountLimit = 1000

// ViewCounts is how many chats each view has for who, up to CountLimit, and how many of their own have something unread.
type ViewCounts struct {
	Views  map[View]int
	Unread int // chats of mine with unread messages
}

// ViewCounts counts every view, zero ones included, in one query.
func (s *Store) ViewCounts(ctx context.Context, who Agent) (ViewCounts, error) {
	views := []View{ViewMine, ViewQueue, ViewTeam, ViewAll, ViewClosing, ViewClosed}
	counts := ViewCounts{Views: make(map[View]int, len(views))}
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		sc, err := s.scope(db, who)
		if err != nil {
			return err
		}
		var args []any
		columns := make([]string, 0, len(views)+1)
		add := func(parts []viewPart) {
			sql, more := counted(parts, CountLimit)
			columns, args = append(columns, sql), append(args, more...)
		}
		for _, view := range views {
			add(sc.parts(view))
		}
		add(sc.unread())

		found := make([]int, len(columns))
		into := make([]any, len(columns))
		for i := range found {
			into[i] = &found[i]
		}
		if err := db.Raw("SELECT "+strings.Join(columns, ", "), args...).Row().Scan(into...); err != nil {
			return fmt.Errorf("count views: %w", err)
		}
		for i, view := range views {
			counts.Views[view] = found[i]
		}
		counts.Unread = found[len(views)]
		return nil
	})
	if err != nil {
		return ViewCounts{}, err
	}
	return counts, nil
}
