package store

import "time"

type ChatState string

const (
	ChatOpen   ChatState = "open"
	ChatClosed ChatState = "closed"
)

// Chat is the lasting thread between one Contact and one Number.
type Chat struct {
	ID             int64
	NumberID       int64
	ContactID      int64
	TeamID         int64
	State          ChatState
	OwnerID        int64 `gorm:"serializer:orNull"`
	LastOwnerID    int64 `gorm:"serializer:orNull"`
	LastAnswererID int64 `gorm:"serializer:orNull"`
	ReleasedByID   int64 `gorm:"serializer:orNull"`
	Version        int64
	CaseID         int64
	QueuedAt       time.Time `gorm:"serializer:ms"`
	WaitingSince   time.Time `gorm:"serializer:ms"` // the oldest unanswered message of the customer; zero = nobody waits
	WindowFrom     time.Time `gorm:"serializer:ms"`
	WindowUntil    time.Time `gorm:"serializer:ms"`
	Unread         int
	ReadUpTo       int64
	LastMessageID  int64
	LastMessageAt  time.Time `gorm:"serializer:ms"`
	NextUp         int64
	CreatedAt      time.Time `gorm:"serializer:ms"`
	ClosedAt       time.Time `gorm:"serializer:ms"`
}

func (c Chat) Window() Window { return Window{From: c.WindowFrom, Until: c.WindowUntil} }

func (c Chat) Waiting() bool { return !c.WaitingSince.IsZero() }

// answeredBase keeps every answered chat behind every waiting one in nextUp: larger than any Unix millisecond to come.
const answeredBase = int64(10_000_000_000_000)

// nextUp is the place in the list, ascending: first the chats in which the customer waits, least window left first, then
// the others, newest first. It is stored so that the order is an index.
func (c Chat) nextUp() int64 {
	if c.Waiting() {
		return millis(c.WindowUntil)
	}
	return answeredBase + (answeredBase - millis(c.LastMessageAt))
}

// Case is one stretch of work in a Chat, from what opened it to its closing.
type Case struct {
	ID       int64
	ChatID   int64
	OpenedAt time.Time `gorm:"serializer:ms"`
	OpenedBy int64     `gorm:"serializer:orNull"` // 0 = the customer
	ClosedAt time.Time `gorm:"serializer:ms"`
	ClosedBy int64     `gorm:"serializer:orNull"`
}

// AssignmentKind is why a chat changed hands.
type AssignmentKind string

const (
	Routed   AssignmentKind = "routed"   // by the router
	Taken    AssignmentKind = "taken"    // by hand, for oneself; also taking over
	Assigned AssignmentKind = "assigned" // by hand, to somebody
	Released AssignmentKind = "released" // by hand, into the queue
	Absent   AssignmentKind = "absent"   // into the queue, because its owner was gone
	Reopened AssignmentKind = "reopened" // a closed chat, by whoever reopened or answered it
	Closed   AssignmentKind = "closed"   // nobody's any more
)

// Assignment is one change of owner.
type Assignment struct {
	ID           int64
	ChatID       int64
	CaseID       int64
	At           time.Time `gorm:"serializer:ms"`
	Kind         AssignmentKind
	AgentID      int64 `gorm:"serializer:orNull"`
	FromID       int64 `gorm:"serializer:orNull"`
	ByID         int64 `gorm:"serializer:orNull"`
	Reason       Reason
	Considered   []Considered `gorm:"serializer:json"`
	OverCapacity bool
}

// Reason is why this agent, one word that views turn into a sentence.
type Reason string

const (
	ReasonAnsweredBefore Reason = "answered_before" // sticky: they answered this contact last
	ReasonLeastLoaded    Reason = "least_loaded"
)

// Considered is one agent the router looked at, and why it passed them over; empty Skipped = the one chosen.
type Considered struct {
	AgentID  int64  `json:"agent_id"`
	Name     string `json:"name"`
	Open     int    `json:"open"`
	Capacity int    `json:"capacity"`
	Skipped  string `json:"skipped,omitempty"` // team, released_it, offline, away, full, busier, preferred (somebody else answered before)
}

// LineKind names what stands between the bubbles of a thread.
type LineKind string

const (
	LineCaseOpened  LineKind = "case_opened"
	LineRouted      LineKind = "routed"
	LineTaken       LineKind = "taken"
	LineAssigned    LineKind = "assigned"
	LineReleased    LineKind = "released"
	LineAbsent      LineKind = "absent"
	LineClosed      LineKind = "closed"
	LineReopened    LineKind = "reopened"
	LineReaction    LineKind = "reaction"     // a reaction to a message that is not here
	LineWindowEnded LineKind = "window_ended" // Meta said so before the day was over
	LineNotice      LineKind = "notice"       // preferences, hand-overs and the like, in Details
)

// Line is one line between the bubbles: who did what to the chat.
type Line struct {
	ID           int64
	ChatID       int64
	At           time.Time `gorm:"serializer:ms"`
	Kind         LineKind
	AgentID      int64 `gorm:"serializer:orNull"` // who did it, or who got the chat when the router did
	OtherID      int64 `gorm:"serializer:orNull"` // the other person: from whom, or to whom
	CaseID       int64
	AssignmentID int64
	Details      LineDetails `gorm:"serializer:json"`

	Agent *Agent      `gorm:"-"`
	Other *Agent      `gorm:"-"`
	Why   *Assignment `gorm:"-"`
}

func (Line) TableName() string { return "thread_lines" }

// LineDetails is what a line says beyond its people.
type LineDetails struct {
	Text  string `json:"text,omitempty"`
	Emoji string `json:"emoji,omitempty"`
}
