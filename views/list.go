package views

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"agentdesk/store"
)

// List is the list of chats of one view.
type List struct {
	View    store.View
	Counts  store.ViewCounts
	Rows    []Row
	Shown   int    // how many rows are asked for; 0 = the usual number
	After   string // cursor where this page begins; empty = at the top
	Next    string // cursor of what comes after; empty = nothing
	Open    int64  // the chat that stands open beside it
	Changed int    // rows that would stand elsewhere if the order were fresh; the order is kept while somebody uses the list
	Viewer  store.Agent
	Now     time.Time
}

// Row is one chat of the list. Left says why it is no longer in this view, in words; such a row stays, dimmed, as long as
// the order is kept.
type Row struct {
	store.ChatRow
	Left string
}

// listViews in the order of the tabs; those from more on stand in a menu.
var listViews = []struct {
	view  store.View
	name  string
	order string
	more  bool
}{
	{store.ViewMine, "Mine", "Most urgent first", false},
	{store.ViewQueue, "Queue", "Most urgent first", false},
	{store.ViewClosing, "Closing soon", "Most urgent first", false},
	{store.ViewAll, "All", "Most urgent first", true},
	{store.ViewClosed, "Closed", "Newest first", true},
}

func viewName(v store.View) string {
	for _, known := range listViews {
		if known.view == v {
			return known.name
		}
	}
	return "Team"
}

func (l List) count(v store.View) string {
	n := l.Counts.Views[v]
	if n >= store.CountLimit {
		return "999+"
	}
	return strconv.Itoa(n)
}

func (l List) inMenu() bool {
	return slices.ContainsFunc([]store.View{store.ViewAll, store.ViewClosed, store.ViewTeam}, func(v store.View) bool { return v == l.View })
}

// url is the list as it stands, for its own refreshing; freshOrder the same.
func (l List) url() string { return ListURL(l.View, l.Shown, l.After) }

// Rows a list shows at first, more with each click, and where it goes on as a further page instead.
const (
	RowsAtFirst = 60
	RowsMore    = 60
	RowsAtMost  = 180
)

// moreURL shows more rows below these, up to a point; from there on the next ones are a page of their own.
func (l List) moreURL() string {
	shown := cmp.Or(l.Shown, RowsAtFirst)
	if shown+RowsMore > RowsAtMost {
		return ListURL(l.View, 0, l.Next)
	}
	return ListURL(l.View, shown+RowsMore, l.After)
}

// emptyWords say what an empty view means.
func (l List) emptyWords() (title, text string) {
	switch l.View {
	case store.ViewMine:
		if waiting := l.Counts.Views[store.ViewQueue]; waiting > 0 {
			return "Nothing of yours is open", fmt.Sprintf("%s in the queue.", plural(waiting, "chat waits", "chats wait"))
		}
		return "All answered", "Nothing of yours is open, and nobody waits in the queue."
	case store.ViewQueue:
		return "Nobody waits", "Chats without an owner stand here."
	case store.ViewClosing:
		return "No window closes soon", "Chats with less than four hours left to reply stand here."
	case store.ViewClosed:
		return "Nothing closed yet", "Closed chats stand here, the newest first."
	}
	return "No open chats", "When a customer writes, the chat appears here by itself."
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func (r Row) class() string {
	class := "row"
	if r.Chat.Unread > 0 {
		class += " row--unread"
	}
	if r.Chat.Waiting() {
		class += " row--waiting"
	}
	if r.Left != "" {
		class += " row--left"
	}
	return class
}

// known says that the row may still be looked at at all.
func (r Row) known() bool { return r.Contact.ID != 0 }

// lastWords is the row's second line.
type lastWords struct {
	icon   string
	from   string // who wrote it, when not the reader
	text   string
	failed bool
	tick   *store.Message
}

func (r Row) last(viewer store.Agent) lastWords {
	m := r.LastMessage
	switch {
	case r.Left != "":
		return lastWords{text: r.Left}
	case m == nil:
		return lastWords{text: "No messages yet"}
	case m.Status == store.Failed:
		return lastWords{icon: "circle-alert", text: failShort(*m), failed: true}
	case m.Status == store.Unconfirmed:
		return lastWords{icon: "circle-question-mark", text: "Not confirmed", failed: true}
	}
	words := lastWords{text: summary(*m)}
	if m.Direction == store.Out {
		words.tick = m
		if r.LastAuthor != nil && r.LastAuthor.ID != viewer.ID {
			words.from = firstName(r.LastAuthor.Name) + ":"
		}
	}
	if m.Kind != store.KindText && m.Kind != store.KindUnsupported {
		words.icon = kindIcon(*m)
	}
	return words
}

// waits is how long the customer has been waiting, in words.
func waits(c store.Chat, now time.Time) string {
	if d := now.Sub(c.WaitingSince); d >= time.Minute {
		return "waits " + span(d)
	}
	return "waits"
}

func orderName(v store.View) string {
	for _, known := range listViews {
		if known.view == v {
			return known.order
		}
	}
	return "Most urgent first"
}

// orderTitle says the order at length.
func orderTitle(v store.View) string {
	if v == store.ViewClosed {
		return ""
	}
	return "Waiting customers first, by the time left to reply; then the newest"
}

// shortViewName fits into a tab.
func shortViewName(v store.View) string {
	if v == store.ViewClosing {
		return "Closing"
	}
	return viewName(v)
}

// LeftUnseen is all that is said of a chat that somebody may no longer see.
const LeftUnseen = "It is with somebody else now."

// LeftBecause says why a chat is no longer in the view it was in.
func LeftBecause(c store.Chat, owner *store.Agent, viewer store.Agent) string {
	switch {
	case c.State == store.ChatClosed:
		return "closed"
	case c.OwnerID == 0:
		return "back in the queue"
	case c.OwnerID == viewer.ID:
		return "with you now"
	case owner != nil:
		return "with " + owner.Name + " now"
	}
	return "no longer in this view"
}
