package whatsapp

import (
	"encoding/json"

	"agentdesk/store"
)

// message reads one of messages[]: what a contact wrote, or did to an earlier message (2).
func (r *reader) message(v value, raw json.RawMessage) {
	var m message
	if kind(raw) != '{' || decode(raw, &m) != nil {
		r.problem("a message is not an object")
		return
	}
	from := v.identity(m.From, m.FromUserID, m.FromParentUserID)
	if m.Type == "system" && m.System != nil {
		r.system(v, m, from)
		return
	}
	if !r.placeable(m, from) {
		return
	}
	number, at := string(v.Metadata.PhoneNumberID), m.Timestamp.or(r.received)
	switch {
	case m.Type == "reaction" && m.Reaction != nil && m.Reaction.MessageID != "":
		r.report(store.ReactionReport{
			PhoneNumberID: number, From: from, WAMID: string(m.ID),
			TargetWAMID: string(m.Reaction.MessageID), Emoji: string(m.Reaction.Emoji), At: at,
		})
		return
	case r.amendment(number, m):
		return
	}
	kind, body, details := content(m, raw, v.Errors)
	r.report(store.InboundMessage{
		PhoneNumberID: number, From: from, WAMID: string(m.ID), SentAt: at,
		Kind: kind, Body: body, Details: details, QuotedWAMID: quoted(m),
	})
	if v.Conversation != nil && v.Conversation.Summary.Text != "" {
		r.report(store.NoticeReport{PhoneNumberID: number, Contact: from, Text: string(v.Conversation.Summary.Text), At: at})
	}
}

// placeable says whether a message has what a thread needs: an id, one person on the other side, and no group.
func (r *reader) placeable(m message, other store.Identity) bool {
	switch {
	case m.ID == "":
		r.problem("a message of type %q has no id", m.Type)
	case m.GroupID != "":
		r.problem("message %s belongs to a group; this desk has none", m.ID)
	case other.Empty():
		r.problem("message %s names nobody", m.ID)
	default:
		return true
	}
	return false
}

// amendment reports an edit or a revoke (coexistence numbers only); false if m is neither.
func (r *reader) amendment(number string, m message) bool {
	at := m.Timestamp.or(r.received)
	switch {
	case m.Type == "edit" && m.Edit != nil && m.Edit.Original != "" && kind(m.Edit.Message) == '{':
		var inner message
		_ = decode(m.Edit.Message, &inner)
		kind, body, details := content(inner, m.Edit.Message, nil)
		if kind == store.KindUnsupported {
			return false // what it was changed to cannot be shown: a bubble of its own says so, and the old text stays
		}
		r.report(store.EditReport{PhoneNumberID: number, TargetWAMID: string(m.Edit.Original), Body: body, Details: details, At: at})
	case m.Type == "revoke" && m.Revoke != nil && m.Revoke.Original != "":
		r.report(store.RevokeReport{PhoneNumberID: number, TargetWAMID: string(m.Revoke.Original), At: at})
	default:
		return false
	}
	return true
}

// echo reads one of message_echoes[]: somebody answered from the phone app (4.3), or, in standby, a bot did, with the send
// body nested in message (4.4).
func (r *reader) echo(v value, raw json.RawMessage) {
	var m message
	if kind(raw) != '{' || decode(raw, &m) != nil {
		r.problem("an echo is not an object")
		return
	}
	if kind(m.Message) == '{' {
		id, at := m.ID, m.Timestamp
		_ = decode(m.Message, &m)
		m.ID, m.Timestamp = id, at
	}
	if m.ToUserID == "" {
		m.ToUserID = m.Recipient
	}
	to := v.identity(m.To, m.ToUserID, m.ToParentUserID)
	if !r.placeable(m, to) || r.amendment(string(v.Metadata.PhoneNumberID), m) {
		return
	}
	if m.Type == "reaction" {
		r.passOver("echo of a reaction")
		return
	}
	kind, body, details := content(m, raw, nil)
	details.FromApp = true
	r.report(store.EchoMessage{
		PhoneNumberID: string(v.Metadata.PhoneNumberID), To: to, WAMID: string(m.ID), SentAt: m.Timestamp.or(r.received),
		Kind: kind, Body: body, Details: details, QuotedWAMID: quoted(m),
	})
}

// system reads a change of number or of user id. Only where Meta names both sides are they linked; anything else stands
// as a line with Meta's words (2, 2.1).
func (r *reader) system(v value, m message, from store.Identity) {
	s := m.System
	was := store.Identity{WaID: from.WaID, BSUID: string(s.PreviousUserID), ParentBSUID: string(s.PreviousParentUserID)}
	if was.BSUID == "" {
		was.BSUID, was.ParentBSUID = from.BSUID, from.ParentBSUID
	}
	if was.WaID == "" {
		was.WaID = digits(s.Customer)
	}
	is := store.Identity{WaID: digits(s.WaID), BSUID: string(s.UserID), ParentBSUID: string(s.ParentUserID)}
	if is.WaID == "" {
		is.WaID = digits(s.NewWaID)
	}
	change := store.SystemChange{Type: string(s.Type), Body: string(s.Body), OldPhone: e164(was.WaID), NewPhone: e164(is.WaID)}
	number, at := string(v.Metadata.PhoneNumberID), m.Timestamp.or(r.received)

	if is.BSUID == was.BSUID { // not an old id, only the present one repeated
		was.BSUID, was.ParentBSUID = "", ""
	}
	linked := !was.Empty() && !is.Empty() && (was.WaID != is.WaID || was.BSUID != "")
	switch {
	case linked && m.ID != "":
		r.report(store.IdentityReport{PhoneNumberID: number, WAMID: string(m.ID), Old: was, New: is, Change: change, At: at})
	case from.Empty() && is.Empty():
		r.problem("system message %s (%s) names nobody", m.ID, s.Type)
	default:
		whom, words := from, string(s.Body)
		if whom.Empty() {
			whom = is
		}
		if words == "" {
			words = string(s.Type)
		}
		r.report(store.NoticeReport{PhoneNumberID: number, Contact: whom, Text: words, At: at})
	}
}

// idUpdate reads a row of user_id_update, which says the same as a system message (2.1).
func (r *reader) idUpdate(v value, u idUpdate) {
	was := store.Identity{BSUID: string(u.UserID.Previous), ParentBSUID: string(u.ParentUserID.Previous)}
	is := store.Identity{BSUID: string(u.UserID.Current), ParentBSUID: string(u.ParentUserID.Current), WaID: digits(u.WaID)}
	if was.BSUID == "" || is.BSUID == "" || was.BSUID == is.BSUID {
		r.passOver("user_id_update without both ids")
		return
	}
	r.report(store.IdentityReport{
		PhoneNumberID: string(v.Metadata.PhoneNumberID), Old: was, New: is, At: u.Timestamp.or(r.received),
		Change: store.SystemChange{Type: "user_changed_user_id", Body: string(u.Detail), NewPhone: e164(is.WaID)},
	})
}

// preference: a contact's wish about marketing stands in the thread, in Meta's words (4.3).
func (r *reader) preference(v value, p preference) {
	who := v.identity(p.WaID, p.UserID, "")
	if who.Empty() {
		r.problem("a user preference names nobody")
		return
	}
	words := string(p.Detail)
	if words == "" {
		words = string(p.Category + ": " + p.Value)
	}
	r.report(store.NoticeReport{
		PhoneNumberID: string(v.Metadata.PhoneNumberID), Contact: who, Text: words, At: p.Timestamp.or(r.received),
	})
}

// handover: another app or Meta's agent passes a thread to us or takes it (4.4).
func (r *reader) handover(raw json.RawMessage) {
	var h handover
	if err := decode(raw, &h); err != nil {
		r.problem("messaging_handovers: %v", err)
		return
	}
	number := h.Recipient.PhoneNumberID
	if number == "" {
		number = h.Metadata.PhoneNumberID
	}
	who := value{}.identity(h.Sender.PhoneNumber, h.Sender.UserID, "")
	if number == "" || who.Empty() {
		r.passOver("messaging_handovers without a sender") // Meta leaves it out at times
		return
	}
	words := joined("\n", h.Passed.Metadata, h.Passed.Conversation.Summary.Text, h.Taken.Metadata, h.Taken.Conversation.Summary.Text)
	if words == "" {
		words = string(h.Type)
	}
	r.report(store.NoticeReport{PhoneNumberID: string(number), Contact: who, Text: words, At: h.Timestamp.or(r.received)})
}

func quoted(m message) string {
	if m.Context == nil {
		return ""
	}
	return string(m.Context.ID)
}

func e164(waID string) string {
	if waID == "" {
		return ""
	}
	return "+" + waID
}
