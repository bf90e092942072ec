package simulator

import "time"

const windowLength = 24 * time.Hour

// extend opens the window of a conversation until 24 hours after a customer's event, by the event's own time. Older events
// never shorten it (5.2).
func (c *conversation) extend(at time.Time) {
	if at.After(c.wrote) {
		c.wrote = at
	}
}

// windowEnd is when the business may no longer write freely, or the zero time when the customer never wrote.
func (c *conversation) windowEnd() time.Time {
	if c == nil || c.wrote.IsZero() {
		return time.Time{}
	}
	return c.wrote.Add(windowLength)
}

// open is false from exactly 24 h 0 s on (5.2).
func (c *conversation) open(now time.Time) bool { return now.Before(c.windowEnd()) }

// opensWindow tells the messages that count as the customer writing (5.1). What the table leaves open does not count,
// save unsupported messages, which a person did write.
func opensWindow(message object) bool {
	switch message.str("type") {
	case "reaction", "system", "edit", "revoke":
		return false
	case "interactive":
		return message.obj("interactive").str("type") != "call_permission_reply"
	}
	return true
}

// WindowEnd is when the customer's window with a business number ends, by the simulator's own bookkeeping; the zero time
// when the customer never wrote. An empty phoneNumberID means the first number.
func (s *Simulator) WindowEnd(customerID, phoneNumberID string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if phoneNumberID == "" {
		phoneNumberID = s.opts.Numbers[0].PhoneNumberID
	}
	return s.conversations[conversationKey{phoneNumberID, customerID}].windowEnd()
}
