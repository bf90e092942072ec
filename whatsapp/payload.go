// Package whatsapp speaks Meta's Cloud API for the desk: it takes signed webhooks in (inbox.go), reads what they say
// (payload*.go, reports*.go), has the store apply it (worker.go), sends what the store has queued (sender.go, send.go,
// client.go) and keeps templates and number facts in step (sync.go, templates.go).
//
// Its promise: nothing that Meta sends can make a delivery fail twice in the same way unseen, and no message leaves twice
// by itself. It knows nothing of browsers and sessions. Section numbers in comments are those of the platform document.
package whatsapp

import (
	"encoding/json"
	"errors"
	"fmt"
)

// envelope is one webhook POST (1.4).
type envelope struct {
	Object text        `json:"object"`
	Entry  list[entry] `json:"entry"`
}

type entry struct {
	ID      text         `json:"id"` // the WABA; a business portfolio for PARTNER_* events
	Time    moment       `json:"time"`
	Changes list[change] `json:"changes"`
}

type change struct {
	Field text            `json:"field"`
	Value json.RawMessage `json:"value"`
}

// value is what the fields carry that concern a number: messages, calls, echoes, standby, preferences. Items stay raw
// until their turn, so that one odd item spoils nothing.
type value struct {
	Metadata     metadata              `json:"metadata"`
	Contacts     list[contact]         `json:"contacts"`
	Messages     list[json.RawMessage] `json:"messages"`
	Statuses     list[json.RawMessage] `json:"statuses"`
	Calls        list[json.RawMessage] `json:"calls"`
	Echoes       list[json.RawMessage] `json:"message_echoes"`
	Preferences  list[preference]      `json:"user_preferences"`
	IDUpdates    list[idUpdate]        `json:"user_id_update"`
	UserActions  list[json.RawMessage] `json:"user_actions"`
	Errors       list[metaError]       `json:"errors"`
	Standby      *value                `json:"standby"`
	Conversation *conversationContext  `json:"conversation_context"`
}

type metadata struct {
	DisplayPhone  text `json:"display_phone_number"`
	PhoneNumberID text `json:"phone_number_id"`
}

// contact is one row of contacts[]. Any of its keys may be missing, profile included (2, 2.1).
type contact struct {
	Profile struct {
		Name     text `json:"name"`
		Username text `json:"username"`
	} `json:"profile"`
	WaID         text `json:"wa_id"`
	UserID       text `json:"user_id"`
	ParentUserID text `json:"parent_user_id"`
}

// metaError is Meta's error in webhooks: in a value, a message or a status (2).
type metaError struct {
	Code    whole `json:"code"`
	Title   text  `json:"title"`
	Message text  `json:"message"`
	Data    struct {
		Details text `json:"details"`
	} `json:"error_data"`
}

// details are the most precise words there are.
func (e metaError) details() string {
	for _, words := range []text{e.Data.Details, e.Message, e.Title} {
		if words != "" {
			return string(words)
		}
	}
	return ""
}

// conversationContext is the summary that may come with a hand-over from a bot (4.4).
type conversationContext struct {
	Summary struct {
		Text text `json:"text"`
	} `json:"summary"`
}

// decode reads JSON and forgives values of a wrong type: those fields stay empty, the others are read. Broken JSON, and
// JSON nested beyond reason, is an error.
func decode(data []byte, into any) error {
	err := json.Unmarshal(data, into)
	var wrongType *json.UnmarshalTypeError
	if err == nil || errors.As(err, &wrongType) {
		return nil
	}
	return err
}

// openEnvelope reads the outermost layer. A body that is no JSON object is an error for the whole delivery.
func openEnvelope(body []byte) (envelope, error) {
	var e envelope
	if kind(body) != '{' {
		if !json.Valid(body) {
			return e, errors.New("the body is not JSON")
		}
		return e, errors.New("the body is not a JSON object")
	}
	if err := decode(body, &e); err != nil {
		return e, fmt.Errorf("the body is not readable: %w", err)
	}
	return e, nil
}
