package views

import (
	"context"
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

// rank says which of two renderings of a bubble is the later one: the answer to a form may reach the page after the frames
// that overtook it. What may still go back and forth (queued, sending, not confirmed) counts as one.
func (v MessageView) rank() string {
	if rank := v.Message.Status.Rank(); rank > store.Sending.Rank() {
		return strconv.Itoa(rank)
	}
	return "0"
}

// tickSteps is the same for the page's script, which words it in the reader's time: "Sent=1795…|Delivered=1795…".
func tickSteps(m store.Message) string {
	steps := make([]string, 0, len(m.Steps))
	for _, step := range m.Steps {
		_, name := tick(step.Status)
		steps = append(steps, name+"="+unixMilli(step.At))
	}
	return strings.Join(steps, "|")
}

func reactionName(r store.Reaction, c store.Contact) string {
	if r.Actor == "agent" {
		return "The desk reacted with " + plainName(r.Emoji)
	}
	return contactName(c) + " reacted with " + plainName(r.Emoji)
}
