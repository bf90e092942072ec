package store

import (
	"cmp"
	"time"
)

// Number is one of the business's WhatsApp numbers.
type Number struct {
	ID             int64
	PhoneNumberID  string
	WABAID         string `gorm:"column:waba_id"`
	TeamID         int64
	DisplayPhone   string // as Meta prints it
	VerifiedName   string
	Quality        string // GREEN, YELLOW, RED, UNKNOWN
	Status         string
	MessagingLimit string
	Throughput     int // messages a second
	TokenSealed    string
	PausedAt       time.Time `gorm:"serializer:ms"` // real time; sending waits; zero = it does not
	PausedCode     int
	PausedReason   PauseReason
	Restricted     string
	SyncedAt       time.Time `gorm:"serializer:ms"`
	CreatedAt      time.Time `gorm:"serializer:ms"`
}

func (n Number) Paused() bool { return !n.PausedAt.IsZero() }

// PauseReason is why a number does not send, one word that views turn into a sentence for everybody and one for admins.
type PauseReason string

const (
	PauseToken      PauseReason = "token"      // 0, 190: the access token is dead
	PausePermission PauseReason = "permission" // 3, 10, 200-299, 131005
	PausePayment    PauseReason = "payment"    // 131042, 131044
	PauseRestricted PauseReason = "restricted" // 368, 131031, account notices
	PauseNumber     PauseReason = "number"     // 33, 131045, 133006, 133010: not registered (any more)
	PauseName       PauseReason = "name"       // 131037
)

// DisplayName is what a number is called on screen: its verified name, else the number, else Meta's id.
func (n Number) DisplayName() string { return cmp.Or(n.VerifiedName, n.DisplayPhone, n.PhoneNumberID) }
