package store

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"gorm.io/gorm"
)

// MaxText is the longest free text Meta takes, counted as UTF-16 (platform document 6.2).
const MaxText = 4096

// compose makes the message out of text or template, or says why Meta would refuse it.
func (t *tx) compose(o Outgoing, c Chat) (Message, error) {
	if o.TemplateID != 0 {
		return t.composeTemplate(o, c)
	}
	text := clean(strings.ReplaceAll(o.Text, "\r\n", "\n")) // browsers post line ends as CRLF
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	if text == "" {
		return Message{}, Invalid{Field: "body", Message: "Write a message first."}
	}
	if n := utf16Length(text); n > MaxText {
		return Message{}, Invalid{Field: "body", Message: fmt.Sprintf("WhatsApp takes at most %d characters; this has %d.", MaxText, n)}
	}
	if !c.Window().TakesText(t.now) {
		return Message{}, Conflict{Kind: ConflictWindowEnded}
	}
	return Message{Kind: KindText, Body: text}, nil
}

func (t *tx) composeTemplate(o Outgoing, c Chat) (Message, error) {
	refused := func(why string) (Message, error) { return Message{}, Invalid{Field: "template_id", Message: why} }
	var template Template
	err := t.Joins("JOIN numbers ON numbers.waba_id = templates.waba_id AND numbers.id = ?", c.NumberID).
		Where("templates.removed_at = 0").First(&template, o.TemplateID).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return refused("This template is not in the number's account (any more). Choose another.")
	}
	if err != nil {
		return Message{}, fmt.Errorf("template %d: %w", o.TemplateID, err)
	}
	if !template.Sendable() {
		return refused("WhatsApp does not let this template be sent now. Choose another.")
	}
	if !template.Supported() {
		return refused("This template has parts that cannot be filled in here yet. Choose another.")
	}
	values := make(TemplateValues, len(o.Values))
	for field, value := range o.Values {
		values[field] = clean(value)
	}
	if wrong := template.Check(values); len(wrong) > 0 {
		return Message{}, Invalid{Field: "params[" + wrong[0].Field + "]", Message: wrong[0].Message}
	}
	sent := template.Render(values)
	return Message{Kind: KindTemplate, Body: sent.Body, TemplateID: template.ID, Details: Details{Template: &sent}}, nil
}

// utf16Length is how Meta's limits are counted here: of its possible units the stricter for emoji (platform document 6.2).
func utf16Length(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
