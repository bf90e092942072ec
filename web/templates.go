package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

func (s *Server) showTemplates(c echo.Context) error { return s.renderTemplates(c, http.StatusOK, "") }

// renderTemplates lists templates by name. All of them are read: the filters offer what there is, with counts. Whoever
// does not manage templates sees those that can be sent.
func (s *Server) renderTemplates(c echo.Context, status int, problem string) error {
	frame, err := s.frameOf(c, views.Frame{Title: views.TemplatesTitle, Section: views.SectionTemplates})
	if err != nil {
		return err
	}
	filter := views.TemplateFilter{Search: cut(strings.TrimSpace(c.QueryParam("q")), 200), Status: c.QueryParam("status"),
		Category: c.QueryParam("category"), Language: c.QueryParam("language")}
	all, err := s.mayRead(c, store.TemplateQuery{})
	if err != nil {
		return err
	}
	found, err := s.mayRead(c, store.TemplateQuery{Search: filter.Search, Category: filter.Category, Language: filter.Language})
	if err != nil {
		return err
	}
	page := views.NewTemplatesPage(frame, filter, all, found)
	page.Problem = problem
	if targets(c, views.IDPage) {
		return s.render(c, status, views.TemplateTable(page))
	}
	return s.render(c, status, views.Templates(page))
}

func (s *Server) mayRead(c echo.Context, q store.TemplateQuery) ([]store.Template, error) {
	found, err := s.store.Templates(c.Request().Context(), q)
	if err != nil || who(c).Role == store.RoleAdmin {
		return found, err
	}
	return slices.DeleteFunc(found, func(t store.Template) bool { return !t.Sendable() }), nil
}

func (s *Server) syncTemplates(c echo.Context) error {
	if who(c).Role != store.RoleAdmin {
		return store.ErrForbidden
	}
	if !s.fetch(c) {
		return s.renderTemplates(c, http.StatusBadGateway, views.SyncFailed)
	}
	return seeOther(c, views.TemplatesURL)
}
