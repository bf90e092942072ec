package web

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

// render writes a component, in the reader's time zone, once it is complete: half a page never leaves.
func (s *Server) render(c echo.Context, status int, component templ.Component) error {
	ctx := c.Request().Context()
	if who, ok := c.Get(agentKey).(store.Agent); ok {
		ctx = views.WithZone(ctx, who.Location())
	}
	var page bytes.Buffer
	if err := component.Render(ctx, &page); err != nil {
		return err
	}
	return s.writePage(c, status, page.Bytes())
}

// seeOther ends a form post: a plain form follows it, htmx makes it a navigation.
func seeOther(c echo.Context, url string) error {
	if wantsFragment(c) {
		c.Response().Header().Set("HX-Location", url)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, url)
}

// handleError turns what a handler returned into a status and something a person understands. The cause of what is ours
// to mend is logged once, here, under the reference that the person sees.
func (s *Server) handleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	var elsewhere redirect
	if errors.As(err, &elsewhere) {
		_ = c.Redirect(http.StatusSeeOther, elsewhere.url)
		return
	}
	if c.Request().Context().Err() != nil {
		return // whoever went away gets no answer, and broke nothing
	}
	status, title, text := explain(err)
	reference := ""
	if status >= 500 {
		reference = requestID(c)
		s.log.Error("request failed", "request", reference, "method", c.Request().Method, "route", c.Path(), "error", err)
	}
	var sendErr error
	switch {
	case c.Request().Method == http.MethodHead:
		sendErr = c.NoContent(status)
	case wantsFragment(c) && status == http.StatusUnauthorized:
		c.Response().Header().Set("HX-Retarget", "#"+views.IDToasts)
		c.Response().Header().Set("HX-Reswap", "beforeend")
		sendErr = s.render(c, status, views.SignInAgain())
	case wantsFragment(c):
		c.Response().Header().Set("HX-Retarget", "#"+views.IDToasts)
		c.Response().Header().Set("HX-Reswap", "beforeend")
		sendErr = s.render(c, status, views.ProblemToast(text, reference))
	default:
		sendErr = s.render(c, status, views.Problem(title, text, reference))
	}
	if sendErr != nil {
		s.log.Error("error page not written", "request", requestID(c), "error", sendErr)
	}
}

func explain(err error) (status int, title, text string) {
	var invalid store.Invalid
	var conflict store.Conflict
	var tooLarge *http.MaxBytesError
	var httpError *echo.HTTPError
	switch {
	case errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound, views.NotFoundTitle, views.NotFoundText
	case errors.Is(err, store.ErrForbidden):
		return http.StatusForbidden, views.ForbiddenTitle, views.ForbiddenText
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity, views.InvalidTitle, invalid.Message
	case errors.As(err, &conflict):
		return http.StatusConflict, views.ConflictTitle, views.ConflictText(conflict)
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, views.InvalidTitle, views.TooLargeText
	case errors.As(err, &httpError):
		return views.HTTPProblem(httpError.Code, httpError.Message)
	case store.Unavailable(err):
		return views.HTTPProblem(http.StatusServiceUnavailable, nil)
	}
	return http.StatusInternalServerError, views.BrokenTitle, views.BrokenText
}
