package store

import (
	"context"
	"time"
)

// AgentByID loads somebody to act: with teams and the desk's visibility. Disabled people are ErrNotFound.
func (s *Store) AgentByID(ctx context.Context, id int64) (Agent, error) { panic("not built yet") }

// AgentByEmail is for signing in and the command line: any state, password hash included. ErrNotFound.
func (s *Store) AgentByEmail(ctx context.Context, email string) (Agent, error) {
	panic("not built yet")
}

// People lists everybody by name. Supervisors see their teams, admins all; agents get ErrForbidden.
func (s *Store) People(ctx context.Context, who Agent) ([]Agent, error) { panic("not built yet") }

// Colleagues lists the enabled people a chat of these teams can be assigned to, by name.
func (s *Store) Colleagues(ctx context.Context, who Agent) ([]Agent, error) { panic("not built yet") }

// NewAgent is what makes a person.
type NewAgent struct {
	Email, Name, TimeZone string
	Role                  Role
	Capacity              int    // 0 = the default, 6
	PasswordHash          string // empty = invited
}

// CreateAgent adds a person to the first team. by nil = the command line or the first set-up. Invalid: email, name, role,
// capacity. Admins only: ErrForbidden. Recorded.
func (s *Store) CreateAgent(ctx context.Context, by *Agent, n NewAgent) (Agent, error) {
	panic("not built yet")
}

// AgentChange changes a person; nil fields stay.
type AgentChange struct {
	Name     *string
	Role     *Role
	Capacity *int
	Disabled *bool
}

// ChangeAgent: admins everything, supervisors the capacity of their team's people. Disabling ends sessions (epoch) and
// sends the person's open chats back to the queue in the same transaction. The last enabled admin stays one. Recorded.
// Invalid: name, role, capacity, disabled.
func (s *Store) ChangeAgent(ctx context.Context, by Agent, id int64, c AgentChange) (Agent, error) {
	panic("not built yet")
}

// ChangeProfile changes one's own name, time zone (IANA) and theme ("", light, dark). Invalid: name, time_zone, theme.
func (s *Store) ChangeProfile(ctx context.Context, who Agent, name, timeZone, theme string) (Agent, error) {
	panic("not built yet")
}

// SetPassword stores a new hash and ends every session of that person (epoch). Recorded.
func (s *Store) SetPassword(ctx context.Context, agentID int64, hash string) (Agent, error) {
	panic("not built yet")
}

// HasAdmin says whether anybody can administer the desk.
func (s *Store) HasAdmin(ctx context.Context) (bool, error) { panic("not built yet") }

// LinkKind is what a one-time link is for.
type LinkKind string

const (
	LinkSetup      LinkKind = "setup"      // makes the first admin; 15 min
	LinkInvitation LinkKind = "invitation" // sets the first password; 24 h
	LinkReset      LinkKind = "reset"      // sets a new password; 1 h
)

// CreateLink makes a one-time token and returns it; only its hash is kept. A newer one of the same kind and person makes
// the older ones useless. by nil = command line. Admins only. Recorded.
func (s *Store) CreateLink(ctx context.Context, by *Agent, kind LinkKind, agentID int64) (token string, err error) {
	panic("not built yet")
}

// Link is what a token is good for.
type Link struct {
	Kind      LinkKind
	Agent     Agent // zero for setup
	ExpiresAt time.Time
}

// FindLink looks a token up without using it; ErrNotFound when unknown, used or expired.
func (s *Store) FindLink(ctx context.Context, token string) (Link, error) { panic("not built yet") }

// UseLink consumes an invitation or reset token and sets the password in one transaction: two uses, one wins.
func (s *Store) UseLink(ctx context.Context, token, passwordHash string) (Agent, error) {
	panic("not built yet")
}

// UseSetupLink consumes the set-up token and creates the first admin in one transaction.
func (s *Store) UseSetupLink(ctx context.Context, token string, n NewAgent) (Agent, error) {
	panic("not built yet")
}

// SignInAllowed says whether another attempt may be evaluated for these subjects ("account:…", "address:…") and, if not,
// from when. limits pair with subjects.
func (s *Store) SignInAllowed(ctx context.Context, subjects []string, limits []Limit) (retryAt time.Time, ok bool, err error) {
	panic("not built yet")
}

// Limit is so many within so long.
type Limit struct {
	Count  int
	Within time.Duration
}

// RecordSignInFailure counts a failed attempt against each subject; ClearSignInFailures forgets them after a success.
func (s *Store) RecordSignInFailure(ctx context.Context, subjects []string) error {
	panic("not built yet")
}
func (s *Store) ClearSignInFailures(ctx context.Context, subjects []string) error {
	panic("not built yet")
}
