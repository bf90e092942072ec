package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// The page works as links and plain forms. With scripts the forms are sent by htmx, and the parts that change are fetched
// and morphed every second; the message field is never among them.

const (
	maxForm       = 64 << 10
	contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// pageHandler serves the phone page. A path that is not its own gets Graph's answer for it, as it would from Meta.
func (s *Simulator) pageHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showPage)
	mux.HandleFunc("GET /live", s.showLive)
	mux.HandleFunc("POST /customers", s.createCustomer)
	for path, act := range map[string]func(*http.Request, phone) bool{
		"/messages":      s.writeText,
		"/reactions":     s.giveReaction,
		"/taps":          s.tapButton,
		"/locations":     s.sendLocation,
		"/contact-cards": s.sendContactCard,
		"/habits":        s.changeHabit,
		"/numbers":       s.takeNumber,
		"/clock":         s.moveClock,
		"/faults":        s.setFault,
		"/templates":     s.decideTemplate,
	} {
		mux.HandleFunc("POST "+path, s.act(act))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refused := unknownPath(r)
		writeGraph(w, refused.httpStatus(), refused.body())
	})
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		guarded.ServeHTTP(w, r)
	})
}

// phone is which customer's phone a request is about, and which number of the business it talks to.
type phone struct {
	customer string
	number   Number
}

// chosen reads ?customer= and ?number=; without them it is the first of each.
func (s *Simulator) chosen(r *http.Request) phone {
	query := r.URL.Query()
	p := phone{customer: query.Get("customer"), number: s.opts.Numbers[0]}
	if n, ok := s.number(query.Get("number")); ok {
		p.number = n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.customer(p.customer) == nil {
		p.customer = ""
		if len(s.customers) > 0 {
			p.customer = s.customers[0].ID
		}
	}
	return p
}

// to is the address of path for this phone.
func (p phone) to(path string, more ...string) string {
	query := url.Values{"customer": {p.customer}, "number": {p.number.PhoneNumberID}}
	for i := 0; i+1 < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return path + "?" + query.Encode()
}

func (s *Simulator) showPage(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, simulatorPage(s.view(s.chosen(r), r.URL.Query().Get("quote"))))
}

func (s *Simulator) showLive(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, liveParts(s.view(s.chosen(r), "")))
}

func (s *Simulator) show(w http.ResponseWriter, r *http.Request, status int, page templ.Component) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := page.Render(r.Context(), w); err != nil {
		s.log.Debug("simulator: page not written", "error", err)
	}
}

// act wraps what a form does: then the changed parts for htmx, or back to the page. do returns false when the phone cannot
// do that now.
func (s *Simulator) act(do func(*http.Request, phone) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, "The form could not be read.", http.StatusBadRequest)
			return
		}
		p := s.chosen(r)
		done := do(r, p)
		if r.Header.Get("HX-Request") == "" {
			http.Redirect(w, r, p.to("/"), http.StatusSeeOther)
			return
		}
		status := http.StatusOK
		if !done {
			status = http.StatusConflict
		}
		s.show(w, r, status, liveParts(s.view(p, "")))
	}
}

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

// asPhone makes E.164 of what a person types.
func asPhone(typed string) string {
	if d := digits(typed); d != "" {
		return "+" + d
	}
	return ""
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
