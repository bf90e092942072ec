package store

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// lateAfter is how long after its timestamp a message counts as late: from then on an answer that was given meanwhile
// stands, and the message asks for no other. Before that, whoever answered simply wrote at the same time.
const lateAfter = 5 * time.Minute

var errNoWAMID = errors.New("the message has no id")

// asks says whether a message of this kind wants an answer: it makes the chat wait, counts as unread and reopens a closed
// chat. Identity changes, permission replies and reactions tell, they do not ask (platform document 2).
func (k MessageKind) asks() bool {
	return k != KindSystem && k != KindPermission && k != KindReaction
}

func (r InboundMessage) apply(t *tx) error {
	if r.WAMID = clean(r.WAMID); r.WAMID == "" {
		return errNoWAMID
	}
	n, known, err := t.number(r.PhoneNumberID, r.WAMID)
	if err != nil || known {
		return err
	}
	at, ahead := t.place(r.SentAt)
	contact, err := t.contactFor(r.From, at)
	if err != nil {
		return err
	}
	asks := r.Kind.asks()
	c, err := t.chatOf(n, contact, asks, at)
	if err != nil {
		return err
	}
	m := Message{ChatID: c.ID, CaseID: c.CaseID, NumberID: n.ID, Direction: In, Kind: r.Kind, WAMID: r.WAMID, At: at, Body: r.Body,
		Details: r.Details, QuotedWAMID: r.QuotedWAMID, ClockAhead: ahead}
	if fresh, err := t.insertMessage(&m); err != nil || !fresh {
		return err
	}
	t.emit(Event{Kind: MessageReceived, ChatID: c.ID, MessageID: m.ID, TeamID: c.TeamID, OwnerID: c.OwnerID})
	c.stands(m)
	if r.Kind.Qualifies() {
		c.qualify(at, t.now)
	}
	if asks {
		if err := t.ask(&c, m); err != nil {
			return err
		}
	}
	if err := t.save(&c); err != nil {
		return err
	}
	return t.applyPending(r.WAMID)
}

func (r EchoMessage) apply(t *tx) error {
	if r.WAMID = clean(r.WAMID); r.WAMID == "" {
		return errNoWAMID
	}
	n, known, err := t.number(r.PhoneNumberID, r.WAMID)
	if err != nil || known {
		return err
	}
	at, ahead := t.place(r.SentAt)
	contact, err := t.contactFor(r.To, at)
	if err != nil {
		return err
	}
	c, err := t.chatOf(n, contact, false, at)
	if err != nil {
		return err
	}
	r.Details.FromApp = true
	m := Message{ChatID: c.ID, CaseID: c.CaseID, NumberID: n.ID, Direction: Out, Kind: r.Kind, WAMID: r.WAMID, At: at, Body: r.Body,
		Details: r.Details, QuotedWAMID: r.QuotedWAMID, ClockAhead: ahead, Status: Sent, Rank: Sent.Rank()}
	if fresh, err := t.insertMessage(&m); err != nil || !fresh {
		return err
	}
	t.emit(Event{Kind: MessageQueued, ChatID: c.ID, MessageID: m.ID, TeamID: c.TeamID, OwnerID: c.OwnerID})
	c.stands(m)
	if c.Waiting() && !c.WaitingSince.After(at) { // it answers what came before it
		var since int64
		err := t.Raw("SELECT COALESCE(MIN(at), 0) FROM messages WHERE chat_id = ? AND at > ? AND direction = 'in'"+
			" AND kind NOT IN ('system', 'permission')", c.ID, millis(at)).Scan(&since).Error
		if err != nil {
			return fmt.Errorf("unanswered messages in chat %d: %w", c.ID, err)
		}
		c.WaitingSince = instant(since)
	}
	if err := t.save(&c); err != nil {
		return err
	}
	return t.applyPending(r.WAMID)
}

// number finds one of ours by Meta's id, or ErrUnknownNumber, and says whether a message of that id is here already.
func (t *tx) number(phoneNumberID, wamid string) (n Number, known bool, err error) {
	var found struct {
		ID, TeamID int64
		Known      bool
	}
	err = t.Raw("SELECT id, team_id, EXISTS (SELECT 1 FROM messages WHERE wamid = ?) AS known FROM numbers WHERE phone_number_id = ?",
		wamid, phoneNumberID).Scan(&found).Error
	if err != nil {
		return n, false, fmt.Errorf("number of a report: %w", err)
	}
	if found.ID == 0 {
		return n, false, fmt.Errorf("%w: %s", ErrUnknownNumber, phoneNumberID)
	}
	return Number{ID: found.ID, PhoneNumberID: phoneNumberID, TeamID: found.TeamID}, found.Known, nil
}

// place is where an event stands in the thread: Meta's timestamp, but never in our future.
func (t *tx) place(at time.Time) (time.Time, bool) {
	now := instant(millis(t.now))
	if at.IsZero() {
		return now, false
	}
	if at.After(now) {
		return now, true
	}
	return instant(millis(at)), false
}

// chatOf finds the chat of a number and a contact and locks it, or begins it: in the queue with its first case if open,
// else closed, because nothing is to be done there yet.
func (t *tx) chatOf(n Number, contact Contact, open bool, at time.Time) (Chat, error) {
	c, err := t.findChat(n.ID, contact.ID)
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return c, err
	}
	state, queued, closed := ChatOpen, t.now, time.Time{}
	if !open {
		state, queued, closed = ChatClosed, time.Time{}, t.now
	}
	res := t.Exec("INSERT INTO chats (number_id, contact_id, team_id, state, queued_at, closed_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)"+
		" ON CONFLICT DO NOTHING", n.ID, contact.ID, n.TeamID, state, millis(queued), millis(closed), millis(t.now))
	if res.Error != nil {
		return c, fmt.Errorf("begin chat: %w", res.Error)
	}
	if c, err = t.findChat(n.ID, contact.ID); err != nil {
		return c, err
	}
	if res.RowsAffected == 1 && open {
		return c, t.openCase(&c, 0, at)
	}
	return c, nil
}

func (t *tx) findChat(numberID, contactID int64) (Chat, error) {
	var c Chat
	err := t.Clauses(clause.Locking{Strength: "UPDATE"}).Where("number_id = ? AND contact_id = ?", numberID, contactID).Take(&c).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return c, fmt.Errorf("find chat: %w", err)
	}
	return c, err
}

// insertMessage stores a message under its unique WhatsApp id; false if it is here already.
func (t *tx) insertMessage(m *Message) (bool, error) {
	details, err := cleanJSON(m.Details)
	if err != nil {
		return false, err
	}
	err = t.Raw("INSERT INTO messages (chat_id, case_id, number_id, direction, kind, wamid, at, body, details, quoted_wamid, status, rank,"+
		" clock_ahead, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
		m.ChatID, m.CaseID, m.NumberID, m.Direction, m.Kind, m.WAMID, millis(m.At), clean(m.Body), details, clean(m.QuotedWAMID),
		m.Status, m.Rank, m.ClockAhead, millis(t.now)).Scan(&m.ID).Error
	if err != nil {
		return false, fmt.Errorf("store message: %w", err)
	}
	return m.ID != 0, nil
}

// ask is what a message that wants an answer does to its chat: it waits, has one more unread, and is open.
func (t *tx) ask(c *Chat, m Message) error {
	if answered, err := t.answeredSince(*c, m.At); err != nil || answered {
		return err
	}
	if !c.Waiting() || m.At.Before(c.WaitingSince) {
		c.WaitingSince = m.At
	}
	c.Unread++
	if c.State == ChatOpen {
		return nil
	}
	return t.reopenFor(c, m)
}

// reopenFor puts a closed chat into the queue as a new case, which begins with m.
func (t *tx) reopenFor(c *Chat, m Message) error {
	if err := t.openCase(c, 0, m.At); err != nil {
		return err
	}
	if err := t.Exec("UPDATE messages SET case_id = ? WHERE id = ?", c.CaseID, m.ID).Error; err != nil {
		return fmt.Errorf("case of message %d: %w", m.ID, err)
	}
	return t.move(c, move{state: ChatOpen, kind: Reopened})
}

// answeredSince says whether a late message has found its answer without having been seen. Meta stamps whole seconds, so an
// answer within the same second may have come before it.
func (t *tx) answeredSince(c Chat, at time.Time) (bool, error) {
	if t.now.Sub(at) < lateAfter || at.Equal(c.LastMessageAt) {
		return false, nil
	}
	var id int64
	err := t.Raw("SELECT id FROM messages WHERE chat_id = ? AND at >= ? AND direction = 'out' AND kind <> 'call'"+
		" AND status NOT IN ('failed', 'cancelled') LIMIT 1", c.ID, millis(at.Add(time.Second))).Scan(&id).Error
	if err != nil {
		return false, fmt.Errorf("answers in chat %d: %w", c.ID, err)
	}
	return id != 0, nil
}

// stands notes a message that has come into the thread, if it is the newest there.
func (c *Chat) stands(m Message) {
	if m.At.After(c.LastMessageAt) || (m.At.Equal(c.LastMessageAt) && m.ID > c.LastMessageID) {
		c.LastMessageID, c.LastMessageAt = m.ID, m.At
	}
}

func (c *Chat) qualify(at, now time.Time) {
	w := c.Window().Qualify(at, now)
	c.WindowFrom, c.WindowUntil = w.From, w.Until
}
