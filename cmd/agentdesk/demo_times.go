package main

import (
	"slices"
	"time"

	"agentdesk/store"
)

// When a talk was.

func on(days int, clock string, acts ...act) talk {
	return talk{days: days, clock: clock, fixed: byClock, acts: acts}
}

// withLeft ends so that free text is possible for that much longer; a negative left ended that long ago.
func withLeft(left time.Duration, acts ...act) talk {
	return talk{left: left, fixed: byWindow, acts: acts}
}

// waiting ends with the customer's last words that long ago.
func waiting(since time.Duration, acts ...act) talk {
	return talk{since: since, fixed: bySince, acts: acts}
}

// step is an act with its instant.
type step struct {
	act
	at    time.Time
	guest int
}

// steps puts the acts of all guests into the order of time, as seen from the opening of the demo.
func steps(guests []guest, opening time.Time, zone *time.Location) []step {
	var all []step
	for i, g := range guests {
		for _, t := range g.talks {
			at := t.instants(opening, zone)
			for n, a := range t.acts {
				all = append(all, step{act: a, at: at[n], guest: i})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b step) int { return a.at.Compare(b.at) })
	return all
}

// instants are when the acts of a talk were.
func (t talk) instants(opening time.Time, zone *time.Location) []time.Time {
	at := make([]time.Time, len(t.acts))
	at[0] = opening // any instant near it: all are shifted below
	for i := 1; i < len(at); i++ {
		at[i] = at[i-1].Add(t.gap(i))
	}
	anchor, stands := 0, opening
	switch t.fixed {
	case byClock:
		local := opening.In(zone).AddDate(0, 0, -t.days)
		clock, err := time.Parse("15:04", t.clock)
		if err != nil {
			panic("demo: " + t.clock + " is no time of the day")
		}
		stands = time.Date(local.Year(), local.Month(), local.Day(), clock.Hour(), clock.Minute(), 12, 0, zone)
	case byWindow:
		anchor = t.last(act.opensWindow)
		stands = opening.Add(t.left + store.WindowMargin - store.WindowLength)
	case bySince:
		anchor = t.last(act.opensWindow)
		stands = opening.Add(-t.since)
	}
	shift := stands.Sub(at[anchor])
	for i := range at {
		at[i] = at[i].Add(shift).UTC().Truncate(time.Second)
	}
	return at
}

// last is the index of the last act that is so, or of the last one.
func (t talk) last(is func(act) bool) int {
	for i := len(t.acts) - 1; i >= 0; i-- {
		if is(t.acts[i]) {
			return i
		}
	}
	return len(t.acts) - 1
}

// gap is the time between an act and the one before it: people read before they answer, and write on quickly.
func (t talk) gap(i int) time.Duration {
	a, before := t.acts[i], t.acts[i-1]
	if a.gap != 0 {
		return a.gap
	}
	uneven := time.Duration(i*37%49) * time.Second
	switch {
	case a.by == "" && before.by == "":
		return 20*time.Second + uneven
	case a.by == "":
		return 3*time.Minute + uneven
	case a.by == before.by:
		return 25*time.Second + uneven
	case a.kind == closes:
		return 4*time.Minute + uneven
	}
	return 2*time.Minute + uneven
}
