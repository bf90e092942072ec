package store

import (
	"context"
	"time"
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
	LastMessage *Message // nil before the first
	LastAuthor  *Agent   // name only, of an outgoing last message
}

// ListQuery asks for one page of a view. After is the cursor of the page before; empty = the first page.
type ListQuery struct {
	View  View
	After string
	Limit int
}

// ChatList is one page of the chats who may see in that view, in the view's order (mine, queue, team, all: next up).
// next is empty on the last page. Invalid after: not a cursor.
func (s *Store) ChatList(ctx context.Context, who Agent, q ListQuery) (rows []ChatRow, next string, err error) {
	panic("not built yet")
}

// ViewCounts is how many chats each view has for who, and how many of their own have something unread.
type ViewCounts struct {
	Views  map[View]int
	Unread int // chats of mine with unread messages
}

func (s *Store) ViewCounts(ctx context.Context, who Agent) (ViewCounts, error) {
	panic("not built yet")
}

// ChatPage is a chat with what stands around its thread.
type ChatPage struct {
	Chat       Chat
	Contact    Contact
	Identities []ContactIdentity
	Number     Number
	Owner      *Agent
	Cases      []CaseSummary // newest first, at most 20
	Openings   []Opening     // newest first, at most 5
}

type CaseSummary struct {
	Case
	Owner    *Agent // who had it last
	Messages int
}

// Opening is one look of a person into a chat.
type Opening struct {
	Agent Agent
	At    time.Time
}

// Chat returns one as who may see it; ErrNotFound otherwise.
func (s *Store) Chat(ctx context.Context, who Agent, id int64) (ChatPage, error) {
	panic("not built yet")
}

// SeesChat is the question the socket asks again and again: may this person see this chat now?
func (s *Store) SeesChat(ctx context.Context, who Agent, id int64) (bool, error) {
	panic("not built yet")
}

// Thread is a stretch of a chat, oldest first: messages with quotes, reactions, edits, steps, authors; and the lines
// that fall between them.
type Thread struct {
	Messages []Message
	Lines    []Line
	Older    string // cursor of what comes before; empty = this is the beginning
	Newer    string // cursor of what comes after; empty = this is the end
}

// ThreadQuery asks for the newest stretch (both empty), or what comes before or after a cursor.
type ThreadQuery struct {
	Before, After string
	Limit         int
}

// Thread returns a stretch of a chat that who may see; ErrNotFound otherwise, Invalid before/after for a bad cursor.
func (s *Store) Thread(ctx context.Context, who Agent, chatID int64, q ThreadQuery) (Thread, error) {
	panic("not built yet")
}

// Message returns one message of a chat that who may see, dressed as in Thread.
func (s *Store) Message(ctx context.Context, who Agent, id int64) (Message, error) {
	panic("not built yet")
}

// Moment is what one event changed in a thread, for the live view: viewer-neutral, and without a permission check,
// because the topic it is published on was checked.
type Moment struct {
	Message *Message
	Line    *Line
}

func (s *Store) Moment(ctx context.Context, e Event) (Moment, error) { panic("not built yet") }
