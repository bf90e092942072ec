package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

func (s *Server) showProfile(c echo.Context) error {
	return s.renderProfile(c, http.StatusOK, views.ProfilePage{Form: views.ProfileFormOf(who(c)), Saved: c.QueryParam("saved")})
}

func (s *Server) renderProfile(c echo.Context, status int, page views.ProfilePage) error {
	frame, err := s.frameOf(c, views.Frame{Title: views.ProfileTitle, Section: views.SectionProfile})
	if err != nil {
		return err
	}
	page.Frame = frame
	return s.render(c, status, views.Profile(page))
}

func (s *Server) changeProfile(c echo.Context) error {
	form := views.ProfileForm{Name: strings.TrimSpace(c.FormValue("name")), TimeZone: strings.TrimSpace(c.FormValue("time_zone")),
		Theme: c.FormValue("theme")}
	_, err := s.store.ChangeProfile(c.Request().Context(), who(c), form.Name, form.TimeZone, form.Theme)
	if wrong, ok := fieldErrors(err); ok {
		form.Errors = wrong
		return s.renderProfile(c, http.StatusUnprocessableEntity, views.ProfilePage{Form: form})
	}
	if err != nil {
		return err
	}
	return seeOther(c, views.ProfileSavedURL("profile"))
}

// changePassword asks for the old one, under the same limits as signing in, ends every session of the person and starts
// this one anew.
func (s *Server) changePassword(c echo.Context) error {
	ctx, me := c.Request().Context(), who(c)
	err := s.checkOldPassword(c, me)
	var hash string
	if err == nil {
		hash, err = s.newPassword(ctx, c.FormValue("password"), c.FormValue("repeated"), me.Name, me.Email)
	}
	var wait tooMany
	if errors.As(err, &wait) {
		wait.retryAfter(c)
		return s.renderProfile(c, http.StatusTooManyRequests, views.ProfilePage{Form: views.ProfileFormOf(me),
			Errors: views.Errors{"old": views.TooManySignIns(wait.wait)}})
	}
	if wrong, ok := fieldErrors(err); ok {
		return s.renderProfile(c, http.StatusUnprocessableEntity, views.ProfilePage{Form: views.ProfileFormOf(me), Errors: wrong})
	}
	if err != nil {
		return err
	}
	fresh, err := s.store.SetPassword(ctx, me.ID, hash)
	if err != nil {
		return err
	}
	if err := s.startSession(c, fresh); err != nil {
		return err
	}
	return seeOther(c, views.ProfileSavedURL("password"))
}

func (s *Server) checkOldPassword(c echo.Context, me store.Agent) error {
	ctx := c.Request().Context()
	subjects, err := s.countAttempt(c, me.Email)
	if err != nil {
		return err
	}
	fits, err := passwordFits(ctx, c.FormValue("old"), me.PasswordHash)
	if err != nil {
		return err
	}
	if !fits {
		return store.Invalid{Field: "old", Message: views.OldPasswordWrong}
	}
	return s.store.ClearSignInFailures(ctx, subjects)
}
