package store

import (
	"encoding/json"
	"time"
)

type Direction string

const (
	In  Direction = "in"
	Out Direction = "out"
)

// MessageKind names what a message carries; inbound ones keep Meta's words (platform document 2).
type MessageKind string

const (
	KindText        MessageKind = "text"
	KindImage       MessageKind = "image"
	KindVideo       MessageKind = "video"
	KindAudio       MessageKind = "audio"
	KindDocument    MessageKind = "document"
	KindSticker     MessageKind = "sticker"
	KindLocation    MessageKind = "location"
	KindContacts    MessageKind = "contacts"
	KindAnswer      MessageKind = "answer"     // a tapped button, list row, flow or address form
	KindPermission  MessageKind = "permission" // call permission reply
	KindOrder       MessageKind = "order"
	KindSystem      MessageKind = "system" // a number or id changed
	KindWelcome     MessageKind = "welcome"
	KindCall        MessageKind = "call"
	KindTemplate    MessageKind = "template" // outgoing only
	KindReaction    MessageKind = "reaction" // never a row of its own
	KindUnsupported MessageKind = "unsupported"
)

// Message is one bubble: what a customer wrote, or what left (or is to leave) the desk.
type Message struct {
	ID            int64
	ChatID        int64
	CaseID        int64
	NumberID      int64
	Direction     Direction
	Kind          MessageKind
	WAMID         string    `gorm:"column:wamid;serializer:orNull"`
	ClientID      string    `gorm:"serializer:orNull"`
	AgentID       int64     `gorm:"serializer:orNull"`
	At            time.Time `gorm:"serializer:ms"` // its place in the thread
	Body          string
	Details       Details `gorm:"serializer:json"`
	QuotedWAMID   string  `gorm:"column:quoted_wamid"`
	Status        Status
	Rank          int
	Attempts      int
	NextAttemptAt time.Time `gorm:"serializer:ms"`
	SendingAt     time.Time `gorm:"serializer:ms"`
	SettledAt     time.Time `gorm:"serializer:ms"`
	ErrorCode     int
	ErrorReason   FailReason
	ErrorDetails  string
	RetryOfID     int64     `gorm:"serializer:orNull"`
	TemplateID    int64     `gorm:"serializer:orNull"`
	EditedAt      time.Time `gorm:"serializer:ms"`
	RevokedAt     time.Time `gorm:"serializer:ms"`
	ClockAhead    bool
	CreatedAt     time.Time `gorm:"serializer:ms"`

	Agent     *Agent        `gorm:"-"` // who wrote it, with the name only
	Quoted    *Message      `gorm:"-"` // the message it quotes, where it is here
	Reactions []Reaction    `gorm:"-"`
	Steps     []StatusStep  `gorm:"-"` // of an outgoing one, in order of rank
	Edits     []MessageEdit `gorm:"-"`
	RetriedBy int64         `gorm:"-"` // the newer message that repeats it
}

// Status is how far an outgoing message has come (reliability note 2.4-2.5).
type Status string

const (
	Queued      Status = "queued"
	Sending     Status = "sending"
	Unconfirmed Status = "unconfirmed"
	Accepted    Status = "accepted"
	Sent        Status = "sent"
	Failed      Status = "failed"
	Delivered   Status = "delivered"
	Read        Status = "read"
	Played      Status = "played"
	Cancelled   Status = "cancelled"
)

// Rank orders the statuses; a message's status is the highest reported, so any order of reports ends the same. failed
// beats sent and loses to delivered: one device of several may fail (platform document 3).
func (s Status) Rank() int {
	switch s {
	case Sending, Unconfirmed:
		return 1
	case Accepted:
		return 2
	case Sent:
		return 3
	case Failed, Cancelled:
		return 4
	case Delivered:
		return 5
	case Read:
		return 6
	case Played:
		return 7
	}
	return 0
}

// FailReason is why a message did not go out, one word that views turn into a sentence with its ways out.
type FailReason string

const (
	FailWindowEnded  FailReason = "window_ended" // 131047 or our own gate: send a template
	FailUnreachable  FailReason = "unreachable"  // 131026 and the like: not on WhatsApp, or blocked us
	FailTemplate     FailReason = "template"     // the template or its values were refused
	FailOptedOut     FailReason = "opted_out"    // 131050
	FailHeldByMeta   FailReason = "held_by_meta" // 131049, 130472: do not resend
	FailTryAgain     FailReason = "try_again"    // a passing fault outlived its retries
	FailNumber       FailReason = "number"       // token, payment, restriction: the number's own trouble
	FailMedia        FailReason = "media"        // 131052, 131053
	FailTestNumber   FailReason = "test_number"  // 131030
	FailNeedsPhone   FailReason = "needs_phone"  // 131062
	FailNotAllowed   FailReason = "not_allowed"  // country, policy, blocked by us
	FailOurs         FailReason = "ours"         // a parameter of ours was wrong
	FailNoMatchFound FailReason = "unknown"      // a code this desk does not know
)

// Retryable says whether sending the same again, as a new message, can help.
func (r FailReason) Retryable() bool {
	switch r {
	case FailTryAgain, FailNumber, FailUnreachable, FailNoMatchFound:
		return true
	}
	return false
}

// StatusStep is one step of a sent message, with what Meta said of it.
type StatusStep struct {
	ID         int64
	MessageID  int64
	Status     Status
	At         time.Time       `gorm:"serializer:ms"`
	ReceivedAt time.Time       `gorm:"serializer:ms"`
	Details    json.RawMessage `gorm:"serializer:json"` // pricing, conversation, errors as they came
}

func (StatusStep) TableName() string { return "message_statuses" }

// MessageEdit is what stood in a message before its customer changed it.
type MessageEdit struct {
	ID        int64
	MessageID int64
	At        time.Time `gorm:"serializer:ms"`
	Body      string
}

// Reaction is somebody's emoji on a message; an empty Emoji took it back.
type Reaction struct {
	ID          int64
	ChatID      int64
	TargetWAMID string `gorm:"column:target_wamid"`
	Actor       string // "contact" or "agent"
	Emoji       string
	At          time.Time `gorm:"serializer:ms"`
}

// Details is what a message carries beside its text. Exactly the part its kind names is set.
type Details struct {
	Media       *Media        `json:"media,omitempty"`
	Location    *Location     `json:"location,omitempty"`
	Contacts    []ContactCard `json:"contacts,omitempty"`
	Answer      *Answer       `json:"answer,omitempty"`
	Order       *Order        `json:"order,omitempty"`
	System      *SystemChange `json:"system,omitempty"`
	Call        *Call         `json:"call,omitempty"`
	Template    *SentTemplate `json:"template,omitempty"`
	Referral    *Referral     `json:"referral,omitempty"`
	Forwarded   string        `json:"forwarded,omitempty"` // "", "forwarded", "frequently"
	Product     *Product      `json:"product,omitempty"`   // the catalogue item a reply is about
	FromApp     bool          `json:"from_app,omitempty"`  // an echo of the WhatsApp Business app
	Unsupported *Unsupported  `json:"unsupported,omitempty"`
}

type Media struct {
	MetaID   string `json:"meta_id,omitempty"`
	URL      string `json:"url,omitempty"`
	MIMEType string `json:"mime_type,omitempty"` // without parameters
	SHA256   string `json:"sha256,omitempty"`    // as Meta wrote it: base64 or hex
	FileName string `json:"file_name,omitempty"` // the customer's own: never trusted
	Size     int64  `json:"size,omitempty"`
	Voice    bool   `json:"voice,omitempty"`
	Animated bool   `json:"animated,omitempty"`
	TooLarge bool   `json:"too_large,omitempty"` // 131052: Meta does not hand it over
}

type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	URL       string  `json:"url,omitempty"`
}

type ContactCard struct {
	Name      string     `json:"name,omitempty"`
	Phones    []Labelled `json:"phones,omitempty"`
	Emails    []Labelled `json:"emails,omitempty"`
	URLs      []Labelled `json:"urls,omitempty"`
	Addresses []Labelled `json:"addresses,omitempty"`
	Company   string     `json:"company,omitempty"`
	Title     string     `json:"title,omitempty"`
	Birthday  string     `json:"birthday,omitempty"`
}

type Labelled struct {
	Label string `json:"label,omitempty"`
	Value string `json:"value"`
}

// Answer is what a customer tapped or filled in.
type Answer struct {
	Type        string     `json:"type"` // button, list, flow, address, template_button, or Meta's own word
	ID          string     `json:"id,omitempty"`
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description,omitempty"`
	Fields      []Labelled `json:"fields,omitempty"` // of a flow or address form
	Accepted    bool       `json:"accepted,omitempty"`
}

type Order struct {
	CatalogID string      `json:"catalog_id,omitempty"`
	Text      string      `json:"text,omitempty"`
	Items     []OrderItem `json:"items,omitempty"`
}

// OrderItem carries the price as the decimal digits Meta wrote, never as a float.
type OrderItem struct {
	ProductID string `json:"product_id"`
	Quantity  int    `json:"quantity"`
	Price     string `json:"price"`
	Currency  string `json:"currency"`
}

type SystemChange struct {
	Type     string `json:"type"`
	Body     string `json:"body,omitempty"`
	OldPhone string `json:"old_phone,omitempty"` // E.164 where known
	NewPhone string `json:"new_phone,omitempty"`
}

type Call struct {
	ID        string    `json:"id"`
	Direction string    `json:"direction,omitempty"` // USER_INITIATED, BUSINESS_INITIATED
	State     string    `json:"state,omitempty"`     // ringing, ended, missed, accepted, rejected
	Seconds   int       `json:"seconds,omitempty"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// SentTemplate is what left the desk, rendered as the customer saw it; webhooks never return it.
type SentTemplate struct {
	Name     string           `json:"name"`
	Language string           `json:"language"`
	Category string           `json:"category,omitempty"`
	Header   string           `json:"header,omitempty"`
	Body     string           `json:"body"`
	Footer   string           `json:"footer,omitempty"`
	Buttons  []TemplateButton `json:"buttons,omitempty"`
	Values   TemplateValues   `json:"values"`
	Format   string           `json:"format,omitempty"`
}

type Referral struct {
	SourceType string `json:"source_type,omitempty"`
	SourceID   string `json:"source_id,omitempty"`
	SourceURL  string `json:"source_url,omitempty"`
	Headline   string `json:"headline,omitempty"`
	Body       string `json:"body,omitempty"`
	ClickID    string `json:"click_id,omitempty"`
	MediaType  string `json:"media_type,omitempty"`
}

type Product struct {
	CatalogID string `json:"catalog_id,omitempty"`
	ProductID string `json:"product_id,omitempty"`
}

// Unsupported keeps what the desk could not read, for admins.
type Unsupported struct {
	Type   string          `json:"type,omitempty"`
	Code   int             `json:"code,omitempty"`
	Reason string          `json:"reason,omitempty"`
	Raw    json.RawMessage `json:"raw,omitempty"`
}
