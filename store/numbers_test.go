package store_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func number(t testing.TB, d *storetest.Desk) store.Number {
	t.Helper()
	numbers, err := d.Store.Numbers(t.Context())
	if err != nil || len(numbers) == 0 {
		t.Fatalf("numbers %+v, %v", numbers, err)
	}
	return numbers[0]
}

func numberEvents(t testing.TB, d *storetest.Desk) int64 {
	return d.Count(t, "SELECT COUNT(*) FROM events WHERE kind = 'number.changed'")
}

func ensure(t testing.TB, d *storetest.Desk, token string) store.Number {
	t.Helper()
	n, err := d.Store.EnsureNumber(t.Context(), storetest.PhoneNumberID, storetest.WABAID, token)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEnsureNumber(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	n, err := d.Store.EnsureNumber(t.Context(), "100000000000099", "200000000000099", "")
	if err != nil || n.ID == 0 || n.Throughput != store.DefaultThroughput || n.TeamID != 1 || n.Paused() || !n.CreatedAt.Equal(d.Clock.Now()) {
		t.Fatalf("a new number: %+v, %v", n, err)
	}
	if token, err := d.Store.NumberToken(t.Context(), n.ID); err != nil || token != "" {
		t.Errorf("without a token: %q, %v", token, err)
	}
	again, err := d.Store.EnsureNumber(t.Context(), "100000000000099", "", "one")
	if err != nil || again.ID != n.ID || again.WABAID != "200000000000099" {
		t.Errorf("again: %+v, %v", again, err)
	}
	same, err := d.Store.EnsureNumber(t.Context(), "100000000000099", "200000000000098", "one")
	if err != nil || same.TokenSealed != again.TokenSealed || same.WABAID != "200000000000098" {
		t.Errorf("the same token: %+v, %v", same, err)
	}
	kept, err := d.Store.EnsureNumber(t.Context(), "100000000000099", "200000000000098", "")
	if err != nil || kept.TokenSealed != same.TokenSealed {
		t.Errorf("an empty token: %+v, %v", kept, err)
	}
	if token, err := d.Store.NumberToken(t.Context(), n.ID); err != nil || token != "one" {
		t.Errorf("token %q, %v", token, err)
	}
	_, err = d.Store.NumberToken(t.Context(), 4711)
	wantError(t, err, store.ErrNotFound)
}

func TestTokenIsNotInTheFile(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	const canary = "EAAcanary-4f1c0b7d9e"
	n := ensure(t, d, canary)
	if token, err := d.Store.NumberToken(t.Context(), n.ID); err != nil || token != canary {
		t.Fatalf("token %q, %v", token, err)
	}
	for _, file := range []string{d.Path, d.Path + "-wal"} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(canary)) {
			t.Errorf("%s holds the token in clear", file)
		}
	}
	// Sealed for this number: in another's row it does not open.
	other, err := d.Store.EnsureNumber(t.Context(), "100000000000099", storetest.WABAID, "")
	if err != nil {
		t.Fatal(err)
	}
	d.Exec(t, "UPDATE numbers SET token_sealed = ? WHERE id = ?", n.TokenSealed, other.ID)
	if token, err := d.Store.NumberToken(t.Context(), other.ID); err == nil {
		t.Errorf("a token moved to another number opens as %q", token)
	}
	keyless, err := store.Open(t.Context(), store.Options{Path: d.Path})
	if err != nil {
		t.Fatal(err)
	}
	defer keyless.Close()
	if _, err := keyless.NumberToken(t.Context(), n.ID); err == nil {
		t.Error("a desk without a key opens the token")
	}
	if _, err := keyless.EnsureNumber(t.Context(), storetest.PhoneNumberID, "", "clear"); err == nil {
		t.Error("a desk without a key stores a token")
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	ensure(t, d, "dead")
	events := numberEvents(t, d)
	pause := func(reason store.PauseReason) {
		t.Helper()
		if err := d.Store.PauseNumber(t.Context(), d.Number.ID, 190, reason); err != nil {
			t.Fatal(err)
		}
	}
	pause(store.PauseToken)
	pause(store.PausePayment)
	if n := number(t, d); !n.Paused() || n.PausedReason != store.PauseToken || n.PausedCode != 190 || numberEvents(t, d) != events+1 {
		t.Errorf("paused: %+v after %d events", n, numberEvents(t, d)-events)
	}
	for _, who := range []store.Agent{d.Ana, d.Sam} {
		wantError(t, d.Store.ResumeNumber(t.Context(), &who, d.Number.ID), store.ErrForbidden)
	}
	if !number(t, d).Paused() {
		t.Error("resumed by somebody who may not")
	}
	for range 2 {
		if err := d.Store.ResumeNumber(t.Context(), &d.Alex, d.Number.ID); err != nil {
			t.Fatal(err)
		}
	}
	if n := number(t, d); n.Paused() || n.PausedCode != 0 || n.PausedReason != "" || numberEvents(t, d) != events+2 {
		t.Errorf("resumed: %+v after %d events", n, numberEvents(t, d)-events)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM audit WHERE action = 'number.resumed' AND agent_id = ?", d.Alex.ID); n != 1 {
		t.Errorf("recorded %d times", n)
	}
	wantError(t, d.Store.ResumeNumber(t.Context(), nil, 4711), store.ErrNotFound)

	// A new token lifts the pause that the old one caused, and no other.
	pause(store.PauseToken)
	ensure(t, d, "dead")
	if !number(t, d).Paused() {
		t.Error("the token that died lifts the pause")
	}
	ensure(t, d, "alive")
	if number(t, d).Paused() {
		t.Error("a new token does not lift the pause")
	}
	pause(store.PausePayment)
	ensure(t, d, "newer")
	if !number(t, d).Paused() {
		t.Error("a new token pays the bill")
	}
}

func TestNumberFacts(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	events := numberEvents(t, d)
	facts := store.Number{DisplayPhone: "+34 600 000 001", VerifiedName: "Casa Lumen", Quality: "YELLOW", Status: "CONNECTED",
		MessagingLimit: "TIER_2K", Throughput: 1000}
	for range 2 {
		if err := d.Store.RecordNumberFacts(t.Context(), storetest.PhoneNumberID, facts); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Store.RecordNumberFacts(t.Context(), storetest.PhoneNumberID, store.Number{}); err != nil {
		t.Fatal(err)
	}
	n := number(t, d)
	if n.DisplayPhone != facts.DisplayPhone || n.Quality != "YELLOW" || n.Status != "CONNECTED" || n.MessagingLimit != "TIER_2K" || n.Throughput != 1000 {
		t.Errorf("facts %+v", n)
	}
	if got := numberEvents(t, d) - events; got != 1 {
		t.Errorf("%d events", got)
	}
	at := d.Clock.Now().Add(-time.Minute)
	if err := d.Store.MarkSynced(t.Context(), n.ID, at); err != nil {
		t.Fatal(err)
	}
	if n := number(t, d); !n.SyncedAt.Equal(at) {
		t.Errorf("synced at %v", n.SyncedAt)
	}
	wantError(t, d.Store.RecordNumberFacts(t.Context(), "1", facts), store.ErrNotFound)
	wantError(t, d.Store.MarkSynced(t.Context(), 4711, at), store.ErrNotFound)
}

func TestNumberReports(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Exec(t, "INSERT INTO numbers (phone_number_id, waba_id, display_phone, quality, created_at) VALUES ('2', ?, '+34 600 000 111', 'GREEN', 1), ('3', '999', '', 'GREEN', 1)",
		storetest.WABAID)
	look := func() (first, second, foreign store.Number) {
		t.Helper()
		numbers, err := d.Store.Numbers(t.Context())
		if err != nil || len(numbers) != 3 {
			t.Fatalf("numbers %+v, %v", numbers, err)
		}
		return numbers[0], numbers[1], numbers[2]
	}
	d.Report(t, store.NumberReport{WABAID: storetest.WABAID, DisplayPhone: "34600000111", Quality: "RED", Throughput: 1000, At: d.Clock.Now()})
	if a, b, c := look(); a.Quality != "GREEN" || b.Quality != "RED" || b.Throughput != 1000 || c.Quality != "GREEN" {
		t.Errorf("one number: %+v %+v %+v", a, b, c)
	}
	events := numberEvents(t, d)
	restriction := store.NumberReport{WABAID: storetest.WABAID, Restricted: "ACCOUNT_VIOLATION", Pauses: store.PauseRestricted, At: d.Clock.Now()}
	d.Report(t, restriction)
	d.Report(t, restriction)
	if a, b, c := look(); a.Restricted != "ACCOUNT_VIOLATION" || !a.Paused() || !b.Paused() || c.Paused() || c.Restricted != "" {
		t.Errorf("the account: %+v %+v %+v", a, b, c)
	}
	if got := numberEvents(t, d) - events; got != 4 {
		t.Errorf("%d events, want two a number", got)
	}
	d.Report(t, store.NumberReport{WABAID: storetest.WABAID, Lifted: true, At: d.Clock.Now()})
	if a, b, _ := look(); a.Paused() || b.Paused() || a.Restricted != "" {
		t.Errorf("lifted: %+v %+v", a, b)
	}
	if err := d.Store.PauseNumber(t.Context(), d.Number.ID, 131042, store.PausePayment); err != nil {
		t.Fatal(err)
	}
	d.Report(t, store.NumberReport{WABAID: storetest.WABAID, Lifted: true, At: d.Clock.Now()})
	if a, _, _ := look(); !a.Paused() {
		t.Error("the end of a restriction pays the bill")
	}
	d.Report(t, store.NumberReport{WABAID: "999", DisplayPhone: "15550100", Quality: "RED", At: d.Clock.Now()})
	if _, _, c := look(); c.Quality != "GREEN" {
		t.Errorf("a number of which the digits are unknown: %+v", c)
	}
}
