package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

// adminRoutes are the screens around the inbox. Who sees what on them, and which of their forms, is the store's to say: a form
// of a page that somebody sees, and that is not theirs to send, is forbidden and not hidden.
func (s *Server) adminRoutes() []Route {
	return []Route{
		{http.MethodPost, "/presence", SignedIn, s.choosePresence},
		{http.MethodGet, "/banners", SignedIn, s.showBanners},
		{http.MethodGet, "/profile", SignedIn, s.showProfile},
		{http.MethodPost, "/profile", SignedIn, s.changeProfile},
		{http.MethodPost, "/profile/password", SignedIn, s.changePassword},

		{http.MethodGet, "/people", Supervises, s.showPeople},
		{http.MethodPost, "/people", Supervises, s.invitePerson},
		{http.MethodGet, "/people/:id", Supervises, s.showPerson},
		{http.MethodPost, "/people/:id", Supervises, s.changePerson},
		{http.MethodPost, "/people/:id/presence", Supervises, s.setPresence},
		{http.MethodPost, "/people/:id/links", Supervises, s.createLink},
		{http.MethodPost, "/people/:id/disablings", Supervises, s.disablePerson},
		{http.MethodPost, "/people/:id/enablings", Supervises, s.enablePerson},

		{http.MethodGet, "/templates", SignedIn, s.showTemplates},
		{http.MethodPost, "/templates/syncs", SignedIn, s.syncTemplates},

		{http.MethodGet, "/deliveries", Admins, s.showDeliveries},
		{http.MethodGet, "/deliveries/:id", Admins, s.showDelivery},
		{http.MethodPost, "/deliveries/:id/runs", Admins, s.runDelivery},

		{http.MethodGet, "/settings", Admins, s.showSettings},
		{http.MethodPost, "/settings", Admins, s.changeSettings},
		{http.MethodPost, "/settings/numbers/:id/resumptions", Admins, s.resumeNumber},
		{http.MethodGet, "/settings/whatsapp", Admins, s.showSetup},
		{http.MethodPost, "/settings/whatsapp/subscriptions", Admins, s.subscribe},
		{http.MethodPost, "/settings/whatsapp/syncs", Admins, s.syncSetup},
	}
}

// fieldErrors says whether the same form comes back, with what is wrong beside its field.
func fieldErrors(err error) (views.Errors, bool) {
	var invalid store.Invalid
	if !errors.As(err, &invalid) {
		return nil, false
	}
	return views.Errors{invalid.Field: invalid.Message}, true
}

// backToPage leads to the page that a form without a place of its own was sent from.
func backToPage(c echo.Context) string {
	for _, name := range []string{"HX-Current-URL", "Referer"} {
		if u, err := url.Parse(c.Request().Header.Get(name)); err == nil && u.Host == c.Request().Host {
			return localPath(u.RequestURI())
		}
	}
	return "/"
}
