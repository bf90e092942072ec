package store_test

import (
	"strings"
	"testing"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// TestNoReadGrowsWithHistory asks the database how it answers each read of a person: by index, without walking through a
// table and without sorting; and with as many statements for a long answer as for a short one.
func TestNoReadGrowsWithHistory(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	bigFloor(t, d, 2000, 5)
	d.Exec(t, "INSERT INTO teams (id, name) VALUES (2, 'Second')")
	take, err := store.Statements(d.Store)
	if err != nil {
		t.Fatal(err)
	}
	team, all := seeing(d.Chi, store.VisibleTeam), seeing(d.Ben, store.VisibleAll)
	both := d.Ana
	both.TeamIDs = []int64{1, 2}
	const mine, queued, closed = 15, 5, 4 // Ana's, the queue's, one she had
	type read struct {
		name string
		most int // statements, with the two that begin and end the snapshot left out
		do   func(who store.Agent) error
	}
	reads := []read{{"counts", 2, func(who store.Agent) error {
		_, err := d.Store.ViewCounts(t.Context(), who)
		return err
	}}}
	for _, view := range views {
		reads = append(reads, read{string(view), 5, func(who store.Agent) error {
			rows, next, err := d.Store.ChatList(t.Context(), who, store.ListQuery{View: view})
			if err != nil || next == "" {
				return err
			}
			if len(rows) != 50 {
				t.Errorf("%s of %s: %d rows", view, who.Name, len(rows))
			}
			_, _, err = d.Store.ChatList(t.Context(), who, store.ListQuery{View: view, After: next})
			return err
		}})
	}
	for _, r := range reads {
		for _, who := range []store.Agent{d.Ana, both, team, all, d.Sam, d.Alex} {
			if err := r.do(who); err != nil {
				t.Fatalf("%s: %v", r.name, err)
			}
			statements := take()
			if most := r.most; len(statements) > 2*most {
				t.Errorf("%s of %s takes %d statements for two pages", r.name, who.Name, len(statements))
			}
			// A person's own chats outside their view of the team are few: these may be sorted.
			served(t, d, r.name+" of "+who.Name, statements, r.name == string(store.ViewClosing))
		}
	}
	commands := map[string]func() error{
		"page": func() error { _, err := d.Store.Chat(t.Context(), d.Ana, mine); return err },
		"sees": func() error { _, err := d.Store.SeesChat(t.Context(), d.Ana, mine); return err },
		"thread": func() error {
			th, err := d.Store.Thread(t.Context(), d.Ana, mine, store.ThreadQuery{Limit: 2})
			if err != nil {
				return err
			}
			older, err := d.Store.Thread(t.Context(), d.Ana, mine, store.ThreadQuery{Limit: 2, Before: th.Older})
			if err != nil {
				return err
			}
			_, err = d.Store.Thread(t.Context(), d.Ana, mine, store.ThreadQuery{Limit: 1, After: older.Newer})
			return err
		},
		"message": func() error { _, err := d.Store.Message(t.Context(), d.Ana, d.Chat(t, mine).LastMessageID); return err },
		"moment": func() error {
			_, err := d.Store.Moment(t.Context(), store.Event{ChatID: mine, MessageID: d.Chat(t, mine).LastMessageID, LineID: 1})
			return err
		},
		"read":    func() error { _, err := d.Store.ReadChat(t.Context(), d.Ana, mine, 1<<40); return err },
		"opening": func() error { return d.Store.RecordOpening(t.Context(), d.Ana, mine) },
		"take":    func() error { return takeChat(d, d.Ana, queued) },
		"lose":    func() error { wantConflict(t, takeChat(d, d.Chi, queued), store.ConflictOwned); return nil },
		"assign":  func() error { return assignChat(d, d.Sam, mine, d.Ben.ID) },
		"close":   func() error { return closeChat(d, d.Alex, mine+15) },
		"reopen":  func() error { return reopenChat(d, d.Ana, closed) },
		"release": func() error { return releaseChat(d, d.Ana, closed) },
	}
	for _, name := range []string{"page", "sees", "thread", "message", "moment", "read", "opening", "take", "lose", "assign", "close", "reopen", "release"} {
		if err := commands[name](); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		served(t, d, name, take(), false)
	}
}

// TestAThreadTakesAsManyStatementsHoweverLong: what belongs to messages is read for all of them at once.
func TestAThreadTakesAsManyStatementsHoweverLong(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c, _, _ := dressed(t, d)
	for range 10 {
		plant(t, d, c.ID, store.Message{Direction: store.Out, AgentID: d.Chi.ID, At: d.Clock.Now(), QuotedWAMID: "wamid.X", EditedAt: d.Clock.Now()})
	}
	take, err := store.Statements(d.Store)
	if err != nil {
		t.Fatal(err)
	}
	const most = 1 + 2 + 7 // sight; messages and lines; what belongs to them
	for _, limit := range []int{1, 200} {
		if _, err := d.Store.Thread(t.Context(), d.Ana, c.ID, store.ThreadQuery{Limit: limit}); err != nil {
			t.Fatal(err)
		}
		if n := len(take()); n > most {
			t.Errorf("limit %d: %d statements", limit, n)
		}
	}
}

// served holds every statement to being answered by an index.
func served(t *testing.T, d *storetest.Desk, what string, statements []store.Statement, maySort bool) {
	t.Helper()
	if len(statements) == 0 {
		t.Errorf("%s asked nothing", what)
	}
	for _, s := range statements {
		steps := plan(t, d, s)
		queue := strings.Contains(s.SQL, " state = 'open' AND owner_id IS NULL")
		if queue && !maySort && !strings.Contains(strings.Join(steps, "\n"), "chats_queue ") {
			t.Errorf("%s looks for the queue among all that is open\n%s", what, s.SQL)
		}
		for _, step := range steps {
			scans := strings.HasPrefix(step, "SCAN") && step != "SCAN CONSTANT ROW" && step != "SCAN counted" && !strings.HasPrefix(step, "SCAN teams")
			sorts := strings.Contains(step, "TEMP B-TREE") && !maySort
			if scans || sorts {
				t.Errorf("%s: %s\n%s", what, step, s.SQL)
			}
		}
	}
}

func plan(t *testing.T, d *storetest.Desk, s store.Statement) (steps []string) {
	t.Helper()
	rows, err := d.DB.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+s.SQL, s.Args...)
	if err != nil {
		t.Fatalf("plan of %s: %v", s.SQL, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if testing.Verbose() {
		t.Logf("%s\n\t%s", s.SQL, strings.Join(steps, "\n\t"))
	}
	return steps
}
