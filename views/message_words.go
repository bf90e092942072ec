package views

import (
	"cmp"
	"strings"

	"agentdesk/store"
)

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
