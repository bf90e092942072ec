package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// Deliveries that arrive while a commit is under way share the next one. A second connection holds the write lock, so that
// everybody has arrived before the first commit; every transaction asks the real clock once, which counts them.
func TestKeepDeliverySharesCommits(t *testing.T) {
	t.Parallel()
	const senders = 64
	path := filepath.Join(t.TempDir(), "agentdesk.db")
	var transactions atomic.Int64
	s, err := store.Open(t.Context(), store.Options{Path: path, Real: func() time.Time { transactions.Add(1); return time.Now() }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other, err := sql.Open("sqlite3", "file:"+path+"?_txlock=immediate&_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	lock, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}

	before := transactions.Load()
	var called, done sync.WaitGroup
	called.Add(senders)
	failed := make(chan error, senders)
	for i := range senders {
		done.Go(func() {
			called.Done()
			if err := s.KeepDelivery(t.Context(), fmt.Appendf(nil, `{"n":%d}`, i)); err != nil {
				failed <- err
			}
		})
	}
	called.Wait()
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	done.Wait()
	close(failed)
	for err := range failed {
		t.Errorf("keep: %v", err)
	}
	if n := transactions.Load() - before; n > senders/2 {
		t.Errorf("%d deliveries took %d transactions", senders, n)
	}
	var rows, different int
	if err := other.QueryRowContext(t.Context(), "SELECT COUNT(*), COUNT(DISTINCT sha256) FROM deliveries WHERE state = 'new'").Scan(&rows, &different); err != nil {
		t.Fatal(err)
	}
	if rows != senders || different != senders {
		t.Errorf("%d rows on disk, %d different, want %d", rows, different, senders)
	}
}

func TestKeepDeliveryGivesUp(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Store.KeepDelivery(ctx, []byte("{}")); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := d.Store.KeepDelivery(t.Context(), []byte("{}")); err != nil {
		t.Errorf("afterwards: %v", err)
	}

	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "agentdesk.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.KeepDelivery(t.Context(), []byte("{}")); err == nil {
		t.Error("a closed store kept a delivery")
	}
}

func TestKeepDeliveryWakes(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	changed := d.Store.Changed()
	if err := d.Store.KeepDelivery(t.Context(), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		t.Error("no wake-up after the commit")
	}
	found, err := d.Store.NewDeliveries(t.Context(), 10)
	if err != nil || len(found) != 1 || string(found[0].Body) != "{}" || found[0].State != store.DeliveryNew {
		t.Errorf("new deliveries: %+v, %v", found, err)
	}
}

// keepNew is one delivery on disk.
func keepNew(t testing.TB, d *storetest.Desk, body string) store.Delivery {
	t.Helper()
	if err := d.Store.KeepDelivery(t.Context(), []byte(body)); err != nil {
		t.Fatal(err)
	}
	found, err := d.Store.NewDeliveries(t.Context(), 1000)
	if err != nil || len(found) == 0 {
		t.Fatalf("kept delivery: %v", err)
	}
	return found[len(found)-1]
}

func deliveryOf(t testing.TB, d *storetest.Desk, id int64) store.Delivery {
	t.Helper()
	found, err := d.Store.Delivery(t.Context(), d.Alex, id)
	if err != nil {
		t.Fatalf("delivery %d: %v", id, err)
	}
	return found
}

func TestApplyDeliveries(t *testing.T) {
	t.Parallel()
	nameless := store.InboundMessage{PhoneNumberID: storetest.PhoneNumberID, WAMID: "wamid.NAMELESS", Kind: store.KindText}

	t.Run("several at once", func(t *testing.T) {
		t.Parallel()
		d := storetest.New(t)
		a, b := keepNew(t, d, "a"), keepNew(t, d, "b")
		err := d.Store.ApplyDeliveries(t.Context(), []store.Processed{
			{DeliveryID: a.ID, Reports: []store.Report{d.Text(1, "one"), d.Text(2, "two")}},
			{DeliveryID: b.ID, Reports: []store.Report{d.Text(1, "three")}, Problem: "half of it is not JSON"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := deliveryOf(t, d, a.ID); got.State != store.DeliveryDone || got.Attempts != 1 || got.Error != "" || got.ProcessedAt.IsZero() {
			t.Errorf("first: %+v", got)
		}
		if got := deliveryOf(t, d, b.ID); got.State != store.DeliveryParked || got.Error != "half of it is not JSON" {
			t.Errorf("second: %+v", got)
		}
		if n := d.Count(t, "SELECT COUNT(*) FROM messages"); n != 3 {
			t.Errorf("%d messages, want 3", n)
		}
	})

	t.Run("an unknown number is parked, the rest applied, and found when run again", func(t *testing.T) {
		t.Parallel()
		d := storetest.New(t)
		elsewhere := d.Text(2, "for the new branch")
		elsewhere.PhoneNumberID = "100000000000002"
		reports := []store.Report{elsewhere, d.Text(1, "for us")}
		kept := keepNew(t, d, "a")
		if err := d.Store.ApplyDeliveries(t.Context(), []store.Processed{{DeliveryID: kept.ID, Reports: reports}}); err != nil {
			t.Fatal(err)
		}
		if got := deliveryOf(t, d, kept.ID); got.State != store.DeliveryParked || !strings.Contains(got.Error, "100000000000002") {
			t.Errorf("delivery: %+v", got)
		}
		if n := d.Count(t, "SELECT COUNT(*) FROM messages"); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
		d.Exec(t, "INSERT INTO numbers (phone_number_id, created_at) VALUES ('100000000000002', 1)")
		if err := d.Store.RunDeliveryAgain(t.Context(), d.Alex, kept.ID); err != nil {
			t.Fatal(err)
		}
		if err := d.Store.ApplyDeliveries(t.Context(), []store.Processed{{DeliveryID: kept.ID, Reports: reports}}); err != nil {
			t.Fatal(err)
		}
		if got := deliveryOf(t, d, kept.ID); got.State != store.DeliveryDone || got.Attempts != 2 || got.Error != "" {
			t.Errorf("again: %+v", got)
		}
		if n := d.Count(t, "SELECT COUNT(*) FROM messages"); n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
	})

	t.Run("one of several fails: none is applied", func(t *testing.T) {
		t.Parallel()
		d := storetest.New(t)
		a, b := keepNew(t, d, "a"), keepNew(t, d, "b")
		err := d.Store.ApplyDeliveries(t.Context(), []store.Processed{
			{DeliveryID: a.ID, Reports: []store.Report{d.Text(1, "one")}}, {DeliveryID: b.ID, Reports: []store.Report{nameless}},
		})
		if err == nil {
			t.Fatal("no error")
		}
		if n := d.Count(t, "SELECT COUNT(*) FROM messages") + d.Count(t, "SELECT COUNT(*) FROM contacts"); n != 0 {
			t.Errorf("%d rows of a batch that failed", n)
		}
		if got := deliveryOf(t, d, a.ID); got.State != store.DeliveryNew {
			t.Errorf("delivery: %+v", got)
		}
	})

	t.Run("a bad report does not hold up the others of its delivery", func(t *testing.T) {
		t.Parallel()
		d := storetest.New(t)
		kept := keepNew(t, d, "a")
		err := d.Store.ApplyDeliveries(t.Context(), []store.Processed{
			{DeliveryID: kept.ID, Reports: []store.Report{d.Text(1, "one"), nameless, d.Text(2, "two")}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := deliveryOf(t, d, kept.ID); got.State != store.DeliveryParked || got.Error == "" || strings.Contains(got.Error, "two") {
			t.Errorf("delivery: %+v", got)
		}
		if n := d.Count(t, "SELECT COUNT(*) FROM messages"); n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
		alone := keepNew(t, d, "b")
		if err := d.Store.ApplyDeliveries(t.Context(), []store.Processed{{DeliveryID: alone.ID, Reports: []store.Report{nameless}}}); err == nil {
			t.Error("a delivery with nothing good in it is no error")
		}
		if err := d.Store.ParkDelivery(t.Context(), alone.ID, "it names\x00 nobody"); err != nil {
			t.Fatal(err)
		}
		if got := deliveryOf(t, d, alone.ID); got.State != store.DeliveryParked || got.Error != "it names\uFFFD nobody" {
			t.Errorf("parked: %+v", got)
		}
	})
}

func TestDeliveriesAreForAdmins(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	first, second := keepNew(t, d, "first"), keepNew(t, d, "second")
	if err := d.Store.ParkDelivery(t.Context(), first.ID, "why"); err != nil {
		t.Fatal(err)
	}
	for _, who := range []store.Agent{d.Sam, d.Ana} {
		_, err := d.Store.Deliveries(t.Context(), who, false, 0, 10)
		refused(t, err, store.ErrForbidden)
		_, err = d.Store.Delivery(t.Context(), who, first.ID)
		refused(t, err, store.ErrForbidden)
		refused(t, d.Store.RunDeliveryAgain(t.Context(), who, first.ID), store.ErrForbidden)
	}
	all, err := d.Store.Deliveries(t.Context(), d.Alex, false, 0, 10)
	if err != nil || len(all) != 2 || all[0].ID != second.ID || all[0].Body != nil {
		t.Errorf("all: %+v, %v", all, err)
	}
	older, err := d.Store.Deliveries(t.Context(), d.Alex, false, second.ID, 10)
	if err != nil || len(older) != 1 || older[0].ID != first.ID {
		t.Errorf("older: %+v, %v", older, err)
	}
	parked, err := d.Store.Deliveries(t.Context(), d.Alex, true, 0, 10)
	if err != nil || len(parked) != 1 || parked[0].Error != "why" {
		t.Errorf("parked: %+v, %v", parked, err)
	}
	if got := deliveryOf(t, d, first.ID); string(got.Body) != "first" {
		t.Errorf("body %q", got.Body)
	}
	_, err = d.Store.Delivery(t.Context(), d.Alex, 999)
	refused(t, err, store.ErrNotFound)

	refused(t, d.Store.RunDeliveryAgain(t.Context(), d.Alex, 999), store.ErrNotFound)
	events := eventsLeft(t, d, func() {
		if err := d.Store.RunDeliveryAgain(t.Context(), d.Alex, first.ID); err != nil {
			t.Fatal(err)
		}
	})
	if len(events) != 1 || events[0].Kind != store.DeliveryChanged {
		t.Errorf("events: %+v", events)
	}
	clash(t, d.Store.RunDeliveryAgain(t.Context(), d.Alex, first.ID), store.ConflictSettled)
	if n := d.Count(t, "SELECT COUNT(*) FROM audit WHERE action = 'delivery.again' AND agent_id = ?", d.Alex.ID); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

func TestPruneDeliveries(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	for range 3 {
		d.Inbound(t, 1, "kept for ever")
	}
	parked, unread := keepNew(t, d, "parked"), keepNew(t, d, "still new")
	if err := d.Store.ParkDelivery(t.Context(), parked.ID, "why"); err != nil {
		t.Fatal(err)
	}
	d.Real.Advance(30 * 24 * time.Hour)
	if n, err := d.Store.PruneDeliveries(t.Context(), 30*24*time.Hour, 100); n != 0 || err != nil {
		t.Errorf("pruned %d that are not older than 30 days, %v", n, err)
	}
	young := keepNew(t, d, "young")
	if err := d.Store.ParkDelivery(t.Context(), young.ID, "why"); err != nil {
		t.Fatal(err)
	}
	d.Real.Advance(time.Millisecond)
	if n, err := d.Store.PruneDeliveries(t.Context(), 30*24*time.Hour, 3); n != 3 || err != nil {
		t.Errorf("pruned %d, want the limit of 3, %v", n, err)
	}
	if n, err := d.Store.PruneDeliveries(t.Context(), 30*24*time.Hour, 100); n != 1 || err != nil {
		t.Errorf("pruned %d, want the parked one, %v", n, err)
	}
	left, err := d.Store.Deliveries(t.Context(), d.Alex, false, 0, 10)
	if err != nil || len(left) != 2 || left[0].ID != young.ID || left[1].ID != unread.ID {
		t.Errorf("left: %+v, %v", left, err)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM messages WHERE body = 'kept for ever'"); n != 3 {
		t.Errorf("%d messages left, want 3", n)
	}
}

func TestPruneEvents(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Inbound(t, 1, "Hello")
	lines := d.Count(t, "SELECT COUNT(*) FROM thread_lines")
	before, err := d.Store.LastSeq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	real := d.Real.Now().UnixMilli()
	d.Exec(t, "INSERT INTO sessions (token_hash, data, expires_at) VALUES ('old', x'00', ?), ('new', x'00', ?)", real, real+48*3600_000)
	d.Exec(t, "INSERT INTO links (token_hash, kind, expires_at) VALUES ('old', 'setup', ?), ('new', 'setup', ?)", real, real+48*3600_000)
	d.Exec(t, "INSERT INTO pending_reports (wamid, kind, report, received_at) VALUES ('wamid.GONE', 'revoke', '{}', ?), ('wamid.COMES', 'revoke', '{}', ?)",
		real-7*24*3600_000, real)

	d.Real.Advance(24 * time.Hour)
	if n, err := d.Store.PruneEvents(t.Context(), 24*time.Hour); n != 0 || err != nil {
		t.Errorf("pruned %d events that are not older than a day, %v", n, err)
	}
	d.Real.Advance(time.Second)
	if n, err := d.Store.PruneEvents(t.Context(), 24*time.Hour); n != before-1 || err != nil {
		t.Errorf("pruned %d events of %d, %v", n, before, err)
	}
	if after, err := d.Store.LastSeq(t.Context()); after != before || err != nil {
		t.Errorf("newest event %d, was %d, %v", after, before, err)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM thread_lines"); n != lines {
		t.Errorf("%d lines left of %d", n, lines)
	}
	if got := d.Chat(t, c.ID); got != c {
		t.Errorf("chat was\n%+v and is\n%+v", c, got)
	}
	for table, want := range map[string]int64{"sessions": 1, "links": 1, "pending_reports": 1} {
		if n := d.Count(t, "SELECT COUNT(*) FROM "+table); n != want {
			t.Errorf("%d rows in %s, want %d", n, table, want)
		}
	}
}

// The log keeps no hole, even where the real clock went backwards; and never more than 200,000 rows.
func TestPruneEventsFromTheOldEnd(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Exec(t, "DELETE FROM events")
	now := d.Real.Now().UnixMilli()
	d.Exec(t, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200003)"+
		" INSERT INTO events (seq, at, kind) SELECT 1000 + i, ?, 'chat.changed' FROM n", now)
	if n, err := d.Store.PruneEvents(t.Context(), time.Hour); n != 3 || err != nil {
		t.Errorf("pruned %d beyond 200,000, want 3, %v", n, err)
	}
	d.Exec(t, "UPDATE events SET at = ? WHERE seq = 1500", now-2*3600_000)
	if n, err := d.Store.PruneEvents(t.Context(), time.Hour); n != 1500-1003 || err != nil {
		t.Errorf("pruned %d up to the one whose time has passed, want %d, %v", n, 1500-1003, err)
	}
	if first := d.Count(t, "SELECT MIN(seq) FROM events"); first != 1501 {
		t.Errorf("oldest left is %d", first)
	}
	for seq, want := range map[int64]bool{0: false, 1499: false, 1500: true} {
		if _, complete, err := d.Store.EventsAfter(t.Context(), seq, 10); complete != want || err != nil {
			t.Errorf("after %d: complete %t, %v", seq, complete, err)
		}
	}
}
