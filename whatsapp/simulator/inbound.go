package simulator

import (
	"strconv"
	"time"
)

// Say lets a customer write a text to the first number and returns its wamid, "" for an unknown customer.
func (s *Simulator) Say(customerID, text string) (wamid string) {
	return s.Receive(customerID, object{"type": "text", "text": object{"body": text}})
}

// Receive lets a customer send any message to the first number: message is the object of value.messages[] (2) with its
// "type" and the object named after it. Missing keys (id, timestamp, from, from_user_id) are filled in; a given timestamp
// or id stays. It returns the wamid, "" for an unknown customer.
func (s *Simulator) Receive(customerID string, message map[string]any) (wamid string) {
	return s.ReceiveOn(s.opts.Numbers[0].PhoneNumberID, customerID, message)
}

// ReceiveOn is Receive for a certain number of the business.
func (s *Simulator) ReceiveOn(phoneNumberID, customerID string, message map[string]any) (wamid string) {
	n, ok := s.number(phoneNumberID)
	if !ok {
		return ""
	}
	return s.receive(n, customerID, normal[object](message), nil)
}

// receive keeps a customer's message and sends its webhook. as is who they were before, for system messages, which come
// from the old identity and without contacts (2).
func (s *Simulator) receive(n Number, customerID string, message object, as *Customer) string {
	s.mu.Lock()
	c := s.customer(customerID)
	if c == nil {
		s.mu.Unlock()
		return ""
	}
	now := s.clock()
	from := c
	if as != nil {
		from = as
	}
	s.stamp(message, from, now.Add(-s.faults.takeLate()))
	e := &entry{
		wamid: message.str("id"), number: n.PhoneNumberID, customer: c.ID, mine: true, kind: message.str("type"),
		body: message, at: timestamp(message, now), status: "sent", quote: message.obj("context").str("id"),
	}
	conv := s.conversation(n.PhoneNumberID, c.ID)
	if opensWindow(message) {
		at := e.at
		if at.After(now) {
			at = now // a clock ahead of ours opens nothing longer (5.2)
		}
		conv.extend(at)
	}
	if e.kind == "reaction" {
		s.react(conv, false, message.obj("reaction"))
	} else {
		s.keep(e, false)
	}
	s.limits.receive(n)
	value := object{"messaging_product": "whatsapp", "metadata": metadata(n), "messages": []any{message}}
	if as == nil {
		value["contacts"] = []any{contact(c)}
	}
	body := s.envelope("messages", value)
	s.mu.Unlock()
	s.enqueue(&delivery{body: body, what: "messages · " + e.kind, key: c.ID, arrived: func() { s.arrived(e) }})
	return e.wamid
}

// stamp fills in what a message lacks. s.mu is held.
func (s *Simulator) stamp(message object, from *Customer, at time.Time) {
	if message.str("id") == "" {
		message["id"] = newWAMID(from.WaID)
	}
	if message.str("timestamp") == "" {
		message["timestamp"] = unix(at)
	}
	if message.str("from") == "" && from.WaID != "" && message.obj("system").str("type") != "user_changed_user_id" {
		message["from"] = from.WaID
	}
	if message.str("from_user_id") == "" {
		message["from_user_id"] = from.BSUID
	}
}

// arrived gives the customer's own message its second tick.
func (s *Simulator) arrived(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.status == "sent" {
		e.status = "delivered"
	}
}

// react puts an emoji on a message of the other side, or takes it away when there is none. s.mu is held.
func (s *Simulator) react(conv *conversation, onCustomers bool, reaction object) {
	target := s.byID[reaction.str("message_id")]
	if target == nil || target.customer != conv.customer || target.mine != onCustomers {
		return
	}
	target.reaction = reaction.str("emoji")
}

// Call lets a customer call the first number and nobody answer: a connect and a terminate webhook (12.1). A call opens the
// window like a message. It returns the call's id, "" for an unknown customer.
func (s *Simulator) Call(customerID string) (id string) {
	s.mu.Lock()
	c := s.customer(customerID)
	if c == nil {
		s.mu.Unlock()
		return ""
	}
	n, now := s.opts.Numbers[0], s.clock()
	id = "wacid." + newWAMID(c.WaID)[len("wamid."):]
	s.conversation(n.PhoneNumberID, c.ID).extend(now.Truncate(time.Second))
	call := func(event string) []byte {
		o := object{
			"id": id, "to": digits(n.DisplayPhone), "from_user_id": c.BSUID, "event": event, "timestamp": unix(now),
			"direction": "USER_INITIATED",
		}
		if c.WaID != "" {
			o["from"] = c.WaID
		}
		if event == "terminate" {
			o["status"] = "COMPLETED"
		} else {
			o["session"] = object{"sdp_type": "offer", "sdp": "v=0\r\n"}
		}
		return s.envelope("calls", object{
			"messaging_product": "whatsapp", "metadata": metadata(n), "contacts": []any{contact(c)}, "calls": []any{o},
		})
	}
	connect, terminate := call("connect"), call("terminate")
	s.mu.Unlock()
	s.enqueue(&delivery{body: connect, what: "calls · connect", key: c.ID})
	s.enqueue(&delivery{body: terminate, what: "calls · terminate", key: c.ID})
	return id
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// timestamp is when a message was written, by its own words.
func timestamp(message object, fallback time.Time) time.Time {
	seconds, err := strconv.ParseInt(message.str("timestamp"), 10, 64)
	if err != nil {
		return fallback
	}
	return time.Unix(seconds, 0).UTC()
}
