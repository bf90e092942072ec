package store

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// changeSlack: an id first seen this long before Meta announced it is still the same person's; earlier it was another's.
const changeSlack = time.Hour

func (r IdentityReport) apply(t *tx) error {
	r.WAMID, r.Old, r.New = clean(r.WAMID), r.Old.cleaned(), r.New.cleaned()
	n, _, err := t.number(r.PhoneNumberID, "")
	if err != nil {
		return err
	}
	at, ahead := t.place(r.At)
	contact, changed, err := t.follow(r, at)
	if err != nil {
		return err
	}
	c, err := t.findChat(n.ID, contact.ID)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil // nothing was ever said on this number: there is no thread to say it in
	}
	if err != nil || (r.WAMID == "" && !changed) {
		return err
	}
	m := Message{ChatID: c.ID, CaseID: c.CaseID, NumberID: n.ID, Direction: In, Kind: KindSystem, WAMID: r.WAMID, At: at,
		Body: r.Change.Body, Details: Details{System: &r.Change}, ClockAhead: ahead}
	if fresh, err := t.insertMessage(&m); err != nil || !fresh {
		return err
	}
	t.emit(Event{Kind: MessageReceived, ChatID: c.ID, MessageID: m.ID, TeamID: c.TeamID, OwnerID: c.OwnerID})
	c.stands(m)
	return t.save(&c)
}

// follow makes one contact of the old ids and the new ones, whichever of them are known, and says whether that was news.
func (t *tx) follow(r IdentityReport, at time.Time) (Contact, bool, error) {
	if r.Old.Empty() || r.New.Empty() {
		return Contact{}, false, errNoIdentity
	}
	oldB, oldW, err := t.holders(r.Old)
	if err != nil {
		return Contact{}, false, err
	}
	newB, newW, err := t.holders(r.New)
	if err != nil {
		return Contact{}, false, err
	}
	was := oldB
	if was == nil && oldW != nil && (r.Old.BSUID == "" || oldW.Contact.BSUID == "" || oldW.Contact.BSUID == r.New.BSUID) {
		was = oldW
	}
	is := newB
	if is == nil && newW != nil && !newW.FirstSeen.Before(at.Add(-changeSlack)) && (r.New.BSUID == "" || newW.Contact.BSUID == "") {
		is = newW
	}
	var c Contact
	switch {
	case was == nil && is == nil:
		c, err = t.createContact()
	case was == nil:
		c = is.Contact
	case is == nil || is.Contact.ID == was.Contact.ID:
		c = was.Contact
	default:
		c, err = t.fold(was.Contact, is.Contact)
	}
	if err != nil {
		return c, false, err
	}
	before := c
	if err := t.hold(&c, r, at); err != nil {
		return c, false, err
	}
	if folded := was != nil && is != nil && was.Contact.ID != is.Contact.ID; folded || c != before {
		return c, true, t.saveContact(c)
	}
	return c, false, nil
}

// hold gives a contact the ids on both sides of a change: the old ones from before it, the new ones from then on. Both go
// on leading to the contact, because what was sent before the change may arrive after it.
func (t *tx) hold(c *Contact, r IdentityReport, at time.Time) error {
	steps := []struct {
		kind, value string
		at          time.Time
	}{
		{kindBSUID, r.Old.BSUID, at.Add(-time.Millisecond)}, {kindWaID, r.Old.WaID, at.Add(-time.Millisecond)},
		{kindBSUID, r.New.BSUID, at}, {kindWaID, r.New.WaID, at},
	}
	for _, step := range steps {
		if step.value == "" || (step.kind == kindWaID && step.value == r.New.WaID && step.at.Before(at)) {
			continue
		}
		err := t.attach(c.ID, step.kind, step.value, step.at)
		if errors.Is(err, errIdentityTaken) && step.kind == kindWaID {
			err = t.takeNumber(c, step.value, step.at, step.value == r.New.WaID)
		}
		if err != nil {
			return err
		}
	}
	if r.New.WaID == "" && r.New.BSUID != r.Old.BSUID && r.New.BSUID != "" {
		// The number changed and Meta does not show the new one: the old one leads to nobody we know.
		err := t.Exec("UPDATE contact_identities SET ended_at = ? WHERE contact_id = ? AND kind = 'wa_id' AND ended_at = 0 AND last_seen < ?",
			millis(at), c.ID, millis(at)).Error
		if err != nil {
			return fmt.Errorf("end number: %w", err)
		}
	}
	if r.New.ParentBSUID != "" {
		c.ParentBSUID = r.New.ParentBSUID
	}
	return t.chooseIDs(c)
}

// takeNumber: the wa_id of a change stands with somebody else. The new one was theirs before and is c's now; an old one
// has found its next holder already.
func (t *tx) takeNumber(c *Contact, waID string, at time.Time, isNew bool) error {
	_, w, err := t.holders(Identity{WaID: waID})
	if err != nil || w == nil || !isNew {
		return err
	}
	id := Identity{WaID: waID}
	if err := t.passNumber(w, c, &id, at); err != nil || id.WaID == "" {
		return err
	}
	return t.attach(c.ID, kindWaID, waID, at)
}

// A notice stands as a line in the thread of whoever it is about.
func (r NoticeReport) apply(t *tx) error {
	n, _, err := t.number(r.PhoneNumberID, "")
	if err != nil {
		return err
	}
	at, _ := t.place(r.At)
	contact, err := t.contactFor(r.Contact, at)
	if err != nil {
		return err
	}
	c, err := t.chatOf(n, contact, false, at)
	if err != nil {
		return err
	}
	details := LineDetails{Text: clean(r.Text)}
	var same []Line
	if err := t.Where("chat_id = ? AND at = ? AND kind = ?", c.ID, millis(at), LineNotice).Find(&same).Error; err != nil {
		return fmt.Errorf("notices of chat %d: %w", c.ID, err)
	}
	for _, line := range same {
		if line.Details == details {
			return nil
		}
	}
	return t.addLine(c, Line{ChatID: c.ID, At: at, Kind: LineNotice, CaseID: c.CaseID, Details: details})
}
