package views

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"agentdesk/store"
)

type zoneKey struct{}

// WithZone makes times come out in the reader's zone. A live frame is rendered without it, once for everybody: its times
// are UTC and the page localises them from <time datetime>.
func WithZone(ctx context.Context, zone *time.Location) context.Context {
	return context.WithValue(ctx, zoneKey{}, zone)
}

func zone(ctx context.Context) *time.Location {
	if z, ok := ctx.Value(zoneKey{}).(*time.Location); ok {
		return z
	}
	return time.UTC
}

func clock(ctx context.Context, at time.Time) string { return at.In(zone(ctx)).Format("15:04") }

func exact(ctx context.Context, at time.Time) string {
	return at.In(zone(ctx)).Format("2 Jan 2006 15:04:05 MST")
}

// dayAndClock is short: the clock today, the weekday within a week, else the date.
func dayAndClock(ctx context.Context, at, now time.Time) string {
	local, today := at.In(zone(ctx)), now.In(zone(ctx))
	switch days := calendarDays(local, today); {
	case days <= 0:
		return local.Format("15:04")
	case days < 7:
		return local.Format("Mon")
	case local.Year() == today.Year():
		return local.Format("2 Jan")
	}
	return local.Format("2 Jan 2006")
}

// shortDay is a date, but today is called so.
func shortDay(ctx context.Context, at, now time.Time) string {
	local, today := at.In(zone(ctx)), now.In(zone(ctx))
	switch {
	case calendarDays(local, today) == 0:
		return "today"
	case local.Year() == today.Year():
		return local.Format("2 Jan")
	}
	return local.Format("2 Jan 2006")
}

// moment is a day and the clock.
func moment(ctx context.Context, at, now time.Time) string {
	return shortDay(ctx, at, now) + ", " + clock(ctx, at)
}

// dayName heads a day of the thread.
func dayName(ctx context.Context, at, now time.Time) string {
	local, today := at.In(zone(ctx)), now.In(zone(ctx))
	switch days := calendarDays(local, today); {
	case days <= 0:
		return "Today"
	case days == 1:
		return "Yesterday"
	case days < 7:
		return local.Format("Monday")
	case local.Year() == today.Year():
		return local.Format("Monday 2 January")
	}
	return local.Format("2 January 2006")
}

func calendarDays(from, to time.Time) int {
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(midnight(to).Sub(midnight(from)).Hours() / 24)
}

// span is a waiting time: "4 min", "3 h", "2 d".
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

func unixMilli(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

// sortKey orders bubbles and lines as numbers: instant, then messages by id. Lines of the same instant stand before.
func sortKey(at time.Time, id int64) string { return fmt.Sprintf("%d-%d", at.UnixMilli(), id) }

// contactName is what a person is called on screen.
func contactName(c store.Contact) string {
	name, ok := c.DisplayName()
	if !ok {
		return "Customer · " + name
	}
	if name == c.Phone {
		return Phone(name)
	}
	return name
}

// namedByPhone says that only a number is known, so that an avatar shows an icon instead of digits.
func namedByPhone(c store.Contact) bool {
	name, ok := c.DisplayName()
	return !ok || name == c.Phone
}

// Phone spaces an E.164 number as its country does; anything else comes back as it is.
func Phone(e164 string) string {
	number, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return e164
	}
	return phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
}

// initials are the first letters of the first and last word, by code point.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	if len(words) == 0 {
		return "?"
	}
	first := func(word string) string {
		r, _ := utf8.DecodeRuneInString(word)
		return string(unicode.ToUpper(r))
	}
	if len(words) == 1 {
		return first(words[0])
	}
	return first(words[0]) + first(words[len(words)-1])
}

// tint is one of twelve hues, always the same for the same thing.
func tint(of string) string {
	h := fnv.New32a()
	h.Write([]byte(of))
	return "tint-" + strconv.Itoa(int(h.Sum32()%12)+1)
}

func agentTint(a store.Agent) string     { return tint("agent:" + strconv.FormatInt(a.ID, 10)) }
func contactTint(c store.Contact) string { return tint("contact:" + strconv.FormatInt(c.ID, 10)) }

func firstName(name string) string {
	if first, _, ok := strings.Cut(name, " "); ok {
		return first
	}
	return name
}

// fileSize in the decimal units people know from WhatsApp.
func fileSize(bytes int64) string {
	switch {
	case bytes < 1000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1000_000:
		return fmt.Sprintf("%d kB", (bytes+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
