package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

func TestDemoLife(t *testing.T) {
	t.Parallel()
	f := open(t)
	turns := make(chan struct{}, 10000)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d := demoFloor{sim: f.Sim, store: f.Store, clock: f.clock, log: slog.New(slog.DiscardHandler), wait: func(least, most time.Duration) time.Duration {
		if least >= most {
			t.Errorf("waits between %s and %s", least, most)
		}
		if least < 20*time.Second { // somebody reads, or answers
			return 20 * time.Millisecond
		}
		turns <- struct{}{}
		// No faster than the desk: it counts who waits.
		for waiting := true; waiting && ctx.Err() == nil; {
			changed := f.Store.Changed()
			idle := f.Sim.Idle(ctx)
			said, err := f.Store.NewDeliveries(ctx, 1)
			if waiting = idle != nil || err != nil || len(said) > 0; waiting {
				select {
				case <-changed:
				case <-ctx.Done():
				}
			}
		}
		return 50 * time.Millisecond
	}}
	known := f.Sim.AddCustomer(simulator.Customer{ID: "regular", Name: "Regular", Phone: "+447700900111", Language: "en"})
	ended := make(chan error, 1)
	go func() { ended <- d.life(ctx) }()

	queue := func() int {
		counts, err := f.Store.ViewCounts(t.Context(), f.Alex)
		if err != nil {
			t.Fatal(err)
		}
		return counts.Views[store.ViewQueue]
	}
	eventually(t, "newcomers in the queue", func() bool { return queue() >= 2 })

	// Who is answered reads it and, sooner or later, answers.
	f.Sim.Say(known.ID, "Hello?")
	row := f.chatOf(t, "Regular")
	answer := func(n int) store.Message {
		t.Helper()
		m, err := f.Store.QueueMessage(t.Context(), f.Ana, store.Outgoing{ChatID: row.Chat.ID, ClientID: fmt.Sprintf("0b0f8f6e-3c0a-4d6e-9a2b-%012d", n), Text: "Yes, we have it."})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := answer(0)
	eventually(t, "the customer reads", func() bool {
		m, err := f.Store.Message(t.Context(), f.Alex, m.ID)
		return err == nil && m.Status == store.Read
	})
	tries := 0
	eventually(t, "the customer answers", func() bool {
		thread, err := f.Store.Thread(t.Context(), f.Alex, row.Chat.ID, store.ThreadQuery{})
		if err != nil {
			t.Fatal(err)
		}
		// By id and not by place: Meta stamps whole seconds, so a reply within the second of its answer stands before it.
		if slices.ContainsFunc(thread.Messages, func(said store.Message) bool { return said.Direction == store.In && said.ID > m.ID }) {
			return true
		}
		if tries++; tries%20 == 0 {
			answer(tries)
		}
		return false
	})

	// Nobody works: the stream stops by itself.
	eventually(t, "a full queue", func() bool { return queue() >= mostWaiting })
	for len(turns) > 0 {
		<-turns
	}
	for range 20 {
		select {
		case <-turns:
		case <-time.After(patience):
			t.Fatal("the stream has stopped for good")
		}
	}
	if n := queue(); n > mostWaiting {
		for _, c := range everything(t, f.Store) {
			t.Log(c.Contact.ProfileName, c.Contact.Username, c.Chat.OwnerID, len(c.thread.Messages), c.Chat.CreatedAt)
		}
		t.Errorf("%d chats wait", n)
	}

	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("life ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("life did not end")
	}
}
