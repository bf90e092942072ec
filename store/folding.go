package store

import (
	"cmp"
	"fmt"
	"time"
)

// Two contacts turn out to be one person, because Meta itself named them in one event: the younger is folded into the
// older, with everything that people read.

// fold makes one contact of two and returns it.
func (t *tx) fold(a, b Contact) (Contact, error) {
	keep, gone := a, b
	if b.CreatedAt.Before(a.CreatedAt) || (b.CreatedAt.Equal(a.CreatedAt) && b.ID < a.ID) {
		keep, gone = b, a
	}
	var chats []Chat
	if err := t.Where("contact_id IN ?", []int64{keep.ID, gone.ID}).Order("id").Find(&chats).Error; err != nil {
		return keep, fmt.Errorf("chats of two contacts: %w", err)
	}
	kept := map[int64]Chat{} // by number
	for _, c := range chats {
		if c.ContactID == keep.ID {
			kept[c.NumberID] = c
		}
	}
	for _, c := range chats {
		if c.ContactID == keep.ID {
			continue
		}
		into, both := kept[c.NumberID]
		if !both {
			if err := t.Exec("UPDATE chats SET contact_id = ? WHERE id = ?", keep.ID, c.ID).Error; err != nil {
				return keep, fmt.Errorf("pass chat %d on: %w", c.ID, err)
			}
			continue
		}
		if err := t.foldChat(into.ID, c.ID); err != nil {
			return keep, fmt.Errorf("fold chat %d into %d: %w", c.ID, into.ID, err)
		}
	}
	return keep, t.foldContact(&keep, gone)
}

func (t *tx) foldContact(keep *Contact, gone Contact) error {
	// What the one lost to the other it has again.
	err := t.Exec("DELETE FROM contact_identities WHERE ended_at > 0 AND kind <> 'username' AND contact_id IN (?, ?) AND EXISTS (SELECT 1"+
		" FROM contact_identities i WHERE i.contact_id IN (?, ?) AND i.kind = contact_identities.kind"+
		" AND i.value = contact_identities.value AND i.ended_at = 0)", keep.ID, gone.ID, keep.ID, gone.ID).Error
	if err != nil {
		return fmt.Errorf("fold identities: %w", err)
	}
	if gone.Username != "" && keep.Username != "" {
		err := t.Exec("UPDATE contact_identities SET ended_at = ? WHERE contact_id = ? AND kind = 'username' AND ended_at = 0",
			millis(t.now), keep.ID).Error
		if err != nil {
			return fmt.Errorf("fold usernames: %w", err)
		}
	}
	if err := t.Exec("UPDATE contact_identities SET contact_id = ? WHERE contact_id = ?", keep.ID, gone.ID).Error; err != nil {
		return fmt.Errorf("fold identities: %w", err)
	}
	if err := t.Exec("DELETE FROM contacts WHERE id = ?", gone.ID).Error; err != nil {
		return fmt.Errorf("fold contact: %w", err)
	}
	keep.Name = cmp.Or(keep.Name, gone.Name)
	keep.ProfileName = cmp.Or(gone.ProfileName, keep.ProfileName) // the younger was met last
	keep.Username = cmp.Or(gone.Username, keep.Username)
	keep.ParentBSUID = cmp.Or(gone.ParentBSUID, keep.ParentBSUID)
	keep.Phone = cmp.Or(keep.Phone, gone.Phone)
	if keep.Review == gone.Review {
		keep.Review = "" // each was noted because of the other
	}
	if err := t.chooseIDs(keep); err != nil {
		return err
	}
	return t.saveContact(*keep)
}

// foldChat moves everything of one chat into another and deletes the empty one. If either is open the result is, and an
// owner is kept: the older chat's, else the younger's.
func (t *tx) foldChat(keepID, goneID int64) error {
	keep, err := t.chat(keepID)
	if err != nil {
		return err
	}
	gone, err := t.chat(goneID)
	if err != nil {
		return err
	}
	owner, wasOpen := gone.OwnerID, gone.State == ChatOpen
	if wasOpen {
		if keep.State == ChatOpen { // one case goes on
			if err := t.closeCase(gone, 0); err != nil {
				return err
			}
		}
		if err := t.move(&gone, move{state: ChatClosed, kind: Closed}); err != nil {
			return err
		}
	}
	if err := t.moveThread(keep, gone); err != nil {
		return err
	}
	if wasOpen && (keep.State == ChatClosed || (keep.OwnerID == 0 && owner != 0)) {
		if err := t.takeOverOpen(&keep, gone, owner); err != nil {
			return err
		}
	}
	keep.combine(gone)
	if keep.LastMessageID, keep.LastMessageAt, err = t.newest(keep.ID); err != nil {
		return err
	}
	if err := t.save(&keep); err != nil {
		return err
	}
	return t.Exec("DELETE FROM chats WHERE id = ?", gone.ID).Error
}

// takeOverOpen: the younger chat was open and the older closed, or the younger had an owner and the older none.
func (t *tx) takeOverOpen(keep *Chat, gone Chat, owner int64) error {
	m := move{to: owner, state: ChatOpen, kind: Assigned}
	if keep.State == ChatClosed {
		m.kind = Reopened
		keep.CaseID = gone.CaseID
		if err := t.Exec("UPDATE chats SET case_id = ? WHERE id = ?", keep.CaseID, keep.ID).Error; err != nil {
			return err
		}
	}
	if owner != 0 {
		var enabled int64
		if err := t.Raw("SELECT COUNT(*) FROM agents WHERE id = ? AND disabled_at = 0", owner).Scan(&enabled).Error; err != nil {
			return err
		}
		if enabled == 0 {
			m.to = 0
		}
	}
	return t.move(keep, m)
}

// combine is what a chat counts after another's messages became its own.
func (c *Chat) combine(gone Chat) {
	if gone.WindowFrom.After(c.WindowFrom) {
		c.WindowFrom, c.WindowUntil = gone.WindowFrom, gone.WindowUntil
	}
	if gone.Waiting() && (!c.Waiting() || gone.WaitingSince.Before(c.WaitingSince)) {
		c.WaitingSince = gone.WaitingSince
	}
	if gone.Unread > 0 {
		c.ReadUpTo = min(c.ReadUpTo, gone.ReadUpTo)
	}
	c.Unread += gone.Unread
	c.LastAnswererID = cmp.Or(c.LastAnswererID, gone.LastAnswererID)
}

// moveThread moves what stands in one chat into another, and says so of each piece: pages that show the other insert it.
func (t *tx) moveThread(keep, gone Chat) error {
	var messages, lines []int64
	if err := t.Raw("SELECT id FROM messages WHERE chat_id = ? ORDER BY at, id", gone.ID).Scan(&messages).Error; err != nil {
		return err
	}
	if err := t.Raw("SELECT id FROM thread_lines WHERE chat_id = ? ORDER BY at, id", gone.ID).Scan(&lines).Error; err != nil {
		return err
	}
	for _, table := range []string{"messages", "thread_lines", "cases", "assignments", "reactions", "chat_openings"} {
		if err := t.Exec("UPDATE "+table+" SET chat_id = ? WHERE chat_id = ?", keep.ID, gone.ID).Error; err != nil {
			return fmt.Errorf("move %s: %w", table, err)
		}
	}
	for i := range t.events { // what this command said of them before
		if e := &t.events[i]; e.ChatID == gone.ID && e.Kind != ChatChanged {
			e.ChatID, e.TeamID, e.OwnerID = keep.ID, keep.TeamID, keep.OwnerID
		}
	}
	for _, id := range messages {
		t.messageChanged(Message{ID: id}, keep)
	}
	for _, id := range lines {
		t.emit(Event{Kind: LineAdded, ChatID: keep.ID, LineID: id, TeamID: keep.TeamID, OwnerID: keep.OwnerID})
	}
	return nil
}

// newest is the last message of a chat in thread order.
func (t *tx) newest(chatID int64) (id int64, at time.Time, err error) {
	var last struct{ ID, At int64 }
	err = t.Raw("SELECT id, at FROM messages WHERE chat_id = ? ORDER BY at DESC, id DESC LIMIT 1", chatID).Scan(&last).Error
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("newest message of chat %d: %w", chatID, err)
	}
	return last.ID, instant(last.At), nil
}
