package store

import (
	"cmp"
	"time"
)

// Contact is a person who writes to us. Any of its identities may be missing, the phone included (platform document 2.1).
type Contact struct {
	ID          int64
	Name        string // ours
	ProfileName string // the customer's own
	Username    string // without @
	Phone       string // E.164
	WaID        string `gorm:"column:wa_id"` // digits, as Meta writes it; not always the phone that was dialled
	BSUID       string `gorm:"column:bsuid"`
	ParentBSUID string `gorm:"column:parent_bsuid"`
	Review      string
	CreatedAt   time.Time `gorm:"serializer:ms"`
	UpdatedAt   time.Time `gorm:"serializer:ms"`
}

// DisplayName is never empty: our name, the profile's, the phone, the username, or the end of what identifies them. Only
// the last needs words, so it is returned as the bare six characters with ok = false and views put it into a phrase.
func (c Contact) DisplayName() (name string, ok bool) {
	username := ""
	if c.Username != "" {
		username = "@" + c.Username
	}
	if name = cmp.Or(c.Name, c.ProfileName, c.Phone, username); name != "" {
		return name, true
	}
	id := cmp.Or(c.BSUID, c.WaID)
	return id[max(0, len(id)-6):], false
}

// Identity is how one event of Meta names a person. Two ids in one event are one person; nothing else links ids.
type Identity struct {
	BSUID       string
	ParentBSUID string
	WaID        string
	Username    string
	ProfileName string
}

func (i Identity) Empty() bool { return i.BSUID == "" && i.WaID == "" }

// ContactIdentity is one id a contact has or had.
type ContactIdentity struct {
	ID        int64
	ContactID int64
	Kind      string // bsuid, wa_id, username
	Value     string
	FirstSeen time.Time `gorm:"serializer:ms"`
	LastSeen  time.Time `gorm:"serializer:ms"`
	EndedAt   time.Time `gorm:"serializer:ms"`
}
