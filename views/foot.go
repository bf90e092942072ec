package views

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"agentdesk/store"
)

// Foot is what stands below a thread: the composer while the window is open, the template picker when it has ended or was
// asked for.
type Foot struct {
	Chat       store.Chat
	Contact    store.Contact
	Number     store.Number
	Owner      *store.Agent
	Viewer     store.Agent
	View       store.View
	Now        time.Time
	Real       time.Time
	ClientID   string
	LastSeen   int64
	Text       string          // what was typed
	Error      string          // why it cannot be sent
	Ask        *store.Conflict // somebody else has the chat, or answered meanwhile
	TakeOver   bool            // agreed to already
	SendAnyway bool
	Picker     *Picker
}

// Picker is the choice of a template, its blanks and how it will look.
type Picker struct {
	Choices  []store.Template // can be sent
	Blocked  []store.Template // cannot, shown when searched for
	Search   string
	Chosen   *store.Template
	Values   store.TemplateValues
	Filled   map[string]string // fields that were filled in for the agent, and from where
	Errors   map[string]string // by field
	Error    string            // about the whole
	Held     string            // text that was typed before
	RetryOf  int64             // the message that the template replaces
	ByChoice bool              // the window is open: the composer is a click away
}

// state tells one foot from another: when it changes, the page fetches the new one; what is typed stays meanwhile.
func (f Foot) state() string {
	mode := "text"
	if f.Picker != nil {
		mode = "ended"
		if f.Picker.ByChoice {
			mode = "chosen"
		}
	}
	owner := f.ownership()
	if owner == "other" {
		owner += strconv.FormatInt(f.Chat.OwnerID, 10) // the foot names them
	}
	return mode + "-" + owner + "-" + string(f.Chat.State)
}

// State is the mark of a foot that the page sends along; TemplateChosen says of such a mark that templates were asked for
// while the window was open.
func (f Foot) State() string { return f.state() }

func TemplateChosen(state string) bool { return strings.HasPrefix(state, "chosen-") }

func (f Foot) ownership() string {
	switch f.Chat.OwnerID {
	case 0:
		return "none"
	case f.Viewer.ID:
		return "me"
	}
	return "other"
}

func (f Foot) placeholder() string {
	if f.Chat.State == store.ChatClosed {
		return "Write to reopen this chat"
	}
	if f.ownership() == "other" {
		return "Write here to take the chat over from " + firstName(f.ownerName())
	}
	if namedByPhone(f.Contact) {
		return "Reply"
	}
	return "Reply to " + firstName(contactName(f.Contact))
}

func (f Foot) ownerName() string {
	if f.Owner != nil {
		return f.Owner.Name
	}
	return "A colleague"
}

func (f Foot) pickerURL(chosen int64) string {
	p := f.Picker
	pairs := []string{"template", strconv.FormatInt(chosen, 10)}
	if p != nil {
		pairs = append(pairs, "q", p.Search)
		if p.RetryOf != 0 {
			pairs = append(pairs, "retry_of", strconv.FormatInt(p.RetryOf, 10))
		}
	}
	return withQuery(ComposerURL(f.Chat.ID), pairs...)
}

func (p Picker) isChosen(t store.Template) bool { return p.Chosen != nil && p.Chosen.ID == t.ID }

// templateTitle is a template's name as people read it: "order_update" is "Order update".
func templateTitle(name string) string {
	words := strings.TrimSpace(strings.ReplaceAll(name, "_", " "))
	if words == "" {
		return "Template"
	}
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:]
}

func categoryName(category string) string {
	if category == "" {
		return "No category"
	}
	return category[:1] + strings.ToLower(category[1:])
}

// choiceFacts is the small line of a choice.
func choiceFacts(t store.Template) string {
	switch n := len(t.Variables()); n {
	case 0:
		return categoryName(t.Category) + " · nothing to fill in"
	default:
		return categoryName(t.Category) + " · " + plural(n, "field", "fields")
	}
}

// blockedBecause says why a template cannot be sent.
func blockedBecause(t store.Template) string {
	switch t.Status {
	case "PAUSED":
		return "Paused by WhatsApp" + reasonOf(t)
	case "REJECTED":
		return "Rejected by WhatsApp" + reasonOf(t)
	case "DISABLED":
		return "Disabled by WhatsApp" + reasonOf(t)
	case "PENDING", "IN_APPEAL":
		return "In review at WhatsApp"
	}
	if t.Sendable() && !t.Supported() {
		return "Has parts that cannot be sent from here yet"
	}
	return "Cannot be sent: " + strings.ToLower(strings.ReplaceAll(t.Status, "_", " "))
}

func reasonOf(t store.Template) string {
	if t.Reason == "" || t.Reason == "NONE" {
		return ""
	}
	return ": " + strings.ToLower(strings.ReplaceAll(t.Reason, "_", " "))
}

func fieldLabel(v store.Variable) string {
	name := v.Name
	if _, err := strconv.Atoi(name); err == nil {
		name = "Field " + name
	}
	switch v.Part {
	case "header":
		return "Heading: " + lowerFirst(templateTitle(name))
	case "button":
		return "End of the link"
	}
	return templateTitle(name)
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}

func fieldID(t store.Template, v store.Variable) string {
	return "param-" + strconv.FormatInt(t.ID, 10) + "-" + strings.ReplaceAll(v.Field, ".", "-")
}

// lengthOf counts as WhatsApp does, in UTF-16; it speaks up where the limit is near.
func lengthOf(value string, limit int) string {
	n := len(utf16.Encode([]rune(value)))
	if limit > 60 && n < limit*3/4 {
		return ""
	}
	return strconv.Itoa(n) + "/" + strconv.Itoa(limit)
}

// KnownValues fills in what the contact tells: only blanks whose name says what they want.
func KnownValues(t store.Template, c store.Contact) (values store.TemplateValues, from map[string]string) {
	values, from = store.TemplateValues{}, map[string]string{}
	name := cmp.Or(c.Name, c.ProfileName)
	if blank(name) {
		return values, from
	}
	for _, v := range t.Variables() {
		switch strings.ToLower(v.Name) {
		case "first_name", "firstname", "given_name":
			values[v.Field], from[v.Field] = firstName(name), "Contact"
		case "name", "full_name", "customer_name", "customer":
			values[v.Field], from[v.Field] = name, "Contact"
		}
	}
	return values, from
}

// Marks around a value in a rendered template, so that the preview can show what was filled in. They are private
// characters: nobody types them, and they are taken out of values.
const filledStart, filledEnd = '\uE000', '\uE001'

// preview is the template as it will look, with its values marked.
func (p Picker) preview() store.SentTemplate {
	marked := store.TemplateValues{}
	for field, value := range p.Values {
		value = strings.Map(func(r rune) rune {
			if r == filledStart || r == filledEnd {
				return -1
			}
			return r
		}, value)
		if value != "" {
			marked[field] = string(filledStart) + value + string(filledEnd)
		}
	}
	return p.Chosen.Render(marked)
}

// stretchOf a previewed text: as it stands, filled in, or still empty.
type previewPart struct {
	text  string
	class string
}

var emptyBlank = regexp.MustCompile(`\{\{([A-Za-z0-9_]+)\}\}`)

// previewParts splits a marked text.
func previewParts(text string) []previewPart {
	var parts []previewPart
	plain := func(text string) {
		text = strings.ReplaceAll(text, string(filledEnd), "")
		at := 0
		for _, m := range emptyBlank.FindAllStringSubmatchIndex(text, -1) {
			if at < m[0] {
				parts = append(parts, previewPart{text: text[at:m[0]]})
			}
			parts = append(parts, previewPart{text: blankWords(text[m[2]:m[3]]), class: "filled filled--empty"})
			at = m[1]
		}
		if at < len(text) {
			parts = append(parts, previewPart{text: text[at:]})
		}
	}
	for {
		before, rest, found := strings.Cut(text, string(filledStart))
		plain(before)
		if !found {
			return parts
		}
		value, after, _ := strings.Cut(rest, string(filledEnd))
		parts = append(parts, previewPart{text: value, class: "filled"})
		text = after
	}
}

func blankWords(name string) string {
	if _, err := strconv.Atoi(name); err == nil {
		return "field " + name
	}
	return strings.ReplaceAll(name, "_", " ")
}
