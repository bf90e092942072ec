package views

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"agentdesk/static"
	"agentdesk/store"
)

// Inbox is the page: the list at the side and, when one is open, a chat.
type Inbox struct {
	Frame Frame
	List  List
	Chat  *Chat
	Gone  Gone // when none is open: why the one before is not, and what was typed into it
}

// Gone is said where a chat stood that is no longer this person's to see. Kept is their own text, which nobody took.
type Gone struct{ Why, Kept string }

// Chat is one open chat with everything around it.
type Chat struct {
	Frame      Frame
	Page       store.ChatPage
	Thread     store.Thread
	View       store.View
	Foot       Foot
	Colleagues []store.Agent   // to whom it can be assigned
	Notice     Notice          // what stood in the way of the last act
	Raw        []store.Message // what an admin may look at as it came
}

// Notice says above the thread that something was not done, and offers to do it all the same.
type Notice struct {
	Text    string
	AgentID int64 // over capacity: assign to this person anyway
	Over    bool  // owned: take it over
}

func (c Chat) id() int64               { return c.Page.Chat.ID }
func (c Chat) now() time.Time          { return c.Frame.Now }
func (c Chat) viewer() store.Agent     { return c.Frame.Agent }
func (c Chat) name() string            { return contactName(c.Page.Contact) }
func (c Chat) may(a store.Action) bool { return store.May(c.viewer(), a, c.Page.Chat) }

func (c Chat) others() []store.Opening {
	return slices.DeleteFunc(slices.Clone(c.Page.Openings), func(o store.Opening) bool { return o.Agent.ID == c.viewer().ID })
}

// candidates for an assignment: those who are there come first, with room before full.
func (c Chat) candidates() []store.Agent {
	rank := func(a store.Agent) int {
		n := slices.Index([]store.Presence{store.Available, store.Away, store.Offline}, a.Presence) * 2
		if !a.HasRoom() {
			n++
		}
		return n
	}
	return slices.SortedStableFunc(slices.Values(c.Colleagues), func(a, b store.Agent) int { return rank(a) - rank(b) })
}

// ownerWords say in the bar who has the chat.
func (c Chat) ownerWords() string {
	switch {
	case c.Page.Chat.State == store.ChatClosed:
		return "Closed"
	case c.Page.Chat.OwnerID == 0:
		return "In the queue"
	case c.Page.Chat.OwnerID == c.viewer().ID:
		return "Yours"
	case c.Page.Owner != nil:
		return "With " + c.Page.Owner.Name
	}
	return "With a colleague"
}

// caseWords is a case's second line.
func caseWords(ctx context.Context, c store.CaseSummary, now time.Time) string {
	words := []string{}
	if c.ClosedAt.IsZero() {
		words = append(words, "open since "+dayAndClock(ctx, c.OpenedAt, now))
	} else {
		words = append(words, "closed "+dayAndClock(ctx, c.ClosedAt, now), span(c.ClosedAt.Sub(c.OpenedAt)))
	}
	if c.Owner != nil {
		words = append(words, c.Owner.Name)
	}
	return strings.Join(append(words, plural(c.Messages, "message", "messages")), " · ")
}

func identityName(kind string) string {
	switch kind {
	case "bsuid":
		return "User id"
	case "wa_id":
		return "WhatsApp id"
	case "username":
		return "Username"
	case "phone":
		return "Phone"
	}
	return plainName(kind)
}

// shortened keeps both ends of an identifier too long for one line.
func shortened(id string) string {
	const head, tail = 8, 6
	if runes := []rune(id); len(runes) > head+tail+4 {
		return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
	}
	return id
}

// repeatsPhone says that an identity is the phone number once more, without its plus.
func repeatsPhone(i store.ContactIdentity, c store.Contact) bool {
	return i.Kind == "wa_id" && i.EndedAt.IsZero() && "+"+i.Value == c.Phone
}

// viewParam is a view as URLs and forms carry it: mine goes without saying.
func viewParam(v store.View) string {
	if v == store.ViewMine {
		return ""
	}
	return string(v)
}

func iconURL(name string) string { return static.Icon(name) }

func conflictName(c store.Conflict) string {
	if c.Agent != nil {
		return c.Agent.Name
	}
	return "A colleague"
}

// choicesURL narrows the choices while the chosen one stays.
func (f Foot) choicesURL() string {
	chosen := int64(0)
	if f.Picker.Chosen != nil {
		chosen = f.Picker.Chosen.ID
	}
	return withQuery(ComposerURL(f.Chat.ID), "template", strconv.FormatInt(chosen, 10))
}

// OverCapacityText asks before somebody gets more than they can take.
func OverCapacityText(a store.Agent) string {
	return fmt.Sprintf("%s has %d of %d chats already.", a.Name, a.OpenCount, a.Capacity)
}

// ContactName is what a person is called on screen.
func ContactName(c store.Contact) string { return contactName(c) }
