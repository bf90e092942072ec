package simulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// What a person does with the page's forms.

func (s *Simulator) createCustomer(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSpace(r.FormValue("name"))
	if name == "" {
		name = "New customer"
	}
	c := s.AddCustomer(Customer{
		Name: name, Phone: asPhone(r.FormValue("phone")), Username: strings.TrimPrefix(strings.TrimSpace(r.FormValue("username")), "@"),
		Reads: true,
	})
	p := s.chosen(r)
	p.customer = c.ID
	http.Redirect(w, r, p.to("/"), http.StatusSeeOther)
}

// able says whether this phone can send anything: it has a connection and has not blocked the business.
func (s *Simulator) able(p phone) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.customer(p.customer)
	return c != nil && !c.Offline && !c.Blocked
}

// send lets the phone's owner send a message, quoting the message with wamid quote if that is not "".
func (s *Simulator) send(p phone, message object, quote string) bool {
	if !s.able(p) {
		return false
	}
	if context := s.quoting(p, quote); context != nil {
		message["context"] = context
	}
	return s.receive(p.number, p.customer, normal[object](message), nil) != ""
}

// quoting is the context of a reply: who wrote the quoted message, and its id (2).
func (s *Simulator) quoting(p phone, wamid string) object {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byID[wamid]
	if e == nil || e.customer != p.customer {
		return nil
	}
	out := object{"id": wamid, "from": digits(p.number.DisplayPhone)}
	if e.mine {
		delete(out, "from")
		if c := s.customer(e.customer); c.WaID != "" {
			out["from"] = c.WaID
		}
	}
	return out
}

func (s *Simulator) writeText(r *http.Request, p phone) bool {
	body := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("body"), "\r\n", "\n"))
	if body == "" {
		return false
	}
	return s.send(p, object{"type": "text", "text": object{"body": body}}, r.PostFormValue("quote"))
}

func (s *Simulator) giveReaction(r *http.Request, p phone) bool {
	reaction := object{"message_id": r.PostFormValue("message")}
	if emoji := r.PostFormValue("emoji"); emoji != "" {
		reaction["emoji"] = emoji // taking it away leaves the key out (2)
	}
	return s.send(p, object{"type": "reaction", "reaction": reaction}, "")
}

func (s *Simulator) sendLocation(r *http.Request, p phone) bool {
	return s.send(p, object{"type": "location", "location": object{
		"latitude": 39.4736, "longitude": -0.3790, "name": "Mercado de la Fuente", "address": "Plaza de la Fuente 1, Valencia",
	}}, r.PostFormValue("message"))
}

func (s *Simulator) sendContactCard(r *http.Request, p phone) bool {
	card := object{
		"name":   object{"formatted_name": "Vera Almonte", "first_name": "Vera", "last_name": "Almonte"},
		"phones": []any{object{"phone": "+34 600 000 099", "wa_id": "34600000099", "type": "MOBILE"}},
		"emails": []any{object{"email": "vera@casalumen.example", "type": "WORK"}},
	}
	message := object{"type": "contacts", "contacts": []any{card}}
	if asked := r.PostFormValue("message"); asked != "" { // the answer to a request for one's number
		s.mu.Lock()
		c := *s.customer(p.customer)
		s.mu.Unlock()
		number := c.Phone
		if number == "" {
			number = "+34600000098"
		}
		message["origin"] = "contact_request"
		message["contacts"] = []any{object{
			"name": object{"formatted_name": c.Name}, "phones": []any{object{"phone": number, "wa_id": digits(number), "type": "CELL"}},
		}}
	}
	return s.send(p, message, r.PostFormValue("message"))
}

// tapButton presses a button or a row of a message of the business.
func (s *Simulator) tapButton(r *http.Request, p phone) bool {
	wamid := r.PostFormValue("message")
	s.mu.Lock()
	var message object
	if e := s.byID[wamid]; e != nil && !e.mine && e.customer == p.customer {
		message = tap(e, r.PostFormValue("button"))
	}
	s.mu.Unlock()
	return message != nil && s.send(p, message, wamid)
}

// tap is the message that pressing the button with this id makes: a button for templates, interactive for the rest (2).
func tap(e *entry, id string) object {
	if e.rendered != nil {
		for _, b := range e.rendered.buttons {
			if b.kind == "quick_reply" && b.payload == id {
				return object{"type": "button", "button": object{"payload": b.payload, "text": b.text}}
			}
		}
		return nil
	}
	action := e.content().obj("action")
	for _, b := range action.list("buttons") {
		if reply := b.obj("reply"); reply.str("id") == id {
			return object{"type": "interactive", "interactive": object{"type": "button_reply", "button_reply": reply}}
		}
	}
	for _, section := range action.list("sections") {
		for _, row := range section.list("rows") {
			if row.str("id") == id {
				return object{"type": "interactive", "interactive": object{"type": "list_reply", "list_reply": row}}
			}
		}
	}
	return nil
}

func (s *Simulator) changeHabit(r *http.Request, p phone) bool {
	habit := r.PostFormValue("habit")
	s.UpdateCustomer(p.customer, func(c *Customer) {
		switch habit {
		case "reads":
			c.Reads = !c.Reads
		case "offline":
			c.Offline = !c.Offline
		case "blocked":
			c.Blocked = !c.Blocked
		}
	})
	return true
}

func (s *Simulator) takeNumber(r *http.Request, p phone) bool {
	s.ChangeNumber(p.customer, asPhone(r.PostFormValue("phone")))
	return true
}

// moveClock moves business time an hour on, or to just before or past the end of this customer's window.
func (s *Simulator) moveClock(r *http.Request, p phone) bool {
	end := s.WindowEnd(p.customer, p.number.PhoneNumberID)
	switch r.PostFormValue("step") {
	case "hour":
		s.Advance(time.Hour)
	case "near":
		s.Advance(end.Add(-5 * time.Minute).Sub(s.Clock()))
	case "past":
		s.Advance(end.Add(time.Second).Sub(s.Clock()))
	}
	return true
}

func (s *Simulator) decideTemplate(r *http.Request, _ phone) bool {
	status := r.PostFormValue("status")
	if slices.Contains([]string{"APPROVED", "REJECTED", "PAUSED", "DISABLED"}, status) {
		s.SetTemplateStatus(r.PostFormValue("template"), status, "")
	}
	return true
}
