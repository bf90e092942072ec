package store

import (
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// A view is a handful of parts: conditions over chats that exclude each other, each served by one partial index in the
// view's order. SQLite merges them without sorting and stops at the limit, so a page costs the same however many chats
// there are; one condition with OR would read them all.
type viewPart struct {
	where string
	args  []any
}

// order is by what a view is sorted: a column, then the id.
type order struct {
	column string
	desc   bool
}

func (v View) order() order {
	switch v {
	case ViewClosing:
		return order{column: "window_until"}
	case ViewClosed:
		return order{column: "closed_at", desc: true}
	}
	return order{column: "next_up"}
}

// place is where a chat stands in the view.
func (v View) place(c Chat) cursor {
	switch v {
	case ViewClosing:
		return cursor{millis(c.WindowUntil), c.ID}
	case ViewClosed:
		return cursor{millis(c.ClosedAt), c.ID}
	}
	return cursor{c.NextUp, c.ID}
}

// The literals are what the partial indexes are declared with: a bound value would not match them.
const (
	partMine   = "owner_id = ?"
	partQueue  = "state = 'open' AND owner_id IS NULL AND team_id = ?"
	partOpen   = "state = 'open' AND team_id = ?"
	partClosed = "state = 'closed' AND team_id = ?"
	partHad    = "state = 'closed' AND last_owner_id = ?"
)

// scope is what somebody sees, told by teams: with reach own the teams' queues, with more all of the teams' chats.
type scope struct {
	who   Agent
	reach Visibility
	teams []int64
	now   time.Time
}

func (s *Store) scope(db *gorm.DB, who Agent) (scope, error) {
	sc := scope{who: who, reach: who.reach(), teams: who.TeamIDs, now: s.Now()}
	if sc.reach == VisibleAll {
		if err := db.Raw("SELECT id FROM teams ORDER BY id").Scan(&sc.teams).Error; err != nil {
			return scope{}, fmt.Errorf("teams: %w", err)
		}
	}
	return sc, nil
}

// parts of a view; none when there is nothing to see. Together they are exactly what visibleTo lets somebody see.
func (sc scope) parts(v View) []viewPart {
	if sc.reach == "" {
		return nil
	}
	switch v {
	case ViewMine:
		return []viewPart{{partMine, []any{sc.who.ID}}}
	case ViewQueue:
		return ofEach(partQueue, sc.teams)
	case ViewTeam:
		if sc.reach != VisibleOwn {
			return ofEach(partOpen, sc.who.TeamIDs)
		}
		return sc.open()
	case ViewAll:
		return sc.open()
	case ViewClosing:
		return sc.closing()
	case ViewClosed:
		if sc.reach == VisibleOwn {
			return sc.own(partHad)
		}
		return append(sc.own(partHad), ofEach(partClosed, sc.teams)...)
	}
	return nil
}

func (sc scope) open() []viewPart {
	where := partOpen
	if sc.reach == VisibleOwn {
		where = partQueue
	}
	return append(sc.own(partMine), ofEach(where, sc.teams)...)
}

// closing narrows the open ones to windows that still take text, and less than ClosingSoon longer. Those that Meta ended
// early are over; the others take text until the margin before their end.
func (sc scope) closing() []viewPart {
	parts := sc.open()
	from, until := millis(sc.now.Add(WindowMargin)), millis(sc.now.Add(WindowMargin+ClosingSoon))
	for i, p := range parts {
		parts[i] = viewPart{p.where + " AND window_until > ? AND window_until < ?", append(p.args, from, until)}
	}
	return parts
}

// own is what somebody has or had, without what they see as one of the teams' chats anyway.
func (sc scope) own(where string) []viewPart {
	switch {
	case sc.reach == VisibleAll:
		return nil
	case sc.reach == VisibleTeam && len(sc.teams) > 0:
		return []viewPart{{where + " AND team_id NOT IN ?", []any{sc.who.ID, sc.teams}}}
	}
	return []viewPart{{where, []any{sc.who.ID}}}
}

// unread are one's own chats with something new.
func (sc scope) unread() []viewPart {
	if sc.reach == "" {
		return nil
	}
	return []viewPart{{partMine + " AND unread > 0", []any{sc.who.ID}}}
}

func ofEach(where string, teams []int64) []viewPart {
	parts := make([]viewPart, len(teams))
	for i, team := range teams {
		parts[i] = viewPart{where, []any{team}}
	}
	return parts
}

// page builds the query for one page of a view: the parts merged in order, from after the cursor on.
func (o order) page(parts []viewPart, after *cursor, limit int) (sql string, args []any) {
	comes, direction := ">", ""
	if o.desc {
		comes, direction = "<", " DESC"
	}
	selects := make([]string, len(parts))
	for i, p := range parts {
		selects[i] = "SELECT * FROM chats WHERE " + p.where
		args = append(args, p.args...)
		if after != nil {
			selects[i] += fmt.Sprintf(" AND (%s, id) %s (?, ?)", o.column, comes)
			args = append(args, after.key, after.id)
		}
	}
	sql = fmt.Sprintf("%s ORDER BY %s%s, id%s LIMIT ?", strings.Join(selects, " UNION ALL "), o.column, direction, direction)
	return sql, append(args, limit)
}

// counted builds the subquery that counts a view, up to a limit: beyond it the exact number costs and says nothing.
func counted(parts []viewPart, limit int) (sql string, args []any) {
	if len(parts) == 0 {
		return "(SELECT 0)", nil
	}
	selects := make([]string, len(parts))
	for i, p := range parts {
		selects[i] = "SELECT 1 FROM chats WHERE " + p.where
		args = append(args, p.args...)
	}
	return "(SELECT COUNT(*) FROM (" + strings.Join(selects, " UNION ALL ") + " LIMIT ?) AS counted)", append(args, limit)
}
