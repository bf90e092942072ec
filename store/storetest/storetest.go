// Package storetest gives a test a desk of its own: a migrated database in a temporary folder, five people and two clocks
// that move only when told.
package storetest

import (
	"database/sql"
	"path/filepath"
	"sync/atomic"
	"testing"

	"agentdesk/store"
)

// PhoneNumberID, WABAID and Token are those of the desk's only number.
const (
	PhoneNumberID = "100000000000001"
	WABAID        = "200000000000001"
	Token         = "storetest-token"
)

// PasswordHash stands for a password of everybody in the cast; no password has this hash.
const PasswordHash = "$storetest$"

// Desk is a store with a cast: an admin, a supervisor and three agents, all of the first team and all offline.
type Desk struct {
	Store                    *store.Store
	Clock                    *Clock // business time
	Real                     *Clock // real time
	Number                   store.Number
	Alex, Sam, Ana, Ben, Chi store.Agent // admin, supervisor, three agents; as they were at the start
	Path                     string
	DB                       *sql.DB // a second connection, to look at rows and to plant what no command makes

	messages atomic.Int64
}

// New opens a desk that t.Cleanup closes.
func New(t testing.TB) *Desk {
	t.Helper()
	d := &Desk{Clock: newClock(), Real: newClock(), Path: filepath.Join(t.TempDir(), "agentdesk.db")}
	s, err := store.Open(t.Context(), store.Options{Path: d.Path, Now: d.Clock.Now, Real: d.Real.Now, Key: make([]byte, 32)})
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	d.Store = s
	if d.DB, err = sql.Open("sqlite3", "file:"+d.Path+"?_busy_timeout=5000&_txlock=immediate&_foreign_keys=on"); err != nil {
		t.Fatalf("open second connection: %v", err)
	}
	t.Cleanup(func() {
		if err := d.DB.Close(); err != nil {
			t.Errorf("close second connection: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	d.Number = d.number(t)
	for _, person := range []struct {
		is   *store.Agent
		name string
		role store.Role
	}{
		{&d.Alex, "Alex Moreno", store.RoleAdmin}, {&d.Sam, "Sam Okafor", store.RoleSupervisor},
		{&d.Ana, "Ana Ruiz", store.RoleAgent}, {&d.Ben, "Ben Novak", store.RoleAgent}, {&d.Chi, "Chi Tanaka", store.RoleAgent},
	} {
		*person.is = d.Person(t, person.name, person.role)
	}
	return d
}

// number makes the desk's number, with what Meta's list says of it.
func (d *Desk) number(t testing.TB) store.Number {
	t.Helper()
	n, err := d.Store.EnsureNumber(t.Context(), PhoneNumberID, WABAID, Token)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Store.RecordNumberFacts(t.Context(), PhoneNumberID, store.Number{DisplayPhone: "+34 600 000 000",
		VerifiedName: "Casa Lumen", Quality: "GREEN", Throughput: 80})
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := d.Store.Numbers(t.Context())
	if err != nil || len(numbers) != 1 || numbers[0].ID != n.ID {
		t.Fatalf("numbers: %+v, %v", numbers, err)
	}
	return numbers[0]
}

// Exec runs one statement past the store and returns the id of the last row it inserted.
func (d *Desk) Exec(t testing.TB, query string, args ...any) int64 {
	t.Helper()
	res, err := d.DB.ExecContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return id
}

// Count runs a query whose answer is one whole number.
func (d *Desk) Count(t testing.TB, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := d.DB.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
