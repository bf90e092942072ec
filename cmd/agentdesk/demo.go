package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"agentdesk/whatsapp/simulator"
)

const (
	demoWABA   = "102290129340398"
	demoNumber = "106540352242922"
	demoPhone  = "+34 600 000 001"
	demoShop   = "Casa Lumen"
)

// businessClock is the demo's business time: the real one, moved by whoever plays with it. Desk and simulator share it.
type businessClock struct{ offset atomic.Int64 }

func (c *businessClock) Now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())).UTC() }
func (c *businessClock) Advance(d time.Duration) { c.offset.Add(int64(d)) }
func (c *businessClock) Set(at time.Time)        { c.offset.Store(int64(time.Until(at))) }

// demo is `agentdesk demo`: the real desk, talking over HTTP to a simulated Meta, with an invented shop's history in it.
// It stays on this machine and refuses to start beside a real access token.
func demo(ctx context.Context, p program) (err error) {
	cfg, err := readConfig(p.env)
	if err != nil {
		return err
	}
	if cfg.AccessToken != "" {
		return errors.New("the demo does not start while AGENTDESK_ACCESS_TOKEN is set: it must never reach a real account")
	}
	if !loopback(cfg.Addr) || !loopback(cfg.SimulatorAddr) {
		return errors.New("the demo listens on loopback only: AGENTDESK_ADDR and AGENTDESK_SIMULATOR_ADDR want 127.0.0.1")
	}
	if p.env["AGENTDESK_DATA_DIR"] == "" {
		if cfg.DataDir, err = os.MkdirTemp("", "agentdesk-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(cfg.DataDir)) }()
	}
	simListener, err := net.Listen("tcp", cfg.SimulatorAddr)
	if err != nil {
		return fmt.Errorf("AGENTDESK_SIMULATOR_ADDR: %w", err)
	}
	listener, ops, err := listen(cfg)
	if err != nil {
		return err
	}
	base, err := cfg.baseURL(listener.Addr().String())
	if err != nil {
		return err
	}
	cfg.GraphURL = "http://" + simListener.Addr().String()
	cfg.WABAID, cfg.PhoneNumberID = demoWABA, demoNumber
	cfg.AccessToken, cfg.VerifyToken, cfg.AppSecrets = rand.Text(), rand.Text(), []string{rand.Text()}

	log := cfg.logger(p.stderr)
	clock := &businessClock{}
	st, err := openStore(ctx, cfg, log, clock.Now)
	if err != nil {
		return err
	}
	defer st.Close()
	d, err := assemble(ctx, cfg, st, base, log)
	if err != nil {
		return err
	}
	sim := simulator.New(simulator.Options{
		Now: clock.Now,
		Advance: func(by time.Duration) {
			clock.Advance(by)
			d.web.TellTime()
		},
		WebhookURL: "http://" + listener.Addr().String() + "/webhooks/whatsapp",
		AppSecret:  cfg.AppSecrets[0], AccessToken: cfg.AccessToken, VerifyToken: cfg.VerifyToken, WABAID: cfg.WABAID,
		Numbers:     []simulator.Number{{PhoneNumberID: demoNumber, DisplayPhone: demoPhone, VerifiedName: demoShop}},
		Business:    demoShop,
		StatusDelay: simulator.DefaultStatusDelay,
		Logger:      log,
	})
	floor := demoFloor{sim: sim, store: st, clock: clock, log: log}
	fresh, err := floor.people(ctx)
	if err != nil {
		return fmt.Errorf("demo people: %w", err)
	}

	group, ctx := errgroup.WithContext(ctx)
	simServer := &http.Server{Handler: sim.Handler(), ReadHeaderTimeout: 5 * time.Second}
	group.Go(func() error { return served(simServer.Serve(simListener)) })
	group.Go(func() error { return sim.Run(ctx) })
	group.Go(func() error {
		defer simServer.Close()
		return d.run(ctx, listener, ops, func() {})
	})
	group.Go(func() error {
		if fresh {
			if err := floor.history(ctx); err != nil {
				return fmt.Errorf("demo history: %w", err)
			}
		}
		p.welcome(base.String(), cfg.GraphURL)
		p.announce(running{desk: listener.Addr().String(), ops: addressOf(ops), simulator: simListener.Addr().String(), parts: d})
		return floor.life(ctx)
	})
	return group.Wait()
}

func (p program) welcome(desk, phone string) {
	fmt.Fprintf(p.stdout, `
Agentdesk is running, with a simulated WhatsApp. Nothing leaves this machine.

  The desk              %s
  The customers' phone  %s

  Sign in as ana@demo.test, ben@demo.test or chi@demo.test (agents), sam@demo.test (supervisor) or
  alex@demo.test (admin). Everybody's password is %s
  Two people can be signed in side by side: use a private window for the second.

Ctrl+C stops it.
`, desk, phone, demoPassword)
}

// simulate is `agentdesk simulator`: the simulated Meta alone, for a desk that is started beside it.
func simulate(ctx context.Context, p program) error {
	cfg, err := readConfig(p.env)
	if err != nil {
		return err
	}
	if !loopback(cfg.SimulatorAddr) {
		return errors.New("the simulator listens on loopback only: AGENTDESK_SIMULATOR_ADDR wants 127.0.0.1")
	}
	listener, err := net.Listen("tcp", cfg.SimulatorAddr)
	if err != nil {
		return fmt.Errorf("AGENTDESK_SIMULATOR_ADDR: %w", err)
	}
	settings := []struct{ name, value string }{
		{"AGENTDESK_GRAPH_URL", "http://" + listener.Addr().String()},
		{"AGENTDESK_APP_SECRET", cmp.Or(strings.Join(cfg.AppSecrets[:min(1, len(cfg.AppSecrets))], ""), "simulated-app-secret")},
		{"AGENTDESK_VERIFY_TOKEN", cmp.Or(cfg.VerifyToken, "simulated-verify-token")},
		{"AGENTDESK_ACCESS_TOKEN", cmp.Or(cfg.AccessToken, "simulated-access-token")},
		{"AGENTDESK_WABA_ID", cmp.Or(cfg.WABAID, demoWABA)},
		{"AGENTDESK_PHONE_NUMBER_ID", cmp.Or(cfg.PhoneNumberID, demoNumber)},
	}
	desk, err := cfg.baseURL(cfg.Addr)
	if err != nil {
		return err
	}
	sim := simulator.New(simulator.Options{
		WebhookURL: desk.String() + "/webhooks/whatsapp", AppSecret: settings[1].value, VerifyToken: settings[2].value,
		AccessToken: settings[3].value, WABAID: settings[4].value, Business: demoShop, StatusDelay: simulator.DefaultStatusDelay,
		Numbers: []simulator.Number{{PhoneNumberID: settings[5].value, DisplayPhone: demoPhone, VerifiedName: demoShop}},
		Logger:  cfg.logger(p.stderr),
	})
	for _, t := range demoTemplates {
		sim.AddTemplate(t)
	}
	server := &http.Server{Handler: sim.Handler(), ReadHeaderTimeout: 5 * time.Second}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return served(server.Serve(listener)) })
	group.Go(func() error { return sim.Run(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	fmt.Fprintf(p.stdout, "The simulated WhatsApp is at http://%s; it delivers to %s.\nStart a desk beside it with:\n", listener.Addr(), desk)
	for _, s := range settings {
		fmt.Fprintf(p.stdout, "  export %s=%s\n", s.name, s.value)
	}
	p.announce(running{simulator: listener.Addr().String()})
	return group.Wait()
}
