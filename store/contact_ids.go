package store

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// What an event teaches about a contact: its ids, which of them it goes by, its names.

// seenEvery is how precisely last_seen is kept: it is not worth a write for every message.
const seenEvery = time.Hour

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
