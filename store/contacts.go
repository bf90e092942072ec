package store

import (
	"cmp"
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

// seenEvery is how precisely last_seen is kept: it is not worth a write for every message.
const seenEvery = time.Hour

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
		c = b.Contact
		err = t.passNumber(w, &c, &id, at)
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

// learn gives c the ids and names of an event that is certainly about it. An event that uses a business-scoped id which c
// no longer goes by is a late one and teaches nothing.
func (t *tx) learn(c *Contact, id Identity, b, w *holding, at time.Time) error {
	if id.BSUID != "" && c.BSUID != "" && id.BSUID != c.BSUID {
		return nil
	}
	before, fresh := *c, true
	attached := false
	for _, known := range []struct {
		held        *holding
		kind, value string
	}{{b, kindBSUID, id.BSUID}, {w, kindWaID, id.WaID}} {
		if known.value == "" {
			continue
		}
		if known.held != nil && known.held.Contact.ID == c.ID {
			fresh = fresh && !at.Before(known.held.LastSeen)
			if err := t.seen(c.ID, known.kind, known.value, *known.held, at); err != nil {
				return err
			}
			continue
		}
		if err := t.attach(c.ID, known.kind, known.value, at); err != nil {
			return err
		}
		attached = true
	}
	if attached {
		if err := t.chooseIDs(c); err != nil {
			return err
		}
	}
	if fresh {
		c.ProfileName = cmp.Or(id.ProfileName, c.ProfileName)
		c.ParentBSUID = cmp.Or(id.ParentBSUID, c.ParentBSUID)
		if id.Username != "" && id.Username != c.Username {
			if err := t.rename(c, id.Username, at); err != nil {
				return err
			}
		}
	}
	if *c == before {
		return nil
	}
	return t.saveContact(*c)
}

// attach makes c the holder of an id. Another holder keeps it: contactFor has settled before whose it is, so this is a
// race that was lost, or an id that an earlier event of the same command moved.
func (t *tx) attach(contactID int64, kind, value string, at time.Time) error {
	res := t.Exec("INSERT INTO contact_identities (contact_id, kind, value, first_seen, last_seen) VALUES (?, ?, ?, ?, ?)"+
		" ON CONFLICT DO NOTHING", contactID, kind, value, millis(at), millis(at))
	if res.Error != nil {
		return fmt.Errorf("attach identity: %w", res.Error)
	}
	if res.RowsAffected == 1 {
		return nil
	}
	var holder int64
	err := t.Raw("SELECT contact_id FROM contact_identities WHERE kind = ? AND value = ? AND ended_at = 0 AND kind <> 'username'",
		kind, value).Scan(&holder).Error
	if err != nil {
		return fmt.Errorf("attach identity: %w", err)
	}
	if holder != contactID {
		return errIdentityTaken
	}
	return t.Exec("UPDATE contact_identities SET first_seen = CASE WHEN first_seen > ? THEN ? ELSE first_seen END,"+
		" last_seen = CASE WHEN last_seen < ? THEN ? ELSE last_seen END WHERE kind = ? AND value = ? AND ended_at = 0 AND kind <> 'username'",
		millis(at), millis(at), millis(at), millis(at), kind, value).Error
}

// errIdentityTaken: somebody else created the same contact meanwhile. The whole command is worth another try.
var errIdentityTaken = errors.New("the identity was taken meanwhile")

// seen moves the edges of the time in which an id was in use.
func (t *tx) seen(contactID int64, kind, value string, held holding, at time.Time) error {
	if !at.Before(held.FirstSeen) && at.Before(held.LastSeen.Add(seenEvery)) {
		return nil
	}
	return t.attach(contactID, kind, value, at)
}

func (t *tx) firstSeen(contactID int64, kind, value string) (time.Time, error) {
	var at int64
	err := t.Raw("SELECT COALESCE(MIN(first_seen), 0) FROM contact_identities WHERE contact_id = ? AND kind = ? AND value = ?"+
		" AND ended_at = 0", contactID, kind, value).Scan(&at).Error
	if err != nil {
		return time.Time{}, fmt.Errorf("first use of an identity: %w", err)
	}
	return instant(at), nil
}

// chooseIDs sets what a contact is called by now: of the ids it holds, those that came into use last. The phone follows
// the wa_id and stays when that is not known (any more).
func (t *tx) chooseIDs(c *Contact) error {
	var held []ContactIdentity
	err := t.Where("contact_id = ? AND ended_at = 0 AND kind <> 'username'", c.ID).Order("first_seen, id").Find(&held).Error
	if err != nil {
		return fmt.Errorf("identities of contact %d: %w", c.ID, err)
	}
	c.BSUID, c.WaID = "", ""
	for _, i := range held {
		switch i.Kind {
		case kindBSUID:
			c.BSUID = i.Value
		case kindWaID:
			c.WaID = i.Value
		}
	}
	if c.WaID != "" {
		c.Phone = "+" + c.WaID
	}
	return nil
}

// rename changes the username. Usernames lead to nobody, so several contacts may have had one.
func (t *tx) rename(c *Contact, username string, at time.Time) error {
	err := t.Exec("UPDATE contact_identities SET ended_at = ? WHERE contact_id = ? AND kind = 'username' AND ended_at = 0",
		millis(at), c.ID).Error
	if err != nil {
		return fmt.Errorf("end username: %w", err)
	}
	c.Username = username
	err = t.Create(&ContactIdentity{ContactID: c.ID, Kind: kindUsername, Value: username, FirstSeen: at, LastSeen: at}).Error
	if err != nil {
		return fmt.Errorf("record username: %w", err)
	}
	return nil
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

// learnRecipient learns ids of a chat's contact from what an answer or a status said of the recipient. Ids that lead to
// somebody else are left where they are: a message's recipient is no reason to move one.
func (t *tx) learnRecipient(chatID int64, id Identity) error {
	id = id.cleaned()
	if id.Empty() {
		return nil
	}
	var c Contact
	err := t.Raw("SELECT contacts.* FROM contacts JOIN chats ON chats.contact_id = contacts.id WHERE chats.id = ?", chatID).Scan(&c).Error
	if err != nil {
		return fmt.Errorf("contact of chat %d: %w", chatID, err)
	}
	if (id.BSUID == "" || id.BSUID == c.BSUID) && (id.WaID == "" || id.WaID == c.WaID) {
		return nil // what nearly every status says
	}
	b, w, err := t.holders(id)
	if err != nil {
		return err
	}
	if b != nil && b.Contact.ID != c.ID {
		return nil
	}
	if w != nil && w.Contact.ID != c.ID {
		id.WaID, w = "", nil
	}
	return t.learn(&c, id, b, w, t.now)
}
