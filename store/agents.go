package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"
)

// firstTeam has everybody in it until there are more teams.
const firstTeam = 1

// AgentByID loads somebody to act: with teams and the desk's visibility. Disabled people are ErrNotFound.
func (s *Store) AgentByID(ctx context.Context, id int64) (Agent, error) {
	return agentToAct(s.read.WithContext(ctx), id)
}

// AgentByEmail is for signing in and the command line: any state, password hash included. ErrNotFound.
func (s *Store) AgentByEmail(ctx context.Context, email string) (Agent, error) {
	var a Agent
	err := s.read.WithContext(ctx).Where("email = ?", clean(strings.ToLower(strings.TrimSpace(email)))).First(&a).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Agent{}, ErrNotFound
	}
	if err != nil {
		return Agent{}, fmt.Errorf("agent by e-mail: %w", err)
	}
	return a, nil
}

// NewAgent is what makes a person.
type NewAgent struct {
	Email, Name, TimeZone string
	Role                  Role
	Capacity              int    // 0 = the default, 6
	PasswordHash          string // empty = invited
}

// CreateAgent adds a person to the first team: away once they sign in, offline until then. by nil = the command line or
// the first set-up. Invalid: email, name, role, capacity, time_zone. Admins only: ErrForbidden. Recorded.
func (s *Store) CreateAgent(ctx context.Context, by *Agent, n NewAgent) (a Agent, err error) {
	var byID int64
	if by != nil {
		if !by.administers() {
			return Agent{}, ErrForbidden
		}
		byID = by.ID
	}
	err = s.command(ctx, func(t *tx) error {
		a, err = t.createAgent(byID, n)
		return err
	})
	if err != nil {
		return Agent{}, err
	}
	return a, nil
}

func (t *tx) createAgent(by int64, n NewAgent) (Agent, error) {
	set, err := settingsIn(t.DB)
	if err != nil {
		return Agent{}, err
	}
	a := Agent{Name: strings.TrimSpace(n.Name), Role: n.Role, PasswordHash: n.PasswordHash, Epoch: 1, TimeZone: n.TimeZone,
		Capacity: n.Capacity, Choice: Away, Presence: Offline, OfflineSince: t.real, CreatedAt: t.real}
	if a.TimeZone == "" {
		a.TimeZone = "UTC"
	}
	if a.Capacity == 0 {
		a.Capacity = set.DefaultCapacity
	}
	if a.Email, err = cleanEmail(n.Email); err != nil {
		return Agent{}, err
	}
	if err := errors.Join(checkName(a.Name), checkRole(a.Role), checkCapacity(a.Capacity), checkTimeZone(a.TimeZone)); err != nil {
		return Agent{}, firstInvalid(err)
	}
	err = t.Create(&a).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return Agent{}, Invalid{Field: "email", Message: "Somebody with this e-mail address is already here."}
	}
	if err != nil {
		return Agent{}, fmt.Errorf("add person: %w", err)
	}
	if err := t.Exec("INSERT INTO team_members (team_id, agent_id) VALUES (?, ?)", firstTeam, a.ID).Error; err != nil {
		return Agent{}, fmt.Errorf("add person to team: %w", err)
	}
	t.emit(Event{Kind: AgentChanged, AgentID: a.ID})
	if err := t.audit(by, "", "person.added", object(a.ID), map[string]string{"role": string(a.Role)}); err != nil {
		return Agent{}, err
	}
	return agentToAct(t.DB, a.ID)
}

// ChangeProfile changes one's own name, time zone (IANA) and theme ("", light, dark). Invalid: name, time_zone, theme.
func (s *Store) ChangeProfile(ctx context.Context, who Agent, name, timeZone, theme string) (a Agent, err error) {
	name = strings.TrimSpace(name)
	if err := firstInvalid(errors.Join(checkName(name), checkTimeZone(timeZone), checkTheme(theme))); err != nil {
		return Agent{}, err
	}
	err = s.command(ctx, func(t *tx) error {
		res := t.Exec("UPDATE agents SET name = ?, time_zone = ?, theme = ? WHERE id = ? AND disabled_at = 0", name, timeZone, theme, who.ID)
		if res.Error != nil {
			return fmt.Errorf("change profile of agent %d: %w", who.ID, res.Error)
		}
		t.emit(Event{Kind: AgentChanged, AgentID: who.ID})
		a, err = agentToAct(t.DB, who.ID)
		return err
	})
	if err != nil {
		return Agent{}, err
	}
	return a, nil
}

// SetPassword stores a new hash and ends every session (epoch) and link of that person. ErrNotFound for disabled people.
// Recorded.
func (s *Store) SetPassword(ctx context.Context, agentID int64, hash string) (a Agent, err error) {
	err = s.command(ctx, func(t *tx) error {
		if err := t.setPassword(agentID, hash); err != nil {
			return err
		}
		if a, err = agentToAct(t.DB, agentID); err != nil {
			return err
		}
		return t.audit(agentID, "", "password.changed", object(agentID), nil)
	})
	if err != nil {
		return Agent{}, err
	}
	return a, nil
}

func (t *tx) setPassword(agentID int64, hash string) error {
	if hash == "" {
		return errors.New("set password: empty hash")
	}
	res := t.Exec("UPDATE agents SET password_hash = ?, epoch = epoch + 1 WHERE id = ? AND disabled_at = 0", hash, agentID)
	if res.Error != nil {
		return fmt.Errorf("set password of agent %d: %w", agentID, res.Error)
	}
	if res.RowsAffected == 0 {
		return ErrNotFound
	}
	t.emit(Event{Kind: AgentChanged, AgentID: agentID})
	return t.endLinks(agentID)
}

// HasAdmin says whether anybody can administer the desk: an enabled admin with a password.
func (s *Store) HasAdmin(ctx context.Context) (bool, error) {
	n, err := countAdmins(s.read.WithContext(ctx))
	return n > 0, err
}

func countAdmins(db *gorm.DB) (n int64, err error) {
	err = db.Model(&Agent{}).Where("role = ? AND disabled_at = 0 AND password_hash <> ''", RoleAdmin).Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count admins: %w", err)
	}
	return n, nil
}

// agentToAct loads an enabled person with teams and visibility through whatever connection the caller holds.
func agentToAct(db *gorm.DB, id int64) (Agent, error) {
	var a Agent
	err := db.Where("disabled_at = 0").First(&a, id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Agent{}, ErrNotFound
	}
	if err != nil {
		return Agent{}, fmt.Errorf("agent %d: %w", id, err)
	}
	err = db.Raw("SELECT team_id FROM team_members WHERE agent_id = ? ORDER BY team_id", id).Scan(&a.TeamIDs).Error
	if err != nil {
		return Agent{}, fmt.Errorf("teams of agent %d: %w", id, err)
	}
	set, err := settingsIn(db)
	if err != nil {
		return Agent{}, err
	}
	a.Visibility = set.Visibility
	return a, nil
}

func object(agentID int64) string { return "agent:" + strconv.FormatInt(agentID, 10) }
