package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// What a contact does to a message that stands, or will stand, in the thread: changes it, takes it back, reacts to it.
// None of it opens a window, is unread, or makes the chat wait (platform document 5.1).

func (r EditReport) apply(t *tx) error {
	r.TargetWAMID, r.Body = clean(r.TargetWAMID), clean(r.Body)
	r.At, _ = t.place(r.At)
	m, here, err := t.toAmend(r.PhoneNumberID, r.TargetWAMID, "edit", r)
	if err != nil || !here {
		return err
	}
	var edits []MessageEdit
	if err := t.Where("message_id = ?", m.ID).Order("at, id").Find(&edits).Error; err != nil {
		return fmt.Errorf("edits of message %d: %w", m.ID, err)
	}
	// An edit's row holds what stood before it, so a late one goes between its neighbours: it takes over the former text
	// of the edit that came after it, whose own former text it is.
	kept := MessageEdit{MessageID: m.ID, At: r.At, Body: m.Body}
	for _, later := range edits {
		if later.At.Equal(r.At) {
			return nil
		}
		if later.At.After(r.At) {
			kept.Body = later.Body
			if err := t.Exec("UPDATE message_edits SET body = ? WHERE id = ?", r.Body, later.ID).Error; err != nil {
				return fmt.Errorf("edit message %d: %w", m.ID, err)
			}
			break
		}
	}
	if err := t.Create(&kept).Error; err != nil {
		return fmt.Errorf("edit message %d: %w", m.ID, err)
	}
	if !r.At.After(m.EditedAt) {
		return t.amended(m)
	}
	if r.Details.Media != nil {
		m.Details.Media = r.Details.Media
	}
	details, err := cleanJSON(m.Details)
	if err != nil {
		return err
	}
	err = t.Exec("UPDATE messages SET body = ?, details = ?, edited_at = ? WHERE id = ?", r.Body, details, millis(r.At), m.ID).Error
	if err != nil {
		return fmt.Errorf("edit message %d: %w", m.ID, err)
	}
	return t.amended(m)
}

func (r RevokeReport) apply(t *tx) error {
	r.TargetWAMID = clean(r.TargetWAMID)
	r.At, _ = t.place(r.At)
	m, here, err := t.toAmend(r.PhoneNumberID, r.TargetWAMID, "revoke", r)
	if err != nil || !here {
		return err
	}
	res := t.Exec("UPDATE messages SET revoked_at = ? WHERE id = ? AND revoked_at = 0", millis(r.At), m.ID)
	if res.Error != nil {
		return fmt.Errorf("revoke message %d: %w", m.ID, res.Error)
	}
	if res.RowsAffected == 0 {
		return nil
	}
	return t.amended(m)
}

// A reaction to a message that is not here stands as a line; its row waits, and shows on the message if that comes.
func (r ReactionReport) apply(t *tx) error {
	r.TargetWAMID, r.Emoji = clean(r.TargetWAMID), clean(r.Emoji)
	r.At, _ = t.place(r.At)
	n, _, err := t.number(r.PhoneNumberID, "")
	if err != nil {
		return err
	}
	target, err := t.messageByWAMID(n, r.TargetWAMID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	here, chatID := err == nil, target.ChatID
	var c Chat
	if !here {
		contact, err := t.contactFor(r.From, r.At)
		if err != nil {
			return err
		}
		if c, err = t.chatOf(n, contact, false, r.At); err != nil {
			return err
		}
		chatID = c.ID
	}
	res := t.Exec("INSERT INTO reactions (chat_id, target_wamid, actor, emoji, at) VALUES (?, ?, 'contact', ?, ?)"+
		" ON CONFLICT (target_wamid, actor) DO UPDATE SET emoji = excluded.emoji, at = excluded.at WHERE excluded.at > reactions.at",
		chatID, r.TargetWAMID, r.Emoji, millis(r.At))
	if res.Error != nil {
		return fmt.Errorf("reaction: %w", res.Error)
	}
	switch {
	case res.RowsAffected == 0: // known, or older than what is known
		return nil
	case here:
		return t.amended(target)
	case r.Emoji == "":
		return nil
	}
	return t.addLine(c, Line{ChatID: c.ID, At: r.At, Kind: LineReaction, CaseID: c.CaseID, Details: LineDetails{Emoji: r.Emoji}})
}

// toAmend finds the message that an edit or a revoke is about. It is not here if it is yet to come, and the report kept for
// it, or if it is another number's, and the report forgotten.
func (t *tx) toAmend(phoneNumberID, wamid, kind string, report Report) (m Message, here bool, err error) {
	n, known, err := t.number(phoneNumberID, wamid)
	if err != nil {
		return m, false, err
	}
	if !known {
		return m, false, t.keepPending(wamid, kind, report)
	}
	if m, err = t.messageByWAMID(n, wamid); errors.Is(err, ErrNotFound) {
		return m, false, nil
	}
	return m, err == nil, err
}

// messageByWAMID finds and locks a message of a number; ErrNotFound.
func (t *tx) messageByWAMID(n Number, wamid string) (Message, error) {
	var m Message
	err := t.Clauses(clause.Locking{Strength: "UPDATE"}).Where("wamid = ? AND number_id = ?", wamid, n.ID).Take(&m).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return m, ErrNotFound
	}
	if err != nil {
		return m, fmt.Errorf("find message: %w", err)
	}
	return m, nil
}

// amended says that a message looks different now, and its row in the list if it is the last one there.
func (t *tx) amended(m Message) error {
	c, err := t.chat(m.ChatID)
	if err != nil {
		return fmt.Errorf("chat of message %d: %w", m.ID, err)
	}
	t.messageChanged(m, c)
	if c.LastMessageID == m.ID {
		t.chatChanged(c, 0)
	}
	return nil
}

// keepPending keeps a report whose message is not here yet; once, however often it comes.
func (t *tx) keepPending(wamid, kind string, report Report) error {
	encoded, err := cleanJSON(report)
	if err != nil {
		return err
	}
	err = t.Exec("INSERT INTO pending_reports (wamid, kind, report, received_at) SELECT ?, ?, ?, ? WHERE NOT EXISTS"+
		" (SELECT 1 FROM pending_reports WHERE wamid = ? AND kind = ? AND report = ?)",
		wamid, kind, encoded, millis(t.real), wamid, kind, encoded).Error
	if err != nil {
		return fmt.Errorf("keep %s: %w", kind, err)
	}
	return nil
}

// applyPending applies what came about a message before it did.
func (t *tx) applyPending(wamid string) error {
	var kept []struct{ Kind, Report string }
	err := t.Raw("SELECT kind, report FROM pending_reports WHERE wamid = ? ORDER BY id", wamid).Scan(&kept).Error
	if err != nil {
		return fmt.Errorf("pending reports: %w", err)
	}
	if len(kept) == 0 {
		return nil
	}
	if err := t.Exec("DELETE FROM pending_reports WHERE wamid = ? AND kind <> 'status'", wamid).Error; err != nil {
		return fmt.Errorf("pending reports: %w", err)
	}
	for _, k := range kept {
		var err error
		switch k.Kind {
		case "edit":
			err = applyKept[EditReport](t, k.Report)
		case "revoke":
			err = applyKept[RevokeReport](t, k.Report)
		}
		if err != nil {
			return err
		}
	}
	return t.applyKeptStatuses(wamid)
}

func applyKept[R Report](t *tx, report string) error {
	var r R
	if err := json.Unmarshal([]byte(report), &r); err != nil {
		return fmt.Errorf("pending %T: %w", r, err)
	}
	return r.apply(t)
}

// settlePending applies pending reports whose message has come after all. Two transactions that run side by side may each
// miss what the other writes, where the database lets them.
func (t *tx) settlePending() error {
	var wamids []string
	err := t.Raw("SELECT DISTINCT p.wamid FROM pending_reports p JOIN messages m ON m.wamid = p.wamid LIMIT 1000").Scan(&wamids).Error
	if err != nil {
		return fmt.Errorf("pending reports of known messages: %w", err)
	}
	for _, wamid := range wamids {
		if err := t.applyPending(wamid); err != nil {
			return err
		}
	}
	return nil
}
