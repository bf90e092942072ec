package whatsapp

import (
	"encoding/json"
	"strconv"
	"strings"

	"agentdesk/store"
)

// callbackPrefix marks our message id in biz_opaque_callback_data, which comes back with every status (6.1).
const callbackPrefix = "msg:"

func callbackData(messageID int64) string { return callbackPrefix + strconv.FormatInt(messageID, 10) }

// messageID finds our id in callback data; 0 if it is none of ours.
func messageID(data text) int64 {
	for _, part := range strings.Split(string(data), ";") {
		if rest, ok := strings.CutPrefix(part, callbackPrefix); ok {
			if id, err := strconv.ParseInt(rest, 10, 64); err == nil && id > 0 {
				return id
			}
		}
	}
	return 0
}

// status reads one of statuses[]: how far a message of ours has come (3), or a call (12.1).
func (r *reader) status(v value, field string, raw json.RawMessage) {
	var s status
	if kind(raw) != '{' || decode(raw, &s) != nil {
		r.problem("a status is not an object")
		return
	}
	if s.Type == "call" || field == "calls" || strings.HasPrefix(string(s.ID), "wacid.") {
		r.callStatus(v, s)
		return
	}
	word := store.Status(strings.ToLower(string(s.Status)))
	switch word {
	case store.Sent, store.Delivered, store.Read, store.Played, store.Failed:
	default:
		r.passOver("status " + string(s.Status))
		return
	}
	report := store.StatusReport{
		PhoneNumberID: string(v.Metadata.PhoneNumberID), WAMID: string(s.ID), MessageID: messageID(s.CallbackData),
		Status: word, At: s.Timestamp.or(r.received), Details: statusDetails(s),
	}
	if report.WAMID == "" && report.MessageID == 0 {
		r.problem("a status %q names no message", s.Status)
		return
	}
	if s.RecipientType != "group" { // there it is the group's id
		report.Recipient = v.recipient(s)
	}
	if word == store.Failed {
		var errs list[metaError]
		_ = decode(s.Errors, &errs)
		if len(errs) > 0 {
			report.ErrorCode, report.ErrorDetails = int(errs[0].Code), errs[0].details()
			report.ErrorReason, report.Pauses = failure(report.ErrorCode)
		} else {
			report.ErrorReason = store.FailNoMatchFound
		}
	}
	r.report(report)
}

func (v value) recipient(s status) store.Identity {
	parent := s.RecipientParentUserID
	if parent == "" {
		parent = s.ParentRecipientUserID
	}
	return v.identity(s.RecipientID, s.RecipientUserID, parent)
}

// statusDetails are what is asked for later and cannot be had again: price, conversation, errors as they came.
func statusDetails(s status) json.RawMessage {
	kept := map[string]json.RawMessage{}
	for name, part := range map[string]json.RawMessage{"errors": s.Errors, "conversation": s.Conversation, "pricing": s.Pricing} {
		if k := kind(part); k == '{' || k == '[' {
			kept[name] = json.RawMessage(strings.ToValidUTF8(string(part), "\uFFFD"))
		}
	}
	if len(kept) == 0 {
		return nil
	}
	out, err := json.Marshal(kept)
	if err != nil {
		return nil
	}
	return out
}

// Who began a call, in Meta's words.
const (
	userInitiated     = "USER_INITIATED"
	businessInitiated = "BUSINESS_INITIATED"
)

// call reads one of calls[]. Which events open the window: 5.1.
func (r *reader) call(v value, raw json.RawMessage) {
	var c call
	if kind(raw) != '{' || decode(raw, &c) != nil {
		r.problem("a call is not an object")
		return
	}
	direction := strings.ToUpper(string(c.Direction))
	if direction == "" { // told by which side is the business
		direction = userInitiated
		if digits(c.From) != "" && digits(c.From) == digits(v.Metadata.DisplayPhone) {
			direction = businessInitiated
		}
	}
	byUser := direction == userInitiated
	who := v.identity(c.To, c.ToUserID, c.ToParentUserID)
	if byUser {
		who = v.identity(c.From, c.FromUserID, c.FromParentUserID)
	}
	report := store.CallReport{
		PhoneNumberID: string(v.Metadata.PhoneNumberID), Contact: who, CallID: string(c.ID), At: c.Timestamp.or(r.received),
		Call: store.Call{ID: string(c.ID), Direction: direction},
	}
	answered := !c.StartTime.IsZero()
	switch strings.ToLower(string(c.Event)) {
	case "connect", "call_created":
		report.Call.State = "ringing"
		report.Qualifies = byUser
	case "terminate":
		report.Call.State = "missed"
		if answered {
			report.Call.State = "ended"
		}
		report.Call.Seconds = int(max(0, c.Duration))
		if report.Call.Seconds == 0 && answered && c.EndTime.After(c.StartTime.Time) {
			report.Call.Seconds = int(c.EndTime.Sub(c.StartTime.Time).Seconds())
		}
		report.Call.EndedAt = c.EndTime.or(report.At)
		report.Qualifies = byUser || answered
	default:
		r.passOver("call event " + string(c.Event))
		return
	}
	r.placeCall(report)
}

func (r *reader) callStatus(v value, s status) {
	report := store.CallReport{
		PhoneNumberID: string(v.Metadata.PhoneNumberID), Contact: v.recipient(s), CallID: string(s.ID), At: s.Timestamp.or(r.received),
		Call: store.Call{ID: string(s.ID), Direction: businessInitiated}, // statuses exist for our own calls only
	}
	switch strings.ToUpper(string(s.Status)) {
	case "RINGING":
		report.Call.State = "ringing"
	case "ACCEPTED":
		report.Call.State, report.Qualifies = "accepted", true
	case "REJECTED":
		report.Call.State = "rejected"
	default:
		r.passOver("call status " + string(s.Status))
		return
	}
	r.placeCall(report)
}

func (r *reader) placeCall(report store.CallReport) {
	if report.CallID == "" || report.Contact.Empty() {
		r.problem("call %q names nobody", report.CallID)
		return
	}
	r.report(report)
}
