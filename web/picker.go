package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

// pickerChoice is what is known of a choice of template: which, its values, and what came before.
type pickerChoice struct {
	template int64
	search   string
	values   store.TemplateValues
	held     string
	retryOf  int64
	cause    error // why it could not be sent
}

// showComposer is the foot of a chat: the composer, or with ?template= the picker. Parts of the picker are answered alone
// where htmx asks for them; without htmx it is the whole page with that foot.
func (s *Server) showComposer(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	chat, err := s.freshChat(c, id)
	if err != nil {
		return s.lostChat(c, err)
	}
	if chat.Foot.Picker != nil || c.QueryParams().Has("template") || c.QueryParams().Has("q") {
		choice := pickerChoice{template: formNumber(c, "template"), search: strings.TrimSpace(c.QueryParam("q")), retryOf: formNumber(c, "retry_of"),
			held: c.QueryParam("held")}
		if choice.template == 0 {
			choice.template = formNumber(c, "template_id")
		}
		if values := valuesOf(c.QueryParams()); len(values) > 0 {
			choice.values = values
		}
		if choice.held == "" && choice.retryOf != 0 {
			if choice.held, err = s.failedText(c, id, choice.retryOf); err != nil {
				return err
			}
		}
		if chat.Foot, err = s.withPicker(c, chat.Foot, choice); err != nil {
			return err
		}
	}
	foot := chat.Foot
	switch {
	case targets(c, "template-preview") && foot.Picker != nil:
		return s.render(c, http.StatusOK, views.PickerPreview(foot))
	case targets(c, "template-choices") && foot.Picker != nil:
		return s.render(c, http.StatusOK, views.PickerChoices(foot))
	case targets(c, "templates") && foot.Picker != nil:
		return s.render(c, http.StatusOK, views.PickerPane(foot))
	case wantsFragment(c):
		return s.render(c, http.StatusOK, views.FootPane(foot))
	}
	return s.openInbox(c, http.StatusOK, chat)
}

// failedText is what a message said that is to be replaced by a template.
func (s *Server) failedText(c echo.Context, chatID, messageID int64) (string, error) {
	m, err := s.store.Message(c.Request().Context(), who(c), messageID)
	if err != nil {
		return "", err
	}
	if m.ChatID != chatID || m.Direction != store.Out {
		return "", store.ErrNotFound
	}
	return m.Body, nil
}

// withPicker puts the choice of templates into a foot: those that can be sent, when searched for also the others with
// their reason, and the chosen one with its values.
func (s *Server) withPicker(c echo.Context, f views.Foot, choice pickerChoice) (views.Foot, error) {
	ctx := c.Request().Context()
	p := &views.Picker{Search: choice.search, Held: choice.held, RetryOf: choice.retryOf, ByChoice: f.Chat.Window().TakesText(f.Now)}
	sendable, err := s.store.SendableTemplates(ctx, who(c), f.Chat.ID)
	if err != nil {
		return f, err
	}
	p.Choices = sendable
	if choice.search != "" {
		found, err := s.store.Templates(ctx, store.TemplateQuery{WABAID: f.Number.WABAID, Search: choice.search})
		if err != nil {
			return f, err
		}
		isSendable := func(t store.Template) bool { return slices.ContainsFunc(sendable, sameTemplate(t)) }
		p.Choices = slices.DeleteFunc(slices.Clone(sendable), func(t store.Template) bool { return !slices.ContainsFunc(found, sameTemplate(t)) })
		p.Blocked = slices.DeleteFunc(found, isSendable)
	}
	at := slices.IndexFunc(sendable, func(t store.Template) bool { return t.ID == choice.template })
	switch {
	case at >= 0:
		p.Chosen = &sendable[at]
	case choice.template == 0 && len(p.Choices) > 0:
		p.Chosen = &p.Choices[0]
	}
	if p.Chosen != nil {
		p.Values, p.Filled = views.KnownValues(*p.Chosen, f.Contact)
		if choice.values != nil {
			p.Values, p.Filled = choice.values, nil
		}
	}
	explainPicker(p, choice.cause)
	f.Picker = p
	return f, nil
}

func sameTemplate(t store.Template) func(store.Template) bool {
	return func(other store.Template) bool { return other.ID == t.ID }
}

// explainPicker puts a refusal at the fields it is about: all of them, not only the first that the gate met.
func explainPicker(p *views.Picker, cause error) {
	var invalid store.Invalid
	if !errors.As(cause, &invalid) {
		return
	}
	p.Errors = map[string]string{}
	field, isParam := strings.CutPrefix(invalid.Field, "params[")
	if !isParam || p.Chosen == nil {
		p.Error = invalid.Message
		return
	}
	p.Errors[strings.TrimSuffix(field, "]")] = invalid.Message
	for _, wrong := range p.Chosen.Check(p.Values) {
		p.Errors[wrong.Field] = wrong.Message
	}
}
