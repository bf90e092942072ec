package views

import (
	"cmp"
	"context"
	"slices"
	"time"

	"agentdesk/store"
)

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
	opens   bool      // the "New" line is the first thing of its day, and says so
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
			items, before = markNew(items, m.Message.At), nil
		}
		if m != nil && before != nil {
			m.Follow = m.side() == before.side() && m.author() == before.author() && m.Message.At.Sub(before.Message.At) < oneBreath
		}
		before = m
		items = append(items, one.item)
	}
	return items
}

// markNew puts the "New" line in front of a message that is about to follow, and of the case that this message opened.
func markNew(items []item, at time.Time) []item {
	place := len(items)
	for place > 0 && items[place-1].line != nil && (items[place-1].line.Kind == store.LineCaseOpened || items[place-1].line.Kind == store.LineReopened) {
		place--
		at = items[place].line.At
	}
	opens := place > 0 && items[place-1].line == nil && items[place-1].message == nil
	return slices.Insert(items, place, item{day: at, isNew: true, opens: opens})
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
