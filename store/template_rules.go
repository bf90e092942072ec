package store

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What Meta takes of a template's filled parts, counted as UTF-16 (platform document 6.3, 8.3).
const (
	maxHeader = 60
	maxBody   = 1024
	maxURL    = 2000
	maxValue  = 1024
)

// Variable is one blank of a template that the sender fills in.
type Variable struct {
	Field   string // form field: "header.1", "body.1", "body.first_name", "button.0"
	Part    string // header, body, button
	Name    string // "1" or "first_name", as it stands between the braces
	Button  int    // index of the button, for Part button
	Example string
	Limit   int // characters, counted as UTF-16
}

// Sendable says whether Meta takes it: APPROVED, and FLAGGED and REINSTATED, which are warnings (platform document 4.1).
func (t Template) Sendable() bool {
	return t.RemovedAt.IsZero() && (t.Status == "APPROVED" || t.Status == "FLAGGED" || t.Status == "REINSTATED")
}

// Supported says whether this desk can fill it in: media and location headers, authentication codes, carousels and the
// like cannot be sent from here yet.
func (t Template) Supported() bool {
	if t.Category == "AUTHENTICATION" {
		return false // its code goes out twice, and its button is listed as an ordinary URL
	}
	hasBody := false
	for _, part := range t.Components {
		switch part.Type {
		case "HEADER":
			if part.Format != "" && part.Format != "TEXT" {
				return false
			}
		case "BODY":
			hasBody = part.Text != ""
		case "FOOTER":
		case "BUTTONS":
			for _, button := range part.Buttons {
				if !slices.Contains([]string{"QUICK_REPLY", "URL", "PHONE_NUMBER"}, button.Type) {
					return false
				}
			}
		default:
			return false
		}
	}
	return hasBody
}

// Variables lists the blanks in the order a person fills them: header, body, buttons; numbered ones by number, which is
// also the order in which Meta wants them.
func (t Template) Variables() []Variable {
	var variables []Variable
	for _, part := range t.parts() {
		names := blanks(part.text)
		for _, name := range names {
			v := Variable{Field: part.field(name), Part: part.name, Name: name, Button: part.button, Example: part.example(name), Limit: maxValue}
			if len(names) == 1 {
				v.Limit = min(maxValue, part.limit-utf16Length(fill(part.text, func(string) (string, bool) { return "", true })))
			}
			variables = append(variables, v)
		}
	}
	return variables
}

// Check says everything that Meta would refuse about these values, by field: missing, too long, line breaks, tabs, more
// than four spaces in a row, the filled body over 1,024 characters (platform document 6.3). Empty = good.
func (t Template) Check(v TemplateValues) []Invalid {
	var wrong []Invalid
	for _, variable := range t.Variables() {
		if message := checkValue(v[variable.Field], variable.Limit); message != "" {
			wrong = append(wrong, Invalid{Field: variable.Field, Message: message})
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	for _, part := range t.parts() {
		names := blanks(part.text)
		if n := utf16Length(part.filled(v)); n > part.limit && len(names) > 0 {
			// Of several values the longest is the one to shorten.
			longest := slices.MaxFunc(names, func(a, b string) int {
				return cmp.Compare(utf16Length(v[part.field(a)]), utf16Length(v[part.field(b)]))
			})
			wrong = append(wrong, Invalid{Field: part.field(longest),
				Message: fmt.Sprintf("Filled in, the %s has %d characters; WhatsApp takes %d.", part.name, n, part.limit)})
		}
	}
	return wrong
}

func checkValue(value string, limit int) string {
	switch {
	case strings.TrimSpace(value) == "":
		return "Fill this in."
	case strings.ContainsAny(value, "\n\r\v\f\u0085\u2028\u2029"):
		return "WhatsApp takes no line breaks here."
	case strings.Contains(value, "\t"):
		return "WhatsApp takes no tabs here."
	case strings.Contains(value, "     "):
		return "WhatsApp takes at most four spaces in a row."
	}
	if n := utf16Length(value); n > limit {
		return fmt.Sprintf("At most %d characters; this has %d.", limit, n)
	}
	return ""
}

// Render is the template as the customer will see it. Blanks without a value keep their braces.
func (t Template) Render(v TemplateValues) SentTemplate {
	sent := SentTemplate{Name: t.Name, Language: t.Language, Category: t.Category, Format: t.ParameterFormat, Values: TemplateValues{}}
	for _, variable := range t.Variables() {
		if value := v[variable.Field]; value != "" {
			sent.Values[variable.Field] = value
		}
	}
	for _, part := range t.parts() {
		text := part.filled(v)
		switch part.name {
		case "header":
			sent.Header = text
		case "body":
			sent.Body = text
		case "footer":
			sent.Footer = text
		case "button":
			button := part.of
			if button.Type == "URL" {
				button.URL = text
			}
			button.Example = nil
			sent.Buttons = append(sent.Buttons, button)
		}
	}
	return sent
}

// templatePart is one text of a template that may have blanks.
type templatePart struct {
	name    string // header, body, footer, button
	button  int
	of      TemplateButton
	text    string
	limit   int
	example func(blank string) string
}

// field names a blank in a form. Of a button it is the button: it has one blank at most, whatever its name.
func (p templatePart) field(blank string) string {
	if p.name == "button" {
		return "button." + strconv.Itoa(p.button)
	}
	return p.name + "." + blank
}

func (p templatePart) filled(v TemplateValues) string {
	return fill(p.text, func(blank string) (string, bool) {
		value := v[p.field(blank)]
		return value, value != ""
	})
}

// parts lists a template's texts as they are read: header, body, footer, buttons.
func (t Template) parts() []templatePart {
	var parts []templatePart
	add := func(kind string, f func(TemplateComponent)) {
		for _, c := range t.Components {
			if c.Type == kind {
				f(c)
			}
		}
	}
	add("HEADER", func(c TemplateComponent) {
		parts = append(parts, templatePart{name: "header", text: c.Text, limit: maxHeader, example: c.headerExample})
	})
	add("BODY", func(c TemplateComponent) {
		parts = append(parts, templatePart{name: "body", text: c.Text, limit: maxBody, example: c.bodyExample})
	})
	add("FOOTER", func(c TemplateComponent) {
		parts = append(parts, templatePart{name: "footer", text: c.Text, limit: maxHeader})
	})
	add("BUTTONS", func(c TemplateComponent) {
		for i, b := range c.Buttons {
			p := templatePart{name: "button", button: i, of: b, limit: maxURL, example: b.urlExample}
			if b.Type == "URL" {
				p.text = b.URL
			}
			parts = append(parts, p)
		}
	})
	return parts
}

func (c TemplateComponent) headerExample(blank string) string {
	if c.Example == nil {
		return ""
	}
	if len(c.Example.HeaderText) > 0 {
		return c.Example.HeaderText[0]
	}
	return namedExample(c.Example.HeaderNamed, blank)
}

func (c TemplateComponent) bodyExample(blank string) string {
	if c.Example == nil {
		return ""
	}
	if n, err := strconv.Atoi(blank); err == nil && n >= 1 && len(c.Example.BodyText) > 0 && n <= len(c.Example.BodyText[0]) {
		return c.Example.BodyText[0][n-1]
	}
	return namedExample(c.Example.BodyNamed, blank)
}

func namedExample(examples []NamedExample, blank string) string {
	for _, e := range examples {
		if e.Name == blank {
			return e.Example
		}
	}
	return ""
}

// urlExample is what fills the blank: Meta lists sometimes that, sometimes the whole address.
func (b TemplateButton) urlExample(string) string {
	if len(b.Example) == 0 {
		return ""
	}
	stem, _, _ := strings.Cut(b.URL, "{{")
	return strings.TrimPrefix(b.Example[0], stem)
}

// blanks lists the names between the braces of a text, each once, numbers in their order.
func blanks(text string) []string {
	var names []string
	fill(text, func(blank string) (string, bool) {
		if !slices.Contains(names, blank) {
			names = append(names, blank)
		}
		return "", false
	})
	slices.SortStableFunc(names, func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if errX != nil || errY != nil {
			return 0
		}
		return cmp.Compare(x, y)
	})
	return names
}

// fill replaces each {{blank}} once, left to right: a value that itself looks like a blank stays as it was typed. value
// returns false to leave the braces.
func fill(text string, value func(blank string) (string, bool)) string {
	var filled strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{{")
		filled.WriteString(before)
		if !found {
			return filled.String()
		}
		blank, after, closed := strings.Cut(rest, "}}")
		if !closed || !isBlank(blank) {
			filled.WriteString("{{")
			text = rest
			continue
		}
		if with, ok := value(blank); ok {
			filled.WriteString(with)
		} else {
			filled.WriteString("{{" + blank + "}}")
		}
		text = after
	}
}

func isBlank(name string) bool {
	if name == "" || utf8.RuneCountInString(name) != len(name) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
