package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// MaxText is the longest free text Meta takes, counted as UTF-16 (platform document 6.2).
const MaxText = 4096

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

// RetryMessage queues a failed or unconfirmed message again as a new, linked one, through the gate. clientID makes a
// double click one message. Conflict settled if it has been retried or has arrived meanwhile, is still being settled, or
// failed for a reason that repeating does not mend.
func (s *Store) RetryMessage(ctx context.Context, who Agent, messageID int64, clientID string) (Message, error) {
	var m Message
	err := s.command(ctx, func(t *tx) error {
		original, err := t.outgoing(messageID)
		if err != nil {
			return err
		}
		m, err = t.queueMessage(who, Outgoing{ChatID: original.ChatID, ClientID: clientID, RetryOf: messageID})
		return err
	})
	return m, err
}

// ConfirmMessage records an agent's word that an unconfirmed message arrived: it becomes accepted. ErrNotFound for who
// may not see its chat, ErrForbidden for who may not answer there, Conflict settled.
func (s *Store) ConfirmMessage(ctx context.Context, who Agent, messageID int64) (Message, error) {
	var m Message
	err := s.command(ctx, func(t *tx) error {
		unconfirmed, err := t.outgoing(messageID)
		if err != nil {
			return err
		}
		c, err := t.chatFor(who, unconfirmed.ChatID)
		if err != nil {
			return err
		}
		if !May(who, ActAnswer, c) {
			return ErrForbidden
		}
		settled, err := t.settle(messageID)
		if err != nil {
			return err
		}
		if !settled {
			return t.settledAlready(unconfirmed)
		}
		word := fmt.Appendf(nil, `{"confirmed_by":%d}`, who.ID)
		if _, err := t.reach(unconfirmed, outcome{status: Accepted, at: t.now, details: word}); err != nil {
			return err
		}
		m, err = t.outgoing(messageID)
		return errors.Join(err, t.sign(&m))
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
	return m, t.sign(&m)
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
	return m, true, t.sign(&m)
}

// unanswered refuses when a colleague answered after what the composer showed. What the customer wrote since never stops
// an answer.
func (t *tx) unanswered(who Agent, o Outgoing, c Chat) error {
	if o.LastSeen <= 0 || o.SendAnyway {
		return nil
	}
	var answer Message
	err := t.Where("chat_id = ? AND id > ? AND direction = 'out' AND agent_id IS NOT NULL AND agent_id <> ?",
		c.ID, o.LastSeen, who.ID).Order("id DESC").First(&answer).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("newer answers in chat %d: %w", c.ID, err)
	}
	if err := t.sign(&answer); err != nil {
		return err
	}
	return Conflict{Kind: ConflictAnswered, Agent: answer.Agent, Message: &answer}
}

// replacement checks that RetryOf may still be replaced, and settles it. Without a text or template of its own the new
// message repeats it.
func (t *tx) replacement(o Outgoing, c Chat) (Outgoing, error) {
	original, err := t.outgoing(o.RetryOf)
	if err != nil {
		return o, err
	}
	if original.ChatID != c.ID {
		return o, ErrNotFound
	}
	var retries int64
	if err := t.Model(&Message{}).Where("retry_of_id = ?", original.ID).Count(&retries).Error; err != nil {
		return o, fmt.Errorf("retries of message %d: %w", original.ID, err)
	}
	again := o.Text == "" && o.TemplateID == 0
	switch {
	case retries > 0:
		return o, t.settledAlready(original)
	case original.Status == Failed && (!again || original.ErrorReason.Retryable()):
	case original.Undecided(t.real):
		if settled, err := t.settle(original.ID); err != nil || !settled {
			return o, errors.Join(err, t.settledAlready(original))
		}
	default:
		return o, t.settledAlready(original)
	}
	t.messageChanged(original, c)
	if !again {
		return o, nil
	}
	o.Text, o.TemplateID = original.Body, original.TemplateID
	if sent := original.Details.Template; sent != nil {
		o.Values = sent.Values
	}
	return o, nil
}

// compose makes the message out of text or template, or says why Meta would refuse it.
func (t *tx) compose(o Outgoing, c Chat) (Message, error) {
	if o.TemplateID != 0 {
		return t.composeTemplate(o, c)
	}
	text := clean(strings.ReplaceAll(o.Text, "\r\n", "\n")) // browsers post line ends as CRLF
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	if text == "" {
		return Message{}, Invalid{Field: "body", Message: "Write a message first."}
	}
	if n := utf16Length(text); n > MaxText {
		return Message{}, Invalid{Field: "body", Message: fmt.Sprintf("WhatsApp takes at most %d characters; this has %d.", MaxText, n)}
	}
	if !c.Window().TakesText(t.now) {
		return Message{}, Conflict{Kind: ConflictWindowEnded}
	}
	return Message{Kind: KindText, Body: text}, nil
}

func (t *tx) composeTemplate(o Outgoing, c Chat) (Message, error) {
	refused := func(why string) (Message, error) { return Message{}, Invalid{Field: "template_id", Message: why} }
	var template Template
	err := t.Joins("JOIN numbers ON numbers.waba_id = templates.waba_id AND numbers.id = ?", c.NumberID).
		Where("templates.removed_at = 0").First(&template, o.TemplateID).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return refused("This template is not in the number's account (any more). Choose another.")
	}
	if err != nil {
		return Message{}, fmt.Errorf("template %d: %w", o.TemplateID, err)
	}
	if !template.Sendable() {
		return refused("WhatsApp does not let this template be sent now. Choose another.")
	}
	if !template.Supported() {
		return refused("This template has parts that cannot be filled in here yet. Choose another.")
	}
	values := make(TemplateValues, len(o.Values))
	for field, value := range o.Values {
		values[field] = clean(value)
	}
	if wrong := template.Check(values); len(wrong) > 0 {
		return Message{}, Invalid{Field: "params[" + wrong[0].Field + "]", Message: wrong[0].Message}
	}
	sent := template.Render(values)
	return Message{Kind: KindTemplate, Body: sent.Body, TemplateID: template.ID, Details: Details{Template: &sent}}, nil
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

// settle notes that somebody decided about an unconfirmed message; false when that was settled before.
func (t *tx) settle(messageID int64) (bool, error) {
	res := t.Exec("UPDATE messages SET settled_at = ?, next_attempt_at = 0 WHERE id = ? AND status = 'unconfirmed' AND settled_at = 0",
		millis(t.now), messageID)
	if res.Error != nil {
		return false, fmt.Errorf("settle message %d: %w", messageID, res.Error)
	}
	return res.RowsAffected > 0, nil
}

func (t *tx) settledAlready(m Message) error {
	if err := t.sign(&m); err != nil {
		return err
	}
	return Conflict{Kind: ConflictSettled, Message: &m}
}

// sign puts the author's name to a message.
func (t *tx) sign(m *Message) (err error) {
	m.Agent, err = t.named(m.AgentID)
	return err
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

// Undecided says whether an agent has to say what became of this message: nobody knows, nobody decided, and a status had
// UnconfirmedHold of real time to come.
func (m Message) Undecided(real time.Time) bool {
	return m.Status == Unconfirmed && m.SettledAt.IsZero() && !real.Before(m.SendingAt.Add(UnconfirmedHold))
}

// utf16Length is how Meta's limits are counted here: of its possible units the stricter for emoji (platform document 6.2).
func utf16Length(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
