package store

import (
	"errors"
	"fmt"
)

// The kinds of error a command returns on purpose. Everything else is ours to mend.
var (
	// ErrNotFound: it does not exist, or this agent may not see it. The two are not told apart.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: this agent sees it and may not do this to it.
	ErrForbidden = errors.New("forbidden")
)

// Invalid says which field of a form cannot be taken and why, in words for the person who filled it.
type Invalid struct {
	Field   string
	Message string
}

func (e Invalid) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Message) }

// ConflictKind says what stood in the way of a command that would have been allowed a moment ago.
type ConflictKind string

const (
	ConflictOwned        ConflictKind = "owned"         // somebody else owns the chat: Agent says who
	ConflictAnswered     ConflictKind = "answered"      // a colleague answered since the composer was shown: Message is that answer
	ConflictWindowEnded  ConflictKind = "window_ended"  // free text after the window
	ConflictOverCapacity ConflictKind = "over_capacity" // the new owner is full: Agent says who; repeat with Confirmed
	ConflictClosed       ConflictKind = "closed"        // the chat was closed meanwhile
	ConflictOpen         ConflictKind = "open"          // the chat was reopened meanwhile
	ConflictUnavailable  ConflictKind = "unavailable"   // the router's agent is no longer available or has no room
	ConflictSettled      ConflictKind = "settled"       // the message is no longer in the state the decision was about
)

// Conflict is the answer to whoever lost a race, or must confirm: what happened, and who did it.
type Conflict struct {
	Kind    ConflictKind
	Agent   *Agent   // who owns the chat, or who is full; may be nil
	Message *Message // the colleague's answer, for ConflictAnswered
}

func (e Conflict) Error() string { return "conflict: " + string(e.Kind) }
