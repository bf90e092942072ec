package main

import (
	"context"
	"fmt"
	"net"
	"strings"

	"agentdesk/store"
)

// serve is `agentdesk serve`: the desk against Meta, or without the WhatsApp settings the desk with its set-up page.
func serve(ctx context.Context, p program) error {
	cfg, err := readConfig(p.env)
	if err != nil {
		return err
	}
	log := cfg.logger(p.stderr)
	st, err := openStore(ctx, cfg, log, p.now)
	if err != nil {
		return err
	}
	defer st.Close()
	if !st.HasFullTextSearch(ctx) {
		log.Warn("built without full-text search: build with make build, which sets the tag sqlite_fts5")
	}
	listener, ops, err := listen(cfg)
	if err != nil {
		return err
	}
	base, err := cfg.baseURL(listener.Addr().String())
	if err != nil {
		return err
	}
	if base.Scheme == "http" && !loopback(base.Host+":80") && !loopback(base.Host) {
		log.Warn("the base URL is http and not loopback: passwords and sessions travel in clear, and cookies are not Secure")
	}
	d, err := assemble(ctx, cfg, st, base, log)
	if err != nil {
		return err
	}
	if missing := cfg.missing(); len(missing) > 0 {
		log.Warn("WhatsApp is not set up yet; the desk starts and shows how", "missing", strings.Join(missing, " "))
	}
	if err := offerSetup(ctx, p, d); err != nil {
		return err
	}
	return d.run(ctx, listener, ops, func() {
		log.Info("ready", "address", base.String())
		p.announce(running{desk: listener.Addr().String(), ops: addressOf(ops), parts: d})
	})
}

// offerSetup prints a one-time link while there is nobody who could sign in and administer.
func offerSetup(ctx context.Context, p program, d *desk) error {
	has, err := d.store.HasAdmin(ctx)
	if err != nil || has {
		return err
	}
	token, err := d.store.CreateLink(ctx, nil, store.LinkSetup, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Nobody administers this desk yet. Create the first admin within 15 minutes at\n  %s\n", linkURL(d.base.String(), token))
	return err
}

func linkURL(base, token string) string { return base + "/links/" + token }

func listen(cfg config) (listener, ops net.Listener, err error) {
	if listener, err = net.Listen("tcp", cfg.Addr); err != nil {
		return nil, nil, fmt.Errorf("AGENTDESK_ADDR: %w", err)
	}
	if cfg.OpsAddr == "off" {
		return listener, nil, nil
	}
	if ops, err = net.Listen("tcp", cfg.OpsAddr); err != nil {
		listener.Close()
		return nil, nil, fmt.Errorf("AGENTDESK_OPS_ADDR: %w (off = no metrics)", err)
	}
	return listener, ops, nil
}

func addressOf(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}

func (p program) announce(r running) {
	if p.ready != nil {
		p.ready(r)
	}
}

// migrate is `agentdesk migrate`: opening the store brings the schema up to date, or refuses a newer one.
func migrate(ctx context.Context, p program) error {
	cfg, err := readConfig(p.env)
	if err != nil {
		return err
	}
	st, err := openStore(ctx, cfg, cfg.logger(p.stderr), nil)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, "The schema is up to date.")
	return st.Close()
}
