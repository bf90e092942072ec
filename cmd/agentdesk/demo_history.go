package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"golang.org/x/time/rate"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

const (
	// openingIn is how long after the start of seeding the demo's clock readings hold: about what seeding takes.
	openingIn = 5 * time.Second
	// stepPatience is how long one step may take before seeding is given up.
	stepPatience = 30 * time.Second
	// seedRate stays under the number's 80 messages a second, in and out together (platform document 6.5).
	seedRate, seedBurst = 75, 60
)

// history lives through what the tables tell, in the order of time: the clock is set to each instant, customers speak
// through the simulator and colleagues through the store, as they would at any other time. Nobody is signed in meanwhile,
// so the router gives nothing to anybody.
func (f demoFloor) history(ctx context.Context) error {
	s := &seeding{
		demoFloor: f, chats: map[string]int64{}, ours: map[string][]string{}, people: map[string]store.Agent{},
		pace: rate.NewLimiter(seedRate, seedBurst),
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	opening := f.clock.Now().Add(openingIn)
	f.sim.Faults().NoStatuses(true) // ticks have times of their own here
	defer f.sim.Faults().NoStatuses(false)
	defer f.clock.offset.Store(0)
	for _, step := range steps(demoGuests, opening, store.Agent{TimeZone: demoZone}.Location()) {
		if err := s.live(ctx, step); err != nil {
			return fmt.Errorf("%s at %s: %w", demoGuests[step.guest].ID, step.at.Format(time.DateTime), err)
		}
	}
	f.clock.Set(opening)
	if err := s.tell(ctx, opening, ""); err != nil {
		return err
	}
	if err := f.sim.Idle(ctx); err != nil {
		return err
	}
	return s.open(ctx)
}

// seeding is history under way.
type seeding struct {
	demoFloor
	admin     store.Agent
	people    map[string]store.Agent // by first name
	templates []store.Template
	pace      *rate.Limiter
	delivered int64               // deliveries that the desk has been sent
	chats     map[string]int64    // by customer
	ours      map[string][]string // wamids of our messages, by customer
	pending   []tick
}

func (s *seeding) prepare(ctx context.Context) error {
	for _, person := range demoPeople {
		agent, err := s.actor(ctx, person.Email)
		if err != nil {
			return err
		}
		s.people[firstName(agent)] = agent
		if agent.Role == store.RoleAdmin {
			s.admin = agent
		}
	}
	known, err := s.store.Deliveries(ctx, s.admin, false, 0, 1)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		s.delivered = known[0].ID
	}
	return s.until(ctx, "the templates", func() (bool, error) {
		s.templates, err = s.store.Templates(ctx, store.TemplateQuery{})
		return len(s.templates) > 0, err
	})
}

// live takes one step.
func (s *seeding) live(ctx context.Context, st step) error {
	if err := s.pace.Wait(ctx); err != nil {
		return err
	}
	s.clock.Set(st.at)
	id := demoGuests[st.guest].ID
	known, told := s.customer(id), id
	if st.by != "" {
		told = ""
	}
	if err := s.tell(ctx, st.at, told); err != nil {
		return err
	}
	if st.by == "" {
		return s.outside(ctx, known, st)
	}
	return s.inside(ctx, known, st)
}

// outside is what reaches the desk as a delivery.
func (s *seeding) outside(ctx context.Context, c simulator.Customer, st step) error {
	before, err := s.store.LastSeq(ctx)
	if err != nil {
		return err
	}
	wamid := wamidOf(c.ID, st.at.String())
	text := map[string]any{"type": "text", "text": map[string]any{"body": st.text}}
	switch st.kind {
	case writes:
		s.sim.Receive(c.ID, s.spoken(c.ID, st))
	case reacts:
		s.sim.Receive(c.ID, map[string]any{"type": "reaction", "reaction": map[string]any{"message_id": s.answer(c.ID, 1), "emoji": st.emoji}})
	case rings:
		s.sim.Call(c.ID)
		s.delivered++ // it rings, and it stops
	case moves:
		s.sim.ChangeNumber(c.ID, st.text)
	case mends: // the phone shows what it was changed into
		s.sim.Remember(simulator.Past{CustomerID: c.ID, WAMID: wamid, FromCustomer: true, Body: st.message, At: st.at})
		s.sim.Deliver(fromCustomer(c, wamid, st.at, text))
		s.sim.Deliver(fromCustomer(c, wamidOf(wamid), st.at, map[string]any{"type": "edit",
			"edit": map[string]any{"original_message_id": wamid, "message": st.message}}))
		s.delivered++
	case regrets: // and nothing of what was taken back
		s.sim.Deliver(fromCustomer(c, wamid, st.at, text))
		s.sim.Deliver(fromCustomer(c, wamidOf(wamid), st.at, map[string]any{"type": "revoke", "revoke": map[string]any{"original_message_id": wamid}}))
		s.delivered++
	case phoneAnswers:
		s.sim.Remember(simulator.Past{CustomerID: c.ID, WAMID: wamid, Text: st.text, At: st.at})
		s.sim.Deliver(fromPhone(c, wamid, st.at, st.text))
		s.ours[c.ID] = append(s.ours[c.ID], wamid)
	case optsOut:
		s.sim.Deliver(optedOut(c, st.at))
	default:
		return fmt.Errorf("a customer cannot do this (%d)", st.kind)
	}
	s.delivered++
	if err := s.takenIn(ctx); err != nil {
		return err
	}
	return s.meet(ctx, c.ID, before)
}

// spoken is the message object of a customer's words.
func (s *seeding) spoken(id string, st step) map[string]any {
	message := map[string]any{"type": "text", "text": map[string]any{"body": st.text}}
	if st.message != nil {
		message = maps.Clone(st.message)
	}
	if st.back > 0 {
		message["context"] = map[string]any{"from": digitsOf(demoPhone), "id": s.answer(id, st.back)}
	}
	return message
}

// answer is the id of a message of ours, counted from the newest.
func (s *seeding) answer(id string, back int) string {
	sent := s.ours[id]
	if back > len(sent) {
		return wamidOf(id, "from before the desk")
	}
	return sent[len(sent)-back]
}

// meet learns which chat is a customer's.
func (s *seeding) meet(ctx context.Context, id string, before int64) error {
	if s.chats[id] != 0 {
		return nil
	}
	events, _, err := s.store.EventsAfter(ctx, before, 100)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.ChatID != 0 {
			s.chats[id] = e.ChatID
			return nil
		}
	}
	return errors.New("no chat has begun")
}

// inside is what a colleague does.
func (s *seeding) inside(ctx context.Context, c simulator.Customer, st step) (err error) {
	who, chat := s.people[st.by], s.chats[c.ID]
	switch st.kind {
	case answers, sendsForm:
		return s.send(ctx, c, st)
	case takes:
		_, err = s.store.TakeChat(ctx, who, chat, true)
	case assigns:
		_, err = s.store.AssignChat(ctx, who, chat, s.people[st.to].ID, 0, true)
	case releases:
		_, err = s.store.ReleaseChat(ctx, who, chat)
	case closes:
		_, err = s.store.CloseChat(ctx, who, chat)
	case reopens:
		_, err = s.store.ReopenChat(ctx, who, chat)
	case looks:
		if err := s.store.RecordOpening(ctx, who, chat); err != nil {
			return err
		}
		var page store.ChatPage
		if page, err = s.store.Chat(ctx, who, chat); err == nil {
			_, err = s.store.ReadChat(ctx, who, chat, page.Chat.LastMessageID)
		}
	default:
		err = fmt.Errorf("a colleague cannot do this (%d)", st.kind)
	}
	return err
}

// takenIn waits until the desk has worked through every delivery that it was sent.
func (s *seeding) takenIn(ctx context.Context) error {
	return s.until(ctx, "the worker", func() (bool, error) {
		newest, err := s.store.Deliveries(ctx, s.admin, false, 0, 1)
		if err != nil || len(newest) == 0 || newest[0].ID < s.delivered {
			return false, err
		}
		waiting, err := s.store.NewDeliveries(ctx, 1)
		return len(waiting) == 0, err
	})
}

// until asks again after every change of the desk.
func (s *seeding) until(ctx context.Context, what string, is func() (bool, error)) error {
	patient, cancel := context.WithTimeout(ctx, stepPatience)
	defer cancel()
	for {
		changed := s.store.Changed()
		done, err := is()
		if done || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-patient.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("%s did not come", what)
		}
	}
}

// open ends the past: the clock is the real one, Meta tells why a template was paused, and the agents will be available
// once they sign in.
func (s *seeding) open(ctx context.Context) error {
	s.clock.offset.Store(0)
	s.sim.SetTemplateStatus(pausedTemplate, "PAUSED", "FIRST_PAUSE")
	s.delivered++
	if err := s.takenIn(ctx); err != nil {
		return err
	}
	for _, agent := range s.people {
		if agent.Role != store.RoleAgent {
			continue
		}
		if err := s.store.SetPresenceOf(ctx, s.admin, agent.ID, store.Available); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) customer(id string) simulator.Customer {
	for _, c := range s.sim.Customers() {
		if c.ID == id {
			return c
		}
	}
	return simulator.Customer{}
}
