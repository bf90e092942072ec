package simulator

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Sent is a message that Meta took, whatever its sender got to hear of it.
type Sent struct {
	WAMID         string
	PhoneNumberID string
	CustomerID    string // "" when it was lost, see Lost
	Type          string
	Body          map[string]any // the request as it came
	Opaque        string         // biz_opaque_callback_data
	Time          time.Time      // business time
	Lost          bool           // a BSUID stood in "to": answered 200, and never heard of again (2.1)
}

// Accepted are the messages that Meta took, in order; the newest twenty thousand.
func (s *Simulator) Accepted() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// known keys of a send request beside the object named after the type.
var messageKeys = []string{
	"messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data",
	"recipient_identity_key_hash",
}

// postMessage is POST /{phone-id}/messages: a message, or a read receipt.
func (s *Simulator) postMessage(w http.ResponseWriter, r *http.Request, n Number) (any, *graphError) {
	body, refused := readJSON(r)
	if refused != nil {
		return nil, refused
	}
	if body.str("messaging_product") != "whatsapp" {
		return nil, &graphError{code: 100, message: "(#100) The parameter messaging_product is required."}
	}
	if body["status"] != nil {
		return s.readReceipt(n, body)
	}
	if refused := s.sendFaults(n); refused != nil {
		return nil, refused
	}
	e, answer, refused := s.accept(n, body)
	if refused != nil {
		return nil, refused
	}
	if e != nil {
		s.startStatuses(r.Context(), e)
	}
	return s.answerSend(w, r, answer)
}

// sendFaults refuses before anything was looked at.
func (s *Simulator) sendFaults(n Number) *graphError {
	if code := s.faults.takeCode(&s.faults.failSend, &s.faults.failSendCode); code != 0 {
		return &graphError{code: code}
	}
	if s.faults.take(&s.faults.errorBefore) {
		return refuse(131000, "Something went wrong.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults.on(&s.faults.rateLimit) || !s.limits.send(n) {
		return &graphError{code: 130429}
	}
	return nil
}

// accept checks a send in the order that Meta's answers suggest and keeps it. The entry is nil for a message that is lost.
func (s *Simulator) accept(n Number, body object) (*entry, object, *graphError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := body.str("type")
	if kind == "" {
		kind = "text"
	}
	if refused := checkEnvelope(body, kind); refused != nil {
		return nil, nil, refused
	}
	if to := body.str("to"); strings.Contains(to, ".") {
		return nil, s.lose(n, kind, body), nil
	}
	c, refused := s.recipient(n, body)
	if refused != nil {
		return nil, nil, refused
	}
	key := conversationKey{n.PhoneNumberID, c.ID}
	if s.blocked[key] {
		return nil, nil, refuse(130403, "The business has blocked this user.")
	}
	e := &entry{
		wamid: newWAMID(c.WaID), number: n.PhoneNumberID, customer: c.ID, kind: kind, body: object{"type": kind, kind: body[kind]},
		at: s.clock().Truncate(time.Second), status: "accepted", opaque: body.str("biz_opaque_callback_data"),
		bsuid: body.str("to") == "", quote: body.obj("context").str("message_id"),
	}
	if refused := s.checkContent(e); refused != nil {
		return nil, nil, refused
	}
	if kind != "template" && !s.conversations[key].open(s.clock()) {
		if !s.faults.on(&s.faults.windowAsStatus) {
			return nil, nil, &graphError{code: 131047}
		}
		e.code = 131047
	}
	if !s.limits.pair(key, s.opts.PairBurst) {
		return nil, nil, &graphError{code: 131056}
	}
	if c.Blocked {
		e.code = 131026
	}
	if code := s.faults.takeCode(&s.faults.failStatus, &s.faults.failStatCode); code != 0 {
		e.code = code
	}
	s.take(e, body)
	return e, sendAnswer(e, body, c), nil
}

// take keeps an accepted message. s.mu is held.
func (s *Simulator) take(e *entry, body object) {
	conv := s.conversation(e.number, e.customer)
	conv.typing = time.Time{}
	if e.kind == "reaction" {
		s.react(conv, true, e.content())
	} else {
		s.keep(e, false)
	}
	s.record(Sent{
		WAMID: e.wamid, PhoneNumberID: e.number, CustomerID: e.customer, Type: e.kind, Body: body, Opaque: e.opaque, Time: e.at,
	})
}

func (s *Simulator) record(sent Sent) {
	s.sent = append(s.sent, sent)
	if len(s.sent) > maxSent {
		s.sent = s.sent[len(s.sent)-maxSent:]
	}
}

// lose takes a message whose "to" is a BSUID, which is what Meta does with it. s.mu is held.
func (s *Simulator) lose(n Number, kind string, body object) object {
	wamid := newWAMID("")
	s.record(Sent{
		WAMID: wamid, PhoneNumberID: n.PhoneNumberID, Type: kind, Body: body,
		Opaque: body.str("biz_opaque_callback_data"), Time: s.clock(), Lost: true,
	})
	return object{
		"messaging_product": "whatsapp", "contacts": []any{object{"input": body.str("to"), "wa_id": digits(body.str("to"))}},
		"messages": []any{object{"id": wamid}},
	}
}

func sendAnswer(e *entry, body object, c *Customer) object {
	who := object{"input": body.str("to"), "wa_id": c.WaID}
	message := object{"id": e.wamid}
	if e.bsuid {
		who = object{"input": body.str("recipient"), "user_id": c.BSUID}
	}
	if e.bsuid || e.kind == "template" {
		message["message_status"] = "accepted"
	}
	return object{"messaging_product": "whatsapp", "contacts": []any{who}, "messages": []any{message}}
}

// startStatuses plans the ticks, or sends the first at once when it is to overtake the answer.
func (s *Simulator) startStatuses(ctx context.Context, e *entry) {
	if s.faults.take(&s.faults.statusFirst) {
		s.progress(ctx, e)
		return
	}
	s.queue.add(e.customer, s.opts.StatusDelay, func(ctx context.Context) { s.progress(ctx, e) })
}

// answerSend answers a send, or does not, as the faults say. The message is taken in any case.
func (s *Simulator) answerSend(w http.ResponseWriter, r *http.Request, answer object) (any, *graphError) {
	if s.faults.take(&s.faults.errorAfter) {
		return nil, refuse(131000, "Something went wrong.")
	}
	if s.faults.take(&s.faults.lose) {
		panic(http.ErrAbortHandler)
	}
	if s.faults.take(&s.faults.half) {
		data := encode(answer)
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:len(data)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	if s.faults.take(&s.faults.hang) && !delay(r, s.faults.hangTime()) {
		return nil, nil
	}
	return answer, nil
}

func checkEnvelope(body object, kind string) *graphError {
	for key := range body {
		if key != kind && !slices.Contains(messageKeys, key) {
			return refuse(100, `Unexpected key "%s" on param "root".`, key)
		}
	}
	switch body.str("recipient_type") {
	case "", "individual":
	case "group":
		return refuse(131041, "Group is unknown.")
	default:
		return refuse(100, "Param recipient_type must be one of {individual, group}.")
	}
	if length(body.str("biz_opaque_callback_data")) > 512 {
		return refuse(100, "Param biz_opaque_callback_data must be at most 512 characters long.")
	}
	if body.str("to") == "" && body.str("recipient") == "" {
		return &graphError{code: 100, message: "(#100) The parameter to is required."}
	}
	return nil
}

// recipient finds who is meant. to wins over recipient (2.1). s.mu is held.
func (s *Simulator) recipient(n Number, body object) (*Customer, *graphError) {
	to := body.str("to")
	if to == "" {
		if c := s.customerByBSUID(body.str("recipient")); c != nil {
			return c, nil
		}
		return nil, &graphError{code: 131026}
	}
	if strings.Trim(to, "+0123456789 -()") != "" || digits(to) == "" {
		return nil, refuse(131009, "Parameter 'to' is no phone number.")
	}
	if digits(to) == digits(n.DisplayPhone) {
		return nil, refuse(131021, "Recipient phone number cannot be the sender's.")
	}
	if c := s.customerByPhone(digits(to)); c != nil {
		return c, nil
	}
	return nil, &graphError{code: 131026}
}

// readReceipt marks a message of the customer and everything before it read, with or without a typing indicator (6.4).
func (s *Simulator) readReceipt(n Number, body object) (any, *graphError) {
	if body.str("status") != "read" {
		return nil, refuse(100, "Param status must be one of {read}.")
	}
	typing := body.obj("typing_indicator")
	if typing != nil && typing.str("type") != "text" {
		return nil, refuse(100, "Param typing_indicator['type'] must be one of {text}.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byID[body.str("message_id")]
	if e == nil || !e.mine || e.number != n.PhoneNumberID || s.clock().Sub(e.at) > 30*24*time.Hour {
		return nil, refuse(131009, "Message ID is invalid.")
	}
	conv := s.conversation(e.number, e.customer)
	for _, other := range conv.entries {
		if other.mine {
			other.status = "read"
		}
		if other == e {
			break
		}
	}
	if typing != nil {
		conv.typing = time.Now().Add(25 * time.Second)
	}
	return success, nil
}
