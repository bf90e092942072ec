package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"agentdesk/store"
	"agentdesk/web"
	"agentdesk/whatsapp/simulator"
)

const (
	// demoPassword is everybody's, and only ever in the demo's own data.
	demoPassword = "demo-desk-2026"
	demoZone     = "Europe/Madrid"
	demoCapacity = 12
)

// demoFloor fills the demo: people, customers, history, and a gentle stream of new messages.
type demoFloor struct {
	sim   *simulator.Simulator
	store *store.Store
	clock *businessClock
	log   *slog.Logger
	// wait chooses a time between two; nil = at random. Tests choose none.
	wait func(least, most time.Duration) time.Duration
}

var demoPeople = []store.NewAgent{
	{Email: "alex@demo.test", Name: "Alex Moreau", Role: store.RoleAdmin},
	{Email: "sam@demo.test", Name: "Sam Keller", Role: store.RoleSupervisor},
	{Email: "ana@demo.test", Name: "Ana Ruiz", Role: store.RoleAgent},
	{Email: "ben@demo.test", Name: "Ben Carter", Role: store.RoleAgent},
	{Email: "chi@demo.test", Name: "Chi Nguyen", Role: store.RoleAgent},
}

// people creates the five, and the simulator's side of the shop: its templates and customers. fresh is false where a kept
// data directory already has them; the customers are then those of its chats.
func (f demoFloor) people(ctx context.Context) (fresh bool, err error) {
	for _, t := range demoTemplates {
		f.sim.AddTemplate(t)
	}
	has, err := f.store.HasAdmin(ctx)
	if err != nil {
		return false, err
	}
	if has {
		return false, f.recall(ctx)
	}
	hash, err := web.HashPassword(ctx, demoPassword)
	if err != nil {
		return false, err
	}
	for _, person := range demoPeople {
		person.PasswordHash, person.TimeZone, person.Capacity = hash, demoZone, demoCapacity
		if _, err := f.store.CreateAgent(ctx, nil, person); err != nil {
			return false, err
		}
	}
	for _, g := range demoGuests {
		f.sim.AddCustomer(g.Customer)
	}
	return true, f.settle(ctx)
}

// settle gives the absent a working day: in the demo nobody is signed in at first, and the floor must not empty itself.
func (f demoFloor) settle(ctx context.Context) error {
	alex, err := f.admin(ctx)
	if err != nil {
		return err
	}
	settings, err := f.store.Settings(ctx)
	if err != nil {
		return err
	}
	settings.AbsenceGrace = 8 * time.Hour
	return f.store.ChangeSettings(ctx, alex, settings)
}

func (f demoFloor) admin(ctx context.Context) (store.Agent, error) {
	return f.actor(ctx, demoPeople[0].Email)
}

// actor loads somebody to act.
func (f demoFloor) actor(ctx context.Context, email string) (store.Agent, error) {
	known, err := f.store.AgentByEmail(ctx, email)
	if err != nil {
		return store.Agent{}, fmt.Errorf("%s: %w", email, err)
	}
	return f.store.AgentByID(ctx, known.ID)
}

func firstName(a store.Agent) string {
	name, _, _ := strings.Cut(a.Name, " ")
	return name
}
