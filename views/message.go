package views

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"agentdesk/store"
)

// MessageView is one bubble. It knows no viewer: the same bytes go to everybody who looks at the chat.
type MessageView struct {
	Message store.Message
	Contact store.Contact
	Real    time.Time // decides whether somebody is asked about an unconfirmed message
	Follow  bool      // same person, same breath; thread.js keeps it right afterwards
}

// side is where it stands: what concerns nobody's words is a line.
func (v MessageView) side() string {
	switch {
	case v.Message.Kind == store.KindSystem || v.Message.Kind == store.KindWelcome:
		return "line"
	case v.Message.Direction == store.Out:
		return "out"
	}
	return "in"
}

// author tells voices apart: "c" is the customer.
func (v MessageView) author() string {
	if v.Message.Direction == store.In {
		return "c"
	}
	return strconv.FormatInt(v.Message.AgentID, 10)
}

func (v MessageView) authorName() string { return authorName(v.Message, v.Contact) }

func authorName(m store.Message, c store.Contact) string {
	switch {
	case m.Direction == store.In:
		return contactName(c)
	case m.Agent != nil:
		return m.Agent.Name
	case m.Details.FromApp:
		return "WhatsApp Business app"
	}
	return "A colleague"
}

func (v MessageView) class() string {
	class := "msg msg--" + v.side()
	if v.Follow {
		class += " msg--follow"
	}
	switch v.Message.Status {
	case store.Failed:
		class += " msg--failed"
	case store.Unconfirmed:
		class += " msg--unconfirmed"
	case store.Cancelled:
		class += " msg--cancelled"
	}
	return class
}

// part is the id of a piece of the bubble that its name is made of.
func (v MessageView) part(name string) string { return MessageID(v.Message.ID) + "-" + name }

// nameIDs make "Ana Ruiz, text 12:34 Delivered" out of what is there, so that a localised time is also the one read out.
func (v MessageView) nameIDs() string {
	ids := v.part("who") + " " + v.part("at")
	if v.Message.Direction == store.Out {
		ids += " " + v.part("tick")
	}
	return ids
}

// kindName is what a message is, in a word or two.
func kindName(m store.Message) string {
	switch m.Kind {
	case store.KindText:
		return "text"
	case store.KindImage:
		return "photo"
	case store.KindVideo:
		return "video"
	case store.KindAudio:
		if m.Details.Media != nil && m.Details.Media.Voice {
			return "voice message"
		}
		return "audio"
	case store.KindDocument:
		return "document"
	case store.KindSticker:
		return "sticker"
	case store.KindLocation:
		return "location"
	case store.KindContacts:
		if len(m.Details.Contacts) > 1 {
			return "contacts"
		}
		return "contact"
	case store.KindAnswer:
		return "answer"
	case store.KindPermission:
		return "answer about calls"
	case store.KindOrder:
		return "order"
	case store.KindSystem:
		return "change"
	case store.KindWelcome:
		return "chat opened"
	case store.KindCall:
		return "call"
	case store.KindTemplate:
		return "template"
	}
	return "unsupported message"
}

func kindIcon(m store.Message) string {
	switch m.Kind {
	case store.KindImage:
		return "image"
	case store.KindVideo:
		return "camera"
	case store.KindAudio:
		return "mic"
	case store.KindDocument:
		return "file-text"
	case store.KindSticker:
		return "smile"
	case store.KindLocation:
		return "map-pin"
	case store.KindContacts:
		return "id-card"
	case store.KindAnswer:
		return "reply"
	case store.KindPermission, store.KindCall:
		return "phone"
	case store.KindOrder:
		return "tag"
	case store.KindTemplate:
		return "layout-template"
	case store.KindSystem:
		return "shuffle"
	case store.KindText:
		return "message-square-text"
	}
	return "circle-question-mark"
}

// summary is a message in one line of plain text, never empty: for rows and quotes.
func summary(m store.Message) string {
	if !m.RevokedAt.IsZero() {
		return "Deleted message"
	}
	d := m.Details
	text := plainText(m.Body)
	switch {
	case m.Kind == store.KindTemplate && d.Template != nil:
		text = plainText(d.Template.Body)
	case m.Kind == store.KindDocument && d.Media != nil && blank(text):
		text = plainName(d.Media.FileName)
	case m.Kind == store.KindLocation && d.Location != nil && blank(text):
		text = cmp.Or(plainName(d.Location.Name), plainName(d.Location.Address))
	case m.Kind == store.KindContacts && len(d.Contacts) > 0 && blank(text):
		text = plainName(d.Contacts[0].Name)
	case m.Kind == store.KindAnswer && d.Answer != nil && blank(text):
		text = d.Answer.Title
	case m.Kind == store.KindSystem && d.System != nil:
		text = systemSentence(*d.System, "The customer")
	case m.Kind == store.KindCall && d.Call != nil:
		text = callSentence(*d.Call)
	}
	if blank(text) {
		name := kindName(m)
		if m.Kind == store.KindText {
			return "Message without visible text"
		}
		return strings.ToUpper(name[:1]) + name[1:]
	}
	return shorten(text, 160)
}

func shorten(text string, most int) string {
	for i := range text {
		if most--; most < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// tick is a status's icon and name. A different shape for every step.
func tick(s store.Status) (iconName, name string) {
	switch s {
	case store.Sending:
		return "circle-dashed", "Sending"
	case store.Unconfirmed:
		return "circle-question-mark", "Not confirmed"
	case store.Accepted:
		return "circle-check", "Accepted by WhatsApp"
	case store.Sent:
		return "check", "Sent"
	case store.Delivered:
		return "check-check", "Delivered"
	case store.Read:
		return "check-check", "Read"
	case store.Played:
		return "mic", "Played"
	case store.Failed:
		return "circle-alert", "Failed"
	case store.Cancelled:
		return "ban", "Cancelled"
	}
	return "clock", "Queued"
}

// tickTitle lists every step with its moment.
func tickTitle(ctx context.Context, m store.Message) string {
	_, name := tick(m.Status)
	if len(m.Steps) == 0 {
		return name
	}
	steps := make([]string, 0, len(m.Steps))
	for _, step := range m.Steps {
		_, name := tick(step.Status)
		steps = append(steps, name+" "+step.At.In(zone(ctx)).Format("15:04:05 MST"))
	}
	return strings.Join(steps, ", ")
}

// mediaType is a file's kind in words: "PDF", "JPEG picture".
func mediaType(m store.Message) string {
	if m.Details.Media == nil || m.Details.Media.MIMEType == "" {
		return ""
	}
	_, kind, _ := strings.Cut(m.Details.Media.MIMEType, "/")
	known := map[string]string{"pdf": "PDF", "vnd.openxmlformats-officedocument.wordprocessingml.document": "Word", "msword": "Word",
		"vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel", "vnd.ms-excel": "Excel", "plain": "Text", "mpeg": "MP3",
		"vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint", "vnd.ms-powerpoint": "PowerPoint"}
	return cmp.Or(known[kind], strings.ToUpper(shorten(plainName(kind), 24)))
}

// mediaFacts is the small line of a card: "PDF · 184 kB".
func mediaFacts(m store.Message) string {
	var facts []string
	if kind := mediaType(m); kind != "" {
		facts = append(facts, kind)
	}
	if media := m.Details.Media; media != nil {
		if media.Size > 0 {
			facts = append(facts, fileSize(media.Size))
		}
		if media.Animated {
			facts = append(facts, "animated")
		}
		if media.TooLarge {
			facts = append(facts, "too large, WhatsApp does not hand it over")
		}
	}
	if len(facts) == 0 {
		return "no further details"
	}
	return strings.Join(facts, " · ")
}

// mediaName is the file's own name, what hides in it made visible, or what it is.
func mediaName(m store.Message) string {
	if media := m.Details.Media; media != nil && !blank(media.FileName) {
		return plainName(media.FileName)
	}
	name := kindName(m)
	return strings.ToUpper(name[:1]) + name[1:]
}

func coordinates(l store.Location) string {
	return strconv.FormatFloat(l.Latitude, 'f', -1, 64) + ", " + strconv.FormatFloat(l.Longitude, 'f', -1, 64)
}

// geoURL opens the reader's own map program: no request goes to anybody from here.
func geoURL(l store.Location) string {
	return "geo:" + strconv.FormatFloat(l.Latitude, 'f', -1, 64) + "," + strconv.FormatFloat(l.Longitude, 'f', -1, 64)
}

// webAddress is an address that may be a link: only what markup would make one, whole.
func webAddress(address string) (string, bool) {
	address = strings.TrimSpace(address)
	return address, address != "" && linkLength(address, 0) == len(address)
}

var price = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,6})?$`)

// orderTotals adds an order up, one sum for each currency, in whole decimals. ok is false when a price is not a number.
func orderTotals(o store.Order) (totals []string, ok bool) {
	sums, digits := map[string]*big.Rat{}, map[string]int{}
	var order []string
	for _, item := range o.Items {
		if !price.MatchString(item.Price) || item.Quantity < 0 {
			return nil, false
		}
		each, _ := new(big.Rat).SetString(item.Price)
		if sums[item.Currency] == nil {
			sums[item.Currency], order = new(big.Rat), append(order, item.Currency)
		}
		sums[item.Currency].Add(sums[item.Currency], each.Mul(each, big.NewRat(int64(item.Quantity), 1)))
		_, fraction, _ := strings.Cut(item.Price, ".")
		digits[item.Currency] = max(digits[item.Currency], len(fraction))
	}
	for _, currency := range order {
		totals = append(totals, strings.TrimSpace(sums[currency].FloatString(digits[currency])+" "+currency))
	}
	return totals, len(totals) > 0
}

func systemSentence(s store.SystemChange, who string) string {
	switch {
	case s.OldPhone != "" && s.NewPhone != "":
		return fmt.Sprintf("%s changed their number from %s to %s", who, Phone(s.OldPhone), Phone(s.NewPhone))
	case s.NewPhone != "":
		return fmt.Sprintf("%s changed their number to %s", who, Phone(s.NewPhone))
	case s.Type == "user_changed_user_id":
		return who + " changed their number; WhatsApp does not show the new one"
	case s.Type == "user_changed_number" || s.Type == "customer_changed_number":
		return who + " changed their number"
	case s.Type == "customer_identity_changed":
		return who + " set up WhatsApp anew, perhaps on another phone"
	case !blank(s.Body):
		return s.Body
	}
	return "WhatsApp reports a change: " + cmp.Or(plainName(s.Type), "no details")
}

func callSentence(c store.Call) string {
	who := "Call"
	switch c.Direction {
	case "USER_INITIATED":
		who = "The customer called"
	case "BUSINESS_INITIATED":
		who = "Call to the customer"
	}
	switch c.State {
	case "ringing":
		who += ": ringing"
	case "missed":
		who += ": not answered"
	case "rejected":
		who += ": declined"
	case "accepted":
		who += ": going on"
	case "ended":
		who += ": ended"
	}
	if c.Seconds > 0 {
		who += fmt.Sprintf(", %d:%02d", c.Seconds/60, c.Seconds%60)
	}
	return who
}

func answerName(a store.Answer) string {
	switch a.Type {
	case "button", "template_button":
		return "Tapped a button"
	case "list":
		return "Chose from a list"
	case "flow":
		return "Filled in a form"
	case "address":
		return "Sent an address"
	}
	return "Answered"
}

func referralName(r store.Referral) string {
	if r.SourceType == "post" {
		return "From a post"
	}
	return "From an ad"
}

func unsupportedSentence(u *store.Unsupported) string {
	if u == nil {
		return "WhatsApp does not pass this kind of message on. Ask the customer to send it in another way."
	}
	what := ""
	switch kind := plainName(u.Type); {
	case kind == "poll":
		what = " (a poll)"
	case kind == "edit":
		what = " (a changed message)"
	case kind != "" && kind != "unknown":
		what = " (" + shorten(kind, 40) + ")"
	}
	return "This kind of message" + what + " cannot be shown here. Ask the customer to send it in another way."
}

func reactionName(r store.Reaction, c store.Contact) string {
	if r.Actor == "agent" {
		return "The desk reacted with " + plainName(r.Emoji)
	}
	return contactName(c) + " reacted with " + plainName(r.Emoji)
}

// lineOfMessage is a message that is nobody's words.
func lineOfMessage(v MessageView) string {
	if v.Message.Kind == store.KindWelcome {
		return contactName(v.Contact) + " opened the chat for the first time"
	}
	if s := v.Message.Details.System; s != nil {
		return systemSentence(*s, contactName(v.Contact))
	}
	return orElse(v.Message.Body, "WhatsApp reports a change")
}

func permissionTitle(m store.Message) string {
	if m.Details.Answer != nil && m.Details.Answer.Accepted {
		return "We may call"
	}
	return "We may not call"
}

func templateName(m store.Message) string {
	if t := m.Details.Template; t != nil && t.Name != "" {
		return strings.TrimSpace(t.Name + " " + t.Language)
	}
	return "from elsewhere"
}

func buttonIcon(b store.TemplateButton) string {
	switch b.Type {
	case "URL":
		return "external-link"
	case "PHONE_NUMBER":
		return "phone"
	}
	return "reply"
}

func orElse(text, instead string) string {
	if blank(text) {
		return instead
	}
	return text
}

// joinWords puts a comma between what is there.
func joinWords(words ...string) string {
	var there []string
	for _, w := range words {
		if !blank(w) {
			there = append(there, plainName(w))
		}
	}
	return strings.Join(there, ", ")
}
