package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

// Acts in the record of sign-ins.
const (
	actSignedIn  = "session.started"
	actRefused   = "session.refused"
	actSignedOut = "session.ended"
)

func (s *Server) sessionRoutes() []Route {
	return []Route{
		{http.MethodGet, "/session", Public, s.withSession(s.showSignIn)},
		{http.MethodPost, "/session", Public, s.withSession(s.createSession)},
		{http.MethodPost, "/session/ending", Public, s.withSession(s.endSession)},
		{http.MethodGet, "/links/:token", Public, s.showLink},
		{http.MethodPost, "/links/:token", Public, s.withSession(s.useLink)},
	}
}

func (s *Server) showSignIn(c echo.Context) error {
	ctx := c.Request().Context()
	back := localPath(c.QueryParam("back"))
	if _, err := s.sessionAgent(ctx); err == nil {
		return c.Redirect(http.StatusSeeOther, back)
	} else if !errors.Is(err, errSignedOut) {
		return err
	}
	hasAdmin, err := s.store.HasAdmin(ctx)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.SignIn(views.SignInForm{Back: back, Unclaimed: !hasAdmin}))
}

// createSession signs somebody in. Whatever is wrong, unknown, disabled or only invited gets the same answer after the
// same work. The dialog over a page (views.SignInAgain) posts here too.
func (s *Server) createSession(c echo.Context) error {
	ctx := c.Request().Context()
	form := views.SignInForm{Email: cut(strings.TrimSpace(c.FormValue("email")), 254), Back: localPath(c.FormValue("back"))}
	subjects, err := s.countAttempt(c, form.Email)
	var spent tooMany
	if errors.As(err, &spent) {
		spent.retryAfter(c)
		form.Error = views.TooManySignIns(spent.wait)
		return s.renderSignIn(c, http.StatusTooManyRequests, form)
	}
	if err != nil {
		return err
	}
	who, err := s.recognise(ctx, form.Email, c.FormValue("password"))
	if errors.Is(err, store.ErrNotFound) {
		if err := s.store.RecordSignIn(ctx, who.ID, c.RealIP(), actRefused); err != nil {
			return err
		}
		form.Error = views.SignInRefused
		return s.renderSignIn(c, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	if err := s.store.ClearSignInFailures(ctx, subjects); err != nil {
		return err
	}
	if err := s.signIn(c, who); err != nil {
		return err
	}
	if !wantsFragment(c) {
		return c.Redirect(http.StatusSeeOther, s.firstPage(who, form.Back))
	}
	h := c.Response().Header()
	h.Set("HX-Retarget", "#"+views.IDSignInAgain)
	h.Set("HX-Reswap", "delete")
	h.Set("HX-Trigger", `{"desk:signed-in":{"agent":`+strconv.FormatInt(who.ID, 10)+`}}`)
	return c.HTML(http.StatusOK, "<p></p>") // an empty answer would not be swapped
}

func (s *Server) renderSignIn(c echo.Context, status int, form views.SignInForm) error {
	if wantsFragment(c) {
		return s.render(c, status, views.SignInAgainForm(form))
	}
	return s.render(c, status, views.SignIn(form))
}

// tooMany is an attempt that is not looked at, and when the next one will be.
type tooMany struct{ wait time.Duration }

func (e tooMany) Error() string { return "too many attempts" }

func (e tooMany) retryAfter(c echo.Context) {
	c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.wait.Seconds()))))
}

// countAttempt counts one try at a password, as a failure until ClearSignInFailures gets the subjects back. A tooMany
// error when the account or the address has none left.
func (s *Server) countAttempt(c echo.Context, email string) (subjects []string, err error) {
	subjects = []string{"account:" + strings.ToLower(email), "address:" + c.RealIP()}
	retryAt, ok, err := s.store.SignInAllowed(c.Request().Context(), subjects, s.limits)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, tooMany{max(time.Second, retryAt.Sub(s.store.Real()))}
	}
	return subjects, nil
}

// recognise finds the enabled person whom e-mail and password belong to; ErrNotFound, with whom it was tried for as far
// as that is known.
func (s *Server) recognise(ctx context.Context, email, password string) (store.Agent, error) {
	who, err := s.store.AgentByEmail(ctx, email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return who, err
	}
	fits, err := passwordFits(ctx, password, who.PasswordHash)
	if err != nil {
		return who, err
	}
	if !fits || who.Disabled() {
		return who, store.ErrNotFound
	}
	return who, nil
}

// signIn starts a session and writes down that it did.
func (s *Server) signIn(c echo.Context, who store.Agent) error {
	if err := s.store.RecordSignIn(c.Request().Context(), who.ID, c.RealIP(), actSignedIn); err != nil {
		return err
	}
	return s.startSession(c, who)
}

// firstPage is where somebody goes from signing in: where they wanted to, else to the chats. An admin of a desk that is
// not connected to WhatsApp yet is led to what is missing.
func (s *Server) firstPage(who store.Agent, back string) string {
	if back == "/" && who.Role == store.RoleAdmin && len(s.channel.Missing()) > 0 {
		return views.SetupURL
	}
	return back
}

// endSession signs out, with or without a session, and ends this session's sockets.
func (s *Server) endSession(c echo.Context) error {
	ctx := c.Request().Context()
	if id := s.sessions.GetInt64(ctx, sessionAgent); id != 0 {
		token := s.sessions.Token(ctx)
		if err := s.sessions.Destroy(ctx); err != nil {
			return err
		}
		if err := s.store.RecordSignIn(ctx, id, c.RealIP(), actSignedOut); err != nil {
			return err
		}
		s.endSockets(id, token)
	}
	// What pages keep in the browser goes. Not "cache": no private answer may be cached in the first place, and clearing
	// it holds some browsers up for seconds.
	c.Response().Header().Set("Clear-Site-Data", `"storage"`)
	return c.Redirect(http.StatusSeeOther, views.SessionURL)
}

// localPath keeps a way back inside the desk: "/" for anything that a browser could read as another site.
func localPath(back string) string {
	u, err := url.Parse(back)
	elsewhere := err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") ||
		strings.Contains(back, `\`) || strings.ContainsFunc(back, unicode.IsControl) // browsers drop tabs and line ends
	if elsewhere || len(back) > 2000 || u.Path == views.SessionURL || u.Path == views.SessionEndingURL {
		return "/"
	}
	return back
}

// cut shortens a text to so many bytes, at a character's edge.
func cut(text string, size int) string {
	if len(text) <= size {
		return text
	}
	return strings.ToValidUTF8(text[:size], "")
}
