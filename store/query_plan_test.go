package store_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// Everything the intake asks and changes goes through an index: no statement reads a whole table that grows.
func TestIntakeUsesIndexes(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	take, err := store.Statements(d.Store)
	if err != nil {
		t.Fatal(err)
	}
	c := d.Inbound(t, 1, "Hello")
	second, early := d.Text(1, "again"), d.Text(2, "early")
	d.Clock.Advance(48 * time.Hour)
	now := d.Clock.Now()
	d.Report(t, second, d.Text(1, "and again"), revoke(early.WAMID, now), edit(early.WAMID, "edited", now), reaction("wamid.NOWHERE", "👍", now), early,
		edit(second.WAMID, "edited", now.Add(-time.Second)), edit(second.WAMID, "edited", now), revoke(second.WAMID, now), reaction(second.WAMID, "👍", now))
	d.Report(t, store.EchoMessage{PhoneNumberID: storetest.PhoneNumberID, To: storetest.Customer(1), WAMID: "wamid.APP", SentAt: now.Add(-time.Hour), Kind: store.KindText},
		callEvent(1, "wacid.1", "USER_INITIATED", "missed", now, 0), callEvent(1, "wacid.1", "USER_INITIATED", "ringing", now.Add(-time.Second), 0),
		store.NoticeReport{PhoneNumberID: storetest.PhoneNumberID, Contact: storetest.Customer(1), Text: "stop", At: now},
		from(d, store.Identity{BSUID: "ES.other", WaID: storetest.Customer(1).WaID, Username: "other"}), from(d, store.Identity{WaID: "34600000900"}),
		changed(storetest.Customer(1), storetest.Customer(2), "wamid.SYSTEM", now))
	closeIt(t, d, c)
	d.Inbound(t, 2, "reopens")
	kept := keepNew(t, d, "parked")
	if err := d.Store.ParkDelivery(t.Context(), kept.ID, "why"); err != nil {
		t.Fatal(err)
	}
	for _, parkedOnly := range []bool{true, false} {
		if _, err := d.Store.Deliveries(t.Context(), d.Alex, parkedOnly, 100, 10); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Store.RunDeliveryAgain(t.Context(), d.Alex, kept.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Store.EventsAfter(t.Context(), 1, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.LastSeq(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.PruneDeliveries(t.Context(), time.Hour, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.PruneEvents(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}

	grows := regexp.MustCompile(`^SCAN (deliveries|messages|events|contacts|contact_identities|chats|cases|reactions|thread_lines|pending_reports|message_edits|m|c|i|p)( |$)`)
	seen := map[string]bool{}
	for _, s := range take() {
		verb, _, _ := strings.Cut(strings.TrimSpace(s.SQL), " ")
		if seen[s.SQL] || !strings.Contains("SELECT INSERT UPDATE DELETE", strings.ToUpper(verb)) {
			continue
		}
		seen[s.SQL] = true
		for _, step := range plan(t, d, s) {
			if grows.MatchString(step) && !wholeOnPurpose(s.SQL, step) {
				t.Errorf("%s\n\t%s", step, s.SQL)
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d statements were seen", len(seen))
	}
}

// wholeOnPurpose: the deliveries that wait are an index of their own, and pruning looks at each of the few pending reports.
func wholeOnPurpose(sql, step string) bool {
	if strings.HasPrefix(step, "SCAN p") {
		return strings.Contains(sql, "FROM pending_reports p JOIN messages m")
	}
	return step == "SCAN deliveries USING INDEX deliveries_new"
}
