package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

func (s *Server) showSettings(c echo.Context) error {
	settings, err := s.store.Settings(c.Request().Context())
	if err != nil {
		return err
	}
	return s.renderSettings(c, http.StatusOK, views.SettingsPage{Form: views.SettingsFormOf(settings), Saved: c.QueryParam("saved") != ""})
}

func (s *Server) renderSettings(c echo.Context, status int, page views.SettingsPage) error {
	frame, err := s.frameOf(c, views.Frame{Title: views.SettingsTitle, Section: views.SectionSettings})
	if err != nil {
		return err
	}
	page.Frame, page.Now, page.Missing = frame, s.store.Real(), s.channel.Missing()
	if targets(c, views.IDPage) {
		return s.render(c, status, views.Numbers(page))
	}
	return s.render(c, status, views.Settings(page))
}

func (s *Server) changeSettings(c echo.Context) error {
	form := views.SettingsForm{
		Visibility:         store.Visibility(c.FormValue("visibility")),
		RouteToSupervisors: c.FormValue("route_to_supervisors") != "",
		DefaultCapacity:    strings.TrimSpace(c.FormValue("default_capacity")),
		AbsenceGrace:       strings.TrimSpace(c.FormValue("absence_grace")),
		KeepDeliveries:     strings.TrimSpace(c.FormValue("keep_deliveries")),
		KeepEvents:         strings.TrimSpace(c.FormValue("keep_events")),
	}
	to := store.Settings{
		Visibility:         form.Visibility,
		RouteToSupervisors: form.RouteToSupervisors,
		DefaultCapacity:    int(number(form.DefaultCapacity)),
		AbsenceGrace:       inUnits(form.AbsenceGrace, time.Minute),
		KeepDeliveries:     inUnits(form.KeepDeliveries, 24*time.Hour),
		KeepEvents:         inUnits(form.KeepEvents, time.Hour),
	}
	err := s.store.ChangeSettings(c.Request().Context(), who(c), to)
	if wrong, ok := fieldErrors(err); ok {
		form.Errors = wrong
		return s.renderSettings(c, http.StatusUnprocessableEntity, views.SettingsPage{Form: form})
	}
	if err != nil {
		return err
	}
	return seeOther(c, views.SettingsSavedURL)
}

// number reads a whole or broken number; what is none becomes -1, which no setting takes, so that the store says what
// it wants instead.
func number(text string) float64 {
	n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil || !(n >= 0 && n < 1e6) {
		return -1
	}
	return n
}

func inUnits(text string, unit time.Duration) time.Duration {
	return time.Duration(number(text) * float64(unit)).Round(time.Second)
}

// resumeNumber lets a paused number send again; should Meta still refuse, it pauses again by itself.
func (s *Server) resumeNumber(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	by := who(c)
	if err := s.store.ResumeNumber(c.Request().Context(), &by, id); err != nil {
		return err
	}
	return seeOther(c, backToPage(c))
}
