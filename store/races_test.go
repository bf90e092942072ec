package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// background is for acts that end with the test that waits for them.
var background = context.Background()

// crowd is n agents of the first team, loaded to act.
func crowd(t testing.TB, d *storetest.Desk, n int) []store.Agent {
	t.Helper()
	people := make([]store.Agent, n)
	for i := range people {
		people[i] = d.Person(t, fmt.Sprintf("Agent%02d Crowd", i), store.RoleAgent)
	}
	return people
}

// together runs every act at the same moment and returns their errors in order.
func together(acts ...func() error) []error {
	errs := make([]error, len(acts))
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, act := range acts {
		all.Go(func() {
			<-start
			errs[i] = act()
		})
	}
	close(start)
	all.Wait()
	return errs
}

func TestFiftyTakeOneChat(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c, people := waiting(t, d), crowd(t, d, 50)
	acts := make([]func() error, len(people))
	for i, who := range people {
		acts[i] = func() error {
			_, err := d.Store.TakeChat(t.Context(), who, c.ID, false)
			return err
		}
	}
	errs := together(acts...)
	owner, winners := d.Chat(t, c.ID).OwnerID, 0
	for i, err := range errs {
		if err == nil {
			winners++
			if owner != people[i].ID {
				t.Errorf("%s was told they have it; agent %d has", people[i].Name, owner)
			}
			continue
		}
		if lost := wantConflict(t, err, store.ConflictOwned); lost.Agent == nil || lost.Agent.ID != owner || lost.Agent.Name == "" {
			t.Errorf("%s was told of %+v; agent %d has it", people[i].Name, lost.Agent, owner)
		}
	}
	if winners != 1 {
		t.Errorf("%d winners", winners)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM assignments WHERE chat_id = ?", c.ID); n != 1 {
		t.Errorf("%d assignments", n)
	}
	countsAgree(t, d)
}

// TestTwoActsRace runs each pair until both orders may have happened: one act wins, and the other is told what became
// of the chat, or does what is still right after the first.
func TestTwoActsRace(t *testing.T) {
	t.Parallel()
	kinds := func(allowed ...store.ConflictKind) func(error) bool {
		return func(err error) bool {
			var lost store.Conflict
			if !errors.As(err, &lost) || lost.Agent == nil {
				return false
			}
			for _, kind := range allowed {
				if lost.Kind == kind {
					return true
				}
			}
			return false
		}
	}
	never := func(error) bool { return false }
	for _, tt := range []struct {
		name      string
		closed    bool
		one, two  func(d *storetest.Desk, id int64) error
		lost      [2]func(error) bool // how each may lose
		bothMayDo bool                // the second one's wish is still possible after the first
	}{
		{name: "close and take",
			one:  func(d *storetest.Desk, id int64) error { return closeChat(d, d.Ana, id) },
			two:  func(d *storetest.Desk, id int64) error { return takeChat(d, d.Ben, id) },
			lost: [2]func(error) bool{kinds(store.ConflictOwned), kinds(store.ConflictClosed)}},
		{name: "close and close",
			one:  func(d *storetest.Desk, id int64) error { return closeChat(d, d.Ana, id) },
			two:  func(d *storetest.Desk, id int64) error { return closeChat(d, d.Sam, id) },
			lost: [2]func(error) bool{kinds(store.ConflictClosed), kinds(store.ConflictClosed)}},
		{name: "assign and take",
			one:  func(d *storetest.Desk, id int64) error { return assignChat(d, d.Sam, id, d.Chi.ID) },
			two:  func(d *storetest.Desk, id int64) error { return takeChat(d, d.Ben, id) },
			lost: [2]func(error) bool{never, kinds(store.ConflictOwned)}, bothMayDo: true},
		{name: "assign and close",
			one:  func(d *storetest.Desk, id int64) error { return assignChat(d, d.Sam, id, d.Chi.ID) },
			two:  func(d *storetest.Desk, id int64) error { return closeChat(d, d.Ben, id) },
			lost: [2]func(error) bool{kinds(store.ConflictClosed), kinds(store.ConflictOwned)}},
		{name: "reopen and reopen", closed: true,
			one:  func(d *storetest.Desk, id int64) error { return reopenChat(d, d.Ana, id) },
			two:  func(d *storetest.Desk, id int64) error { return reopenChat(d, d.Sam, id) },
			lost: [2]func(error) bool{kinds(store.ConflictOpen), kinds(store.ConflictOpen)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := storetest.New(t)
			for range 20 {
				c := waiting(t, d)
				if tt.closed {
					take(t, d, d.Ana, c.ID)
					if err := closeChat(d, d.Ana, c.ID); err != nil {
						t.Fatal(err)
					}
				}
				errs := together(func() error { return tt.one(d, c.ID) }, func() error { return tt.two(d, c.ID) })
				won := 0
				for i, err := range errs {
					switch {
					case err == nil:
						won++
					case !tt.lost[i](err):
						t.Fatalf("act %d lost with %v", i+1, err)
					}
				}
				if won == 0 || (won == 2 && !tt.bothMayDo) {
					t.Fatalf("%d won", won)
				}
			}
			countsAgree(t, d)
		})
	}
}

func takeChat(d *storetest.Desk, who store.Agent, id int64) error {
	_, err := d.Store.TakeChat(background, who, id, false)
	return err
}

func closeChat(d *storetest.Desk, who store.Agent, id int64) error {
	_, err := d.Store.CloseChat(background, who, id)
	return err
}

func assignChat(d *storetest.Desk, who store.Agent, id, to int64) error {
	_, err := d.Store.AssignChat(background, who, id, to, 0, true)
	return err
}

func releaseChat(d *storetest.Desk, who store.Agent, id int64) error {
	_, err := d.Store.ReleaseChat(background, who, id)
	return err
}

func reopenChat(d *storetest.Desk, who store.Agent, id int64) error {
	_, err := d.Store.ReopenChat(background, who, id)
	return err
}

func TestFiftyPeopleDoAnything(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	people := append(crowd(t, d, 45), d.Sam, d.Alex, d.Ana, d.Ben, d.Chi)
	chats := make([]int64, 8)
	for i := range chats {
		chats[i] = waiting(t, d).ID
	}
	acts := make([]func() error, len(people))
	for i, who := range people {
		if i%2 == 0 {
			who = seeing(who, store.VisibleTeam) // else nearly everything is refused
		}
		choice := rand.New(rand.NewPCG(1, uint64(i)))
		acts[i] = func() error {
			for range 20 {
				id, other := chats[choice.IntN(len(chats))], people[choice.IntN(len(people))].ID
				var err error
				switch choice.IntN(6) {
				case 0:
					err = takeChat(d, who, id)
				case 1:
					_, err = d.Store.TakeChat(background, who, id, true)
				case 2:
					err = assignChat(d, who, id, other)
				case 3:
					err = releaseChat(d, who, id)
				case 4:
					err = closeChat(d, who, id)
				case 5:
					err = reopenChat(d, who, id)
				}
				var lost store.Conflict
				if err != nil && !errors.As(err, &lost) && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrForbidden) {
					return err
				}
			}
			return nil
		}
	}
	for _, err := range together(acts...) {
		if err != nil {
			t.Error(err)
		}
	}
	countsAgree(t, d)
	for what, query := range map[string]string{
		"changes of owner that do not follow from the one before": "SELECT COUNT(*) FROM (SELECT from_id, LAG(agent_id) OVER" +
			" (PARTITION BY chat_id ORDER BY id) AS before FROM assignments) WHERE from_id IS NOT before",
		"chats whose owner is not the one of the last assignment": "SELECT COUNT(*) FROM chats WHERE owner_id IS NOT" +
			" (SELECT agent_id FROM assignments WHERE chat_id = chats.id ORDER BY id DESC LIMIT 1)",
		"chats whose version does not count their changes": "SELECT COUNT(*) FROM chats WHERE version <> 1 +" +
			" (SELECT COUNT(*) FROM assignments WHERE chat_id = chats.id)",
		"assignments without a line": "SELECT COUNT(*) FROM assignments WHERE NOT EXISTS" +
			" (SELECT 1 FROM thread_lines WHERE assignment_id = assignments.id)",
		"chats whose case is open while they are closed, or the other way round": "SELECT COUNT(*) FROM chats JOIN cases ON cases.id = chats.case_id" +
			" WHERE (cases.closed_at = 0) <> (chats.state = 'open')",
		"closed chats that nobody finds": "SELECT COUNT(*) FROM chats WHERE state = 'closed' AND last_owner_id IS NULL",
	} {
		if n := d.Count(t, query); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM assignments"); n < 100 {
		t.Errorf("only %d changes of owner: too quiet to show anything", n)
	}
}
