package simulator

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var templateName = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)

// createTemplate is POST /{waba}/message_templates: checked, then under review (8.1-8.3).
func (s *Simulator) createTemplate(r *http.Request) (any, *graphError) {
	body, refused := readJSON(r)
	if refused != nil {
		return nil, refused
	}
	t := Template{
		ID: randomDigits(16), Name: body.str("name"), Language: body.str("language"),
		Category: strings.ToUpper(body.str("category")), ParameterFormat: strings.ToUpper(body.str("parameter_format")),
		Status: "PENDING",
	}
	if !templateName.MatchString(t.Name) {
		return nil, templateError(2388193, "Invalid name", "The name may only have lower-case letters, digits and underscores.")
	}
	if t.Language == "" {
		return nil, refuse(100, "The parameter language is required.")
	}
	if !slices.Contains([]string{"MARKETING", "UTILITY", "AUTHENTICATION"}, t.Category) {
		return nil, refuse(100, "Param category must be one of {UTILITY, MARKETING, AUTHENTICATION}.")
	}
	if refused := checkComponents(t.Category, body.list("components")); refused != nil {
		return nil, refused
	}
	t.Components = normal[[]map[string]any](body["components"])
	s.mu.Lock()
	taken := slices.ContainsFunc(s.templates, func(o *Template) bool { return o.Name == t.Name && o.Language == t.Language })
	s.mu.Unlock()
	if taken {
		return nil, templateError(2388024, "Content in This Language Already Exists", "There is already content for this template in this language.")
	}
	s.AddTemplate(t)
	s.review(t.ID)
	return object{"id": t.ID, "status": "PENDING", "category": t.Category}, nil
}

// editTemplate is POST /{template-id}: the whole list of components, and review again.
func (s *Simulator) editTemplate(r *http.Request, id string) (any, *graphError, bool) {
	s.mu.Lock()
	t := s.template(id)
	if t == nil {
		s.mu.Unlock()
		return nil, nil, false
	}
	status, category := t.Status, t.Category
	s.mu.Unlock()
	body, refused := readJSON(r)
	if refused != nil {
		return nil, refused, true
	}
	if !slices.Contains([]string{"APPROVED", "REJECTED", "PAUSED"}, status) {
		return nil, templateError(2388025, "Template cannot be edited", "Only approved, rejected or paused templates can be edited."), true
	}
	if asked := strings.ToUpper(body.str("category")); asked != "" && asked != category {
		if status == "APPROVED" {
			return nil, templateError(2388025, "Category cannot be changed", "The category of an approved template cannot be changed."), true
		}
		category = asked
	}
	if body["components"] != nil {
		if refused := checkComponents(category, body.list("components")); refused != nil {
			return nil, refused, true
		}
	}
	s.mu.Lock()
	t.Status, t.Category = "PENDING", category
	if body["components"] != nil {
		t.Components = normal[[]map[string]any](body["components"])
	}
	s.mu.Unlock()
	s.review(id)
	return success, nil, true
}

// deleteTemplate is DELETE /{waba}/message_templates: by name in all languages, or one by hsm_id and name.
func (s *Simulator) deleteTemplate(r *http.Request) (any, *graphError) {
	name, id := r.URL.Query().Get("name"), r.URL.Query().Get("hsm_id")
	if name == "" {
		return nil, refuse(100, "The parameter name is required.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := func(t *Template) bool { return t.Name == name && (id == "" || t.ID == id) }
	if !slices.ContainsFunc(s.templates, gone) {
		return nil, templateError(2593002, "Message Template Not Found", "Message template was not found.")
	}
	if slices.ContainsFunc(s.templates, func(t *Template) bool { return gone(t) && t.Status == "DISABLED" }) {
		return nil, templateError(2388023, "Template cannot be deleted", "Disabled templates cannot be deleted.")
	}
	s.templates = slices.DeleteFunc(s.templates, gone)
	return success, nil
}

func templateError(subcode int, title, message string) *graphError {
	return &graphError{code: 100, subcode: subcode, message: "Invalid parameter", userTitle: title, userMsg: message}
}

// checkComponents holds a template to the rules of 8.3 that a person meets.
func checkComponents(category string, components []object) *graphError {
	body := false
	for _, c := range components {
		var refused *graphError
		switch strings.ToUpper(c.str("type")) {
		case "HEADER":
			refused = checkTemplateHeader(c)
		case "BODY":
			body = true
			if category != "AUTHENTICATION" {
				refused = checkTemplateBody(c)
			}
		case "FOOTER":
			if text := c.str("text"); length(text) > 60 || len(variables(text)) > 0 {
				refused = templateError(2388073, "Footer format is incorrect", "The footer may have at most 60 characters and no variables.")
			}
		case "BUTTONS":
			refused = checkTemplateButtons(c.list("buttons"))
		case "CAROUSEL", "LIMITED_TIME_OFFER":
		default:
			refused = refuse(100, "Component type '%s' is not known.", c.str("type"))
		}
		if refused != nil {
			return refused
		}
	}
	if !body {
		return refuse(100, "The template needs a body.")
	}
	return nil
}

func checkTemplateHeader(c object) *graphError {
	format, example := strings.ToUpper(c.str("format")), c.obj("example")
	switch format {
	case "TEXT":
		text := c.str("text")
		if text == "" || length(text) > 60 || len(variables(text)) > 1 {
			return templateError(2388047, "Header format is incorrect", "The header needs 1 to 60 characters and at most one variable.")
		}
		if len(variables(text)) == 1 && example["header_text"] == nil && example["header_text_named_params"] == nil {
			return noExample("header")
		}
	case "IMAGE", "VIDEO", "DOCUMENT":
		if example["header_handle"] == nil {
			return noExample("header")
		}
	case "LOCATION":
	default:
		return templateError(2388047, "Header format is incorrect", "The header's format is not known.")
	}
	return nil
}

func noExample(component string) *graphError {
	return templateError(2388043, "Message template is missing a sample", fmt.Sprintf("The %s needs a sample for every variable and file.", component))
}

func checkTemplateBody(c object) *graphError {
	text := c.str("text")
	if text == "" || length(text) > 1024 {
		return templateError(2388040, "Character limit exceeded", "The body needs 1 to 1024 characters.")
	}
	names := variables(text)
	if len(names) == 0 {
		return nil
	}
	trimmed := strings.TrimSpace(text)
	if places := placeholder.FindAllStringIndex(trimmed, -1); places[0][0] == 0 || places[len(places)-1][1] == len(trimmed) {
		return templateError(2388299, "Variables can't be at the start or end of the template", "Put words before the first and after the last variable.")
	}
	for i, name := range names {
		if n, err := strconv.Atoi(name); err == nil && n != i+1 {
			return templateError(2388072, "Body format is incorrect", "Number the variables from {{1}} on without gaps.")
		}
	}
	example := c.obj("example")
	if example["body_text"] == nil && example["body_text_named_params"] == nil {
		return noExample("body")
	}
	if len(strings.Fields(placeholder.ReplaceAllString(text, ""))) < 2*len(names) {
		return templateError(2388293, "Too many variables", "There are too many variables for so short a text.")
	}
	return nil
}

func checkTemplateButtons(buttons []object) *graphError {
	counts := map[string]int{}
	groups, last := 0, ""
	for _, b := range buttons {
		kind := strings.ToUpper(b.str("type"))
		counts[kind]++
		if length(b.str("text")) > 25 {
			return templateError(2388040, "Character limit exceeded", "A button has at most 25 characters.")
		}
		if kind == "URL" && strings.Contains(b.str("url"), "{{") && b["example"] == nil {
			return noExample("button")
		}
		group := "other"
		if kind == "QUICK_REPLY" {
			group = "reply"
		}
		if group != last {
			groups, last = groups+1, group
		}
	}
	if len(buttons) > 10 || counts["URL"] > 2 || counts["PHONE_NUMBER"] > 1 || counts["COPY_CODE"] > 1 || groups > 2 {
		return refuse(100, "At most 10 buttons, 2 of them URL, 1 PHONE_NUMBER, 1 COPY_CODE, and quick replies together.")
	}
	return nil
}
