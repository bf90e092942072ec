package store

import "time"

const (
	// WindowLength is Meta's customer-service window (platform document 5.1).
	WindowLength = 24 * time.Hour
	// WindowMargin: the desk refuses free text this long before the end, because Meta may (platform document 5.2).
	WindowMargin = 30 * time.Second
)

// Window is the 24-hour customer-service window of a chat. Both instants are UTC; zero means it never opened.
type Window struct {
	From  time.Time // the newest qualifying event by Meta's timestamp
	Until time.Time // From + 24 h, or the moment Meta said it had ended
}

// Qualify is the one rule of opening and extending: it returns the window after a qualifying event that Meta stamped at
// and that reached us at arrived. Older events never shorten it, stamps of the future count as arrived, and an event from
// before Meta's own "it has ended" does not revive it.
func (w Window) Qualify(at, arrived time.Time) Window {
	if at.After(arrived) {
		at = arrived
	}
	endedByMeta := !w.From.IsZero() && w.Until.Before(w.From.Add(WindowLength))
	if !at.After(w.From) || (endedByMeta && !at.After(w.Until)) {
		return w
	}
	return Window{From: at, Until: at.Add(WindowLength)}
}

// EndAt is the window after Meta refused free text at now with 131047: Meta's word is the truth (platform document 5.1).
func (w Window) EndAt(now time.Time) Window {
	if now.Before(w.Until) {
		w.Until = now
	}
	return w
}

// Open says whether Meta takes free text at now: at exactly 24 h 0 s it does not.
func (w Window) Open(now time.Time) bool { return now.Before(w.Until) }

// FreeUntil is the moment from which the desk refuses free text; what a countdown runs to. Zero if never opened.
func (w Window) FreeUntil() time.Time {
	if w.Until.IsZero() {
		return time.Time{}
	}
	if w.Until.Before(w.From.Add(WindowLength)) {
		return w.Until // Meta ended it: no margin to keep
	}
	return w.Until.Add(-WindowMargin)
}

// TakesText says whether the desk lets somebody submit free text at now.
func (w Window) TakesText(now time.Time) bool { return now.Before(w.FreeUntil()) }

// Qualifies says which inbound kinds open or extend the window. The table of the platform document 5.1: what is doubtful
// there (reactions, permission replies) does not, because believing in a window that Meta denies loses the answer.
func (k MessageKind) Qualifies() bool {
	switch k {
	case KindSystem, KindPermission, KindReaction:
		return false
	}
	return true
}
