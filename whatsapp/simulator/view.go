package simulator

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What the page shows, taken in one go so that its parts agree.

const (
	shownEntries = 80
	shownPeople  = 200
	shownWire    = 12
)

type view struct {
	phone     phone
	business  string
	clock     time.Time
	people    []personView
	current   *personView
	numbers   []Number
	talk      []bubbleView
	typing    bool
	quote     *quoteView
	next      []switchView
	meta      []switchView
	rare      []switchView
	templates []Template
	wire      []attempt
}

type personView struct {
	Customer
	left    string // "3 h 12 left"
	end     time.Time
	initial string
	tint    string
}

// bubbleView is one message on the phone. Only the parts that its kind has are set.
type bubbleView struct {
	id       string
	wamid    string
	mine     bool
	day      string // heading before the first message of a day
	time     string
	label    string
	notice   string // a system line instead of a bubble
	header   string
	icon     string
	title    string
	text     string
	footer   string
	tick     string
	reaction string
	quote    *quoteView
	buttons  []tapView
}

// tapView is a button under a message: action is the form it posts to, or there is none and it only looks like one.
type tapView struct{ icon, text, help, action, value string }

type quoteView struct{ wamid, who, text string }

func (s *Simulator) view(p phone, quote string) view {
	v := view{phone: p, business: s.opts.Business, numbers: s.opts.Numbers, next: s.nextFaults(), meta: s.metaFaults(), rare: s.rareFaults()}
	v.templates = s.Templates()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	v.clock = now.Local()
	skip := len(s.customers) - shownPeople // the newest are shown, and the chosen one
	for i, c := range s.customers {
		if i < skip && c.ID != p.customer {
			continue
		}
		end := s.conversations[conversationKey{p.number.PhoneNumberID, c.ID}].windowEnd()
		v.people = append(v.people, personView{Customer: *c, end: end, left: windowLeft(end, now), initial: initials(c.Name), tint: tint(c.ID)})
		if c.ID == p.customer {
			v.current = &v.people[len(v.people)-1]
		}
	}
	if conv := s.conversations[conversationKey{p.number.PhoneNumberID, p.customer}]; conv != nil {
		v.talk = s.talk(conv, v.clock)
		v.typing = time.Now().Before(conv.typing)
	}
	if e := s.byID[quote]; e != nil && e.customer == p.customer {
		v.quote = s.quoteView(e)
	}
	for i := len(s.wire) - 1; i >= 0 && len(v.wire) < shownWire; i-- {
		v.wire = append(v.wire, s.wire[i])
	}
	return v
}

// talk is the end of a conversation as the customer's phone has it: what never reached the phone is not there. s.mu is held.
func (s *Simulator) talk(conv *conversation, now time.Time) []bubbleView {
	var out []bubbleView
	day := ""
	for _, e := range conv.entries[max(0, len(conv.entries)-shownEntries):] {
		if !e.mine && (e.status == "accepted" || e.status == "sent" || e.status == "failed") {
			continue
		}
		b := s.bubble(e)
		if d := dayName(e.at.Local(), now); d != day {
			b.day, day = d, d
		}
		out = append(out, b)
	}
	return out
}

func (s *Simulator) bubble(e *entry) bubbleView {
	at := e.at.Local().Format("15:04")
	who := s.opts.Business
	if e.mine {
		who = s.customer(e.customer).Name
	}
	b := bubbleView{
		id: "m" + strconv.Itoa(e.seq), wamid: e.wamid, mine: e.mine, time: at, label: who + ", " + at, reaction: e.reaction,
	}
	if e.mine {
		b.tick = e.status
	}
	if quoted := s.byID[e.quote]; quoted != nil {
		b.quote = s.quoteView(quoted)
	}
	fillBubble(&b, e)
	return b
}

func (s *Simulator) quoteView(e *entry) *quoteView {
	who := s.opts.Business
	if e.mine {
		who = s.customer(e.customer).Name
	}
	var b bubbleView
	fillBubble(&b, e)
	text := b.text
	if text == "" {
		text = b.title
	}
	if runes := []rune(text); len(runes) > 120 {
		text = string(runes[:120]) + "…"
	}
	return &quoteView{wamid: e.wamid, who: who, text: text}
}

// windowLeft says in words how long the business may still write freely.
func windowLeft(end, now time.Time) string {
	left := end.Sub(now)
	switch {
	case end.IsZero():
		return "never wrote"
	case left <= 0:
		return "closed"
	case left < 5*time.Minute:
		return fmt.Sprintf("%02d:%02d left", int(left.Minutes()), int(left.Seconds())%60)
	case left < time.Hour:
		return fmt.Sprintf("%d min left", int(left.Minutes()))
	case left < 4*time.Hour:
		return fmt.Sprintf("%d h %02d left", int(left.Hours()), int(left.Minutes())%60)
	}
	return fmt.Sprintf("%d h left", int(left.Hours()))
}

func dayName(at, now time.Time) string {
	y, m, d := now.Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, now.Location())
	switch {
	case !at.Before(today):
		return "Today"
	case !at.Before(today.AddDate(0, 0, -1)):
		return "Yesterday"
	case at.Year() == now.Year():
		return at.Format("2 January")
	}
	return at.Format("2 January 2006")
}

func initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(name) {
		if r, _ := utf8.DecodeRuneInString(word); len(out) < 2 {
			out = append(out, r)
		}
	}
	return strings.ToUpper(string(out))
}

func tint(id string) string {
	hash := fnv.New32a()
	hash.Write([]byte(id))
	return "tint-" + strconv.Itoa(int(hash.Sum32()%12)+1)
}

// firstName is what the page calls a customer by.
func (p *personView) firstName() string {
	if words := strings.Fields(p.Name); len(words) > 0 {
		return words[0]
	}
	return "the customer"
}

func (p *personView) handle() string {
	switch {
	case p.Phone != "":
		return grouped(p.Phone)
	case p.Username != "":
		return "@" + p.Username
	}
	return "no phone number"
}

// obstacle is why this phone cannot send, or "".
func (v view) obstacle() string {
	switch {
	case v.current == nil:
		return "There is no customer yet."
	case v.current.Blocked:
		return v.current.firstName() + " has blocked the business and cannot write to it."
	case v.current.Offline:
		return v.current.firstName() + " is offline: nothing leaves or reaches this phone."
	}
	return ""
}

func (a attempt) outcome() string {
	if a.code == 0 {
		return "–"
	}
	return strconv.Itoa(a.code)
}

func (a attempt) text() string {
	out := a.what
	if a.copies > 1 {
		out += fmt.Sprintf(" × %d", a.copies)
	}
	if a.again > 0 {
		out += ", again in " + a.again.Round(time.Second).String()
	}
	return out
}

func (a attempt) duration() string {
	if a.code == 0 {
		return "–"
	}
	return fmt.Sprintf("%d ms", a.took.Milliseconds())
}

// quotable is the line that a reply to b shows.
func quotable(b bubbleView) string {
	if b.text != "" {
		return b.text
	}
	return b.title
}

type decision struct{ status, name string }

// decisions are what can be done with a template: review it, pause it, bring it back.
func decisions(status string) []decision {
	switch status {
	case "PENDING", "IN_APPEAL":
		return []decision{{"APPROVED", "Approve"}, {"REJECTED", "Reject"}}
	case "PAUSED":
		return []decision{{"APPROVED", "Unpause"}, {"DISABLED", "Disable"}}
	case "APPROVED", "FLAGGED", "REINSTATED":
		return []decision{{"PAUSED", "Pause"}}
	}
	return nil
}

func statusBadge(status string) string {
	switch status {
	case "APPROVED":
		return "badge--good"
	case "PENDING", "IN_APPEAL", "PAUSED":
		return "badge--soon"
	case "REJECTED", "DISABLED":
		return "badge--fail"
	}
	return ""
}

// grouped spaces a phone number as its country does; elsewhere in threes.
func grouped(phone string) string {
	rest := digits(phone)
	code := "1"
	for _, known := range callingCodes {
		if strings.HasPrefix(rest, known.prefix) {
			code = known.prefix
		}
	}
	if !strings.HasPrefix(rest, code) && len(rest) > 2 {
		code = rest[:2]
	}
	rest = strings.TrimPrefix(rest, code)
	out := "+" + code
	for _, n := range groups[code] {
		if len(rest) > n {
			out, rest = out+" "+rest[:n], rest[n:]
		}
	}
	for len(groups[code]) == 0 && len(rest) > 4 {
		out, rest = out+" "+rest[:3], rest[3:]
	}
	return out + " " + rest
}

// groups of digits before the last one, for mobile numbers of the countries that sample customers come from.
var groups = map[string][]int{
	"1": {3, 3}, "33": {1, 2, 2, 2}, "34": {3, 3}, "39": {3, 3}, "44": {4}, "49": {4}, "55": {2, 5}, "61": {3, 3}, "91": {5},
}
