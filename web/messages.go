package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

// createMessage sends what somebody wrote, or a template. What stands in the way comes back with everything that was
// typed, in the same place.
func (s *Server) createMessage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	form, err := outgoingOf(c, id)
	if err != nil {
		return err
	}
	m, err := s.store.QueueMessage(c.Request().Context(), who(c), form)
	var conflict store.Conflict
	var invalid store.Invalid
	switch {
	case errors.As(err, &conflict) && conflict.Kind != store.ConflictSettled:
		return s.refuseMessage(c, http.StatusConflict, form, err)
	case errors.As(err, &invalid):
		return s.refuseMessage(c, http.StatusUnprocessableEntity, form, err)
	case err != nil:
		return err
	case !wantsFragment(c):
		return seeOther(c, views.ChatURL(id, viewOf(c)))
	}
	chat, err := s.freshChat(c, id)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Sent(chat.Foot, s.bubble(chat.Page.Contact, m)))
}

func (s *Server) bubble(contact store.Contact, m store.Message) views.MessageView {
	return views.MessageView{Message: m, Contact: contact, Real: s.store.Real()}
}

// freshChat is the chat as it is after a command, with an empty foot.
func (s *Server) freshChat(c echo.Context, id int64) (views.Chat, error) {
	frame, err := s.frameOf(c, views.Frame{})
	if err != nil {
		return views.Chat{}, err
	}
	chat, err := s.chatOf(c, frame, id, store.ThreadQuery{})
	if err != nil {
		return chat, err
	}
	chat.Foot, err = s.footOf(c, chat)
	return chat, err
}

// outgoingOf reads the composer's form, or the picker's.
func outgoingOf(c echo.Context, chatID int64) (store.Outgoing, error) {
	params, err := c.FormParams()
	if err != nil {
		return store.Outgoing{}, err
	}
	o := store.Outgoing{ChatID: chatID, ClientID: params.Get("client_id"), Text: params.Get("body"), TemplateID: formNumber(c, "template_id"),
		LastSeen: formNumber(c, "last_seen"), SendAnyway: params.Get("send_anyway") == "1", TakeOver: params.Get("take_over") == "1",
		RetryOf: formNumber(c, "retry_of")}
	if o.TemplateID != 0 {
		o.Text, o.Values = "", valuesOf(params)
	}
	return o, nil
}

// valuesOf reads params[body.1] and the like; a bare params[1] is meant for the body.
func valuesOf(params map[string][]string) store.TemplateValues {
	values := store.TemplateValues{}
	for name, given := range params {
		field, isParam := strings.CutPrefix(name, "params[")
		field, closed := strings.CutSuffix(field, "]")
		if !isParam || !closed || len(given) == 0 {
			continue
		}
		if !strings.Contains(field, ".") {
			field = "body." + field
		}
		values[field] = given[0]
	}
	return values
}

// refuseMessage brings back the foot with what was typed and what stood in the way: to htmx in its place, to a plain form
// in the whole page.
func (s *Server) refuseMessage(c echo.Context, status int, form store.Outgoing, cause error) error {
	var conflict store.Conflict
	isConflict := errors.As(cause, &conflict)
	chat, err := s.freshChat(c, form.ChatID)
	if errors.Is(err, store.ErrNotFound) && isConflict { // lost the race and the sight of the chat, not the text
		return s.leaveChat(c, status, views.Gone{Why: views.ConflictText(conflict), Kept: form.Text})
	}
	if err != nil {
		return err
	}
	f := chat.Foot
	f.ClientID = cmp.Or(form.ClientID, f.ClientID) // nothing was stored under it: it is still the same message
	f.TakeOver, f.SendAnyway = form.TakeOver, form.SendAnyway
	if isConflict && conflict.Kind != store.ConflictWindowEnded {
		f.Ask = &conflict
	}
	if form.TemplateID != 0 {
		choice := pickerChoice{template: form.TemplateID, values: form.Values, held: c.FormValue("held"), retryOf: form.RetryOf}
		if f.Ask == nil {
			choice.cause = cause
		}
		f, err = s.withPicker(c, f, choice)
	} else if f.Picker != nil {
		f.Picker.Held = form.Text
	} else {
		f.Text = form.Text
		var invalid store.Invalid
		if errors.As(cause, &invalid) {
			f.Error = invalid.Message
		}
	}
	if err != nil {
		return err
	}
	if wantsFragment(c) {
		return s.render(c, status, views.FootPane(f))
	}
	chat.Foot = f
	return s.openInbox(c, status, chat)
}

// createRetry sends a failed or unconfirmed message again, as a new one.
func (s *Server) createRetry(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	again, err := s.store.RetryMessage(c.Request().Context(), who(c), id, c.FormValue("client_id"))
	if err != nil {
		return err
	}
	return s.showMessages(c, again.ChatID, id, again.ID)
}

// createConfirmation takes somebody's word that a message arrived.
func (s *Server) createConfirmation(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	m, err := s.store.ConfirmMessage(c.Request().Context(), who(c), id)
	if err != nil {
		return err
	}
	return s.showMessages(c, m.ChatID, id)
}

// showMessages answers with bubbles that changed; a plain form goes back to the chat.
func (s *Server) showMessages(c echo.Context, chatID int64, ids ...int64) error {
	if !wantsFragment(c) {
		return seeOther(c, views.ChatURL(chatID, viewOf(c)))
	}
	ctx := c.Request().Context()
	page, err := s.store.Chat(ctx, who(c), chatID)
	if err != nil {
		return err
	}
	var bubbles []views.MessageView
	for _, id := range slices.Compact(ids) {
		m, err := s.store.Message(ctx, who(c), id)
		if err != nil {
			return err
		}
		bubbles = append(bubbles, s.bubble(page.Contact, m))
	}
	return s.render(c, http.StatusOK, views.MessageFrames(bubbles))
}
