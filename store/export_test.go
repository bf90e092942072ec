package store

import (
	"slices"
	"sync"

	"gorm.io/gorm"
)

// Statement is one that the store sent to its database.
type Statement struct {
	SQL  string
	Args []any
}

// Statements records what the store asks its database from now on; the returned function hands it over and starts anew.
func Statements(s *Store) (take func() []Statement, err error) {
	var mu sync.Mutex
	var seen []Statement
	record := func(db *gorm.DB) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, Statement{SQL: db.Statement.SQL.String(), Args: slices.Clone(db.Statement.Vars)})
	}
	for _, pool := range []*gorm.DB{s.read, s.write} {
		if err := pool.Callback().Query().After("gorm:query").Register("test:record", record); err != nil {
			return nil, err
		}
		if err := pool.Callback().Row().After("gorm:row").Register("test:record", record); err != nil {
			return nil, err
		}
		if err := pool.Callback().Raw().After("gorm:raw").Register("test:record", record); err != nil {
			return nil, err
		}
	}
	return func() []Statement {
		mu.Lock()
		defer mu.Unlock()
		taken := seen
		seen = nil
		return taken
	}, nil
}
