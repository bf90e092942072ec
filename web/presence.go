package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

// choosePresence is the menu at the person's own face.
func (s *Server) choosePresence(c echo.Context) error {
	ctx := c.Request().Context()
	if err := s.store.ChoosePresence(ctx, who(c), store.Presence(c.FormValue("presence"))); err != nil {
		return err
	}
	if !wantsFragment(c) {
		return c.Redirect(http.StatusSeeOther, backToPage(c))
	}
	fresh, err := s.store.AgentByID(ctx, who(c).ID)
	if err != nil {
		return err
	}
	c.Set(agentKey, fresh)
	frame, err := s.frameOf(c, views.Frame{Section: sectionOf(c)})
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Rail(frame))
}

// sectionOf is the place in the rail of the page that htmx asks from.
func sectionOf(c echo.Context) views.Section {
	u, err := url.Parse(c.Request().Header.Get("HX-Current-URL"))
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return views.Section(first)
}
