// Package web is the desk's face to HTTP: pages, forms, the webhook endpoint, the socket. A handler binds, makes one call
// to the store and chooses what to render; rules live in the store, HTML in views.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"agentdesk/static"
	"agentdesk/store"
	"agentdesk/web/live"
)

// Channel is what the web needs of WhatsApp: the webhook's two verbs, and what the set-up page asks for. cmd passes it in.
type Channel interface {
	// Challenge answers Meta's handshake: the challenge to echo, or false.
	Challenge(mode, token, challenge string) (string, bool)
	// Accept checks the signatures over the raw body and returns when the delivery is on disk. ErrUnsigned and
	// ErrNotConfigured (this package's) are told apart; anything else could not be stored.
	Accept(ctx context.Context, body []byte, signatures []string) error
	// Configured says which settings are missing, by name; empty = all there.
	Missing() []string
	// Subscribed and Subscribe: is this app attached to the number's account, and attach it.
	Subscribed(ctx context.Context, n store.Number) (bool, error)
	Subscribe(ctx context.Context, n store.Number) error
	// Sync fetches templates and facts of every number now.
	Sync(ctx context.Context) error
}

var (
	// ErrUnsigned: the delivery's signature is missing or wrong.
	ErrUnsigned = errors.New("signature missing or wrong")
	// ErrNotConfigured: the WhatsApp settings are not there yet.
	ErrNotConfigured = errors.New("whatsapp is not configured")
)

// Options of New. Store, Channel and BaseURL are required.
type Options struct {
	Store          *store.Store
	Channel        Channel
	BaseURL        *url.URL
	TrustedProxies []*net.IPNet  // whose X-Forwarded-For is believed; none by default
	LoginLimits    []store.Limit // failed sign-ins per account, per address; default 5/15m, 50/15m
	Metrics        prometheus.Registerer
	Logger         *slog.Logger
	Version        string
}

// Server is the desk's web application.
type Server struct {
	store    *store.Store
	channel  Channel
	baseURL  *url.URL
	log      *slog.Logger
	version  string
	limits   []store.Limit
	sessions *scs.SessionManager
	hub      *live.Hub
	sockets  *sockets
	echo     *echo.Echo
	metrics  *metrics
	csrf     *http.CrossOriginProtection
	ready    readiness
	packers  sync.Pool // of *gzip.Writer: each brings some hundred kilobytes of its own
}

// New builds the application; it serves nothing until Handler is mounted, and no live frames until Broadcast runs.
func New(o Options) *Server {
	if o.Store == nil || o.Channel == nil || o.BaseURL == nil {
		panic("web: Store, Channel and BaseURL are required")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if len(o.LoginLimits) != 2 {
		o.LoginLimits = []store.Limit{{Count: 5, Within: 15 * time.Minute}, {Count: 50, Within: 15 * time.Minute}}
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	s := &Server{
		store: o.Store, channel: o.Channel, baseURL: o.BaseURL, log: o.Logger, version: o.Version, limits: o.LoginLimits,
		sessions: newSessions(o.Store, o.BaseURL), hub: live.NewHub(), sockets: newSockets(o.BaseURL), metrics: newMetrics(o.Metrics), csrf: newCSRF(o.BaseURL),
	}
	s.echo = s.newEcho(o.TrustedProxies)
	return s
}

// Handler serves everything of the desk.
func (s *Server) Handler() http.Handler { return s.echo }

func (s *Server) newEcho(proxies []*net.IPNet) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.handleError
	e.IPExtractor = extractIP(proxies)
	e.Use(s.guardPanics, s.logRequests, s.setHeaders, s.refuseCrossSite)
	e.GET(static.Prefix()+"*", echo.WrapHandler(static.Handler()))
	for _, r := range s.Routes() {
		e.Add(r.Method, r.Path, s.guard(r))
	}
	return e
}

// extractIP believes forwarded headers from the named proxies only; echo's default believes them from anybody.
func extractIP(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, proxy := range proxies {
		options = append(options, echo.TrustIPRange(proxy))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// Stop ends the live side before the HTTP server's own shutdown, because sockets never end by themselves: readiness goes
// off, every socket is closed with 1012 within two seconds, and Stop returns when they are gone or ctx ends.
func (s *Server) Stop(ctx context.Context) {
	s.ready.stopping.Store(true)
	s.hub.Close()
	gone := make(chan struct{})
	go func() {
		s.sockets.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	}
}
