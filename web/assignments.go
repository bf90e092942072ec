package web

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

// createAssignment gives the chat to agent_id; without one, to whoever asks. from is the owner that the page showed,
// confirmed that somebody's capacity may be passed, take_over that an owner may lose it.
func (s *Server) createAssignment(c echo.Context) error {
	return s.onChat(c, func(id int64) error {
		ctx := c.Request().Context()
		if c.FormValue("agent_id") == "" {
			_, err := s.store.TakeChat(ctx, who(c), id, c.FormValue("take_over") == "1")
			return err
		}
		from := formNumber(c, "from")
		if c.FormValue("from") == "0" {
			from = store.FromQueue // the page showed that nobody had it
		}
		_, err := s.store.AssignChat(ctx, who(c), id, formNumber(c, "agent_id"), from, c.FormValue("confirmed") == "1")
		return err
	})
}

// createRelease puts the chat back into the queue.
func (s *Server) createRelease(c echo.Context) error {
	return s.onChat(c, func(id int64) error {
		_, err := s.store.ReleaseChat(c.Request().Context(), who(c), id)
		return err
	})
}

// onChat runs one command on a chat and shows it as it is then. A lost race is 409 with what happened and the fresh state;
// a chat that is no longer one's own to see is left for the list.
func (s *Server) onChat(c echo.Context, command func(id int64) error) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	status, notice := http.StatusOK, views.Notice{}
	err = command(id)
	var conflict store.Conflict
	var invalid store.Invalid
	switch {
	case errors.As(err, &conflict):
		status, notice = http.StatusConflict, noticeOf(conflict)
	case errors.As(err, &invalid):
		status, notice = http.StatusUnprocessableEntity, views.Notice{Text: invalid.Message}
	case err != nil:
		return err
	}
	sees, err := s.store.SeesChat(c.Request().Context(), who(c), id)
	if err != nil {
		return err
	}
	if wantsFragment(c) {
		c.Response().Header().Set("HX-Trigger", "desk:"+views.SignalList) // the list beside it, socket or not
	}
	switch {
	case !sees && status == http.StatusOK && !wantsFragment(c):
		return seeOther(c, views.ChatsURL(viewOf(c)))
	case !sees:
		return s.leaveChat(c, status, views.Gone{Why: cmp.Or(notice.Text, views.LeftUnseen)})
	case wantsFragment(c):
		return s.around(c, status, id, notice)
	case status == http.StatusOK:
		return seeOther(c, views.ChatURL(id, viewOf(c)))
	}
	chat, err := s.freshChat(c, id)
	if err != nil {
		return err
	}
	chat.Notice = notice
	return s.openInbox(c, status, chat)
}

// noticeOf says what stood in the way, and whether it can be done all the same.
func noticeOf(conflict store.Conflict) views.Notice {
	n := views.Notice{Text: views.ConflictText(conflict)}
	switch {
	case conflict.Kind == store.ConflictOverCapacity && conflict.Agent != nil:
		n.Text, n.AgentID = views.OverCapacityText(*conflict.Agent), conflict.Agent.ID
	case conflict.Kind == store.ConflictOwned && conflict.Agent != nil:
		n.Over = true
	}
	return n
}
