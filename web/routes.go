package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
)

// Access is who may use a route at all; what they may see through it is the store's scope.
type Access string

const (
	Public     Access = "public"     // no session is looked at
	SignedIn   Access = "signed in"  // any role
	Supervises Access = "supervises" // supervisors and admins
	Admins     Access = "admins"
	OwnCheck   Access = "own check" // the handler looks at the session itself: a socket cannot be answered with a redirect
)

// Route is one line of the table below.
type Route struct {
	Method string
	Path   string
	Access Access
	Handle echo.HandlerFunc
}

// Routes is every route and who may use it, in one table. A test derives role × route from it: a route that the test has
// no row for fails it.
func (s *Server) Routes() []Route {
	var routes []Route
	for _, area := range [][]Route{s.outsideRoutes(), s.sessionRoutes(), s.inboxRoutes(), s.adminRoutes(), s.liveRoutes()} {
		routes = append(routes, area...)
	}
	return routes
}

func (s *Server) outsideRoutes() []Route {
	return []Route{
		{http.MethodGet, "/healthz", Public, s.showHealth},
		{http.MethodGet, "/readyz", Public, s.showReadiness},
		{http.MethodGet, webhookPath, Public, s.answerHandshake},
		{http.MethodPost, webhookPath, Public, s.acceptDelivery},
	}
}

// guard puts the session, the person and the access check in front of a handler.
func (s *Server) guard(r Route) echo.HandlerFunc {
	if r.Access == Public || r.Access == OwnCheck {
		return r.Handle
	}
	handle := func(c echo.Context) error {
		who, err := s.signedIn(c)
		if err != nil {
			return err
		}
		if !allows(r.Access, who) {
			return store.ErrNotFound // what somebody may not see is not there
		}
		c.Set(agentKey, who)
		return r.Handle(c)
	}
	return s.withSession(handle)
}

func allows(a Access, who store.Agent) bool {
	switch a {
	case Admins:
		return who.Role == store.RoleAdmin
	case Supervises:
		return who.Role == store.RoleAdmin || who.Role == store.RoleSupervisor
	}
	return true
}
