package simulator

import (
	"context"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Template is a message template of the account. Components are what the API returns (8.2).
type Template struct {
	ID              string // 15 or 16 digits; AddTemplate makes one if it is empty
	Name            string
	Language        string // "es"
	Category        string // MARKETING, UTILITY, AUTHENTICATION
	Status          string // default APPROVED
	ParameterFormat string // POSITIONAL (default) or NAMED
	Components      []map[string]any
	Quality         string // GREEN, YELLOW, RED; default UNKNOWN
	RejectedReason  string // default NONE
}

// AddTemplate adds a template without review, or replaces the one with the same ID.
func (s *Simulator) AddTemplate(t Template) {
	t.Components = normal[[]map[string]any](t.Components)
	fill(&t.ID, randomDigits(16))
	fill(&t.Status, "APPROVED")
	fill(&t.ParameterFormat, "POSITIONAL")
	fill(&t.Quality, "UNKNOWN")
	fill(&t.RejectedReason, "NONE")
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.template(t.ID); old != nil {
		*old = t
		return
	}
	s.templates = append(s.templates, &t)
}

func fill(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// Templates are all templates, in the order they were added.
func (s *Simulator) Templates() []Template {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Template
	for _, t := range s.templates {
		out = append(out, *t)
	}
	return out
}

// SetTemplateStatus changes the status of a template and sends message_template_status_update (4.1). reason is the reason
// of a rejection ("" = NONE), or the title of a pause ("" = FIRST_PAUSE). It does nothing for an unknown id.
func (s *Simulator) SetTemplateStatus(id, status, reason string) {
	s.mu.Lock()
	t := s.template(id)
	if t == nil {
		s.mu.Unlock()
		return
	}
	t.Status = status
	t.RejectedReason = "NONE"
	if status == "REJECTED" {
		fill(&reason, "INVALID_FORMAT")
		t.RejectedReason = reason
	}
	now := s.clock()
	value := templateValue(t)
	value["event"], value["reason"] = status, t.RejectedReason
	value["message_template_category"] = t.Category
	switch status {
	case "REJECTED":
		value["rejection_info"] = object{"reason": "The template does not follow the rules for " + strings.ToLower(reason) + ".", "recommendation": "Change the text and submit it again."}
	case "PAUSED":
		fill(&reason, "FIRST_PAUSE")
		value["other_info"] = object{"title": reason, "description": "Your template has been paused for 3 hours."}
	case "DISABLED":
		value["reason"] = nil
		value["disable_info"] = object{"disable_date": unix(now)}
	}
	if status == "DELETED" {
		s.templates = slices.DeleteFunc(s.templates, func(other *Template) bool { return other == t })
	}
	body := s.accountEnvelope("message_template_status_update", now, value)
	s.mu.Unlock()
	s.enqueue(&delivery{body: body, what: "template · " + strings.ToLower(status), key: "templates"})
}

// SetTemplateQuality changes the quality of a template and sends message_template_quality_update (4.1).
func (s *Simulator) SetTemplateQuality(id, quality string) {
	s.mu.Lock()
	t := s.template(id)
	if t == nil {
		s.mu.Unlock()
		return
	}
	value := templateValue(t)
	value["previous_quality_score"], value["new_quality_score"] = t.Quality, quality
	t.Quality = quality
	body := s.accountEnvelope("message_template_quality_update", s.clock(), value)
	s.mu.Unlock()
	s.enqueue(&delivery{body: body, what: "template · quality", key: "templates"})
}

// SetTemplateCategory re-categorises a template and sends template_category_update in the shape of a change that is done.
func (s *Simulator) SetTemplateCategory(id, category string) {
	s.mu.Lock()
	t := s.template(id)
	if t == nil {
		s.mu.Unlock()
		return
	}
	value := templateValue(t)
	value["previous_category"], value["new_category"] = t.Category, category
	t.Category = category
	body := s.accountEnvelope("template_category_update", s.clock(), value)
	s.mu.Unlock()
	s.enqueue(&delivery{body: body, what: "template · category", key: "templates"})
}

// templateValue names a template in a webhook, where its id is a number (0).
func templateValue(t *Template) object {
	id, _ := strconv.ParseInt(t.ID, 10, 64)
	return object{"message_template_id": id, "message_template_name": t.Name, "message_template_language": t.Language}
}

// review approves a template after Options.ReviewDelay unless somebody decided before.
func (s *Simulator) review(id string) {
	if s.opts.ReviewDelay < 0 {
		return
	}
	s.queue.later("templates", s.opts.ReviewDelay, false, func(context.Context) {
		s.mu.Lock()
		t := s.template(id)
		pending := t != nil && t.Status == "PENDING"
		s.mu.Unlock()
		if pending {
			s.SetTemplateStatus(id, "APPROVED", "")
		}
	})
}

// template finds a template by id. s.mu is held.
func (s *Simulator) template(id string) *Template {
	for _, t := range s.templates {
		if t.ID == id {
			return t
		}
	}
	return nil
}

var templateFields = []string{"name", "parameter_format", "components", "language", "status", "category"}

// json is the template as the API returns it. Keys that exist but are empty are nil, so that asking for them is no error.
func (t *Template) json(now time.Time) object {
	out := object{
		"id": t.ID, "name": t.Name, "language": t.Language, "status": t.Status, "category": t.Category,
		"components": t.Components, "parameter_format": t.ParameterFormat, "rejected_reason": t.RejectedReason,
		"quality_score":     object{"score": t.Quality, "date": now.Unix()},
		"previous_category": nil, "correct_category": nil, "sub_category": nil, "message_send_ttl_seconds": nil,
		"cta_url_link_tracking_opted_out": nil, "library_template_name": nil,
		"health_status": healthStatus("MESSAGE_TEMPLATE", t.ID, sendable(t.Status)),
	}
	return out
}

func sendable(status string) bool {
	return status == "APPROVED" || status == "FLAGGED" || status == "REINSTATED"
}

// listTemplates is GET /{waba}/message_templates with fields, filters and cursors (8.1).
func (s *Simulator) listTemplates(r *http.Request) (any, *graphError) {
	query := r.URL.Query()
	limit := 25
	if asked := query.Get("limit"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 {
			return nil, refuse(100, "Param limit must be a positive number.")
		}
		limit = min(n, 100)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	matching := s.filter(query.Get)
	start, end := 0, 0
	switch {
	case query.Get("before") != "":
		at, ok := cursorIndex(query.Get("before"), matching)
		if !ok {
			return nil, refuse(131059, "The cursor is not valid.")
		}
		start, end = max(0, at-limit), at
	default:
		if after := query.Get("after"); after != "" {
			at, ok := cursorIndex(after, matching)
			if !ok {
				return nil, refuse(131059, "The cursor is not valid.")
			}
			start = at + 1
		}
		end = min(start+limit, len(matching))
	}
	data := []any{}
	for _, t := range matching[start:end] {
		item, refused := pick(r, t.json(s.clock()), templateFields...)
		if refused != nil {
			return nil, refused
		}
		data = append(data, item)
	}
	answer := object{"data": data}
	if len(data) > 0 {
		first, last := cursor(matching[start]), cursor(matching[end-1])
		paging := object{"cursors": object{"before": first, "after": last}}
		if end < len(matching) {
			paging["next"] = pageURL(r, "after", last)
		}
		if start > 0 {
			paging["previous"] = pageURL(r, "before", first)
		}
		answer["paging"] = paging
	}
	return answer, nil
}

func (s *Simulator) filter(asked func(string) string) []*Template {
	var out []*Template
	for _, t := range s.templates {
		if status := asked("status"); status != "" && !strings.EqualFold(status, t.Status) {
			continue
		}
		if name := asked("name"); name != "" && !strings.Contains(t.Name, strings.ToLower(name)) {
			continue
		}
		if language := asked("language"); language != "" && language != t.Language {
			continue
		}
		if category := asked("category"); category != "" && !strings.EqualFold(category, t.Category) {
			continue
		}
		out = append(out, t)
	}
	return out
}

func cursor(t *Template) string { return base64.URLEncoding.EncodeToString([]byte("t:" + t.ID)) }

func cursorIndex(cursor string, templates []*Template) (int, bool) {
	data, err := base64.URLEncoding.DecodeString(cursor)
	id, ok := strings.CutPrefix(string(data), "t:")
	if err != nil || !ok {
		return 0, false
	}
	i := slices.IndexFunc(templates, func(t *Template) bool { return t.ID == id })
	return i, i >= 0
}

// pageURL is this request's own address with another cursor.
func pageURL(r *http.Request, key, cursor string) string {
	query := maps.Clone(r.URL.Query())
	query.Del("after")
	query.Del("before")
	query.Set(key, cursor)
	return origin(r) + r.URL.Path + "?" + query.Encode()
}

// origin is where this server is reached, by the request's own words.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

func (s *Simulator) showTemplate(r *http.Request, id string) (any, *graphError, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.template(id)
	if t == nil {
		return nil, nil, false
	}
	answer, refused := pick(r, t.json(s.clock()), templateFields...)
	return answer, refused, true
}
