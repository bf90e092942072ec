package store

import (
	"encoding/json"
	"time"
)

// Report is one thing that Meta told us, in the store's words. The channel turns payloads into Reports; each knows how to
// apply itself inside a command. Applying one twice changes nothing.
type Report interface{ apply(t *tx) error }

// InboundMessage: a contact wrote (or called, or opened the chat). PhoneNumberID says to which Number: an unknown one is
// ErrUnknownNumber, and the delivery is parked once the rest of it is applied.
type InboundMessage struct {
	PhoneNumberID string
	From          Identity
	WAMID         string
	SentAt        time.Time // Meta's timestamp
	Kind          MessageKind
	Body          string // text, caption, title of the answer: what a row and a search show
	Details       Details
	QuotedWAMID   string
}

// EchoMessage: somebody answered from the WhatsApp Business app on the same number. It stands in the thread as outgoing,
// written by nobody of the desk, and opens no window.
type EchoMessage struct {
	PhoneNumberID string
	To            Identity
	WAMID         string
	SentAt        time.Time
	Kind          MessageKind
	Body          string
	Details       Details
	QuotedWAMID   string
}

// StatusReport: how far a message of ours has come. MessageID is our own id as it came back in the opaque callback data,
// 0 if it did not; it finds a send that has no WAMID yet, an unconfirmed one above all, and teaches us its WAMID.
type StatusReport struct {
	PhoneNumberID string
	WAMID         string
	MessageID     int64
	Status        Status // sent, delivered, read, played, failed
	At            time.Time
	Recipient     Identity // may teach us an id of the contact
	ErrorCode     int
	ErrorReason   FailReason
	ErrorDetails  string
	Pauses        PauseReason // set when the failure concerns the number and not the message
	Details       json.RawMessage
}

// ReactionReport: a contact put an emoji on a message, or took it away (Emoji empty).
type ReactionReport struct {
	PhoneNumberID string
	From          Identity
	WAMID         string
	TargetWAMID   string
	Emoji         string
	At            time.Time
}

// EditReport and RevokeReport: a contact changed or deleted an earlier message (coexistence numbers only).
type EditReport struct {
	PhoneNumberID string
	TargetWAMID   string
	Body          string
	Details       Details
	At            time.Time
}

type RevokeReport struct {
	PhoneNumberID string
	TargetWAMID   string
	At            time.Time
}

// CallReport: one event of a call. Several share the call's id and end as one row in the thread.
type CallReport struct {
	PhoneNumberID string
	Contact       Identity
	CallID        string
	Call          Call
	At            time.Time
	Qualifies     bool // the event opens the window (platform document 5.1)
}

// IdentityReport: Meta itself links an old id to a new one. Both keep one history; it stands as a line in the thread.
type IdentityReport struct {
	PhoneNumberID string
	WAMID         string
	Old, New      Identity
	Change        SystemChange
	At            time.Time
}

// NoticeReport: something about a contact that belongs into the thread as a line (a preference, a hand-over).
type NoticeReport struct {
	PhoneNumberID string
	Contact       Identity
	Text          string
	At            time.Time
}

// TemplateReport: Meta changed something about a template. Only non-empty fields changed. Unknown templates are created
// from what is known, so that a notice that overtakes the synchronisation is not lost.
type TemplateReport struct {
	WABAID       string
	MetaID       string
	Name         string
	Language     string
	Status       string
	Quality      string
	Category     string
	NextCategory string
	Reason       string
	At           time.Time
}

// NumberReport: Meta changed something about one number (by display phone) or about the account (DisplayPhone empty: all
// numbers of the WABA). Only non-empty fields changed.
type NumberReport struct {
	WABAID         string
	DisplayPhone   string
	Quality        string
	MessagingLimit string
	VerifiedName   string
	Throughput     int
	Restricted     string // words of the notice; Lifted clears it
	Pauses         PauseReason
	Lifted         bool
	At             time.Time
}
