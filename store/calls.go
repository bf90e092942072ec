package store

import (
	"cmp"
	"fmt"
	"time"
)

// States of a call, in the order in which they replace one another.
var callStates = map[string]int{"ringing": 1, "accepted": 2, "missed": 3, "rejected": 4, "ended": 5}

const businessInitiated = "BUSINESS_INITIATED"

// A customer who calls asks for somebody from the first ring on, so the chat is opened or reopened then; it waits, and
// counts as unread, once the call has ended without anybody having spoken to them. Calls of ours ask for nobody.
func (r CallReport) apply(t *tx) error {
	if r.CallID = clean(r.CallID); r.CallID == "" {
		return errNoWAMID
	}
	n, known, err := t.number(r.PhoneNumberID, r.CallID)
	if err != nil {
		return err
	}
	at, ahead := t.place(r.At)
	r.Call.ID = r.CallID
	theirs := r.Call.Direction != businessInitiated
	var m Message
	var c Chat
	if known {
		if m, err = t.messageByWAMID(n, r.CallID); err != nil {
			return err
		}
		if c, err = t.chat(m.ChatID); err != nil {
			return err
		}
	} else {
		contact, err := t.contactFor(r.Contact, at)
		if err != nil {
			return err
		}
		if c, err = t.chatOf(n, contact, theirs, at); err != nil {
			return err
		}
		m = Message{ChatID: c.ID, CaseID: c.CaseID, NumberID: n.ID, Direction: In, Kind: KindCall, WAMID: r.CallID, At: at, ClockAhead: ahead}
		if !theirs {
			m.Direction = Out
		}
		if fresh, err := t.insertMessage(&m); err != nil || !fresh {
			return err
		}
		t.emit(Event{Kind: MessageReceived, ChatID: c.ID, MessageID: m.ID, TeamID: c.TeamID, OwnerID: c.OwnerID})
	}
	return t.callEvent(c, m, r, at)
}

// callEvent adds one event to the call's row and to its chat.
func (t *tx) callEvent(c Chat, m Message, r CallReport, at time.Time) error {
	var was Call
	if m.Details.Call != nil {
		was = *m.Details.Call
	}
	is, before, stood := was.with(r.Call), c, m.At
	if is != was || at.Before(m.At) {
		if err := t.saveCall(&m, is, at); err != nil {
			return err
		}
		if was.unanswered() && c.WaitingSince.Equal(stood) {
			c.WaitingSince = m.At // its beginning came after its end
		}
		c.stands(m)
		if c.LastMessageID == m.ID {
			var err error
			if c.LastMessageID, c.LastMessageAt, err = t.newest(c.ID); err != nil {
				return err
			}
		}
	}
	if r.Qualifies {
		c.qualify(at, t.now)
	}
	switch {
	case is.unanswered() && !was.unanswered():
		if err := t.ask(&c, m); err != nil {
			return err
		}
	case m.Direction == In && c.State == ChatClosed && is.State == "ringing" && was.State == "":
		if err := t.reopenFor(&c, m); err != nil {
			return err
		}
	}
	if c == before {
		return nil
	}
	return t.save(&c)
}

func (t *tx) saveCall(m *Message, is Call, at time.Time) error {
	m.Details.Call = &is
	if at.Before(m.At) {
		m.At = at
	}
	m.Direction = In
	if is.Direction == businessInitiated {
		m.Direction = Out
	}
	details, err := cleanJSON(m.Details)
	if err != nil {
		return err
	}
	err = t.Exec("UPDATE messages SET details = ?, direction = ?, at = ? WHERE id = ?", details, m.Direction, millis(m.At), m.ID).Error
	if err != nil {
		return fmt.Errorf("call %d: %w", m.ID, err)
	}
	return t.amended(*m)
}

// with is the call after one more of its events, in whatever order they come.
func (c Call) with(e Call) Call {
	c.ID = cmp.Or(c.ID, e.ID)
	c.Direction = cmp.Or(c.Direction, e.Direction)
	if callStates[e.State] > callStates[c.State] {
		c.State = e.State
	}
	c.Seconds = max(c.Seconds, e.Seconds)
	if e.EndedAt.After(c.EndedAt) {
		c.EndedAt = e.EndedAt.UTC()
	}
	return c
}

// unanswered: the customer called and nobody spoke to them.
func (c Call) unanswered() bool {
	return c.Direction != businessInitiated && (c.State == "missed" || c.State == "rejected")
}
