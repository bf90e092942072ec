package whatsapp

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"agentdesk/store"
)

// reading is what one delivery says, in the store's words.
type reading struct {
	reports  []store.Report
	problems []string // items that could not be read or placed; the rest stands
	unknown  []string // names of fields and kinds that this desk passes over
	resync   bool     // templates or facts changed in a way that only fetching them tells
}

// read turns one delivery into reports. An error means that nothing of it is readable.
func read(d store.Delivery) (reading, error) {
	e, err := openEnvelope(d.Body)
	if err != nil {
		return reading{}, err
	}
	r := &reader{received: d.ReceivedAt}
	if e.Object != "whatsapp_business_account" {
		r.passOver("object " + string(e.Object))
		return r.reading, nil
	}
	for _, entry := range e.Entry {
		for _, change := range entry.Changes {
			r.change(entry, change)
		}
	}
	return r.reading, nil
}

// reader walks one delivery.
type reader struct {
	reading
	received time.Time
}

// change hands one change to whoever knows its field (4, 12.1).
func (r *reader) change(e entry, c change) {
	field := string(c.Field)
	if kind(c.Value) != '{' {
		r.problem("%s: a change without a value", field)
		return
	}
	at := e.Time.or(r.received)
	switch field {
	case "messages", "calls", "user_preferences", "smb_message_echoes", "user_id_update", "standby":
		r.numberField(field, c.Value)
	case "messaging_handovers":
		r.handover(c.Value)
	case "message_template_status_update", "message_template_quality_update", "message_template_components_update",
		"template_category_update", "template_correct_category_detection":
		r.template(e, at, c.Value)
	case "phone_number_quality_update", "phone_number_name_update", "business_capability_update", "security":
		r.number(e, field, at, c.Value)
	case "account_update", "account_alerts", "account_review_update":
		r.account(e, field, at, c.Value)
	case "history":
		// Up to 180 days of the phone app's past, synchronised at the customer's wish. It opens no window and waits for
		// nobody; put into the threads it would flood the queue. It is passed over and stays in the raw delivery.
		r.passOver(field)
	default:
		r.passOver(field)
	}
}

// numberField reads what comes with a metadata object, in the order in which it was sent.
func (r *reader) numberField(field string, raw json.RawMessage) {
	var v value
	if err := decode(raw, &v); err != nil {
		r.problem("%s: %v", field, err)
		return
	}
	if field == "standby" && v.Standby != nil {
		// Another app or Meta's agent owns the thread. Its messages are the customer's all the same, and its answers stand in
		// the thread like those from the phone app (4.4).
		inner := *v.Standby
		if inner.Metadata.PhoneNumberID == "" {
			inner.Metadata = v.Metadata
		}
		inner.Contacts = append(inner.Contacts, v.Contacts...)
		v = inner
	}
	if v.Metadata.PhoneNumberID == "" {
		r.problem("%s: no phone_number_id says which number it is for", field)
		return
	}
	for _, item := range v.Messages {
		r.message(v, item)
	}
	for _, item := range v.Echoes {
		r.echo(v, item)
	}
	for _, item := range v.Statuses {
		r.status(v, field, item)
	}
	for _, item := range v.Calls {
		r.call(v, item)
	}
	for _, p := range v.Preferences {
		r.preference(v, p)
	}
	for _, u := range v.IDUpdates {
		r.idUpdate(v, u)
	}
	for range v.UserActions {
		r.passOver("user_actions")
	}
	if len(v.Errors) > 0 && len(v.Messages)+len(v.Statuses)+len(v.Calls) == 0 {
		// They name no message; 131035 says that messages were lost. An admin must see it.
		r.problem("Meta reports error %d: %s", v.Errors[0].Code, v.Errors[0].details())
	}
}

// identity names a person of this value: by the ids of the item, and by the row of contacts[] that has the same user id,
// or else the same wa_id. Never by position: a batch may hold several people (2).
func (v value) identity(waID, userID, parentID text) store.Identity {
	id := store.Identity{BSUID: string(userID), ParentBSUID: string(parentID)}
	if strings.Contains(string(waID), ".") { // a user id that stands in for the phone (2.1)
		if id.BSUID == "" {
			id.BSUID = string(waID)
		}
	} else {
		id.WaID = digits(waID)
	}
	for _, byUser := range []bool{true, false} {
		for _, c := range v.Contacts {
			same := byUser && id.BSUID != "" && string(c.UserID) == id.BSUID ||
				!byUser && id.WaID != "" && digits(c.WaID) == id.WaID
			if !same {
				continue
			}
			return fill(id, c)
		}
	}
	return id
}

// fill completes an identity from its contact: two ids in one event are one person.
func fill(id store.Identity, c contact) store.Identity {
	if id.BSUID == "" {
		id.BSUID = string(c.UserID)
	}
	if id.BSUID == string(c.UserID) && id.ParentBSUID == "" {
		id.ParentBSUID = string(c.ParentUserID)
	}
	if id.WaID == "" {
		id.WaID = digits(c.WaID)
	}
	id.ProfileName = string(c.Profile.Name)
	id.Username = strings.TrimPrefix(string(c.Profile.Username), "@")
	return id
}

// digits is a phone number as Meta's wa_id writes it. Anything else than digits with signs of writing is no number: to
// strip letters from an id would leave somebody else's phone (2.1).
func digits(t text) string {
	var b strings.Builder
	for _, c := range string(t) {
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case !strings.ContainsRune("+ -()", c):
			return ""
		}
	}
	return b.String()
}

func (r *reader) report(report store.Report) { r.reports = append(r.reports, report) }

func (r *reader) passOver(what string) { r.unknown = append(r.unknown, shorten(what, 80)) }

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, shorten(fmt.Sprintf(format, args...), 300))
}

// problemText is all problems in one text of bounded length, empty if there are none.
func (r reading) problemText() string {
	const most = 10
	if extra := len(r.problems) - most; extra > 0 {
		return strings.Join(r.problems[:most], "; ") + fmt.Sprintf("; and %d more", extra)
	}
	return strings.Join(r.problems, "; ")
}

// shorten keeps at most n characters.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n]) + "…"
}
