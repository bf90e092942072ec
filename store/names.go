package store

import (
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"
)

// agentNames loads people to be shown: id and name, never what they sign in with. Ids of 0 are left out.
func agentNames(db *gorm.DB, ids ...int64) (map[int64]*Agent, error) {
	wanted := make(map[int64]*Agent, len(ids))
	for _, id := range ids {
		if id != 0 {
			wanted[id] = nil
		}
	}
	if len(wanted) == 0 {
		return wanted, nil
	}
	var agents []Agent
	if err := db.Select("id", "name").Find(&agents, "id IN ?", keys(wanted)).Error; err != nil {
		return nil, fmt.Errorf("names of agents: %w", err)
	}
	for i := range agents {
		wanted[agents[i].ID] = &agents[i]
	}
	return wanted, nil
}

// named is one person to be shown; nil for 0.
func (t *tx) named(id int64) (*Agent, error) {
	names, err := agentNames(t.DB, id)
	return names[id], err
}

// keys in the order of their size, so that the same question is the same statement.
func keys[V any](m map[int64]V) []int64 { return slices.Sorted(maps.Keys(m)) }
