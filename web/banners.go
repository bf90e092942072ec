package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"agentdesk/views"
)

// showBanners says again which numbers do not send, when one was paused or resumed.
func (s *Server) showBanners(c echo.Context) error {
	frame, err := s.frameOf(c, views.Frame{})
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Banners(frame))
}
