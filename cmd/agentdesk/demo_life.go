package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

const (
	// mostWaiting in the queue: from there on nobody writes by themselves until somebody works.
	mostWaiting = 15
	// mostPlans bounds what customers are about to do.
	mostPlans = 64
	// newShare of what is written comes from people who have never written before, as long as there are such.
	newShare = 0.4
	// answerShare of the agents' answers gets one in return.
	answerShare = 0.7
	// maxLooks is how often a customer looks again for an answer that has not arrived.
	maxLooks = 10
)

// life is a gentle stream, in real time, until ctx ends: now and then somebody writes; who is answered reads it and often
// answers. It needs nobody: without agents it falls silent when enough customers wait.
func (f demoFloor) life(ctx context.Context) error {
	l := &living{demoFloor: f, read: map[string]bool{}, turns: map[string]int{}}
	if l.wait == nil {
		l.wait = func(least, most time.Duration) time.Duration { return least + rand.N(most-least) }
	}
	var err error
	if l.alex, err = f.admin(ctx); err == nil {
		l.seq, err = f.store.LastSeq(ctx)
	}
	if err != nil {
		return unlessDone(ctx, err)
	}
	l.planStream()
	for ctx.Err() == nil {
		changed := f.store.Changed()
		l.report(ctx, l.notice(ctx))
		l.act(ctx)
		timer := time.NewTimer(time.Until(l.plans[0].due)) // the stream always has its next turn planned
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// living is life under way, in one goroutine.
type living struct {
	demoFloor
	alex  store.Agent
	seq   int64  // events up to here were noticed
	plans []plan // by due
	come  int    // newcomers who have written
	read  map[string]bool
	turns map[string]int // how often each has spoken, so that nobody says the same twice in a row
}

// plan is what a customer is about to do.
type plan struct {
	due      time.Time // real time
	customer string    // "" = the stream
	reply    bool
	do       func(ctx context.Context) error
}

func (l *living) plan(in time.Duration, p plan) {
	if p.customer != "" && len(l.plans) >= mostPlans {
		return
	}
	p.due = time.Now().Add(in)
	at, _ := slices.BinarySearchFunc(l.plans, p, func(a, b plan) int { return a.due.Compare(b.due) })
	l.plans = slices.Insert(l.plans, at, p)
}

func (l *living) planStream() { l.plan(l.wait(20*time.Second, 45*time.Second), plan{do: l.stream}) }

// act does what is due.
func (l *living) act(ctx context.Context) {
	for ctx.Err() == nil && !l.plans[0].due.After(time.Now()) {
		p := l.plans[0]
		l.plans = l.plans[1:]
		if p.customer == "" {
			l.planStream()
		}
		l.report(ctx, p.do(ctx))
	}
}

// report logs what went wrong: the demo goes on without a message.
func (l *living) report(ctx context.Context, err error) {
	if unlessDone(ctx, err) != nil {
		l.log.Warn("the demo's customers stumbled", "error", err)
	}
}

func unlessDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// notice looks for answers of agents since the last time.
func (l *living) notice(ctx context.Context) error {
	const batch = 200
	for {
		events, complete, err := l.store.EventsAfter(ctx, l.seq, batch)
		if err != nil {
			return err
		}
		if !complete {
			l.seq, err = l.store.LastSeq(ctx)
			return err
		}
		for _, e := range events {
			l.seq = e.Seq
			if e.Kind != store.MessageQueued || e.AgentID == 0 {
				continue
			}
			if err := l.answered(ctx, e); err != nil {
				return err
			}
		}
		if len(events) < batch {
			return nil
		}
	}
}

// answered plans what a customer does about an answer: reads it, and then perhaps says something.
func (l *living) answered(ctx context.Context, e store.Event) error {
	page, err := l.store.Chat(ctx, l.alex, e.ChatID)
	if err != nil {
		return err
	}
	c, known := l.holder(page.Contact)
	if !known || c.Offline || c.Blocked {
		return nil
	}
	if !l.read[c.ID] { // once: whoever sets the phone to "does not read" afterwards means it
		l.read[c.ID] = true
		l.plan(l.wait(2*time.Second, 5*time.Second), plan{customer: c.ID, do: func(context.Context) error {
			l.sim.UpdateCustomer(c.ID, func(c *simulator.Customer) { c.Reads = true })
			return nil
		}})
	}
	answering := slices.ContainsFunc(l.plans, func(p plan) bool { return p.customer == c.ID && p.reply })
	if !answering && rand.Float64() < answerShare {
		l.planReply(c, e.MessageID, maxLooks)
	}
	return nil
}

func (l *living) planReply(c simulator.Customer, messageID int64, looks int) {
	l.plan(l.wait(5*time.Second, 15*time.Second), plan{customer: c.ID, reply: true, do: func(ctx context.Context) error {
		return l.respond(ctx, c, messageID, looks)
	}})
}

// respond says something fitting: taps the button of a template, puts an emoji on the answer, or writes. What has not
// arrived yet is looked for again, a few times.
func (l *living) respond(ctx context.Context, c simulator.Customer, messageID int64, looks int) error {
	m, err := l.store.Message(ctx, l.alex, messageID)
	switch {
	case err != nil:
		return err
	case m.Status.Rank() >= store.Delivered.Rank():
	case m.Status != store.Failed && looks > 0:
		l.planReply(c, messageID, looks-1)
		return nil
	default:
		return nil
	}
	if t := m.Details.Template; t != nil {
		for _, b := range t.Buttons {
			if b.Type == "QUICK_REPLY" {
				a := tapsButton(b.Text).message
				a["context"] = map[string]any{"from": digitsOf(demoPhone), "id": m.WAMID}
				l.sim.Receive(c.ID, a)
				return nil
			}
		}
	}
	if m.Details.Template == nil && rand.Float64() < 0.15 {
		l.sim.Receive(c.ID, map[string]any{"type": "reaction", "reaction": map[string]any{"message_id": m.WAMID, "emoji": "👍"}})
		return nil
	}
	l.sim.Say(c.ID, l.next(c, wordsIn(c.Language).thanks))
	return nil
}

// stream lets somebody write by themselves: somebody new, or somebody who is not waiting for an answer.
func (l *living) stream(ctx context.Context) error {
	counts, err := l.store.ViewCounts(ctx, l.alex)
	if err != nil || counts.Views[store.ViewQueue] >= mostWaiting {
		return err
	}
	if rand.Float64() < newShare && l.arrive() {
		return nil
	}
	c, found, err := l.idle(ctx)
	if err != nil {
		return err
	}
	if !found {
		l.arrive()
		return nil
	}
	l.sim.Say(c.ID, l.next(c, wordsIn(c.Language).asks))
	return nil
}

// arrive lets the next newcomer write; false when all have.
func (l *living) arrive() bool {
	for ; l.come < len(demoNewcomers); l.come++ {
		n := demoNewcomers[l.come]
		if _, known := l.holder(store.Contact{BSUID: n.BSUID}); known {
			continue // in a kept data directory
		}
		l.come++
		l.sim.AddCustomer(n.Customer)
		for _, words := range n.opens {
			l.sim.Say(n.ID, words)
		}
		return true
	}
	return false
}

// idle finds somebody who may well write again: open or closed, but not waiting already, and nobody whose chat shows a
// state that would be gone then.
func (l *living) idle(ctx context.Context) (simulator.Customer, bool, error) {
	var free []simulator.Customer
	for _, view := range []store.View{store.ViewAll, store.ViewClosed} {
		rows, _, err := l.store.ChatList(ctx, l.alex, store.ListQuery{View: view, Limit: 200})
		if err != nil {
			return simulator.Customer{}, false, err
		}
		for _, row := range rows {
			c, known := l.holder(row.Contact)
			if known && !row.Chat.Waiting() && !c.Offline && !c.Blocked && !isQuiet(c) {
				free = append(free, c)
			}
		}
	}
	if len(free) == 0 {
		return simulator.Customer{}, false, nil
	}
	return free[rand.IntN(len(free))], true, nil
}

func isQuiet(c simulator.Customer) bool {
	return slices.ContainsFunc(demoGuests, func(g guest) bool { return g.quiet && g.ID == c.ID })
}

// holder is the simulator's customer behind a contact.
func (l *living) holder(contact store.Contact) (simulator.Customer, bool) {
	for _, c := range l.sim.Customers() {
		if (c.BSUID != "" && c.BSUID == contact.BSUID) || (c.WaID != "" && c.WaID == contact.WaID) {
			return c, true
		}
	}
	return simulator.Customer{}, false
}

// next goes through the phrases, beginning somewhere else for everybody.
func (l *living) next(c simulator.Customer, phrases []string) string {
	turn := l.turns[c.ID]
	l.turns[c.ID]++
	return phrases[(len(c.Name)+turn)%len(phrases)]
}

// wordsIn are the phrases of a language, English where there are none.
func wordsIn(language string) phrases {
	short, _, _ := strings.Cut(language, "_")
	if p, ok := demoPhrases[short]; ok {
		return p
	}
	return demoPhrases["en"]
}
