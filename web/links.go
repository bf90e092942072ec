package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

// showLink is what somebody meets who follows a one-time link. Looking does not use it up: mail scanners look too.
func (s *Server) showLink(c echo.Context) error {
	link, err := s.store.FindLink(c.Request().Context(), c.Param("token"))
	if errors.Is(err, store.ErrNotFound) {
		return s.render(c, http.StatusNotFound, views.DeadLink())
	}
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Link(linkForm(c, link)))
}

func linkForm(c echo.Context, link store.Link) views.LinkForm {
	form := views.LinkForm{Action: c.Request().URL.Path, Kind: link.Kind, Name: link.Agent.Name, Email: link.Agent.Email}
	if link.Kind == store.LinkSetup {
		form.Name, form.Email = strings.TrimSpace(c.FormValue("name")), strings.TrimSpace(c.FormValue("email"))
		form.TimeZone = c.FormValue("time_zone")
	}
	return form
}

// useLink sets a password, or makes the first admin, and signs in. The token is looked at before anything is hashed, so
// that nobody without one can make the desk work.
func (s *Server) useLink(c echo.Context) error {
	ctx, token := c.Request().Context(), c.Param("token")
	link, err := s.store.FindLink(ctx, token)
	if errors.Is(err, store.ErrNotFound) {
		return s.render(c, http.StatusNotFound, views.DeadLink())
	}
	if err != nil {
		return err
	}
	form := linkForm(c, link)
	who, err := s.spendLink(ctx, token, link.Kind, form, c.FormValue("password"), c.FormValue("repeated"))
	var invalid store.Invalid
	switch {
	case errors.As(err, &invalid):
		form.Errors = views.Errors{invalid.Field: invalid.Message}
		return s.render(c, http.StatusUnprocessableEntity, views.Link(form))
	case errors.Is(err, store.ErrNotFound): // somebody else was faster
		return s.render(c, http.StatusNotFound, views.DeadLink())
	case err != nil:
		return err
	}
	if err := s.signIn(c, who); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, s.firstPage(who, "/"))
}

func (s *Server) spendLink(ctx context.Context, token string, kind store.LinkKind, form views.LinkForm, password, repeated string) (store.Agent, error) {
	hash, err := s.newPassword(ctx, password, repeated, form.Name, form.Email)
	if err != nil {
		return store.Agent{}, err
	}
	if kind == store.LinkSetup {
		return s.store.UseSetupLink(ctx, token, store.NewAgent{Email: form.Email, Name: form.Name, TimeZone: form.TimeZone,
			Role: store.RoleAdmin, PasswordHash: hash})
	}
	return s.store.UseLink(ctx, token, hash)
}

// newPassword checks a new password typed twice and hashes it. Invalid: password, repeated.
func (s *Server) newPassword(ctx context.Context, password, repeated, name, email string) (string, error) {
	if err := CheckPassword(password, name, email); err != nil {
		return "", err
	}
	if password != repeated {
		return "", store.Invalid{Field: "repeated", Message: views.PasswordsDiffer}
	}
	return HashPassword(ctx, password)
}
