package views

import (
	"cmp"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"agentdesk/store"
)

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
		if t.Language == "" {
			return templateTitle(t.Name)
		}
		return templateTitle(t.Name) + " · " + languageTag(t.Language)
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
