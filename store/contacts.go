package store

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Who is writing? Ids lead to contacts by the rules of the platform document 2.1: the business-scoped id first, then the
// wa_id; two ids are one person only when one event of Meta names both; a number that comes back under another
// business-scoped id has passed to somebody else.

// ReviewRecycled is a contact's review note: its number belongs, or belonged, to another contact as well.
const ReviewRecycled = "recycled_number"

const (
	kindBSUID    = "bsuid"
	kindWaID     = "wa_id"
	kindUsername = "username"
)

var errNoIdentity = errors.New("the event names nobody")

// holding is an id that a contact holds now.
type holding struct {
	Kind      string    `gorm:"column:held_kind"`
	Value     string    `gorm:"column:held_value"`
	FirstSeen time.Time `gorm:"column:held_first;serializer:ms"`
	LastSeen  time.Time `gorm:"column:held_last;serializer:ms"`
	Contact   Contact   `gorm:"embedded"`
}

// holders finds who holds the two ids; nil = nobody.
func (t *tx) holders(id Identity) (byBSUID, byWaID *holding, err error) {
	var found []holding
	err = t.Raw("SELECT i.kind AS held_kind, i.value AS held_value, i.first_seen AS held_first, i.last_seen AS held_last, c.* FROM contact_identities i"+
		" JOIN contacts c ON c.id = i.contact_id WHERE i.ended_at = 0 AND i.kind <> 'username'"+
		" AND i.kind IN ('bsuid', 'wa_id') AND i.value IN (?, ?)", id.BSUID, id.WaID).Scan(&found).Error
	if err != nil {
		return nil, nil, fmt.Errorf("look up contact: %w", err)
	}
	for i := range found {
		switch h := &found[i]; {
		case h.Kind == kindBSUID && h.Value == id.BSUID:
			byBSUID = h
		case h.Kind == kindWaID && h.Value == id.WaID:
			byWaID = h
		}
	}
	return byBSUID, byWaID, nil
}

// contactFor finds or creates the contact that an event of Meta's instant at names, and learns what the event says of it.
func (t *tx) contactFor(id Identity, at time.Time) (Contact, error) {
	id = id.cleaned()
	if id.Empty() {
		return Contact{}, errNoIdentity
	}
	b, w, err := t.holders(id)
	if err != nil {
		return Contact{}, err
	}
	var c Contact
	switch {
	case b == nil && w == nil:
		c, err = t.createContact()
	case b != nil && (w == nil || w.Contact.ID == b.Contact.ID):
		c = b.Contact
	case b == nil:
		c, err = t.holderOrHeir(w, &id, at)
	case w.Contact.BSUID == "": // one event names both: the same person, met twice
		c, err = t.fold(b.Contact, w.Contact)
	default: // the number stands with somebody else
		if c = b.Contact; c.BSUID == id.BSUID {
			err = t.passNumber(w, &c, &id, at)
		}
	}
	if err != nil {
		return Contact{}, err
	}
	if err := t.learn(&c, id, b, w, at); err != nil {
		return Contact{}, err
	}
	return c, nil
}

// holderOrHeir: only the number is known. Under another business-scoped id, or after its holder is known to have left it,
// it speaks for a new person.
func (t *tx) holderOrHeir(w *holding, id *Identity, at time.Time) (Contact, error) {
	passed := id.BSUID != "" && w.Contact.BSUID != ""
	if id.BSUID == "" && w.Contact.WaID != id.WaID {
		left, err := t.firstSeen(w.Contact.ID, kindWaID, w.Contact.WaID)
		if err != nil {
			return Contact{}, err
		}
		passed = !left.IsZero() && at.After(left) && !at.Before(w.LastSeen)
	}
	if !passed {
		return w.Contact, nil
	}
	c, err := t.createContact()
	if err != nil {
		return c, err
	}
	return c, t.passNumber(w, &c, id, at)
}

// passNumber takes a wa_id from its holder for c, and marks for a person to look at who has it now and whose only number it
// was. An event older than the holder's last with it is a late one: the number stays where it is, and id loses it.
func (t *tx) passNumber(w *holding, c *Contact, id *Identity, at time.Time) error {
	if at.Before(w.LastSeen) {
		id.WaID = ""
		return nil
	}
	res := t.Exec("UPDATE contact_identities SET ended_at = ? WHERE contact_id = ? AND kind = 'wa_id' AND value = ? AND ended_at = 0",
		millis(at), w.Contact.ID, id.WaID)
	if res.Error != nil {
		return fmt.Errorf("pass a number on: %w", res.Error)
	}
	former := w.Contact
	c.Review = ReviewRecycled
	if former.WaID == id.WaID {
		former.Review = ReviewRecycled
	}
	if former.Phone == "+"+id.WaID {
		former.Phone = "" // somebody else would get what is sent there
	}
	if err := t.chooseIDs(&former); err != nil {
		return err
	}
	if err := t.saveContact(former); err != nil {
		return err
	}
	return t.saveContact(*c)
}

// createContact makes an empty contact; learn gives it its ids.
func (t *tx) createContact() (Contact, error) {
	c := Contact{CreatedAt: t.now, UpdatedAt: t.now}
	if err := t.Create(&c).Error; err != nil {
		return c, fmt.Errorf("create contact: %w", err)
	}
	return c, nil
}

// saveContact writes a contact that changed, and says so in each of its chats.
func (t *tx) saveContact(c Contact) error {
	// By hand: gorm puts its own idea of now into a column of the name updated_at.
	err := t.Exec("UPDATE contacts SET name = ?, profile_name = ?, username = ?, phone = ?, wa_id = ?, bsuid = ?, parent_bsuid = ?,"+
		" review = ?, updated_at = ? WHERE id = ?",
		c.Name, c.ProfileName, c.Username, c.Phone, c.WaID, c.BSUID, c.ParentBSUID, c.Review, millis(t.now), c.ID).Error
	if err != nil {
		return fmt.Errorf("save contact %d: %w", c.ID, err)
	}
	var chats []Chat
	if err := t.Where("contact_id = ?", c.ID).Find(&chats).Error; err != nil {
		return fmt.Errorf("chats of contact %d: %w", c.ID, err)
	}
	for _, chat := range chats {
		t.emit(Event{Kind: ContactChanged, ChatID: chat.ID, TeamID: chat.TeamID, OwnerID: chat.OwnerID})
	}
	return nil
}

// cleaned is the identity as it may be stored.
func (i Identity) cleaned() Identity {
	return Identity{
		BSUID: clean(i.BSUID), ParentBSUID: clean(i.ParentBSUID), WaID: strings.TrimPrefix(clean(i.WaID), "+"),
		Username: strings.TrimPrefix(clean(i.Username), "@"), ProfileName: clean(i.ProfileName),
	}
}
