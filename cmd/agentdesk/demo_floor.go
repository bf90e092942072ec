package main

import (
	"context"
	"log/slog"

	"agentdesk/store"
	"agentdesk/web"
	"agentdesk/whatsapp/simulator"
)

// demoPassword is everybody's, and only ever in the demo's own data.
const demoPassword = "demo-desk-2026"

// demoFloor fills the demo: people, customers, history, and a gentle stream of new messages.
type demoFloor struct {
	sim   *simulator.Simulator
	store *store.Store
	clock *businessClock
	log   *slog.Logger
}

var demoPeople = []store.NewAgent{
	{Email: "alex@demo.test", Name: "Alex Moreau", Role: store.RoleAdmin},
	{Email: "sam@demo.test", Name: "Sam Keller", Role: store.RoleSupervisor},
	{Email: "ana@demo.test", Name: "Ana Ruiz", Role: store.RoleAgent},
	{Email: "ben@demo.test", Name: "Ben Carter", Role: store.RoleAgent},
	{Email: "chi@demo.test", Name: "Chi Nguyen", Role: store.RoleAgent},
}

// people creates the five; fresh is false where a kept data directory already has them.
func (f demoFloor) people(ctx context.Context) (fresh bool, err error) {
	has, err := f.store.HasAdmin(ctx)
	if err != nil || has {
		return false, err
	}
	hash, err := web.HashPassword(ctx, demoPassword)
	if err != nil {
		return false, err
	}
	for _, person := range demoPeople {
		person.PasswordHash, person.TimeZone, person.Capacity = hash, "Europe/Madrid", 20
		if _, err := f.store.CreateAgent(ctx, nil, person); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (f demoFloor) history(ctx context.Context) error { return nil }

func (f demoFloor) life(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

var demoTemplates []simulator.Template
