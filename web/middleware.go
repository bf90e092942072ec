package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// policy is the same on every page: nothing inline, nothing evaluated, nothing from anywhere else (architecture 4.5).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; " +
	"object-src 'none'; frame-ancestors 'none'"

const (
	webhookPath  = "/webhooks/whatsapp"
	maxForm      = 1 << 20 // bytes of any posted form
	requestIDKey = "request-id"
)

// guardPanics turns a panic into a 500 with a reference and keeps the process.
func (s *Server) guardPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				if r == http.ErrAbortHandler {
					panic(r)
				}
				s.log.Error("panic in a handler", "request", requestID(c), "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
				s.handleError(errors.New("panic"), c)
			}
		}()
		return next(c)
	}
}

// logRequests writes one line a request: never a query, a body or a header, which may carry what customers wrote.
func (s *Server) logRequests(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Set(requestIDKey, rand.Text()[:12])
		start := time.Now()
		if err := next(c); err != nil {
			c.Error(err)
		}
		took := time.Since(start)
		s.metrics.observe(c, took)
		level := slog.LevelDebug
		if c.Response().Status >= 500 {
			level = slog.LevelError
		}
		s.log.Log(c.Request().Context(), level, "request", "request", requestID(c), "method", c.Request().Method,
			"route", c.Path(), "status", c.Response().Status, "took", took.Round(time.Microsecond), "address", c.RealIP())
		return nil
	}
}

func requestID(c echo.Context) string {
	id, _ := c.Get(requestIDKey).(string)
	return id
}

func (s *Server) setHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: under that Chromium's forms say Origin: null, and over http beyond loopback nothing else tells
		// the desk that they are its own.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)")
		h.Set("Cache-Control", "no-store") // the static handler says otherwise for its own
		if s.baseURL.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		return next(c)
	}
}

func newCSRF(base *url.URL) *http.CrossOriginProtection {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
		panic("web: base URL is no origin: " + err.Error())
	}
	return protection
}

// refuseCrossSite lets no other site's page change anything here. Meta's webhook carries no browser headers and is
// exempt by its exact path.
func (s *Server) refuseCrossSite(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().URL.Path == webhookPath {
			return next(c)
		}
		if err := s.csrf.Check(c.Request()); err != nil {
			return echo.NewHTTPError(http.StatusForbidden, "This form was sent from another site.")
		}
		if r := c.Request(); r.Method == http.MethodPost && r.Body != nil {
			r.Body = http.MaxBytesReader(c.Response(), r.Body, maxForm)
		}
		return next(c)
	}
}

// wantsFragment says whether htmx asked for a part of a page; history restores and plain requests get the whole page.
func wantsFragment(c echo.Context) bool {
	h := c.Request().Header
	return h.Get("HX-Request") == "true" && h.Get("HX-History-Restore-Request") != "true"
}

// targets says whether htmx will swap the answer into the element with this id.
func targets(c echo.Context, id string) bool {
	_, target, _ := strings.Cut(c.Request().Header.Get("HX-Target"), "#")
	return wantsFragment(c) && target == id
}
