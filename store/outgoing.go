package store

import "context"

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
	RetryOf    int64 // the failed or unconfirmed message that this one repeats
}

// QueueMessage is the one gate through which every outgoing message passes, whoever asks. In one transaction it checks
// sight (ErrNotFound), right (ErrForbidden), owner, a colleague's newer answer, window and template, takes an unowned
// chat, reopens a closed one as a new case, and stores the message as queued.
//
// A known ClientID returns the first message again. Conflict kinds: owned, answered, window_ended. Invalid fields: body,
// template_id, params[FIELD], client_id.
func (s *Store) QueueMessage(ctx context.Context, who Agent, o Outgoing) (Message, error) {
	panic("not built yet")
}

// RetryMessage queues a failed or unconfirmed message again as a new, linked one, through the gate. clientID makes a
// double click one message. Conflict settled if it has been retried or has arrived meanwhile.
func (s *Store) RetryMessage(ctx context.Context, who Agent, messageID int64, clientID string) (Message, error) {
	panic("not built yet")
}

// ConfirmMessage records an agent's word that an unconfirmed message arrived: it becomes accepted. Conflict settled.
func (s *Store) ConfirmMessage(ctx context.Context, who Agent, messageID int64) (Message, error) {
	panic("not built yet")
}
