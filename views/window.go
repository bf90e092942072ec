package views

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"agentdesk/store"
)

// How a window's time is shown (script timers.js keeps it right by the same rules): grey above four hours, amber to one,
// red below, breathing in the last five minutes, a lock when it has closed.

const (
	leftSoon = store.ClosingSoon
	leftLast = time.Hour
	leftNow  = 5 * time.Minute
)

// windowLeft is how long free text is still taken; never negative.
func windowLeft(c store.Chat, now time.Time) time.Duration {
	return max(0, c.Window().FreeUntil().Sub(now))
}

func windowOpen(c store.Chat, now time.Time) bool { return c.Window().TakesText(now) }

// windowLevel is the word that classes end in: "", "soon", "last", "closed".
func windowLevel(c store.Chat, now time.Time) string {
	switch left := windowLeft(c, now); {
	case left <= 0:
		return "closed"
	case left < leftLast:
		return "last"
	case left < leftSoon:
		return "soon"
	}
	return ""
}

func ringClass(c store.Chat, now time.Time) string {
	class := "ring"
	if level := windowLevel(c, now); level != "" {
		class += " ring--" + level
	}
	if left := windowLeft(c, now); left > 0 && left < leftNow {
		class += " ring--now"
	}
	return class
}

func levelClass(block string, c store.Chat, now time.Time) string {
	if level := windowLevel(c, now); level != "" {
		return block + " " + block + "--" + level
	}
	return block
}

// ringArc is the arc's stroke-dasharray: hours of twenty-four.
func ringArc(c store.Chat, now time.Time) string {
	return strconv.FormatFloat(windowLeft(c, now).Hours(), 'f', 2, 64) + " 24"
}

// freeUntil is the absolute moment that timers run to.
func freeUntil(c store.Chat) string {
	if c.Window().FreeUntil().IsZero() {
		return "0"
	}
	return unixMilli(c.Window().FreeUntil())
}

// rowLeft is the time left in a row: "19 h", "3 h 12", "42 min", "04:31", "closed".
func rowLeft(left time.Duration) string {
	minutes := int(left / time.Minute)
	switch {
	case left <= 0:
		return "closed"
	case left < leftNow:
		return fmt.Sprintf("%02d:%02d", minutes, int(left/time.Second)%60)
	case left < leftLast:
		return fmt.Sprintf("%d min", minutes)
	case left < leftSoon:
		return fmt.Sprintf("%d h %02d", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%d h", minutes/60)
}

// composerLeft is the same above the field.
func composerLeft(left time.Duration) string {
	switch {
	case left < leftNow:
		return rowLeft(left)
	case left < leftLast:
		return rowLeft(left) + " left"
	case left < leftSoon:
		return rowLeft(left) + " m left"
	}
	return "Free reply: " + rowLeft(left)
}

// windowTitle explains the countdown: who wrote when, and until when that lasts.
func windowTitle(ctx context.Context, c store.Chat, contact store.Contact) string {
	if c.WindowUntil.IsZero() {
		return "No window has been open yet: " + contactName(contact) + " has not written."
	}
	at := func(t time.Time) string { return t.In(zone(ctx)).Format("2 Jan 15:04") }
	return fmt.Sprintf("%s wrote %s; free replies until %s", contactName(contact), at(c.WindowFrom), at(c.Window().FreeUntil()))
}

// closedSentence says since when only templates can be sent.
func closedSentence(c store.Chat, now time.Time) string {
	until := c.Window().FreeUntil()
	if until.IsZero() {
		return "No window is open."
	}
	if d := now.Sub(until); d >= time.Minute {
		return "Closed " + span(d) + " ago."
	}
	return "Closed just now."
}
