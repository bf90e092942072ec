package simulator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// rendered is a template as the customer sees it.
type rendered struct {
	category             string // lower case, for pricing
	header, body, footer string
	media                string // IMAGE, VIDEO, DOCUMENT or LOCATION header
	buttons              []templateButton
}

type templateButton struct{ kind, text, payload, url string }

var placeholder = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)

// variables are the names of a text's placeholders, each once, in order.
func variables(text string) []string {
	var out []string
	for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(out, match[1]) {
			out = append(out, match[1])
		}
	}
	return out
}

// checkTemplate finds the template of a send, checks its parameters and keeps what the customer gets (6.3). s.mu is held.
func (s *Simulator) checkTemplate(e *entry) *graphError {
	send := e.content()
	name, language := send.str("name"), send.obj("language").str("code")
	if name == "" || language == "" {
		return refuse(131008, "Parameters template['name'] and template['language']['code'] are required.")
	}
	i := slices.IndexFunc(s.templates, func(t *Template) bool { return t.Name == name && t.Language == language })
	if i < 0 {
		return refuse(132001, "template name (%s) does not exist in %s", name, language)
	}
	t := s.templates[i]
	switch {
	case t.Status == "PAUSED":
		return refuse(132015, "Template is paused due to low quality so it cannot be sent in a template message.")
	case t.Status == "DISABLED":
		return refuse(132016, "Template has been paused too many times due to low quality and is now permanently disabled.")
	case !sendable(t.Status):
		return refuse(132001, "template name (%s) does not exist in %s", name, language)
	}
	out, refused := render(t, send.list("components"))
	if refused != nil {
		return refused
	}
	if e.bsuid && t.Category == "AUTHENTICATION" {
		return refuse(131062, "Authentication templates cannot be sent to a business-scoped user ID.")
	}
	e.rendered = out
	return nil
}

// render fills a template with the components of a send.
func render(t *Template, sent []object) (*rendered, *graphError) {
	out := &rendered{category: strings.ToLower(t.Category)}
	given := map[string][]object{} // parameters by component; buttons as button0, button1, …
	for _, c := range sent {
		key := strings.ToLower(c.str("type"))
		switch key {
		case "header", "body":
		case "button":
			key += fmt.Sprint(c["index"])
			if refused := checkButtonPlace(t, c); refused != nil {
				return nil, refused
			}
		default:
			return nil, refuse(132012, "Component '%s' is not part of the template.", key)
		}
		if _, twice := given[key]; twice {
			return nil, refuse(132000, "%s: given twice", key)
		}
		given[key] = c.list("parameters")
	}
	var refused *graphError
	for _, raw := range t.Components {
		c := object(raw)
		switch strings.ToUpper(c.str("type")) {
		case "HEADER":
			refused = renderHeader(t, c, given["header"], out)
		case "BODY":
			out.body, refused = fillText(t, "body", c.str("text"), given["body"])
		case "FOOTER":
			out.footer = c.str("text")
		case "BUTTONS":
			refused = renderButtons(t, c.list("buttons"), given, out)
		}
		if refused != nil {
			return nil, refused
		}
	}
	if out.header == "" && out.media == "" && len(given["header"]) > 0 {
		return nil, mismatch("header", len(given["header"]), 0)
	}
	if length(out.body) > 1024 {
		return nil, refuse(132005, "body: the text with its parameters is longer than 1024 characters")
	}
	return out, nil
}

func mismatch(component string, given, expected int) *graphError {
	return refuse(132000, "%s: number of localizable_params (%d) does not match the expected number of params (%d)", component, given, expected)
}

func renderHeader(t *Template, c object, given []object, out *rendered) *graphError {
	format := strings.ToUpper(c.str("format"))
	if format == "" || format == "TEXT" {
		var refused *graphError
		out.header, refused = fillText(t, "header", c.str("text"), given)
		return refused
	}
	out.media = format
	want := strings.ToLower(format)
	if len(given) != 1 || given[0].str("type") != want {
		got := "UNKNOWN"
		if len(given) > 0 {
			got = strings.ToUpper(given[0].str("type"))
		}
		return refuse(132012, "header: Format mismatch, expected %s, received %s", format, got)
	}
	what := given[0].obj(want)
	if want == "location" {
		return checkLocation(what)
	}
	if what.str("id") == "" && what.str("link") == "" {
		return refuse(132012, "header: %s needs an id or a link", want)
	}
	return nil
}

// fillText puts parameters into a text, by position or by name, and refuses what Meta refuses.
func fillText(t *Template, component, text string, given []object) (string, *graphError) {
	wanted := variables(text)
	if len(given) != len(wanted) {
		return "", mismatch(component, len(given), len(wanted))
	}
	values := map[string]string{}
	for i, p := range given {
		value, refused := parameterText(component, p)
		if refused != nil {
			return "", refused
		}
		name := p.str("parameter_name")
		switch {
		case t.ParameterFormat == "NAMED" && name == "":
			return "", refuse(100, "%s: parameter_name is missing or empty", component)
		case t.ParameterFormat == "NAMED" && !slices.Contains(wanted, name):
			return "", refuse(132000, "%s: parameter '%s' is not part of the template", component, name)
		case t.ParameterFormat != "NAMED" && name != "":
			return "", refuse(132012, "%s: parameter_name is not allowed in a template with positional parameters", component)
		case t.ParameterFormat != "NAMED":
			name = wanted[i]
		}
		if _, twice := values[name]; twice {
			return "", refuse(132000, "%s: parameter '%s' is given twice", component, name)
		}
		values[name] = value
	}
	return placeholder.ReplaceAllStringFunc(text, func(match string) string {
		return values[placeholder.FindStringSubmatch(match)[1]]
	}), nil
}

// parameterText is what a body or header parameter puts into the text.
func parameterText(component string, p object) (string, *graphError) {
	switch p.str("type") {
	case "text":
		text := p.str("text")
		if text == "" {
			return "", refuse(131008, "%s: Parameter of type text is missing text value", component)
		}
		if strings.ContainsAny(text, "\n\t") || strings.Contains(text, "     ") {
			return "", refuse(132018, "%s: Param text cannot have new-line/tab characters or more than 4 consecutive spaces", component)
		}
		return text, nil
	case "currency":
		return p.obj("currency").str("fallback_value"), nil
	case "date_time":
		return p.obj("date_time").str("fallback_value"), nil
	}
	return "", refuse(132012, "%s: Parameter type '%s' does not match the template", component, p.str("type"))
}

// checkButtonPlace holds a button component to the button that stands at its index.
func checkButtonPlace(t *Template, c object) *graphError {
	var buttons []object
	for _, raw := range t.Components {
		if strings.EqualFold(object(raw).str("type"), "BUTTONS") {
			buttons = object(raw).list("buttons")
		}
	}
	for i, b := range buttons {
		if fmt.Sprint(c["index"]) != fmt.Sprint(i) {
			continue
		}
		if kind := buttonKind(b); kind != strings.ToLower(c.str("sub_type")) {
			return refuse(132012, "buttons: button at index %d is of type %s", i, kind)
		}
		return nil
	}
	return refuse(131009, "buttons: there is no button at index %v", c["index"])
}

// buttonKind is the sub_type that a template's button is sent with. A one-time code is a url (6.3).
func buttonKind(b object) string {
	kind := strings.ToLower(b.str("type"))
	if kind == "otp" {
		return "url"
	}
	return kind
}

func renderButtons(t *Template, buttons []object, given map[string][]object, out *rendered) *graphError {
	for i, b := range buttons {
		key := fmt.Sprint("button", i)
		kind, params := buttonKind(b), given[key]
		button := templateButton{kind: kind, text: b.str("text"), payload: b.str("text"), url: b.str("url")}
		wanted := 0
		switch {
		case kind == "url" && (strings.Contains(b.str("url"), "{{") || strings.EqualFold(b.str("type"), "OTP")),
			kind == "copy_code":
			wanted = 1
		case kind == "quick_reply" && len(params) > 0:
			wanted = 1
			button.payload = params[0].str("payload")
		}
		if len(params) != wanted {
			return mismatch(fmt.Sprintf("buttons: button at index %d of type %s", i, kind), len(params), wanted)
		}
		if kind == "url" && wanted == 1 {
			value, refused := parameterText("buttons", params[0])
			if refused != nil {
				return refused
			}
			button.url = placeholder.ReplaceAllLiteralString(b.str("url"), value)
		}
		out.buttons = append(out.buttons, button)
	}
	return nil
}
