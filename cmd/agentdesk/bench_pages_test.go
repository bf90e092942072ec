package main

import (
	"database/sql"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"agentdesk/store"
)

// BenchmarkPages is what a person waits for the desk's part of a page: GET until the last byte, on a desk of 10,000 chats
// with 20 messages each, 2,000 of them open; as whole pages, and as the parts that htmx asks for.
func BenchmarkPages(b *testing.B) {
	f := open(b)
	f.fill(b, f.rows(b), 10_000, 20)
	list, thread := []string{"HX-Request", "true", "HX-Target", "nav#chats"}, []string{"HX-Request", "true", "HX-Target", "div#chat"}
	for _, page := range []struct {
		name    string
		who     store.Agent
		path    string
		headers []string
	}{
		{"list/agent", f.Ana, "/chats", nil}, {"list/supervisor", f.Sam, "/chats?view=all", nil}, {"list/part", f.Ana, "/chats", list},
		{"list/closed", f.Ana, "/chats?view=closed", list}, {"thread/page", f.Ana, "/chats/15", nil}, {"thread/part", f.Ana, "/chats/15", thread},
	} {
		v := f.visitor(b, page.who)
		b.Run(page.name, func(b *testing.B) {
			var taken latencies
			var size int64
			for b.Loop() {
				bytes, took, err := v.get(page.path, page.headers...)
				if err != nil {
					b.Fatal(err)
				}
				size, taken = bytes, append(taken, took)
			}
			taken.report(b, 50, 95)
			b.ReportMetric(float64(size)/1024, "wire-kB")
		})
	}
}

// fill plants chats with messages past the store, as no command could in the time. A fifth of them are open and belong, in
// turn, to Ana, to Ben and to the queue.
func (f *floor) fill(tb testing.TB, db *sql.DB, chats, messages int) {
	tb.Helper()
	const (
		upTo = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
		day  = 24 * 60 * 60 * 1000
	)
	names := []any{sql.Named("day", day), sql.Named("now", time.Now().UnixMilli()), sql.Named("ana", f.Ana.ID), sql.Named("ben", f.Ben.ID)}
	for _, step := range []struct {
		count int
		sql   string
	}{
		{chats, upTo + "INSERT INTO contacts (id, profile_name, phone, created_at, updated_at) SELECT i, 'Customer ' || i, printf('+34600%06d', i), :now, :now FROM n"},
		{chats, upTo + `INSERT INTO chats (id, number_id, contact_id, team_id, state, owner_id, last_owner_id, queued_at, waiting_since, window_from, window_until,
			next_up, unread, last_message_at, closed_at, case_id, created_at)
			SELECT i, (SELECT MIN(id) FROM numbers), i, 1, iif(i % 5 = 0, 'open', 'closed'), CASE WHEN i % 15 = 0 THEN :ana WHEN i % 15 = 5 THEN :ben END,
			iif(i % 5 > 0, iif(i % 2 = 0, :ana, :ben), NULL), iif(i % 15 = 10, :now, 0), :now - i * 1000, :now - i * 1000, :now + :day - i * 1000,
			:now + :day - i * 1000, i % 2, :now - i * 1000, iif(i % 5 > 0, :now - i * 1000, 0), i, :now FROM n`},
		{chats, "INSERT INTO cases (id, chat_id, opened_at, closed_at) SELECT id, id, :now, closed_at FROM chats"},
		{messages, upTo + `INSERT INTO messages (chat_id, case_id, number_id, direction, kind, wamid, agent_id, at, body, status, rank, created_at)
			SELECT chats.id, case_id, number_id, iif(i % 4 = 0, 'out', 'in'), 'text', 'wamid.' || chats.id || '.' || i, iif(i % 4 = 0, :ana, NULL),
			last_message_at - (:count - i) * 60000, 'What was said as number ' || i, iif(i % 4 = 0, 'read', ''), iif(i % 4 = 0, 6, 0), :now FROM chats, n`},
		{0, "UPDATE chats SET last_message_id = (SELECT id FROM messages WHERE chat_id = chats.id ORDER BY at DESC, id DESC LIMIT 1)"},
		{0, "INSERT INTO assignments (chat_id, case_id, at, kind, agent_id, by_id) SELECT id, case_id, :now, 'taken', :ana, :ana FROM chats"},
		{0, "INSERT INTO thread_lines (chat_id, at, kind, agent_id, case_id, assignment_id) SELECT chat_id, at, kind, agent_id, case_id, id FROM assignments"},
		{0, "UPDATE agents SET open_count = (SELECT COUNT(*) FROM chats WHERE owner_id = agents.id)"},
	} {
		if _, err := db.ExecContext(tb.Context(), step.sql, append(names, sql.Named("count", step.count))...); err != nil {
			tb.Fatalf("plant: %v", err)
		}
	}
}

// BenchmarkFirstScreen is what a browser that knows nothing yet fetches for the inbox of somebody who is signed in and has
// 20 chats: requests, and bytes as they come over the wire and as they are meant.
func BenchmarkFirstScreen(b *testing.B) {
	f := open(b)
	people := make([]store.Agent, 20)
	for i := range people {
		people[i] = f.Ana
	}
	f.ownedByEach(b, people)
	p := f.browser(b, f.Ana.Name)
	for _, cookie := range f.visitor(b, f.Ana).cookies(b) { // signing in on a page would fetch half of it before the count
		if _, err := chromedp.Call(p.ctx, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: f.URL}); err != nil {
			b.Fatal(err)
		}
	}
	p.open("/chats")
	p.until("the live line", `document.body.dataset.connection === "Live"`)
	figures := eval[map[string]float64](p, `(() => {
		const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
		const sum = (key) => all.reduce((total, entry) => total + entry[key], 0);
		return {requests: all.length, wire: sum("encodedBodySize"), meant: sum("decodedBodySize")};
	})()`)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(figures["requests"], "requests")
	b.ReportMetric(figures["wire"]/1024, "wire-kB")
	b.ReportMetric(figures["meant"]/1024, "decoded-kB")
}
