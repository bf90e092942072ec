package web

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
)

// readiness is switched off when the desk begins to stop, so that a balancer looks elsewhere.
type readiness struct{ stopping atomic.Bool }

// showHealth answers while the process lives.
func (s *Server) showHealth(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// showReadiness answers 200 when the desk can serve: not while stopping, not without its database.
func (s *Server) showReadiness(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	if s.ready.stopping.Load() {
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	}
	if err := s.store.Ready(ctx); err != nil {
		s.log.Warn("database does not answer", "error", err)
		return c.String(http.StatusServiceUnavailable, "no database\n")
	}
	return c.String(http.StatusOK, "ready\n")
}
