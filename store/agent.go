package store

import "time"

type Role string

const (
	RoleAgent      Role = "agent"
	RoleSupervisor Role = "supervisor"
	RoleAdmin      Role = "admin"
)

func (r Role) Valid() bool { return r == RoleAgent || r == RoleSupervisor || r == RoleAdmin }

// Presence is what the router obeys. The agent chooses it; without a socket for 60 s it is offline whatever was chosen.
type Presence string

const (
	Available Presence = "available"
	Away      Presence = "away"
	Offline   Presence = "offline"
)

func (p Presence) Valid() bool { return p == Available || p == Away || p == Offline }

// MaxCapacity is the most open chats that the router may be allowed to give one person.
const MaxCapacity = 99

// Agent is a person who works at the desk, in any role.
type Agent struct {
	ID           int64
	Email        string
	Name         string
	Role         Role
	PasswordHash string
	Epoch        int64  // sessions of an older epoch have ended
	TimeZone     string // IANA name
	Theme        string // "", "light", "dark"
	Capacity     int
	OpenCount    int
	Choice       Presence
	Presence     Presence
	SeenAt       time.Time `gorm:"serializer:ms"`
	OfflineSince time.Time `gorm:"serializer:ms"`
	RoutedAt     time.Time `gorm:"serializer:ms"`
	DisabledAt   time.Time `gorm:"serializer:ms"`
	CreatedAt    time.Time `gorm:"serializer:ms"`

	TeamIDs    []int64    `gorm:"-"` // filled when the agent is loaded to act
	Visibility Visibility `gorm:"-"` // the desk's setting, filled when the agent is loaded to act
}

func (a Agent) Disabled() bool { return !a.DisabledAt.IsZero() }
func (a Agent) Invited() bool  { return a.PasswordHash == "" }
func (a Agent) HasRoom() bool  { return a.OpenCount < a.Capacity }

// administers says whether somebody may do what only admins do.
func (a Agent) administers() bool { return a.Role == RoleAdmin && !a.Disabled() }

// Location is the agent's time zone; UTC where the name is unknown on this machine.
func (a Agent) Location() *time.Location {
	if loc, err := time.LoadLocation(a.TimeZone); err == nil {
		return loc
	}
	return time.UTC
}

// Visibility is the desk's setting for chats that other agents own (contract: Roles and owning).
type Visibility string

const (
	VisibleOwn  Visibility = "own"
	VisibleTeam Visibility = "team"
	VisibleAll  Visibility = "all"
)
