package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// outcome is one step of a message of ours: how far it came, when, and what Meta said of it.
type outcome struct {
	status  Status
	at      time.Time // Meta's time where it is Meta's word
	code    int       // code, reason and words of a failure
	reason  FailReason
	words   string
	details json.RawMessage
}

// reach records a step of a message. Its status is the highest one ever reported, so any order of reports ends the same:
// the update asks for a lower rank and whoever comes late changes nothing. It returns whether the status rose, which is
// when an event says so.
func (t *tx) reach(m Message, o outcome) (bool, error) {
	if o.at.IsZero() || o.at.After(t.now) {
		o.at = t.now
	}
	if err := t.recordStep(m.ID, o); err != nil {
		return false, err
	}
	// What was said of an earlier attempt no longer holds, and a message that one device refused and another took did
	// not fail: the reason stays only beside the status that it explains.
	if o.status != Failed {
		o.code, o.reason, o.words = 0, "", ""
	}
	res := t.Exec("UPDATE messages SET status = ?, rank = ?, error_code = ?, error_reason = ?, error_details = ?, next_attempt_at = 0"+
		" WHERE id = ? AND rank < ?", o.status, o.status.Rank(), o.code, o.reason, clean(o.words), m.ID, o.status.Rank())
	if res.Error != nil {
		return false, fmt.Errorf("raise message %d to %s: %w", m.ID, o.status, res.Error)
	}
	if res.RowsAffected == 0 {
		return false, nil
	}
	c, err := t.chat(m.ChatID)
	if err != nil {
		return false, fmt.Errorf("chat of message %d: %w", m.ID, err)
	}
	t.messageChanged(m, c)
	if o.status == Failed || m.Status == Failed {
		return true, t.countFailure(c, o)
	}
	return true, nil
}

// recordStep keeps the earliest time of each status.
func (t *tx) recordStep(messageID int64, o outcome) error {
	err := t.Exec("INSERT INTO message_statuses (message_id, status, at, received_at, details) VALUES (?, ?, ?, ?, ?)"+
		" ON CONFLICT (message_id, status) DO UPDATE SET at = excluded.at, details = excluded.details"+
		" WHERE excluded.at < message_statuses.at",
		messageID, o.status, millis(o.at), millis(t.now), string(rawJSON(o.details))).Error
	if err != nil {
		return fmt.Errorf("step %s of message %d: %w", o.status, messageID, err)
	}
	return nil
}

// messageChanged leaves one event a message and command, however many steps it took in it.
func (t *tx) messageChanged(m Message, c Chat) {
	for _, e := range t.events {
		if e.Kind == MessageChanged && e.MessageID == m.ID {
			return
		}
	}
	t.emit(Event{Kind: MessageChanged, ChatID: c.ID, MessageID: m.ID, TeamID: c.TeamID, OwnerID: c.OwnerID})
}

// countFailure sets right what a message counted for that has failed, or that after all has not: whether the customer is
// still waiting, and after a refusal for the window, the window.
func (t *tx) countFailure(c Chat, o outcome) error {
	before := c
	if err := t.recountWaiting(&c); err != nil {
		return err
	}
	if o.reason == FailWindowEnded {
		if err := t.endWindow(&c, o.at); err != nil {
			return err
		}
	}
	if c.WaitingSince.Equal(before.WaitingSince) && c.WindowUntil.Equal(before.WindowUntil) {
		return nil
	}
	return t.save(&c)
}

// recountWaiting finds since when the customer waits: their oldest message of this case after the newest answer that
// stands. By id and not by time, because whoever answered had seen what was there.
func (t *tx) recountWaiting(c *Chat) error {
	if c.State != ChatOpen {
		return nil
	}
	var answered, since int64
	err := t.Raw("SELECT COALESCE(MAX(id), 0) FROM messages WHERE chat_id = ? AND direction = 'out' AND kind <> 'call'"+
		" AND status NOT IN ('failed', 'cancelled')", c.ID).Scan(&answered).Error
	if err != nil {
		return fmt.Errorf("newest answer in chat %d: %w", c.ID, err)
	}
	err = t.Raw("SELECT COALESCE(MIN(at), 0) FROM messages WHERE chat_id = ? AND case_id = ? AND id > ? AND direction = 'in'"+
		" AND kind NOT IN ('system', 'permission')", c.ID, c.CaseID, answered).Scan(&since).Error
	if err != nil {
		return fmt.Errorf("unanswered messages in chat %d: %w", c.ID, err)
	}
	c.WaitingSince = instant(since)
	return nil
}

// endWindow takes Meta's word that the window had ended at that time, unless the customer opened it again since.
func (t *tx) endWindow(c *Chat, at time.Time) error {
	ended := c.Window().EndAt(at)
	if !at.After(c.WindowFrom) || ended.Until.Equal(c.WindowUntil) {
		return nil
	}
	c.WindowUntil = ended.Until
	return t.addLine(*c, Line{ChatID: c.ID, Kind: LineWindowEnded, CaseID: c.CaseID})
}

func (r StatusReport) apply(t *tx) error {
	if r.Status.Rank() == 0 {
		return nil // a word that Meta invents tomorrow
	}
	r.WAMID = clean(r.WAMID)
	m, err := t.reported(r)
	if errors.Is(err, ErrNotFound) {
		return t.keepStatus(r)
	}
	if err != nil {
		return err
	}
	named := m.WAMID == "" && r.WAMID != ""
	if named {
		if err := t.name(m.ID, r.WAMID); err != nil {
			return err
		}
	}
	rose, err := t.reach(m, outcome{status: r.Status, at: r.At, code: r.ErrorCode, reason: r.ErrorReason, words: r.ErrorDetails, details: r.Details})
	if err != nil {
		return err
	}
	if rose && r.Status == Failed && r.Pauses != "" {
		if err := t.pauseNumber(m.NumberID, r.ErrorCode, r.Pauses); err != nil {
			return err
		}
	}
	if err := t.learnRecipient(m.ChatID, r.Recipient); err != nil {
		return err
	}
	if named {
		return t.applyKeptStatuses(r.WAMID)
	}
	return nil
}

// reported finds the message a status is about: the one that Meta knows by this name, else by our own id one that has no
// name yet but was sent. (Ids begin anew in a restored database; one that never left cannot have arrived.) Only outgoing
// messages of that number count.
func (t *tx) reported(r StatusReport) (Message, error) {
	var m Message
	ofNumber := func() *gorm.DB {
		return t.Joins("JOIN numbers ON numbers.id = messages.number_id AND numbers.phone_number_id = ?", r.PhoneNumberID).
			Where("messages.direction = 'out'")
	}
	err := gorm.ErrRecordNotFound
	if r.WAMID != "" {
		err = ofNumber().Where("messages.wamid = ?", r.WAMID).Take(&m).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) && r.MessageID != 0 {
		err = ofNumber().Where("messages.wamid IS NULL AND (messages.status <> 'queued' OR messages.attempts > 0)").Take(&m, r.MessageID).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return m, ErrNotFound
	}
	if err != nil {
		return m, fmt.Errorf("message of a status: %w", err)
	}
	return m, nil
}

// name gives a message the id under which Meta knows it. An id that stands with another message stays there: what is told
// of this one matters more than its name.
func (t *tx) name(messageID int64, wamid string) error {
	err := t.Exec("UPDATE messages SET wamid = ? WHERE id = ? AND wamid IS NULL AND NOT EXISTS (SELECT 1 FROM messages WHERE wamid = ?)",
		wamid, messageID, wamid).Error
	if err != nil {
		return fmt.Errorf("name message %d: %w", messageID, err)
	}
	return nil
}

// keepStatus keeps a status whose message is not here: it may have overtaken the answer to our own call, or concern a
// message that another app sent.
func (t *tx) keepStatus(r StatusReport) error {
	var known bool // under that name, but not as a message that this number sent
	if err := t.Raw("SELECT EXISTS (SELECT 1 FROM messages WHERE wamid = ?)", r.WAMID).Scan(&known).Error; err != nil {
		return fmt.Errorf("message of a status: %w", err)
	}
	if r.WAMID == "" || known {
		return nil // nothing could ever find it
	}
	return t.keepPending(r.WAMID, "status", r)
}

// applyKeptStatuses applies what came under a WhatsApp id before its message had it.
func (t *tx) applyKeptStatuses(wamid string) error {
	var kept []string
	err := t.Raw("SELECT report FROM pending_reports WHERE wamid = ? AND kind = 'status' ORDER BY id", wamid).Scan(&kept).Error
	if err != nil {
		return fmt.Errorf("kept statuses: %w", err)
	}
	if len(kept) == 0 {
		return nil
	}
	if err := t.Exec("DELETE FROM pending_reports WHERE wamid = ? AND kind = 'status'", wamid).Error; err != nil {
		return fmt.Errorf("kept statuses: %w", err)
	}
	for _, report := range kept {
		var r StatusReport
		if err := json.Unmarshal([]byte(report), &r); err != nil {
			return fmt.Errorf("kept status: %w", err)
		}
		if err := r.apply(t); err != nil {
			return err
		}
	}
	return nil
}
