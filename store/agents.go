package store

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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
	err := s.read.WithContext(ctx).Where("email = ?", strings.ToLower(strings.TrimSpace(email))).First(&a).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Agent{}, ErrNotFound
	}
	if err != nil {
		return Agent{}, fmt.Errorf("agent by e-mail: %w", err)
	}
	return a, nil
}

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
		if by.Role != RoleAdmin || by.Disabled() {
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

// AgentChange changes a person; nil fields stay.
type AgentChange struct {
	Name     *string
	Role     *Role
	Capacity *int
	Disabled *bool
}

// ChangeAgent: admins everything, supervisors the capacity of their team's people: ErrForbidden, and ErrNotFound for
// people of other teams. Disabling ends sessions (epoch), links and presence, and sends the person's open chats back to
// the queue in the same transaction. The last enabled admin stays one. Recorded. Invalid: name, role, capacity, disabled.
func (s *Store) ChangeAgent(ctx context.Context, by Agent, id int64, c AgentChange) (a Agent, err error) {
	err = s.command(ctx, func(t *tx) error {
		if a, err = t.person(by, id); err != nil {
			return err
		}
		if by.Role != RoleAdmin && (c.Name != nil || c.Role != nil || c.Disabled != nil) {
			return ErrForbidden
		}
		before := a
		if err := c.put(&a, t.real); err != nil {
			return err
		}
		changed := differences(before, a)
		if len(changed) == 0 {
			return nil
		}
		if err := t.keepAnAdmin(before, a); err != nil {
			return err
		}
		err := t.Model(&Agent{}).Where("id = ?", id).Select("name", "role", "capacity", "disabled_at", "epoch", "presence", "offline_since").
			Updates(&a).Error
		if err != nil {
			return fmt.Errorf("change agent %d: %w", id, err)
		}
		if a.Disabled() && !before.Disabled() {
			if err := t.leave(&a, by.ID); err != nil {
				return err
			}
		}
		t.emit(Event{Kind: AgentChanged, AgentID: id})
		return t.audit(by.ID, "", "person.changed", object(id), changed)
	})
	if err != nil {
		return Agent{}, err
	}
	return a, nil
}

// put puts the wanted fields into a, checked.
func (c AgentChange) put(a *Agent, now time.Time) error {
	if c.Name != nil {
		a.Name = strings.TrimSpace(*c.Name)
	}
	if c.Role != nil {
		a.Role = *c.Role
	}
	if c.Capacity != nil {
		a.Capacity = *c.Capacity
	}
	switch {
	case c.Disabled == nil || *c.Disabled == a.Disabled():
	case *c.Disabled:
		a.DisabledAt = now
		a.Epoch++
		if a.Presence != Offline {
			a.Presence, a.OfflineSince = Offline, now
		}
	default:
		a.DisabledAt = time.Time{}
	}
	return firstInvalid(errors.Join(checkName(a.Name), checkRole(a.Role), checkCapacity(a.Capacity)))
}

// keepAnAdmin refuses the change that would leave nobody who can sign in and administer the desk.
func (t *tx) keepAnAdmin(before, after Agent) error {
	administers := func(a Agent) bool { return a.Role == RoleAdmin && !a.Disabled() && !a.Invited() }
	if !administers(before) || administers(after) {
		return nil
	}
	others, err := countAdmins(t.Where("id <> ?", after.ID))
	if err != nil || others > 0 {
		return err
	}
	field := "role"
	if after.Disabled() {
		field = "disabled"
	}
	return Invalid{Field: field, Message: "This is the last admin. Make somebody else an admin first."}
}

// leave is what follows from disabling somebody: their links die and their chats wait in the queue again.
func (t *tx) leave(a *Agent, by int64) error {
	if err := t.endLinks(a.ID); err != nil {
		return err
	}
	var owned []int64
	if err := t.Model(&Chat{}).Where("owner_id = ?", a.ID).Order("id").Pluck("id", &owned).Error; err != nil {
		return fmt.Errorf("chats of agent %d: %w", a.ID, err)
	}
	for _, id := range owned {
		c, err := t.chat(id)
		if err != nil {
			return err
		}
		if err := t.move(&c, move{to: 0, state: ChatOpen, kind: Released, line: LineReleased, by: by}); err != nil {
			return err
		}
	}
	a.OpenCount = 0
	return nil
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

// cleanEmail lower-cases an address and checks that it is one, without a display name.
func cleanEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 254 {
		return "", Invalid{Field: "email", Message: "Enter an e-mail address, like ana@example.com."}
	}
	return email, nil
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 80 || strings.ContainsFunc(name, unicode.IsControl) {
		return Invalid{Field: "name", Message: "Enter a name of 1 to 80 characters."}
	}
	return nil
}

func checkRole(role Role) error {
	if !role.Valid() {
		return Invalid{Field: "role", Message: "Choose agent, supervisor or admin."}
	}
	return nil
}

func checkCapacity(capacity int) error {
	if capacity < 0 || capacity > MaxCapacity {
		return Invalid{Field: "capacity", Message: "Choose between 0 and 99."}
	}
	return nil
}

func checkTimeZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return Invalid{Field: "time_zone", Message: "Choose a time zone, like Europe/Madrid."}
	}
	return nil
}

func checkTheme(theme string) error {
	if theme != "" && theme != "light" && theme != "dark" {
		return Invalid{Field: "theme", Message: "Choose light, dark or neither."}
	}
	return nil
}

// firstInvalid picks the first of several checks: a form shows one thing to mend at a time.
func firstInvalid(err error) error {
	var invalid Invalid
	if errors.As(err, &invalid) {
		return invalid
	}
	return err
}

func object(agentID int64) string { return "agent:" + strconv.FormatInt(agentID, 10) }

// differences says for the record what a change did to a person.
func differences(before, after Agent) map[string]string {
	changed := map[string]string{}
	note := func(what, from, to string) {
		if from != to {
			changed[what] = from + " → " + to
		}
	}
	note("name", before.Name, after.Name)
	note("role", string(before.Role), string(after.Role))
	note("capacity", strconv.Itoa(before.Capacity), strconv.Itoa(after.Capacity))
	note("disabled", strconv.FormatBool(before.Disabled()), strconv.FormatBool(after.Disabled()))
	return changed
}
