package simulator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Customer is a person with WhatsApp on a phone.
type Customer struct {
	ID       string // the simulator's own; AddCustomer makes one if it is empty
	Name     string // profile name
	Phone    string // E.164; empty = hidden behind a username, and every webhook then omits the phone keys (2.1)
	WaID     string // default: the digits of Phone. Meta says it may differ (0)
	BSUID    string // "US.1349…"; AddCustomer makes one if it is empty
	Username string
	Language string // "es", for whoever reads the page

	Reads   bool // has the chat open, so what arrives is read
	Offline bool // messages wait with one tick
	Blocked bool // blocked the business: sends are taken and then fail with 131026
}

// AddCustomer adds a person, or replaces the one with the same ID, and returns them with everything filled in.
func (s *Simulator) AddCustomer(c Customer) *Customer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastCustomer++
	if c.ID == "" {
		c.ID = fmt.Sprintf("c%d", s.lastCustomer)
	}
	c.Phone = asPhone(c.Phone)
	if c.WaID == "" {
		c.WaID = digits(c.Phone)
	}
	if c.BSUID == "" {
		c.BSUID = newBSUID(c.Phone)
	}
	stored := c
	if known := s.customer(c.ID); known != nil {
		*known = c
		return &stored
	}
	if len(s.customers) >= maxCustomers {
		s.forget(s.customers[0])
	}
	s.customers = append(s.customers, &c)
	s.byCustomer[c.ID] = &c
	return &stored
}

// Customers are all customers, in the order they were added.
func (s *Simulator) Customers() []Customer {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Customer, 0, len(s.customers))
	for _, c := range s.customers {
		out = append(out, *c)
	}
	return out
}

// UpdateCustomer changes a customer. Somebody who comes back online gets what waited; somebody who starts to read, reads.
// It does nothing for an unknown id.
func (s *Simulator) UpdateCustomer(id string, change func(*Customer)) {
	s.mu.Lock()
	c := s.customer(id)
	if c == nil {
		s.mu.Unlock()
		return
	}
	change(c)
	c.ID = id
	var waiting []*entry
	for _, conv := range s.conversations {
		if conv.customer != id {
			continue
		}
		for _, e := range conv.entries {
			if !e.mine && s.nextStatus(e) != "" {
				waiting = append(waiting, e)
			}
		}
	}
	s.mu.Unlock()
	for _, e := range waiting {
		s.queue.add(id, 0, func(ctx context.Context) { s.progress(ctx, e) })
	}
}

// ChangeNumber gives a customer a new phone number, and with it a new BSUID, and tells the business by a system message on
// every number that this customer has talked to (2.1). It does nothing for an unknown id.
func (s *Simulator) ChangeNumber(id, phone string) {
	s.mu.Lock()
	c := s.customer(id)
	if c == nil {
		s.mu.Unlock()
		return
	}
	old := *c
	c.Phone, c.WaID, c.BSUID = asPhone(phone), digits(phone), newBSUID(phone)
	system := object{"user_id": c.BSUID, "previous_user_id": old.BSUID}
	if c.WaID == "" {
		system["type"] = "user_changed_user_id"
		system["body"] = fmt.Sprintf("User %s changed their user id", c.Name)
	} else {
		system["type"] = "user_changed_number"
		system["wa_id"] = c.WaID
		system["body"] = fmt.Sprintf("User %s changed from %s to %s", c.Name, old.WaID, c.WaID)
	}
	numbers := s.numbersOf(id)
	s.mu.Unlock()
	for _, n := range numbers {
		s.receive(n, id, object{"type": "system", "system": system}, &old)
	}
}

// numbersOf are the business numbers that a customer has talked to, or the first one. s.mu is held.
func (s *Simulator) numbersOf(customer string) []Number {
	var out []Number
	for _, n := range s.opts.Numbers {
		if s.conversations[conversationKey{n.PhoneNumberID, customer}] != nil {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		out = s.opts.Numbers[:1]
	}
	return out
}

// customer finds a customer by the simulator's id. s.mu is held, and so it is for everything below.
func (s *Simulator) customer(id string) *Customer { return s.byCustomer[id] }

func (s *Simulator) customerByPhone(number string) *Customer {
	for _, c := range s.customers {
		if number != "" && (c.WaID == number || c.Phone == "+"+number) {
			return c
		}
	}
	return nil
}

func (s *Simulator) customerByBSUID(bsuid string) *Customer {
	for _, c := range s.customers {
		if c.BSUID == bsuid {
			return c
		}
	}
	return nil
}

// forget drops a customer and their conversations.
func (s *Simulator) forget(c *Customer) {
	delete(s.byCustomer, c.ID)
	for key, conv := range s.conversations {
		if key.customer != c.ID {
			continue
		}
		for _, e := range conv.entries {
			delete(s.byID, e.wamid)
		}
		delete(s.conversations, key)
	}
	for i, other := range s.customers {
		if other == c {
			s.customers = append(s.customers[:i:i], s.customers[i+1:]...)
			return
		}
	}
}

// contact is the entry of contacts[] for a customer: keys of a hidden phone are omitted, never empty (2.1).
func contact(c *Customer) object {
	profile := object{"name": c.Name}
	if c.Username != "" {
		profile["username"] = c.Username
	}
	out := object{"profile": profile, "user_id": c.BSUID}
	if c.WaID != "" {
		out["wa_id"] = c.WaID
	}
	return out
}

// callingCodes gives sample customers a country; who is not in it is from the US.
var callingCodes = []struct{ prefix, country string }{
	{"34", "ES"}, {"44", "GB"}, {"61", "AU"}, {"49", "DE"}, {"33", "FR"}, {"39", "IT"}, {"55", "BR"}, {"52", "MX"},
	{"91", "IN"}, {"351", "PT"}, {"971", "AE"}, {"20", "EG"}, {"81", "JP"}, {"972", "IL"}, {"86", "CN"},
}

func newBSUID(phone string) string {
	country := "US"
	for _, known := range callingCodes {
		if strings.HasPrefix(digits(phone), known.prefix) {
			country = known.country
		}
	}
	return country + "." + randomDigits(20)
}

func randomDigits(n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = '0' + byte(rand.IntN(10))
	}
	out[0] = '1' + byte(rand.IntN(9))
	return string(out)
}

// asPhone makes E.164 of what a person types.
func asPhone(typed string) string {
	if d := digits(typed); d != "" {
		return "+" + d
	}
	return ""
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
