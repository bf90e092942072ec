package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestTakeFromTheQueue(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	before := waiting(t, d)
	var c store.Chat
	events := eventsOf(t, d, func() { c = take(t, d, d.Ana, before.ID) })

	want := before
	want.OwnerID, want.Version, want.QueuedAt = d.Ana.ID, before.Version+1, time.Time{}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("chat (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(c, d.Chat(t, c.ID)); diff != "" {
		t.Errorf("what the command returned and what is stored (-returned +stored):\n%s", diff)
	}
	lines := linesOf(t, d, c.ID)
	if len(lines) != 1 || lines[0].Kind != store.LineTaken || lines[0].Agent.Name != d.Ana.Name || lines[0].Other != nil {
		t.Errorf("lines: %+v", lines)
	}
	if why := lines[0].Why; why == nil || why.Kind != store.Taken || why.AgentID != d.Ana.ID || why.ByID != d.Ana.ID || why.CaseID != c.CaseID {
		t.Errorf("assignment: %+v", why)
	}
	wantEvents := []store.Event{
		{Kind: store.AgentChanged, AgentID: d.Ana.ID},
		{Kind: store.ChatChanged, ChatID: c.ID, TeamID: 1, OwnerID: d.Ana.ID, FormerID: store.FromQueue},
		{Kind: store.LineAdded, ChatID: c.ID, LineID: lines[0].ID, TeamID: 1, OwnerID: d.Ana.ID},
	}
	if diff := cmp.Diff(wantEvents, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	unchanged(t, d, func() { take(t, d, d.Ana, c.ID) }) // one's own
	countsAgree(t, d)
}

func TestTakeWhateverPresenceAndLoad(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Exec(t, "UPDATE agents SET capacity = 0, presence = 'offline' WHERE id = ?", d.Ana.ID)
	if c := owned(t, d, d.Ana); c.OwnerID != d.Ana.ID {
		t.Errorf("owner %d", c.OwnerID)
	}
}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	d.Clock.Advance(time.Minute)
	onlooker := seeing(d.Ben, store.VisibleTeam)

	unchanged(t, d, func() {
		_, err := d.Store.TakeChat(t.Context(), d.Ben, c.ID, true)
		wantError(t, err, store.ErrNotFound)
		_, err = d.Store.TakeChat(t.Context(), onlooker, c.ID, false)
		lost := wantConflict(t, err, store.ConflictOwned)
		if diff := cmp.Diff(&store.Agent{ID: d.Ana.ID, Name: d.Ana.Name}, lost.Agent); diff != "" {
			t.Errorf("whose it is, name only (-want +got):\n%s", diff)
		}
	})
	var over store.Chat
	events := eventsOf(t, d, func() { over = take(t, d, onlooker, c.ID) })
	if over.OwnerID != d.Ben.ID || over.LastOwnerID != d.Ana.ID {
		t.Errorf("owner %d, before them %d", over.OwnerID, over.LastOwnerID)
	}
	i := slices.IndexFunc(events, func(e store.Event) bool { return e.Kind == store.ChatChanged })
	if i < 0 || events[i].FormerID != d.Ana.ID {
		t.Errorf("events do not say who lost the chat: %+v", events)
	}
	last := linesOf(t, d, c.ID)[1]
	if last.Agent.Name != d.Ben.Name || last.Other.Name != d.Ana.Name {
		t.Errorf("line: %+v", last)
	}
	countsAgree(t, d)
}

func TestAssign(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	gone, abroad := d.Person(t, "Dan Okoye", store.RoleAgent), d.Person(t, "Eva Lund", store.RoleAgent)
	d.Exec(t, "UPDATE agents SET disabled_at = 1 WHERE id = ?", gone.ID)
	d.Exec(t, "DELETE FROM team_members WHERE agent_id = ?", abroad.ID)
	d.Exec(t, "UPDATE agents SET capacity = 0 WHERE id = ?", d.Chi.ID)
	invalid := store.Invalid{Field: "agent_id", Message: "Choose somebody of this chat's team who still works here."}
	owner := func(a store.Agent) func(*testing.T, store.Chat, error) {
		return func(t *testing.T, c store.Chat, err error) {
			if err != nil || c.OwnerID != a.ID {
				t.Errorf("owner %d, %v; want %s", c.OwnerID, err, a.Name)
			}
		}
	}
	refused := func(want error) func(*testing.T, store.Chat, error) {
		return func(t *testing.T, _ store.Chat, err error) { wantError(t, err, want) }
	}
	for _, tt := range []struct {
		name      string
		who       store.Agent
		of        *store.Agent // who owns it; nil = the queue
		to        int64
		from      int64
		confirmed bool
		want      func(*testing.T, store.Chat, error)
	}{
		{"owner hands over", d.Ana, &d.Ana, d.Ben.ID, 0, false, owner(d.Ben)},
		{"supervisor out of the queue", d.Sam, nil, d.Ben.ID, 0, false, owner(d.Ben)},
		{"admin takes from one and gives to another", d.Alex, &d.Ana, d.Ben.ID, d.Ana.ID, false, owner(d.Ben)},
		{"to a supervisor", d.Ana, &d.Ana, d.Sam.ID, 0, false, owner(d.Sam)},
		{"to oneself out of the queue", d.Ana, nil, d.Ana.ID, 0, false, owner(d.Ana)},
		{"supervisor to themselves", d.Sam, &d.Ana, d.Sam.ID, 0, false, owner(d.Sam)},
		{"onlooker to themselves, having seen whose it is", seeing(d.Ben, store.VisibleTeam), &d.Ana, d.Ben.ID, d.Ana.ID, false, owner(d.Ben)},
		{"onlooker to themselves, unseen", seeing(d.Ben, store.VisibleTeam), &d.Ana, d.Ben.ID, 0, false,
			func(t *testing.T, _ store.Chat, err error) { wantConflict(t, err, store.ConflictOwned) }},
		{"out of the queue as the page showed it", d.Sam, nil, d.Ben.ID, store.FromQueue, false, owner(d.Ben)},
		{"out of the queue, from which somebody took it", d.Sam, &d.Ana, d.Ben.ID, store.FromQueue, false,
			func(t *testing.T, _ store.Chat, err error) { wantConflict(t, err, store.ConflictOwned) }},
		{"to oneself out of the queue, from which somebody took it", d.Sam, &d.Ana, d.Sam.ID, store.FromQueue, false,
			func(t *testing.T, _ store.Chat, err error) { wantConflict(t, err, store.ConflictOwned) }},
		{"to whoever has it", d.Sam, &d.Ana, d.Ana.ID, 0, false, owner(d.Ana)},
		{"agent out of the queue to another", d.Ana, nil, d.Ben.ID, 0, false, refused(store.ErrForbidden)},
		{"onlooker", seeing(d.Ben, store.VisibleTeam), &d.Ana, d.Sam.ID, 0, false, refused(store.ErrForbidden)},
		{"stranger", d.Ben, &d.Ana, d.Ben.ID, 0, false, refused(store.ErrNotFound)},
		{"to somebody full", d.Sam, nil, d.Chi.ID, 0, false, func(t *testing.T, _ store.Chat, err error) {
			if full := wantConflict(t, err, store.ConflictOverCapacity).Agent; full == nil || full.Name != d.Chi.Name || full.PasswordHash != "" {
				t.Errorf("who is full: %+v", full)
			}
		}},
		{"to somebody full, confirmed", d.Sam, nil, d.Chi.ID, 0, true, func(t *testing.T, c store.Chat, err error) {
			owner(d.Chi)(t, c, err)
			if n := d.Count(t, "SELECT over_capacity FROM assignments WHERE chat_id = ?", c.ID); n != 1 {
				t.Error("not recorded as past capacity")
			}
		}},
		{"to nobody", d.Sam, nil, 0, 0, false, refused(invalid)},
		{"to somebody unknown", d.Sam, nil, 999, 0, false, refused(invalid)},
		{"to somebody disabled", d.Sam, nil, gone.ID, 0, true, refused(invalid)},
		{"to somebody of another team", d.Sam, nil, abroad.ID, 0, true, refused(invalid)},
		{"page showed another owner", d.Sam, &d.Ana, d.Ben.ID, d.Chi.ID, false, func(t *testing.T, _ store.Chat, err error) {
			if now := wantConflict(t, err, store.ConflictOwned).Agent; now == nil || now.ID != d.Ana.ID {
				t.Errorf("who has it: %+v", now)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := waiting(t, d)
			if tt.of != nil {
				c = take(t, d, *tt.of, c.ID)
				d.Clock.Advance(time.Minute)
			}
			assign := func() {
				got, err := d.Store.AssignChat(t.Context(), tt.who, c.ID, tt.to, tt.from, tt.confirmed)
				tt.want(t, got, err)
			}
			if tt.of != nil && tt.of.ID == tt.to {
				unchanged(t, d, assign)
			} else {
				assign()
			}
			countsAgree(t, d)
		})
	}
	closed := owned(t, d, d.Ana)
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, closed.ID); err != nil {
		t.Fatal(err)
	}
	_, err := d.Store.AssignChat(t.Context(), d.Sam, closed.ID, d.Ben.ID, 0, false)
	wantConflict(t, err, store.ConflictClosed)
}

func TestRelease(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	d.Clock.Advance(time.Minute)
	unchanged(t, d, func() {
		_, err := d.Store.ReleaseChat(t.Context(), d.Ben, c.ID)
		wantError(t, err, store.ErrNotFound)
		_, err = d.Store.ReleaseChat(t.Context(), seeing(d.Ben, store.VisibleAll), c.ID)
		wantError(t, err, store.ErrForbidden)
	})
	released, err := d.Store.ReleaseChat(t.Context(), d.Ana, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := c
	want.OwnerID, want.LastOwnerID, want.ReleasedByID, want.QueuedAt, want.Version = 0, d.Ana.ID, d.Ana.ID, d.Clock.Now(), c.Version+1
	if diff := cmp.Diff(want, released); diff != "" {
		t.Errorf("chat (-want +got):\n%s", diff)
	}
	_, err = d.Store.ReleaseChat(t.Context(), d.Ana, c.ID)
	if lost := wantConflict(t, err, store.ConflictOwned); lost.Agent != nil {
		t.Errorf("in the queue, yet owned by %+v", lost.Agent)
	}
	if c = take(t, d, d.Ben, c.ID); c.ReleasedByID != 0 {
		t.Error("who released it is still known after somebody took it")
	}
	if _, err := d.Store.ReleaseChat(t.Context(), d.Sam, c.ID); err != nil {
		t.Errorf("supervisor releases their agent's: %v", err)
	}
	lines := linesOf(t, d, c.ID)
	if last := lines[len(lines)-1]; last.Agent.Name != d.Sam.Name || last.Other.Name != d.Ben.Name {
		t.Errorf("line: %+v", last)
	}
	countsAgree(t, d)
}

func TestClose(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	d.Clock.Advance(time.Minute)
	unchanged(t, d, func() {
		_, err := d.Store.CloseChat(t.Context(), d.Ben, c.ID)
		wantError(t, err, store.ErrNotFound)
		_, err = d.Store.CloseChat(t.Context(), seeing(d.Ben, store.VisibleAll), c.ID)
		wantError(t, err, store.ErrForbidden)
	})
	closed, err := d.Store.CloseChat(t.Context(), d.Sam, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := c
	want.State, want.OwnerID, want.LastOwnerID, want.ClosedAt, want.Version = store.ChatClosed, 0, d.Ana.ID, d.Clock.Now(), c.Version+1
	want.WaitingSince, want.Unread, want.ReadUpTo, want.NextUp = time.Time{}, 0, c.LastMessageID, closed.NextUp
	if diff := cmp.Diff(want, closed); diff != "" {
		t.Errorf("chat (-want +got):\n%s", diff)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM cases WHERE id = ? AND closed_at = ? AND closed_by = ?", c.CaseID, d.Clock.Now().UnixMilli(), d.Sam.ID); n != 1 {
		t.Error("the case is not closed by whoever closed the chat")
	}
	_, err = d.Store.CloseChat(t.Context(), d.Ana, c.ID)
	if lost := wantConflict(t, err, store.ConflictClosed); lost.Agent.Name != d.Sam.Name {
		t.Errorf("closed by %+v", lost.Agent)
	}
	_, err = d.Store.TakeChat(t.Context(), d.Ana, c.ID, true)
	wantConflict(t, err, store.ConflictClosed)
	countsAgree(t, d)
}

func TestWhoeverClosesOutOfTheQueueSeesItClosed(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := waiting(t, d)
	if _, err := d.Store.CloseChat(t.Context(), d.Ben, c.ID); err != nil {
		t.Fatal(err)
	}
	rows, _, err := d.Store.ChatList(t.Context(), d.Ben, store.ListQuery{View: store.ViewClosed})
	if err != nil || len(rows) != 1 || rows[0].Chat.ID != c.ID {
		t.Errorf("closed by Ben: %+v, %v", rows, err)
	}
	if sees, err := d.Store.SeesChat(t.Context(), d.Ana, c.ID); sees || err != nil {
		t.Errorf("Ana sees it: %v, %v", sees, err)
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, c.ID); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Minute)
	unchanged(t, d, func() {
		_, err := d.Store.ReopenChat(t.Context(), d.Ben, c.ID)
		wantError(t, err, store.ErrNotFound)
	})
	var reopened store.Chat
	events := eventsOf(t, d, func() {
		var err error
		if reopened, err = d.Store.ReopenChat(t.Context(), d.Sam, c.ID); err != nil {
			t.Fatal(err)
		}
	})
	if reopened.State != store.ChatOpen || reopened.OwnerID != d.Sam.ID || reopened.CaseID == c.CaseID || !reopened.ClosedAt.IsZero() {
		t.Errorf("reopened: %+v", reopened)
	}
	i := slices.IndexFunc(events, func(e store.Event) bool { return e.Kind == store.ChatChanged })
	if i < 0 || events[i].FormerID != d.Ana.ID {
		t.Errorf("events do not say that Ana no longer sees it: %+v", events)
	}
	lines := linesOf(t, d, c.ID)
	if last := lines[len(lines)-1]; len(lines) != 3 || last.Kind != store.LineReopened || last.CaseID != reopened.CaseID || last.Why.CaseID != reopened.CaseID {
		t.Errorf("lines: %+v", lines)
	}
	_, err := d.Store.ReopenChat(t.Context(), d.Alex, c.ID)
	if lost := wantConflict(t, err, store.ConflictOpen); lost.Agent.Name != d.Sam.Name {
		t.Errorf("reopened by %+v", lost.Agent)
	}
	countsAgree(t, d)
}

func TestRead(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	now := d.Clock.Now()
	ids := []int64{c.LastMessageID}
	for _, late := range []time.Duration{time.Minute, -time.Hour, 2 * time.Minute} { // the second comes late: newer id, earlier place
		ids = append(ids, plant(t, d, c.ID, store.Message{At: now.Add(late)}))
	}
	answer := plant(t, d, c.ID, store.Message{Direction: store.Out, AgentID: d.Ana.ID, At: now.Add(3 * time.Minute), Status: store.Sent})
	other := plant(t, d, owned(t, d, d.Ana).ID, store.Message{At: now})

	read := func(who store.Agent, upTo int64) store.Chat {
		t.Helper()
		got, err := d.Store.ReadChat(t.Context(), who, c.ID, upTo)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := read(d.Ana, ids[1]); got.Unread != 2 || got.ReadUpTo != ids[1] {
		t.Errorf("read two of four: unread %d, up to %d", got.Unread, got.ReadUpTo)
	}
	unchanged(t, d, func() {
		read(d.Ana, ids[0]) // never backwards
		read(d.Sam, ids[3]) // over the shoulder
	})
	if got := read(d.Ana, other); got.Unread != 0 || got.ReadUpTo != ids[3] {
		t.Errorf("read past the end: unread %d, up to %d, want 0 and %d", got.Unread, got.ReadUpTo, ids[3])
	}
	unchanged(t, d, func() { read(d.Ana, answer) }) // nothing of the customer's since
	if stored := d.Chat(t, c.ID); stored.Unread != 0 || stored.ReadUpTo != ids[3] {
		t.Errorf("stored: %+v", stored)
	}
	_, err := d.Store.ReadChat(t.Context(), d.Ben, c.ID, ids[3])
	wantError(t, err, store.ErrNotFound)
}

func TestOpeningsAMinuteApart(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	open := func(who store.Agent) {
		t.Helper()
		if err := d.Store.RecordOpening(t.Context(), who, c.ID); err != nil {
			t.Fatal(err)
		}
	}
	open(d.Ana)
	open(d.Ana)
	open(d.Sam)
	d.Real.Advance(59 * time.Second)
	open(d.Ana)
	d.Real.Advance(time.Second)
	open(d.Ana)
	page, err := d.Store.Chat(t.Context(), d.Ana, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	ana, sam, start := store.Agent{ID: d.Ana.ID, Name: d.Ana.Name}, store.Agent{ID: d.Sam.ID, Name: d.Sam.Name}, d.Real.Now().Add(-time.Minute)
	want := []store.Opening{{Agent: ana, At: d.Real.Now()}, {Agent: sam, At: start}, {Agent: ana, At: start}}
	if diff := cmp.Diff(want, page.Openings); diff != "" {
		t.Errorf("openings (-want +got):\n%s", diff)
	}
	wantError(t, d.Store.RecordOpening(t.Context(), d.Ben, c.ID), store.ErrNotFound)
}

func TestSightEndsWithReassignment(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	everywhere := func(who store.Agent) map[string]bool {
		t.Helper()
		sees, err := d.Store.SeesChat(t.Context(), who, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		found := func(err error) bool {
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		_, chat := d.Store.Chat(t.Context(), who, c.ID)
		_, thread := d.Store.Thread(t.Context(), who, c.ID, store.ThreadQuery{})
		_, message := d.Store.Message(t.Context(), who, c.LastMessageID)
		_, read := d.Store.ReadChat(t.Context(), who, c.ID, c.LastMessageID)
		where := map[string]bool{"sees": sees, "chat": found(chat), "thread": found(thread), "message": found(message),
			"read": found(read), "opening": found(d.Store.RecordOpening(t.Context(), who, c.ID))}
		counts, err := d.Store.ViewCounts(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		for _, view := range []store.View{store.ViewMine, store.ViewAll} {
			rows, _, err := d.Store.ChatList(t.Context(), who, store.ListQuery{View: view})
			if err != nil {
				t.Fatal(err)
			}
			where["list "+string(view)], where["count "+string(view)] = len(rows) == 1, counts.Views[view] == 1
		}
		return where
	}
	all := func(want bool, where map[string]bool) {
		t.Helper()
		for place, got := range where {
			if got != want {
				t.Errorf("%s: %v, want %v", place, got, want)
			}
		}
	}
	all(true, everywhere(d.Ana))
	all(false, everywhere(d.Ben))
	if _, err := d.Store.AssignChat(t.Context(), d.Sam, c.ID, d.Ben.ID, 0, false); err != nil {
		t.Fatal(err)
	}
	all(false, everywhere(d.Ana))
	all(true, everywhere(d.Ben))

	// What Ana presses now is told who has it; who never saw the chat, and Ana a little later, only hear "not found".
	_, err := d.Store.CloseChat(t.Context(), d.Ana, c.ID)
	if lost := wantConflict(t, err, store.ConflictOwned); lost.Agent.Name != d.Ben.Name {
		t.Errorf("who has it: %+v", lost.Agent)
	}
	_, err = d.Store.CloseChat(t.Context(), d.Chi, c.ID)
	wantError(t, err, store.ErrNotFound)
	d.Clock.Advance(11 * time.Second)
	_, err = d.Store.CloseChat(t.Context(), d.Ana, c.ID)
	wantError(t, err, store.ErrNotFound)
}

// linesOf are the lines of a chat as the admin reads them.
func linesOf(t testing.TB, d *storetest.Desk, chatID int64) []store.Line {
	t.Helper()
	thread, err := d.Store.Thread(t.Context(), d.Alex, chatID, store.ThreadQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return thread.Lines
}
