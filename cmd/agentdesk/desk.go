package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"agentdesk/routing"
	"agentdesk/store"
	"agentdesk/web"
	"agentdesk/whatsapp"
)

const (
	stopSockets  = 4 * time.Second // sockets are closed over two of them
	stopRequests = 5 * time.Second // requests under way may finish
)

// desk is the whole program put together, before it runs.
type desk struct {
	store   *store.Store
	channel channel
	web     *web.Server
	loops   []func(context.Context) error // intake, sending, templates, router, live view
	metrics *prometheus.Registry
	log     *slog.Logger
	base    *url.URL
}

// openStore opens the data directory's database with the desk's key. now is business time; nil = the real one.
func openStore(ctx context.Context, cfg config, log *slog.Logger, now func() time.Time) (*store.Store, error) {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("AGENTDESK_DATA_DIR: %w", err)
	}
	key, err := cfg.secretKey()
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Options{Path: filepath.Join(cfg.DataDir, "agentdesk.db"), Now: now, Key: key, Logger: log})
}

// assemble builds the parts around an open store; nothing runs yet.
func assemble(ctx context.Context, cfg config, st *store.Store, base *url.URL, log *slog.Logger) (*desk, error) {
	limits, err := cfg.loginLimits()
	if err != nil {
		return nil, err
	}
	proxies, err := cfg.trustedProxies()
	if err != nil {
		return nil, err
	}
	if cfg.PhoneNumberID != "" {
		if _, err := st.EnsureNumber(ctx, cfg.PhoneNumberID, cfg.WABAID, cfg.AccessToken); err != nil {
			return nil, fmt.Errorf("first number: %w", err)
		}
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	figures := newFigures(registry, st)

	client := whatsapp.NewClient(whatsapp.ClientOptions{BaseURL: cfg.GraphURL, Version: cfg.GraphVersion})
	syncer := whatsapp.NewSyncer(whatsapp.SyncerOptions{Store: st, Client: client, Logger: log})
	inbox := whatsapp.NewInbox(whatsapp.InboxOptions{Store: st, AppSecrets: cfg.AppSecrets, VerifyToken: cfg.VerifyToken})
	worker := whatsapp.NewWorker(whatsapp.WorkerOptions{Store: st, TemplatesChanged: syncer.Soon, Observe: figures.processed, Logger: log})
	sender := whatsapp.NewSender(whatsapp.SenderOptions{Store: st, Client: client, Observe: figures.sent, Logger: log})
	router := routing.New(routing.Options{Store: st, Logger: log})
	whats := channel{Inbox: inbox, syncer: syncer, missing: cfg.missing()}
	server := web.New(web.Options{
		Store: st, Channel: whats, BaseURL: base, TrustedProxies: proxies,
		LoginLimits: limits, Metrics: registry, Logger: log, Version: version,
	})
	return &desk{
		store: st, channel: whats, web: server, metrics: registry, log: log, base: base,
		loops: []func(context.Context) error{worker.Run, sender.Run, syncer.Run, router.Run, server.Broadcast},
	}, nil
}

// run serves until ctx ends. Then the loops are told to stop, so that nothing more is taken for sending, and while they
// finish what is under way readiness goes off, sockets close and requests end: the three together within 10 s. The store is
// closed by whoever opened it.
func (d *desk) run(ctx context.Context, listener, ops net.Listener, ready func()) error {
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	group, working := errgroup.WithContext(working)
	for _, loop := range d.loops {
		group.Go(func() error { return loop(working) })
	}
	server := &http.Server{
		Handler: d.web.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 120 * time.Second, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelDebug),
	}
	group.Go(func() error { return served(server.Serve(listener)) })
	opsServer := &http.Server{Handler: opsHandler(d.metrics), ReadHeaderTimeout: 5 * time.Second}
	if ops != nil {
		group.Go(func() error { return served(opsServer.Serve(ops)) })
	}
	ready()

	select {
	case <-ctx.Done():
		d.log.Info("stopping")
	case <-working.Done(): // a part failed; the others are stopped and its error is returned
	}
	stopWork()
	sockets, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopSockets)
	d.web.Stop(sockets)
	cancel()
	requests, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopRequests)
	defer cancel()
	if err := server.Shutdown(requests); err != nil {
		d.log.Warn("requests cut off", "error", err)
		server.Close()
	}
	opsServer.Close()
	return group.Wait()
}

func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func opsHandler(registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// channel is WhatsApp as the web knows it.
type channel struct {
	*whatsapp.Inbox
	syncer  *whatsapp.Syncer
	missing []string
}

func (c channel) Accept(ctx context.Context, body []byte, signatures []string) error {
	err := c.Inbox.Accept(ctx, body, signatures)
	switch {
	case errors.Is(err, whatsapp.ErrSignature):
		return web.ErrUnsigned
	case errors.Is(err, whatsapp.ErrNotConfigured):
		return web.ErrNotConfigured
	}
	return err
}

func (c channel) Missing() []string { return c.missing }

func (c channel) Subscribed(ctx context.Context, n store.Number) (bool, error) {
	return c.syncer.Subscribed(ctx, n.WABAID)
}

func (c channel) Subscribe(ctx context.Context, n store.Number) error {
	return c.syncer.Subscribe(ctx, n.WABAID)
}

func (c channel) Sync(ctx context.Context) error { return c.syncer.SyncNow(ctx) }
