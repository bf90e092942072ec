package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// People lists everybody, disabled ones too, by name with their teams. Supervisors see their teams, admins all; agents
// get ErrForbidden.
func (s *Store) People(ctx context.Context, who Agent) ([]Agent, error) {
	if who.Role == RoleAgent || who.Disabled() {
		return nil, ErrForbidden
	}
	db := s.read.WithContext(ctx)
	return people(db, db.Scopes(reachedBy(who)))
}

// Colleagues lists the enabled people a chat of these teams can be assigned to, by name with their teams: for admins all,
// else those who share a team with who, who included.
func (s *Store) Colleagues(ctx context.Context, who Agent) ([]Agent, error) {
	if who.Disabled() {
		return nil, ErrForbidden
	}
	db := s.read.WithContext(ctx)
	return people(db, db.Scopes(reachedBy(who)).Where("disabled_at = 0"))
}

// person loads somebody whom by leads, in any state, with teams. ErrForbidden for agents, ErrNotFound for people out of
// reach.
func (t *tx) person(by Agent, id int64) (Agent, error) {
	if by.Role == RoleAgent || by.Disabled() {
		return Agent{}, ErrForbidden
	}
	found, err := people(t.DB, t.Scopes(reachedBy(by)).Where("id = ?", id))
	if err != nil {
		return Agent{}, err
	}
	if len(found) == 0 {
		return Agent{}, ErrNotFound
	}
	return found[0], nil
}

// reachedBy narrows a query over agents to those who share a team with who; admins reach all.
func reachedBy(who Agent) func(*gorm.DB) *gorm.DB {
	return func(q *gorm.DB) *gorm.DB {
		if who.Role == RoleAdmin {
			return q
		}
		return q.Where("agents.id IN (SELECT agent_id FROM team_members WHERE team_id IN ?)", orNobody(who.TeamIDs))
	}
}

// orNobody keeps IN () out of SQL, which not every database takes.
func orNobody(ids []int64) []int64 {
	if len(ids) == 0 {
		return []int64{0}
	}
	return ids
}

// people runs a query over agents and fills in their teams, by name.
func people(db, q *gorm.DB) (all []Agent, err error) {
	if err := q.Order("lower(name), id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	if err := fillTeams(db, all); err != nil {
		return nil, err
	}
	return all, nil
}

func fillTeams(db *gorm.DB, all []Agent) error {
	var members []struct{ TeamID, AgentID int64 }
	if err := db.Raw("SELECT team_id, agent_id FROM team_members ORDER BY team_id").Scan(&members).Error; err != nil {
		return fmt.Errorf("read teams: %w", err)
	}
	teams := map[int64][]int64{}
	for _, m := range members {
		teams[m.AgentID] = append(teams[m.AgentID], m.TeamID)
	}
	for i := range all {
		all[i].TeamIDs = teams[all[i].ID]
	}
	return nil
}
