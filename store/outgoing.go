package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// Outgoing is what somebody wants sent: free text, or a template with its values.
type Outgoing struct {
	ChatID     int64
	ClientID   string // UUID made with the composer; the same one twice is one message
	Text       string
	TemplateID int64
	Values     TemplateValues
	LastSeen   int64 // newest message id the composer saw; 0 = do not check for a colleague's newer answer
	SendAnyway bool  // the colleague's answer was seen
	TakeOver   bool  // taking the chat from its owner was agreed to
	RetryOf    int64 // the failed or unconfirmed message that this one replaces; without text and template it is repeated
}

// QueueMessage is the one gate through which every outgoing message passes, whoever asks. In one transaction it checks
// sight (ErrNotFound), right (ErrForbidden), owner, a colleague's newer answer, window and template, takes an unowned
// chat, reopens a closed one as a new case, and stores the message as queued.
//
// A known ClientID returns the first message again. Conflict kinds: owned, answered, window_ended, settled (RetryOf is no
// longer to be replaced). Invalid fields: body, template_id, params[FIELD], client_id.
func (s *Store) QueueMessage(ctx context.Context, who Agent, o Outgoing) (Message, error) {
	var m Message
	err := s.command(ctx, func(t *tx) (err error) {
		m, err = t.queueMessage(who, o)
		return err
	})
	return m, err
}

// queueMessage is the gate. It asks everything first and changes something only then, so that it reads as a list.
func (t *tx) queueMessage(who Agent, o Outgoing) (Message, error) {
	c, err := t.chatOrWinner(who, o.ChatID)
	if err != nil {
		return Message{}, err
	}
	if uuid.Validate(o.ClientID) != nil || len(o.ClientID) != 36 {
		return Message{}, Invalid{Field: "client_id", Message: "The form is damaged. Reload the page and send again."}
	}
	clientID := strings.ToLower(o.ClientID)
	if first, found, err := t.queuedBefore(c.ID, clientID); found || err != nil {
		return first, err
	}
	if !May(who, ActAnswer, c) {
		return Message{}, ErrForbidden
	}
	if c.OwnerID != 0 && c.OwnerID != who.ID {
		if !o.TakeOver {
			return Message{}, t.ownedBy(c.OwnerID)
		}
		if !May(who, ActTake, c) {
			return Message{}, ErrForbidden
		}
	}
	if err := t.unanswered(who, o, c); err != nil {
		return Message{}, err
	}
	if o.RetryOf != 0 {
		if o, err = t.replacement(o, c); err != nil {
			return Message{}, err
		}
	}
	m, err := t.compose(o, c)
	if err != nil {
		return Message{}, err
	}

	if err := t.ownToAnswer(&c, who); err != nil {
		return Message{}, err
	}
	m.ChatID, m.CaseID, m.NumberID = c.ID, c.CaseID, c.NumberID
	m.ClientID, m.AgentID, m.RetryOfID = clientID, who.ID, o.RetryOf
	if err := t.insertOutgoing(&m); err != nil {
		return Message{}, fmt.Errorf("queue message for chat %d: %w", c.ID, err)
	}
	t.emit(Event{Kind: MessageQueued, ChatID: c.ID, MessageID: m.ID, AgentID: who.ID, TeamID: c.TeamID, OwnerID: c.OwnerID})
	c.WaitingSince = instant(0)
	c.Unread, c.ReadUpTo = 0, m.ID
	c.LastAnswererID = who.ID
	if !m.At.Before(c.LastMessageAt) {
		c.LastMessageID, c.LastMessageAt = m.ID, m.At
	}
	if err := t.save(&c); err != nil {
		return Message{}, err
	}
	return m, t.dress(&m)
}

// insertOutgoing stores what passed the gate. Nothing else may call it.
func (t *tx) insertOutgoing(m *Message) error {
	m.Direction, m.Status, m.Rank = Out, Queued, Queued.Rank()
	m.At, m.CreatedAt = instant(millis(t.now)), instant(millis(t.now))
	m.NextAttemptAt = instant(millis(t.real))
	return t.Create(m).Error
}

// queuedBefore finds what this composer sent already.
func (t *tx) queuedBefore(chatID int64, clientID string) (Message, bool, error) {
	var m Message
	err := t.Where("chat_id = ? AND client_id = ?", chatID, clientID).First(&m).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("message of the same composer: %w", err)
	}
	return m, true, t.dress(&m)
}

// unanswered refuses when a colleague answered after what the composer showed, at the desk or from the phone app (then
// nobody is named). What the customer wrote since never stops an answer.
func (t *tx) unanswered(who Agent, o Outgoing, c Chat) error {
	if o.LastSeen <= 0 || o.SendAnyway {
		return nil
	}
	var answer Message
	err := t.Where("chat_id = ? AND id > ? AND direction = 'out' AND kind <> 'call' AND COALESCE(agent_id, 0) <> ?",
		c.ID, o.LastSeen, who.ID).Order("id DESC").First(&answer).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("newer answers in chat %d: %w", c.ID, err)
	}
	if err := t.dress(&answer); err != nil {
		return err
	}
	return Conflict{Kind: ConflictAnswered, Agent: answer.Agent, Message: &answer}
}

// ownToAnswer makes who the owner: whoever answers a chat has it.
func (t *tx) ownToAnswer(c *Chat, who Agent) error {
	switch {
	case c.State == ChatClosed:
		return t.reopen(c, who.ID)
	case c.OwnerID != who.ID:
		return t.move(c, move{to: who.ID, state: ChatOpen, kind: Taken, line: LineTaken, by: who.ID})
	}
	return nil
}

// dress puts to a message what a thread shows of it.
func (t *tx) dress(m *Message) error {
	dressed := []Message{*m}
	if err := dress(t.DB, dressed, nil); err != nil {
		return err
	}
	*m = dressed[0]
	return nil
}

// outgoing loads a message of the desk inside a command; ErrNotFound.
func (t *tx) outgoing(id int64) (Message, error) {
	var m Message
	err := t.Where("direction = 'out'").First(&m, id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return m, ErrNotFound
	}
	if err != nil {
		return m, fmt.Errorf("message %d: %w", id, err)
	}
	return m, nil
}
