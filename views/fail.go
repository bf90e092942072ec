package views

import (
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
)

// Why a message did not go out, in words for the person who wrote it, and what can be done now.

// failSentence says what happened.
func failSentence(m store.Message) string {
	switch m.ErrorReason {
	case store.FailWindowEnded:
		return "Not sent. The window closed before this reached WhatsApp."
	case store.FailUnreachable:
		return "Not delivered. This customer cannot be reached on WhatsApp: no account, an old app, or they blocked this number."
	case store.FailTemplate:
		return "Not sent. WhatsApp refused the template or one of its values."
	case store.FailOptedOut:
		return "Not sent. The customer does not want marketing messages."
	case store.FailHeldByMeta:
		return "Not sent. WhatsApp held it back to protect this customer from too many messages. Do not send it again today."
	case store.FailTryAgain:
		return "Not sent. WhatsApp was not able to take it, even after several tries."
	case store.FailNumber:
		return "Not sent. WhatsApp does not take messages from this number at the moment."
	case store.FailMedia:
		return "Not sent. WhatsApp does not take a file of this kind or size."
	case store.FailTestNumber:
		return "Not sent. A test number reaches only the numbers on its list."
	case store.FailNeedsPhone:
		return "Not sent. WhatsApp asks for a phone number here, and this customer shows none."
	case store.FailNotAllowed:
		return "Not sent. WhatsApp does not allow messages to this customer."
	case store.FailOurs:
		return "Not sent. The desk put something into it that WhatsApp does not take. An administrator should look at it."
	}
	return "Not sent. WhatsApp gave a reason that this desk does not know."
}

// failShort is the same in a row of the list.
func failShort(m store.Message) string {
	switch m.ErrorReason {
	case store.FailWindowEnded:
		return "Not sent: window closed"
	case store.FailUnreachable:
		return "Not delivered: cannot be reached"
	case store.FailOptedOut:
		return "Not sent: opted out"
	case store.FailHeldByMeta:
		return "Not sent: held back"
	case store.FailTemplate:
		return "Not sent: template refused"
	case store.FailNumber:
		return "Not sent: number is stopped"
	}
	return "Not sent"
}

// asks says whether an unconfirmed message has waited long enough for a status, so that a person is asked.
func asks(m store.Message, real time.Time) bool {
	return m.SendingAt.IsZero() || !real.Before(m.SendingAt.Add(store.UnconfirmedHold))
}

// repeatable says whether the same can be sent again as it stands; as a template is another way out.
func repeatable(m store.Message) bool { return m.RetriedBy == 0 && m.ErrorReason.Retryable() }

func asTemplate(m store.Message) bool {
	return m.RetriedBy == 0 && m.Kind == store.KindText && m.ErrorReason == store.FailWindowEnded
}

// retryID is the client_id of the one message that may repeat this one: the same in everybody's page, so that two people
// who press at once send once.
func retryID(messageID int64) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("agentdesk:"+RetryURL(messageID))).String()
}
