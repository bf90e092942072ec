package simulator

import (
	"context"
	"time"
)

// nextStatus is what happens to a business message next, "" when nothing does for now. s.mu is held.
func (s *Simulator) nextStatus(e *entry) string {
	c := s.customer(e.customer)
	switch {
	case c == nil:
		return ""
	case e.status == "accepted" && e.code != 0:
		return "failed"
	case e.status == "accepted":
		return "sent"
	case e.kind == "reaction": // reactions produce only sent (3)
		return ""
	case e.status == "sent" && !c.Offline && !c.Blocked:
		return "delivered"
	case e.status == "delivered" && c.Reads:
		return "read"
	case e.status == "read" && e.voice && c.Reads:
		return "played"
	}
	return ""
}

// progress moves a business message one status on, tells the business, and plans the step after that. It runs in the lane
// of the customer, so a message's statuses leave in order.
func (s *Simulator) progress(ctx context.Context, e *entry) {
	s.mu.Lock()
	status := s.nextStatus(e)
	if status == "" {
		s.mu.Unlock()
		return
	}
	e.status = status
	body := s.statusBody(e)
	more := s.nextStatus(e) != ""
	s.mu.Unlock()
	if !s.faults.on(&s.faults.noStatuses) {
		d := &delivery{body: body, what: "statuses · " + status, key: e.customer}
		s.deliver(ctx, d)
	}
	if more {
		s.queue.add(e.customer, s.opts.StatusDelay, func(ctx context.Context) { s.progress(ctx, e) })
	}
}

// statusBody is the webhook of the status that e has now (3). s.mu is held.
func (s *Simulator) statusBody(e *entry) []byte {
	c := s.customer(e.customer)
	n, _ := s.number(e.number)
	status := object{
		"id": e.wamid, "status": e.status, "timestamp": unix(s.clock()), "recipient_user_id": c.BSUID,
	}
	if c.WaID != "" && !e.bsuid {
		status["recipient_id"] = c.WaID
	}
	if e.opaque != "" {
		status["biz_opaque_callback_data"] = e.opaque
	}
	value := object{"messaging_product": "whatsapp", "metadata": metadata(n), "statuses": []any{status}}
	switch e.status {
	case "failed":
		status["errors"] = []any{statusError(e.code)}
	case "sent":
		e.pricing = s.price(e)
		fallthrough
	case "delivered":
		status["pricing"] = e.pricing
		fallthrough
	default: // a failed status carries no contacts (2.1)
		value["contacts"] = []any{contact(c)}
	}
	return s.envelope("messages", value)
}

var (
	perMessage  = time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	serviceCost = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
)

// price is the pricing object of a message by the rule of its date (11.1). The first thousand service messages of a number
// in a calendar month are free. s.mu is held.
func (s *Simulator) price(e *entry) object {
	now := s.clock()
	open := s.conversations[conversationKey{e.number, e.customer}].open(now)
	category := "service"
	if e.rendered != nil {
		category = e.rendered.category
	}
	model, free := "PMP", category == "service" || category == "utility" && open
	switch {
	case now.Before(perMessage):
		model = "CBP"
	case !now.Before(serviceCost):
		free = false
		if category == "service" {
			month := e.number + now.Format(" 2006-01")
			s.serviceFree[month]++
			free = s.serviceFree[month] <= 1000
		}
	}
	kind := "regular"
	if free {
		kind = "free_customer_service"
	}
	return object{"billable": !free, "pricing_model": model, "type": kind, "category": category}
}
