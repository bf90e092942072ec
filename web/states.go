package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"agentdesk/views"
)

// createClosure ends the chat's case.
func (s *Server) createClosure(c echo.Context) error {
	return s.onChat(c, func(id int64) error {
		_, err := s.store.CloseChat(c.Request().Context(), who(c), id)
		return err
	})
}

// createReopening opens a new case, owned by whoever asks.
func (s *Server) createReopening(c echo.Context) error {
	return s.onChat(c, func(id int64) error {
		_, err := s.store.ReopenChat(c.Request().Context(), who(c), id)
		return err
	})
}

// createReading notes that the owner has seen everything up to message_id. Anybody else's look changes nothing.
func (s *Server) createReading(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if _, err := s.store.ReadChat(c.Request().Context(), who(c), id, formNumber(c, "message_id")); err != nil {
		return err
	}
	if wantsFragment(c) {
		return c.NoContent(http.StatusNoContent)
	}
	return seeOther(c, views.ChatURL(id, viewOf(c)))
}
