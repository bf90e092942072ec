package store_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentdesk/store"
)

var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

func TestWindowEnds(t *testing.T) {
	t.Parallel()
	w := store.Window{}.Qualify(noon, noon)
	for _, test := range []struct {
		after           time.Duration
		open, takesText bool
	}{
		{0, true, true},
		{23*time.Hour + 59*time.Minute + 29*time.Second, true, true},
		{24*time.Hour - 30*time.Second - time.Millisecond, true, true},
		{24*time.Hour - 30*time.Second, true, false},
		{24*time.Hour - time.Second, true, false},
		{24*time.Hour - time.Millisecond, true, false},
		{24 * time.Hour, false, false},
		{24*time.Hour + time.Second, false, false},
	} {
		now := noon.Add(test.after)
		if w.Open(now) != test.open || w.TakesText(now) != test.takesText {
			t.Errorf("%v after: open %v, takes text %v", test.after, w.Open(now), w.TakesText(now))
		}
	}
	var never store.Window
	if never.Open(noon) || never.TakesText(noon) || !never.FreeUntil().IsZero() {
		t.Error("a window that never opened is open")
	}
}

// Windows are instants, so the local clock's change of hour is none of their business.
func TestWindowKnowsNoSummerTime(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"America/Sao_Paulo", "Asia/Kathmandu", "Europe/Madrid", "Australia/Lord_Howe"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, time.March, 28, 20, 0, 0, 0, loc)
		w := store.Window{}.Qualify(at, at)
		if got := w.Until.Sub(at); got != 24*time.Hour {
			t.Errorf("%s: %v", zone, got)
		}
	}
}

func TestWindowQualify(t *testing.T) {
	t.Parallel()
	open := store.Window{}.Qualify(noon, noon)
	for _, test := range []struct {
		name        string
		w           store.Window
		at, arrived time.Time
		from, until time.Time
	}{
		{"the first", store.Window{}, noon, noon, noon, noon.Add(24 * time.Hour)},
		{"a newer one", open, noon.Add(time.Hour), noon.Add(time.Hour), noon.Add(time.Hour), noon.Add(25 * time.Hour)},
		{"an older one", open, noon.Add(-time.Hour), noon.Add(time.Hour), noon, noon.Add(24 * time.Hour)},
		{"the same again", open, noon, noon.Add(time.Hour), noon, noon.Add(24 * time.Hour)},
		{"from the future", open, noon.Add(2 * time.Hour), noon.Add(time.Hour), noon.Add(time.Hour), noon.Add(25 * time.Hour)},
		{"three days late", store.Window{}, noon, noon.Add(72 * time.Hour), noon, noon.Add(24 * time.Hour)},
	} {
		got := test.w.Qualify(test.at, test.arrived)
		if !got.From.Equal(test.from) || !got.Until.Equal(test.until) {
			t.Errorf("%s: %v to %v, want %v to %v", test.name, got.From, got.Until, test.from, test.until)
		}
	}
	if store.Window(open).Qualify(noon.Add(-time.Hour), noon.Add(30*time.Hour)).Open(noon.Add(30 * time.Hour)) {
		t.Error("a late event reopened the window")
	}
}

// Meta's 131047 is the truth: from then on only what the customer writes afterwards opens it again.
func TestWindowEndedByMeta(t *testing.T) {
	t.Parallel()
	refused := noon.Add(20 * time.Hour)
	w := store.Window{}.Qualify(noon, noon).EndAt(refused)
	if w.Open(refused) || w.TakesText(refused) || !w.TakesText(refused.Add(-time.Millisecond)) || !w.FreeUntil().Equal(refused) {
		t.Errorf("ended: %+v", w)
	}
	if late := w.Qualify(noon.Add(19*time.Hour), refused.Add(time.Minute)); late != w {
		t.Errorf("an event from before the refusal revived it: %+v", late)
	}
	if again := w.Qualify(refused.Add(time.Second), refused.Add(time.Second)); !again.Open(refused.Add(2 * time.Second)) {
		t.Errorf("a message from after it did not: %+v", again)
	}
	if twice := w.EndAt(refused.Add(time.Hour)); twice != w {
		t.Errorf("a second refusal moved the end: %+v", twice)
	}
	if ended := (store.Window{}).EndAt(noon); ended.Open(noon) {
		t.Errorf("never opened, then ended: %+v", ended)
	}
}

// A stamp lies up to three days before its arrival, or half an hour after it.
func drawStamps(t *rapid.T) (at, arrived []time.Time) {
	n := rapid.IntRange(1, 12).Draw(t, "events")
	for range n {
		came := noon.Add(time.Duration(rapid.IntRange(0, 100*3600).Draw(t, "arrived")) * time.Second)
		arrived = append(arrived, came)
		at = append(at, came.Add(time.Duration(rapid.IntRange(-72*3600, 1800).Draw(t, "stamp"))*time.Second))
	}
	return at, arrived
}

func TestWindowNeverShrinks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at, arrived := drawStamps(t)
		var w store.Window
		for i := range at {
			next := w.Qualify(at[i], arrived[i])
			if next.From.Before(w.From) || next.Until.Before(w.Until) {
				t.Fatalf("%v to %v became %v to %v", w.From, w.Until, next.From, next.Until)
			}
			if next.Until.Sub(next.From) != store.WindowLength || next.From.After(arrived[i]) && next != w {
				t.Fatalf("%v to %v, arrived %v", next.From, next.Until, arrived[i])
			}
			if next.Qualify(at[i], arrived[i]) != next {
				t.Fatal("the same event twice is not the same window")
			}
			w = next
		}
	})
}

func TestWindowInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at, arrived := drawStamps(t)
		order := rapid.Permutation(indexes(len(at))).Draw(t, "order")
		var straight, shuffled store.Window
		for i := range at {
			straight = straight.Qualify(at[i], arrived[i])
			shuffled = shuffled.Qualify(at[order[i]], arrived[order[i]])
		}
		if straight != shuffled {
			t.Fatalf("%+v in order, %+v in the order %v", straight, shuffled, order)
		}
	})
}

// Whatever events came before Meta's refusal, and whenever they arrive, they do not open the window after it.
func TestWindowStaysEnded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at, arrived := drawStamps(t)
		w := store.Window{}.Qualify(noon, noon)
		refused := noon.Add(time.Duration(rapid.IntRange(1, 86_399).Draw(t, "refused")) * time.Second)
		w = w.EndAt(refused)
		for i := range at {
			if at[i].After(refused) {
				continue
			}
			w = w.Qualify(at[i], arrived[i].Add(100*time.Hour))
		}
		if w.Open(refused) {
			t.Fatalf("open after Meta said it had ended at %v: %+v", refused, w)
		}
	})
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
