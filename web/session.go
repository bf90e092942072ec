package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

const (
	sessionLife = 7 * 24 * time.Hour
	sessionIdle = 8 * time.Hour
	// sessionTouch: a session is renewed at most this often. scs's own idle timeout would write on every request.
	sessionTouch = time.Minute

	agentKey = "agent"

	sessionAgent = "agent"
	sessionEpoch = "epoch"
	sessionSeen  = "seen" // Unix seconds, real time
)

func newSessions(st *store.Store, base *url.URL) *scs.SessionManager {
	m := scs.New()
	m.Store = st.Sessions()
	m.Lifetime = sessionLife
	m.HashTokenInStore = true
	m.Cookie.Name = "sid"
	m.Cookie.Path = "/"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	if base.Scheme == "https" {
		m.Cookie.Name, m.Cookie.Secure = "__Host-sid", true
	}
	m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, _ error) {
		http.Error(w, views.BrokenText, http.StatusServiceUnavailable)
	}
	return m
}

// withSession loads the session around one handler and saves it when something in it changed.
func (s *Server) withSession(handle echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		var handleErr error
		s.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			before := c.Response().Writer
			c.SetRequest(r)
			c.Response().Writer = w
			if handleErr = handle(c); handleErr != nil {
				s.handleError(handleErr, c) // inside, so that the session's cookie still goes out
			}
			c.Response().Writer = before
		})).ServeHTTP(c.Response().Writer, c.Request())
		return nil
	}
}

// errSignedOut sends a person to the sign-in page and remembers where they were going.
var errSignedOut = errors.New("signed out")

// signedIn loads who is asking. An idle, outdated or disabled person's session is ended on the way.
func (s *Server) signedIn(c echo.Context) (store.Agent, error) {
	ctx := c.Request().Context()
	who, err := s.sessionAgent(ctx)
	if errors.Is(err, errSignedOut) {
		return who, s.toSignIn(c)
	}
	if err == nil {
		s.touchSession(c)
	}
	return who, err
}

// touchSession notes that somebody is using the session. A region that fetches itself because something happened on the
// desk is no use: a page left alone for hours must not keep its session alive.
func (s *Server) touchSession(c echo.Context) {
	if c.Request().Method == http.MethodGet && wantsFragment(c) {
		return
	}
	ctx, now := c.Request().Context(), s.store.Real()
	if now.Sub(time.Unix(s.sessions.GetInt64(ctx, sessionSeen), 0)) >= sessionTouch {
		s.sessions.Put(ctx, sessionSeen, now.Unix())
	}
}

func (s *Server) sessionAgent(ctx context.Context) (store.Agent, error) {
	id := s.sessions.GetInt64(ctx, sessionAgent)
	if id == 0 {
		return store.Agent{}, errSignedOut
	}
	now := s.store.Real()
	seen := time.Unix(s.sessions.GetInt64(ctx, sessionSeen), 0)
	who, err := s.store.AgentByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) || (err == nil && (who.Epoch != s.sessions.GetInt64(ctx, sessionEpoch) || now.Sub(seen) > sessionIdle)) {
		if err := s.sessions.Destroy(ctx); err != nil {
			return who, err
		}
		return who, errSignedOut
	}
	return who, err
}

// toSignIn answers a request without a session: a page is redirected and remembers its way back; a fragment or a form
// gets 401, which htmx shows as a dialog over the page, so that what was typed stays.
func (s *Server) toSignIn(c echo.Context) error {
	if c.Request().Method == http.MethodGet && !wantsFragment(c) {
		return redirect{views.SignInURL(c.Request().URL.RequestURI())}
	}
	return echo.NewHTTPError(http.StatusUnauthorized, views.SignedOutText)
}

// redirect is an error that is answered with 303.
type redirect struct{ url string }

func (r redirect) Error() string { return "redirect to " + r.url }

// startSession signs somebody in: a new token, so that one planted before the sign-in is worth nothing. Pages that the same
// person has open in this browser go on under it; those of somebody else who was signed in here end.
func (s *Server) startSession(c echo.Context, who store.Agent) error {
	ctx := c.Request().Context()
	was, old := s.sessions.GetInt64(ctx, sessionAgent), s.sessions.Token(ctx)
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	switch was {
	case 0:
	case who.ID:
		s.sockets.renew(old, s.sessions.Token(ctx))
	default:
		s.endSockets(was, old)
	}
	s.sessions.Put(ctx, sessionAgent, who.ID)
	s.sessions.Put(ctx, sessionEpoch, who.Epoch)
	s.sessions.Put(ctx, sessionSeen, s.store.Real().Unix())
	return nil
}

// who is the person asking; only in handlers of guarded routes.
func who(c echo.Context) store.Agent { return c.Get(agentKey).(store.Agent) }
