package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// invalidField says which field err complains about; empty if it is no Invalid.
func invalidField(err error) string {
	var invalid store.Invalid
	if errors.As(err, &invalid) {
		return invalid.Field
	}
	return ""
}

// eventsSince lists what happened after seq, without when.
func eventsSince(t *testing.T, d *storetest.Desk, seq int64) []store.Event {
	t.Helper()
	events, complete, err := d.Store.EventsAfter(t.Context(), seq, 1000)
	if err != nil || !complete {
		t.Fatalf("events after %d: complete %t, %v", seq, complete, err)
	}
	for i := range events {
		events[i].Seq, events[i].At = 0, time.Time{}
	}
	return events
}

func lastSeq(t *testing.T, d *storetest.Desk) int64 {
	t.Helper()
	seq, err := d.Store.LastSeq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func TestCreateAgent(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	seq := lastSeq(t, d)
	got, err := d.Store.CreateAgent(t.Context(), &d.Alex, store.NewAgent{Email: " Dee@Demo.Test ", Name: " Dee Park ", Role: store.RoleAgent})
	if err != nil {
		t.Fatal(err)
	}
	want := store.Agent{ID: got.ID, Email: "dee@demo.test", Name: "Dee Park", Role: store.RoleAgent, Epoch: 1, TimeZone: "UTC",
		Capacity: 6, Choice: store.Away, Presence: store.Offline, OfflineSince: d.Real.Now(), CreatedAt: d.Real.Now(),
		TeamIDs: []int64{1}, Visibility: store.VisibleOwn}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("new person (-want +got):\n%s", diff)
	}
	if !got.Invited() {
		t.Error("without a password they are not invited")
	}
	if diff := cmp.Diff([]store.Event{{Kind: store.AgentChanged, AgentID: got.ID}}, eventsSince(t, d, seq)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	byEmail, err := d.Store.AgentByEmail(t.Context(), "DEE@demo.test")
	if err != nil || byEmail.ID != got.ID {
		t.Errorf("by e-mail: %d, %v", byEmail.ID, err)
	}
	if _, err := d.Store.AgentByEmail(t.Context(), "nobody@demo.test"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by unknown e-mail: %v", err)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM audit WHERE action = 'person.added' AND agent_id = ? AND object = 'agent:' || ?", d.Alex.ID, got.ID); n != 1 {
		t.Errorf("recorded %d times", n)
	}
}

func TestCreateAgentRefuses(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	good := store.NewAgent{Email: "dee@demo.test", Name: "Dee Park", Role: store.RoleAgent, Capacity: 99, TimeZone: "Asia/Tokyo"}
	tests := []struct {
		name   string
		change func(*store.NewAgent)
		field  string
	}{
		{"no e-mail", func(n *store.NewAgent) { n.Email = "" }, "email"},
		{"no address", func(n *store.NewAgent) { n.Email = "dee" }, "email"},
		{"a display name", func(n *store.NewAgent) { n.Email = "Dee <dee@demo.test>" }, "email"},
		{"two addresses", func(n *store.NewAgent) { n.Email = "dee@demo.test, ana@demo.test" }, "email"},
		{"taken e-mail", func(n *store.NewAgent) { n.Email = "ANA@demo.test" }, "email"},
		{"no name", func(n *store.NewAgent) { n.Name = " " }, "name"},
		{"long name", func(n *store.NewAgent) { n.Name = strings.Repeat("ñ", 81) }, "name"},
		{"two lines", func(n *store.NewAgent) { n.Name = "Dee\nPark" }, "name"},
		{"no role", func(n *store.NewAgent) { n.Role = "" }, "role"},
		{"unknown role", func(n *store.NewAgent) { n.Role = "root" }, "role"},
		{"capacity below", func(n *store.NewAgent) { n.Capacity = -1 }, "capacity"},
		{"capacity above", func(n *store.NewAgent) { n.Capacity = 100 }, "capacity"},
		{"unknown time zone", func(n *store.NewAgent) { n.TimeZone = "Mars/Base" }, "time_zone"},
		{"the machine's time zone", func(n *store.NewAgent) { n.TimeZone = "Local" }, "time_zone"},
	}
	for _, tt := range tests {
		n := good
		tt.change(&n)
		if _, err := d.Store.CreateAgent(t.Context(), &d.Alex, n); invalidField(err) != tt.field {
			t.Errorf("%s: %v, want Invalid %s", tt.name, err, tt.field)
		}
	}
	for _, by := range []store.Agent{d.Sam, d.Ana} {
		if _, err := d.Store.CreateAgent(t.Context(), &by, good); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("by %s: %v", by.Role, err)
		}
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM agents"); n != 5 {
		t.Errorf("%d people, want 5: a refusal left one", n)
	}
	good.Name = strings.Repeat("ñ", 80)
	if _, err := d.Store.CreateAgent(t.Context(), nil, good); err != nil {
		t.Errorf("from the command line: %v", err)
	}
}

func TestPeopleAndColleagues(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	outsider := d.Person(t, "Eli Stone", store.RoleAgent)
	d.Exec(t, "INSERT INTO teams (id, name) VALUES (2, 'Night')")
	d.Exec(t, "UPDATE team_members SET team_id = 2 WHERE agent_id = ?", outsider.ID)
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Chi.ID, store.AgentChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	names := func(all []store.Agent, err error) []string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, a := range all {
			if len(a.TeamIDs) != 1 {
				t.Errorf("%s is in teams %v", a.Name, a.TeamIDs)
			}
			names = append(names, a.Name)
		}
		return names
	}
	everybody := []string{"Alex Moreno", "Ana Ruiz", "Ben Novak", "Chi Tanaka", "Eli Stone", "Sam Okafor"}
	if diff := cmp.Diff(everybody, names(d.Store.People(t.Context(), d.Alex))); diff != "" {
		t.Errorf("an admin sees (-want +got):\n%s", diff)
	}
	team := []string{"Alex Moreno", "Ana Ruiz", "Ben Novak", "Chi Tanaka", "Sam Okafor"}
	if diff := cmp.Diff(team, names(d.Store.People(t.Context(), d.Sam))); diff != "" {
		t.Errorf("a supervisor sees (-want +got):\n%s", diff)
	}
	if _, err := d.Store.People(t.Context(), d.Ana); !errors.Is(err, store.ErrForbidden) {
		t.Errorf("an agent sees people: %v", err)
	}
	enabled := []string{"Alex Moreno", "Ana Ruiz", "Ben Novak", "Sam Okafor"}
	if diff := cmp.Diff(enabled, names(d.Store.Colleagues(t.Context(), d.Ana))); diff != "" {
		t.Errorf("an agent can assign to (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Eli Stone"}, names(d.Store.Colleagues(t.Context(), d.Agent(t, outsider.ID)))); diff != "" {
		t.Errorf("somebody of another team can assign to (-want +got):\n%s", diff)
	}
}

func TestChangeAgentByRole(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	outsider := d.Person(t, "Eli Stone", store.RoleAgent)
	d.Exec(t, "DELETE FROM team_members WHERE agent_id = ?", outsider.ID)
	name, role, capacity, disabled := "Ana R.", store.RoleSupervisor, 3, true
	changes := map[string]store.AgentChange{"name": {Name: &name}, "role": {Role: &role}, "capacity": {Capacity: &capacity}, "disabled": {Disabled: &disabled}}
	tests := []struct {
		by   store.Agent
		id   int64
		what string
		want error
	}{
		{d.Ana, d.Ana.ID, "capacity", store.ErrForbidden},
		{d.Ana, d.Ben.ID, "name", store.ErrForbidden},
		{d.Sam, d.Ana.ID, "capacity", nil},
		{d.Sam, d.Ana.ID, "name", store.ErrForbidden},
		{d.Sam, d.Ana.ID, "role", store.ErrForbidden},
		{d.Sam, d.Ana.ID, "disabled", store.ErrForbidden},
		{d.Sam, d.Sam.ID, "role", store.ErrForbidden},
		{d.Sam, outsider.ID, "capacity", store.ErrNotFound},
		{d.Alex, outsider.ID, "capacity", nil},
		{d.Alex, 4711, "capacity", store.ErrNotFound},
		{d.Alex, d.Ana.ID, "name", nil},
		{d.Alex, d.Ana.ID, "role", nil},
		{d.Alex, d.Ana.ID, "disabled", nil},
	}
	for _, tt := range tests {
		if _, err := d.Store.ChangeAgent(t.Context(), tt.by, tt.id, changes[tt.what]); !errors.Is(err, tt.want) {
			t.Errorf("%s changes %s of %d: %v, want %v", tt.by.Name, tt.what, tt.id, err, tt.want)
		}
	}
	for _, tt := range []struct {
		change store.AgentChange
		field  string
	}{
		{store.AgentChange{Name: new("")}, "name"},
		{store.AgentChange{Role: new(store.Role("owner"))}, "role"},
		{store.AgentChange{Capacity: new(100)}, "capacity"},
		{store.AgentChange{Capacity: new(-1)}, "capacity"},
	} {
		if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ben.ID, tt.change); invalidField(err) != tt.field {
			t.Errorf("%+v: %v, want Invalid %s", tt.change, err, tt.field)
		}
	}
	seq := lastSeq(t, d)
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ben.ID, store.AgentChange{Capacity: &d.Ben.Capacity}); err != nil {
		t.Fatal(err)
	}
	if got := lastSeq(t, d); got != seq {
		t.Errorf("changing nothing left %d events", got-seq)
	}
	changed, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ben.ID, store.AgentChange{Role: &role, Capacity: new(0)})
	if err != nil || changed.Role != store.RoleSupervisor || changed.Capacity != 0 {
		t.Errorf("got %s with capacity %d, %v", changed.Role, changed.Capacity, err)
	}
	if diff := cmp.Diff([]store.Event{{Kind: store.AgentChanged, AgentID: d.Ben.ID}}, eventsSince(t, d, seq)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := d.Agent(t, d.Ben.ID); got.Role != store.RoleSupervisor || got.Epoch != d.Ben.Epoch {
		t.Errorf("afterwards: %s, epoch %d", got.Role, got.Epoch)
	}
}

func TestDisablingSendsChatsBackAndEndsSessions(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Available(t, d.Ana)
	chats := d.Queue(t, 3)
	for _, c := range inQueue(t, d) {
		if err := d.Store.RouteChat(t.Context(), c, d.Ana.ID, store.ReasonLeastLoaded, nil); err != nil {
			t.Fatal(err)
		}
	}
	token, err := d.Store.CreateLink(t.Context(), &d.Alex, store.LinkReset, d.Ana.ID)
	if err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Minute)
	gone, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ana.ID, store.AgentChange{Disabled: new(true)})
	if err != nil {
		t.Fatal(err)
	}
	if !gone.Disabled() || gone.Epoch != d.Ana.Epoch+1 || gone.Presence != store.Offline || gone.OpenCount != 0 {
		t.Errorf("afterwards %+v", gone)
	}
	if _, err := d.Store.AgentByID(t.Context(), d.Ana.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("loaded to act: %v", err)
	}
	if kept, err := d.Store.AgentByEmail(t.Context(), d.Ana.Email); err != nil || !kept.Disabled() || kept.OpenCount != 0 {
		t.Errorf("by e-mail: %+v, %v", kept, err)
	}
	if _, err := d.Store.FindLink(t.Context(), token); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("their link: %v", err)
	}
	var queue []int64
	for _, c := range inQueue(t, d) {
		queue = append(queue, c.ID)
		if !c.QueuedAt.Equal(d.Clock.Now()) {
			t.Errorf("chat %d waits since %s", c.ID, c.QueuedAt)
		}
	}
	if diff := cmp.Diff(chats, queue); diff != "" {
		t.Errorf("queue (-want +got):\n%s", diff)
	}
	released := "SELECT COUNT(*) FROM assignments JOIN thread_lines l ON l.assignment_id = assignments.id" +
		" WHERE assignments.kind = 'released' AND by_id = ? AND from_id = ? AND l.kind = 'released' AND l.agent_id = by_id AND l.other_id = from_id"
	if n := d.Count(t, released, d.Alex.ID, d.Ana.ID); n != 3 {
		t.Errorf("%d releases recorded, want 3", n)
	}

	back, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ana.ID, store.AgentChange{Disabled: new(false)})
	if err != nil || back.Disabled() || back.Epoch != gone.Epoch {
		t.Errorf("enabled again: %+v, %v", back, err)
	}
}

func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	invited, err := d.Store.CreateAgent(t.Context(), &d.Alex, store.NewAgent{Email: "fay@demo.test", Name: "Fay Lind", Role: store.RoleAdmin})
	if err != nil {
		t.Fatal(err)
	}
	demote, disable := store.AgentChange{Role: new(store.RoleAgent)}, store.AgentChange{Disabled: new(true)}
	refused := func(when string) {
		t.Helper()
		if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Alex.ID, demote); invalidField(err) != "role" {
			t.Errorf("%s, demoted: %v", when, err)
		}
		if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Alex.ID, disable); invalidField(err) != "disabled" {
			t.Errorf("%s, disabled: %v", when, err)
		}
	}
	refused("the other admin cannot sign in yet")
	if _, err := d.Store.SetPassword(t.Context(), invited.ID, storetest.PasswordHash); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, invited.ID, disable); err != nil {
		t.Fatal(err)
	}
	refused("the other admin is disabled")
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, invited.ID, store.AgentChange{Disabled: new(false)}); err != nil {
		t.Fatal(err)
	}

	// With two, both may step down at the same instant: one of them stays.
	var refusals sync.Map
	var both sync.WaitGroup
	for _, a := range []store.Agent{d.Alex, invited} {
		both.Go(func() {
			if _, err := d.Store.ChangeAgent(t.Context(), a, a.ID, demote); err != nil {
				refusals.Store(a.ID, invalidField(err))
			}
		})
	}
	both.Wait()
	count := 0
	refusals.Range(func(_, field any) bool {
		count++
		if field != "role" {
			t.Errorf("refused for %q", field)
		}
		return true
	})
	if has, err := d.Store.HasAdmin(t.Context()); err != nil || !has || count != 1 {
		t.Errorf("%d refusals, still an admin: %t, %v", count, has, err)
	}
}

func TestChangeProfile(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	got, err := d.Store.ChangeProfile(t.Context(), d.Ana, " Ana Ruiz Gil ", "America/Bogota", "dark")
	if err != nil || got.Name != "Ana Ruiz Gil" || got.TimeZone != "America/Bogota" || got.Theme != "dark" {
		t.Errorf("got %+v, %v", got, err)
	}
	for field, try := range map[string][3]string{
		"name": {"", "UTC", ""}, "time_zone": {"Ana", "", ""}, "theme": {"Ana", "UTC", "pink"},
	} {
		if _, err := d.Store.ChangeProfile(t.Context(), d.Ana, try[0], try[1], try[2]); invalidField(err) != field {
			t.Errorf("%q: %v, want Invalid %s", try, err, field)
		}
	}
}

func TestSetPasswordEndsSessionsAndLinks(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	token, err := d.Store.CreateLink(t.Context(), nil, store.LinkReset, d.Ana.ID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Store.SetPassword(t.Context(), d.Ana.ID, "$new$")
	if err != nil || got.PasswordHash != "$new$" || got.Epoch != d.Ana.Epoch+1 {
		t.Errorf("got hash %q, epoch %d, %v", got.PasswordHash, got.Epoch, err)
	}
	if _, err := d.Store.UseLink(t.Context(), token, "$other$"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an older link: %v", err)
	}
	if _, err := d.Store.SetPassword(t.Context(), d.Ana.ID, ""); err == nil {
		t.Error("an empty hash was stored")
	}
	if _, err := d.Store.SetPassword(t.Context(), 4711, "$new$"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}

// inQueue is the queue as the router sees it.
func inQueue(t *testing.T, d *storetest.Desk) []store.WaitingChat {
	t.Helper()
	floor, err := d.Store.Floor(t.Context(), store.WaitingChat{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(floor.Waiting, func(a, b store.WaitingChat) int { return a.QueuedAt.Compare(b.QueuedAt) }) {
		t.Error("the queue is out of order")
	}
	return floor.Waiting
}
