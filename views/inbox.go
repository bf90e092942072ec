package views

import (
	"cmp"
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
	{store.ViewMine, "Mine", "Least time first", false},
	{store.ViewQueue, "Queue", "Least time first", false},
	{store.ViewClosing, "Closing soon", "Least time first", false},
	{store.ViewAll, "All", "Least time first", true},
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

// Stretch is a part of a thread that can be put before or after what is shown.
type Stretch struct {
	ChatID  int64
	Contact store.Contact
	Thread  store.Thread
	NewFrom int64  // the first message that the owner has not read; 0 = none
	Day     string // of the oldest thing that is shown below already, as a Unix millisecond of its midnight
	Now     time.Time
	Real    time.Time
}

func (c Chat) stretch(real time.Time) Stretch {
	return Stretch{ChatID: c.id(), Contact: c.Page.Contact, Thread: c.Thread, NewFrom: NewFrom(c.Page.Chat, c.Thread), Now: c.now(), Real: real}
}

// NewFrom is the first message that the owner has not read; 0 when there is none, or when it lies before this stretch.
func NewFrom(c store.Chat, stretch store.Thread) int64 {
	if c.Unread == 0 {
		return 0
	}
	for i, m := range stretch.Messages {
		if m.Direction == store.In && m.ID > c.ReadUpTo {
			if i == 0 && stretch.Older != "" {
				return 0
			}
			return m.ID
		}
	}
	return 0
}

// item is one thing of a thread in its place.
type item struct {
	day     time.Time // midnight, of a day's line
	isNew   bool      // the "New" line; day is where it stands
	message *MessageView
	line    *store.Line
}

// oneBreath: what one person says within it stands together.
const oneBreath = 5 * time.Minute

// items puts messages, lines and days in the order of time, as the reader's days go.
func (s Stretch) items(ctx context.Context) []item {
	type stamped struct {
		at   time.Time
		id   int64
		item item
	}
	all := make([]stamped, 0, len(s.Thread.Messages)+len(s.Thread.Lines))
	for _, l := range s.Thread.Lines {
		all = append(all, stamped{at: l.At, item: item{line: &l}})
	}
	for _, m := range s.Thread.Messages {
		all = append(all, stamped{at: m.At, id: m.ID, item: item{message: &MessageView{Message: m, Contact: s.Contact, Real: s.Real}}})
	}
	slices.SortStableFunc(all, func(a, b stamped) int {
		return cmp.Or(cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()), cmp.Compare(a.id, b.id))
	})
	var items []item
	var before *MessageView
	for i, one := range all {
		if i == 0 || !midnight(ctx, one.at).Equal(midnight(ctx, all[i-1].at)) {
			items, before = append(items, item{day: midnight(ctx, one.at)}), nil
		}
		m := one.item.message
		if m != nil && m.Message.ID == s.NewFrom {
			items, before = append(items, item{day: m.Message.At, isNew: true}), nil
		}
		if m != nil && before != nil {
			m.Follow = m.side() == before.side() && m.author() == before.author() && m.Message.At.Sub(before.Message.At) < oneBreath
		}
		before = m
		items = append(items, one.item)
	}
	return items
}

func midnight(ctx context.Context, at time.Time) time.Time {
	y, m, d := at.In(zone(ctx)).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone(ctx))
}

// olderURL asks for what comes before; it says which day is shown already, so that its line moves up.
func (s Stretch) olderURL(ctx context.Context, items []item) string {
	day := ""
	for _, i := range items {
		if !i.day.IsZero() && !i.isNew {
			day = unixMilli(i.day)
			break
		}
	}
	return withQuery(MessagesURL(s.ChatID), "before", s.Thread.Older, "day", day)
}

// movesDay says that the newest thing of this stretch is of the day whose line stands below.
func (s Stretch) movesDay(items []item) bool {
	for _, i := range slices.Backward(items) {
		if !i.day.IsZero() && !i.isNew {
			return unixMilli(i.day) == s.Day
		}
	}
	return false
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

func orderName(v store.View) string {
	for _, known := range listViews {
		if known.view == v {
			return known.order
		}
	}
	return "Least time first"
}

// shortViewName fits into a tab.
func shortViewName(v store.View) string {
	if v == store.ViewClosing {
		return "Closing"
	}
	return viewName(v)
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

// OverCapacityText asks before somebody gets more than they can take.
func OverCapacityText(a store.Agent) string {
	return fmt.Sprintf("%s has %d of %d chats already.", a.Name, a.OpenCount, a.Capacity)
}

// ContactName is what a person is called on screen.
func ContactName(c store.Contact) string { return contactName(c) }
