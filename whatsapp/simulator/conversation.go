package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// conversationKey names what one customer and one business number have written to each other.
type conversationKey struct{ number, customer string }

type conversation struct {
	number, customer string
	entries          []*entry // by the time they were taken, oldest first, at most maxEntries
	wrote            time.Time
	typing           time.Time // the business is typing until then, real time
}

// entry is one message of a conversation, as the customer's phone keeps it.
type entry struct {
	wamid            string
	number, customer string
	mine             bool   // the customer wrote it
	kind             string // type of the message
	body             object // the message object: "type" and the object named after it, and more on what customers wrote
	at               time.Time
	status           string // of a business message: accepted, sent, …; of the customer's: sent, delivered, read
	code             int    // why it failed
	opaque           string // biz_opaque_callback_data
	bsuid            bool   // sent to the BSUID: statuses then carry no recipient_id
	quote            string // wamid
	reaction         string // the other side's emoji on it
	pricing          object
	rendered         *rendered // of a template
	voice            bool
	seq              int // names it on the page
}

// content is the object named after the type.
func (e *entry) content() object { return e.body.obj(e.kind) }

// Past is a message that was there before the simulator started: it goes into the phone and counts for the window, but no
// webhook is sent for it.
type Past struct {
	CustomerID    string
	PhoneNumberID string // default: the first number
	WAMID         string // default: a new one
	FromCustomer  bool
	Text          string // for a text, or
	Body          object // the whole message object with its "type"
	At            time.Time
	Status        string // default "read"
}

// Remember puts a past message into a conversation and returns its wamid, "" for an unknown customer or number.
func (s *Simulator) Remember(p Past) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.PhoneNumberID == "" {
		p.PhoneNumberID = s.opts.Numbers[0].PhoneNumberID
	}
	c := s.customer(p.CustomerID)
	if _, ok := s.number(p.PhoneNumberID); !ok || c == nil {
		return ""
	}
	if p.WAMID == "" {
		p.WAMID = newWAMID(c.WaID)
	}
	if p.Status == "" {
		p.Status = "read"
	}
	body := normal[object](p.Body)
	if p.Body == nil {
		body = object{"type": "text", "text": object{"body": p.Text}}
	}
	e := &entry{
		wamid: p.WAMID, number: p.PhoneNumberID, customer: p.CustomerID, mine: p.FromCustomer,
		kind: body.str("type"), body: body, at: p.At.UTC().Truncate(time.Second), status: p.Status,
	}
	if p.FromCustomer && opensWindow(body) {
		s.conversation(p.PhoneNumberID, p.CustomerID).extend(e.at)
	}
	s.keep(e, true)
	return e.wamid
}

// conversation finds or starts a conversation. s.mu is held.
func (s *Simulator) conversation(number, customer string) *conversation {
	key := conversationKey{number, customer}
	conv := s.conversations[key]
	if conv == nil {
		conv = &conversation{number: number, customer: customer}
		s.conversations[key] = conv
	}
	return conv
}

// keep adds a message to its conversation, at the end unless it is a remembered older one, and lets go of the oldest when there are too many. s.mu is held.
func (s *Simulator) keep(e *entry, past bool) {
	conv := s.conversation(e.number, e.customer)
	s.lastEntry++
	e.seq = s.lastEntry
	at := len(conv.entries)
	for past && at > 0 && conv.entries[at-1].at.After(e.at) {
		at--
	}
	conv.entries = slices.Insert(conv.entries, at, e)
	s.byID[e.wamid] = e
	for len(conv.entries) > maxEntries {
		delete(s.byID, conv.entries[0].wamid)
		conv.entries = conv.entries[1:]
	}
}

// newWAMID makes an id that looks like Meta's: base64 of something with the number inside, slashes and all.
func newWAMID(waID string) string {
	random := make([]byte, 10)
	rand.Read(random)
	inner := "\x1d\x18" + string(rune(len(waID))) + waID + "\x15\x02\x00\x12\x18\x14" + strings.ToUpper(hex.EncodeToString(random)) + "\x00"
	return "wamid." + base64.StdEncoding.EncodeToString([]byte(inner))
}
