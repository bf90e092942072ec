package simulator

import (
	"net/http"
	"net/url"

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
