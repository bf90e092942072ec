package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func retry(t testing.TB, d *storetest.Desk, who store.Agent, m store.Message) (store.Message, error) {
	t.Helper()
	return d.Store.RetryMessage(t.Context(), who, m.ID, uuid.NewString())
}

func TestRetryOfAFailedMessage(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	failed := func(reason store.FailReason) store.Message {
		m := say(t, d, d.Ana, c.ID, "here it comes")
		claim(t, d, m)
		refuse(t, d, m, 1, reason)
		return m
	}
	for _, reason := range []store.FailReason{store.FailTryAgain, store.FailNumber, store.FailUnreachable, store.FailNoMatchFound} {
		m := failed(reason)
		before := changes(t, d, store.MessageChanged, m)
		again, err := retry(t, d, d.Ana, m)
		if err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		if again.ID == m.ID || again.RetryOfID != m.ID || again.Body != m.Body || again.Status != store.Queued {
			t.Errorf("%s: repeated as %+v", reason, again)
		}
		if now := wantStatus(t, d, m, store.Failed); now.RetriedBy != again.ID || changes(t, d, store.MessageChanged, m) != before+1 {
			t.Errorf("%s: the first one is %+v", reason, now)
		}
		_, err = retry(t, d, d.Ana, m)
		if conflict := wantConflict(t, err, store.ConflictSettled); conflict.Message == nil || conflict.Message.RetriedBy != again.ID {
			t.Errorf("%s: told of %+v", reason, conflict.Message)
		}
		claim(t, d, again)
		accept(t, d, again, "wamid."+string(reason))
	}
	for _, reason := range []store.FailReason{store.FailWindowEnded, store.FailTemplate, store.FailOptedOut, store.FailHeldByMeta,
		store.FailMedia, store.FailTestNumber, store.FailNeedsPhone, store.FailNotAllowed, store.FailOurs} {
		_, err := retry(t, d, d.Ana, failed(reason))
		wantConflict(t, err, store.ConflictSettled)
	}
}

func TestRetryGoesThroughTheGate(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	m := say(t, d, d.Ana, c.ID, "hi")
	claim(t, d, m)
	_, err := retry(t, d, d.Ana, m) // being sent
	wantConflict(t, err, store.ConflictSettled)
	refuse(t, d, m, 131000, store.FailTryAgain)
	d.Clock.Advance(later)
	_, err = retry(t, d, d.Ben, m)
	wantError(t, err, store.ErrNotFound)
	_, err = retry(t, d, d.Sam, m)
	wantConflict(t, err, store.ConflictOwned)
	_, err = retry(t, d, d.Ana, store.Message{ID: 4711})
	wantError(t, err, store.ErrNotFound)
	_, err = d.Store.RetryMessage(t.Context(), d.Ana, m.ID, "double click")
	wantInvalid(t, err, "client_id")

	d.Clock.Set(c.WindowUntil.Add(-store.WindowMargin))
	_, err = retry(t, d, d.Ana, m)
	wantConflict(t, err, store.ConflictWindowEnded)
	if now := afresh(t, d, m); now.RetriedBy != 0 || !now.SettledAt.IsZero() {
		t.Errorf("a refused retry left %+v", now)
	}

	// In its place a template goes out, linked to what it replaces, whatever that failed of.
	template := plantTemplate(t, d, store.Template{Components: []store.TemplateComponent{{Type: "BODY", Text: "Hello {{1}}"}}})
	o := store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), TemplateID: template.ID, Values: store.TemplateValues{"body.1": "Mark"}, RetryOf: m.ID}
	replaced, err := d.Store.QueueMessage(t.Context(), d.Ana, o)
	if err != nil || replaced.RetryOfID != m.ID || replaced.Body != "Hello Mark" {
		t.Fatalf("as template: %+v, %v", replaced, err)
	}
	claim(t, d, replaced)
	refuse(t, d, replaced, 131000, store.FailTryAgain)
	again, err := retry(t, d, d.Ana, replaced)
	if err != nil || again.Body != "Hello Mark" || again.TemplateID != template.ID || again.Details.Template.Values["body.1"] != "Mark" {
		t.Errorf("the template again: %+v, %v", again, err)
	}
	other := d.Owned(t, d.Ana, 2, "hello")
	o = store.Outgoing{ChatID: other.ID, ClientID: uuid.NewString(), Text: "hi", RetryOf: replaced.ID}
	_, err = d.Store.QueueMessage(t.Context(), d.Ana, o)
	wantError(t, err, store.ErrNotFound)
}

func TestRetryOfAnUnconfirmedMessage(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	m := say(t, d, d.Ana, c.ID, "hi")
	claim(t, d, m)
	lose(t, d, m)
	d.Real.Advance(store.UnconfirmedHold - time.Millisecond)
	_, err := retry(t, d, d.Ana, m)
	wantConflict(t, err, store.ConflictSettled)
	d.Real.Advance(time.Millisecond)
	again, err := retry(t, d, d.Ana, m)
	if err != nil {
		t.Fatal(err)
	}
	if now := wantStatus(t, d, m, store.Unconfirmed); now.SettledAt.IsZero() || now.Undecided(d.Real.Now()) || now.RetriedBy != again.ID {
		t.Errorf("after the decision: %+v", now)
	}
	claim(t, d, again)
	_, err = d.Store.ConfirmMessage(t.Context(), d.Ana, m.ID)
	wantConflict(t, err, store.ConflictSettled)

	// It had arrived after all.
	r := status(d, "wamid.A", store.Delivered)
	r.MessageID = m.ID
	d.Report(t, r)
	wantStatus(t, d, m, store.Delivered)
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	m := say(t, d, d.Ana, c.ID, "hi")
	claim(t, d, m)
	confirm := func(who store.Agent) (store.Message, error) { return d.Store.ConfirmMessage(t.Context(), who, m.ID) }
	_, err := confirm(d.Ana)
	wantConflict(t, err, store.ConflictSettled)
	lose(t, d, m)
	_, err = confirm(d.Ben)
	wantError(t, err, store.ErrNotFound)
	before := changes(t, d, store.MessageChanged, m)
	now, err := confirm(d.Ana)
	if err != nil || now.Status != store.Accepted || now.SettledAt.IsZero() || now.Agent.Name != d.Ana.Name {
		t.Fatalf("confirmed: %+v, %v", now, err)
	}
	if n := changes(t, d, store.MessageChanged, m) - before; n != 1 {
		t.Errorf("%d events", n)
	}
	if len(now.Steps) != 1 || now.Steps[0].Status != store.Accepted || len(now.Steps[0].Details) < 10 {
		t.Errorf("the step does not say who confirmed: %+v", now.Steps)
	}
	_, err = confirm(d.Ana)
	wantConflict(t, err, store.ConflictSettled)
	_, err = retry(t, d, d.Ana, m)
	wantConflict(t, err, store.ConflictSettled)
}

func TestDecidingAtOnce(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	for range 10 {
		m := say(t, d, d.Ana, c.ID, "hi")
		claim(t, d, m)
		lose(t, d, m)
		d.Real.Advance(store.UnconfirmedHold)
		var errs [6]error
		atOnce(len(errs), func(i int) {
			if i%2 == 0 {
				_, errs[i] = d.Store.RetryMessage(t.Context(), d.Ana, m.ID, uuid.NewString())
			} else {
				_, errs[i] = d.Store.ConfirmMessage(t.Context(), d.Ana, m.ID)
			}
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			wantConflict(t, err, store.ConflictSettled)
		}
		if won != 1 {
			t.Fatalf("%d decisions were taken", won)
		}
		now, retries := afresh(t, d, m), d.Count(t, "SELECT COUNT(*) FROM messages WHERE retry_of_id = ?", m.ID)
		if (now.Status == store.Accepted) == (retries == 1) {
			t.Fatalf("%s with %d retries", now.Status, retries)
		}
		for {
			due, err := d.Store.ClaimDue(t.Context(), 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(due) == 0 {
				break
			}
			accept(t, d, due[0].Message, uuid.NewString())
		}
	}
}

func TestRetryingAtOnce(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	m := say(t, d, d.Ana, c.ID, "hi")
	claim(t, d, m)
	refuse(t, d, m, 131000, store.FailTryAgain)
	clientID := uuid.NewString()
	atOnce(20, func(i int) {
		_, err := d.Store.RetryMessage(t.Context(), d.Ana, m.ID, clientID)
		if err != nil {
			t.Errorf("press %d: %v", i, err)
		}
	})
	if n := d.Count(t, "SELECT COUNT(*) FROM messages WHERE retry_of_id = ?", m.ID); n != 1 {
		t.Errorf("%d retries", n)
	}
}
