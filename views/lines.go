package views

import (
	"fmt"

	"agentdesk/store"
)

// What stands between the bubbles. A line is made of stretches of text, people's names being strong.

type stretch struct {
	text   string
	strong bool
}

func say(parts ...any) []stretch {
	var out []stretch
	for _, part := range parts {
		switch p := part.(type) {
		case string:
			out = append(out, stretch{text: p})
		case *store.Agent:
			name := "somebody"
			if p != nil {
				name = p.Name
			}
			out = append(out, stretch{text: name, strong: true})
		}
	}
	return out
}

// lineWords is the one sentence of a line.
func lineWords(l store.Line) []stretch {
	switch l.Kind {
	case store.LineCaseOpened:
		number := fmt.Sprintf("New case #%d", l.CaseID)
		if l.AgentID != 0 {
			return say(number+", opened by ", l.Agent)
		}
		return say(number + ", opened by the customer's message")
	case store.LineRouted:
		return say("Given to ", l.Agent, routedBecause(l.Why))
	case store.LineTaken:
		if l.OtherID != 0 {
			return say(l.Agent, " took this chat over from ", l.Other)
		}
		return say(l.Agent, " took this chat")
	case store.LineAssigned:
		if l.Why != nil && l.Why.OverCapacity {
			return say(l.Agent, " assigned this chat to ", l.Other, ", past their capacity")
		}
		return say(l.Agent, " assigned this chat to ", l.Other)
	case store.LineReleased:
		if l.OtherID != 0 && l.OtherID != l.AgentID {
			return say(l.Agent, " put this chat back into the queue, from ", l.Other)
		}
		return say(l.Agent, " put this chat back into the queue")
	case store.LineAbsent:
		return say(l.Other, " was gone; the chat went back into the queue")
	case store.LineClosed:
		if l.AgentID == 0 {
			return say("Case closed")
		}
		return say(l.Agent, " closed the case")
	case store.LineReopened:
		if l.AgentID == 0 {
			return say("Reopened by the customer's message")
		}
		return say(l.Agent, " reopened the chat")
	case store.LineReaction:
		return say("The customer reacted with " + plainName(l.Details.Emoji) + " to a message that is not here")
	case store.LineWindowEnded:
		return say("WhatsApp closed the window early")
	}
	if !blank(l.Details.Text) {
		return say(l.Details.Text)
	}
	return say("Something changed")
}

func routedBecause(a *store.Assignment) string {
	if a == nil {
		return ""
	}
	switch a.Reason {
	case store.ReasonAnsweredBefore:
		return ", who answered this customer before"
	case store.ReasonLeastLoaded:
		return ", who had the most room"
	}
	return ""
}

// consideredWords says of one person whom the router looked at why they did or did not get the chat.
func consideredWords(c store.Considered) string {
	load := fmt.Sprintf("%d of %d", c.Open, c.Capacity)
	switch c.Skipped {
	case "":
		return load + ", chosen"
	case "away":
		return "away"
	case "offline":
		return "offline"
	case "full":
		return load + ", full"
	case "busier":
		return load + ", busier"
	case "released_it":
		return "had this chat before it was put back"
	case "team":
		return "in another team"
	case "preferred":
		return load + ", somebody else answered before"
	}
	return load
}

func lineIcon(k store.LineKind) string {
	switch k {
	case store.LineCaseOpened:
		return "layers"
	case store.LineRouted, store.LineTaken, store.LineAssigned:
		return "user-plus"
	case store.LineReleased, store.LineAbsent:
		return "undo-2"
	case store.LineClosed:
		return "check"
	case store.LineReopened:
		return "rotate-cw"
	case store.LineReaction:
		return "smile"
	case store.LineWindowEnded:
		return "lock"
	}
	return "bell"
}
