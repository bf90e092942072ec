package simulator

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxJSON is how much of a JSON body the simulator reads.
const maxJSON = 1 << 20

// serveGraph answers /v…/{node}[/{edge}]. Every answer is Graph-shaped, whatever the path.
func (s *Simulator) serveGraph(w http.ResponseWriter, r *http.Request) {
	if s.faults.on(&s.faults.down) {
		http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
		return
	}
	answer, refused := s.route(w, r)
	if refused != nil {
		writeGraph(w, refused.httpStatus(), refused.body())
		return
	}
	if answer != nil {
		writeGraph(w, http.StatusOK, answer)
	}
}

// route finds what a call is about. A nil answer without refusal means that it was answered already.
func (s *Simulator) route(w http.ResponseWriter, r *http.Request) (any, *graphError) {
	if refused := s.authorise(r); refused != nil {
		return nil, refused
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")[1:] // without the version
	id, edge := "", ""
	switch len(path) {
	case 2:
		id, edge = path[0], path[1]
	case 1:
		id = path[0]
	default:
		return nil, unknownPath(r)
	}
	if n, ok := s.number(id); ok {
		return s.numberEdge(w, r, n, edge)
	}
	if id == s.opts.WABAID {
		return s.accountEdge(r, edge)
	}
	switch edge {
	case "messages", "media", "whatsapp_business_profile", "block_users":
		return nil, refuse(33, "Object with ID '%s' is no phone number of this account.", id)
	case "":
		return s.objectNode(r, id)
	}
	return nil, unknownPath(r)
}

func (s *Simulator) numberEdge(w http.ResponseWriter, r *http.Request, n Number, edge string) (any, *graphError) {
	switch r.Method + " " + edge {
	case "GET ":
		return s.showNumber(r, n)
	case "POST messages":
		return s.postMessage(w, r, n)
	case "POST media":
		return s.uploadMedia(w, r, n)
	case "GET whatsapp_business_profile":
		return s.showProfile(r, n)
	case "POST whatsapp_business_profile":
		return s.editProfile(r, n)
	case "GET block_users":
		return s.listBlocked(n), nil
	case "POST block_users", "DELETE block_users":
		return s.blockUsers(r, n)
	}
	return nil, unknownNode(strings.ToLower(r.Method), n.PhoneNumberID)
}

func (s *Simulator) accountEdge(r *http.Request, edge string) (any, *graphError) {
	switch r.Method + " " + edge {
	case "GET ":
		return s.showAccount(r)
	case "GET phone_numbers":
		return s.listNumbers(r)
	case "GET message_templates":
		return s.listTemplates(r)
	case "POST message_templates":
		return s.createTemplate(r)
	case "DELETE message_templates":
		return s.deleteTemplate(r)
	case "GET subscribed_apps", "POST subscribed_apps", "DELETE subscribed_apps":
		return s.subscribedApps(r)
	}
	return nil, unknownNode(strings.ToLower(r.Method), s.opts.WABAID)
}

// objectNode answers for ids that may be a template or a media file.
func (s *Simulator) objectNode(r *http.Request, id string) (any, *graphError) {
	switch r.Method {
	case http.MethodGet:
		if answer, refused, ok := s.showTemplate(r, id); ok {
			return answer, refused
		}
		if answer, refused, ok := s.showMedia(r, id); ok {
			return answer, refused
		}
	case http.MethodPost:
		if answer, refused, ok := s.editTemplate(r, id); ok {
			return answer, refused
		}
	case http.MethodDelete:
		if s.deleteMedia(id) {
			return success, nil
		}
	}
	return nil, unknownNode(strings.ToLower(r.Method), id)
}

var success = object{"success": true}

func unknownPath(r *http.Request) *graphError {
	return &graphError{code: 2500, status: http.StatusBadRequest, message: fmt.Sprintf("Unknown path components: %s", r.URL.Path)}
}

// authorise checks the bearer token in constant time.
func (s *Simulator) authorise(r *http.Request) *graphError {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	dead := s.faults.on(&s.faults.tokenDead)
	if !dead && ok && subtle.ConstantTimeCompare([]byte(token), []byte(s.opts.AccessToken)) == 1 {
		return nil
	}
	message := "Invalid OAuth access token - Cannot parse access token"
	subcode := 0
	if dead {
		message = "Error validating access token: Session has expired on Sunday, 22-Nov-26 00:00:00 PST."
		subcode = 463
	}
	return &graphError{code: 190, subcode: subcode, message: message}
}

func writeGraph(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(encode(body))
}

// readJSON reads the body of a call as one JSON object.
func readJSON(r *http.Request) (object, *graphError) {
	data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxJSON))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, &graphError{code: 1, message: "Please reduce the amount of data you're asking for, then retry your request"}
		}
		return nil, refuse(100, "The body could not be read.")
	}
	var body object
	if len(data) == 0 {
		return object{}, nil
	}
	if err := json.Unmarshal(data, &body); err != nil || body == nil {
		return nil, refuse(100, "The body is not a JSON object.")
	}
	return body, nil
}

// pick keeps the fields that ?fields= names; without it, standard ones. A field that does not exist is error 100.
func pick(r *http.Request, o object, standard ...string) (object, *graphError) {
	names := standard
	if asked := r.URL.Query().Get("fields"); asked != "" {
		names = strings.Split(asked, ",")
	}
	out := object{}
	if id, ok := o["id"]; ok {
		out["id"] = id
	}
	for _, name := range names {
		name = strings.TrimSpace(name)
		value, ok := o[name]
		if !ok {
			return nil, &graphError{code: 100, message: fmt.Sprintf("(#100) Tried accessing nonexisting field (%s)", name)}
		}
		if value != nil { // a field that is empty for this object is left out
			out[name] = value
		}
	}
	return out, nil
}

// delay waits in real time, or until the client leaves.
func delay(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
