package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func customerOf(n int) store.Identity {
	return store.Identity{BSUID: fmt.Sprintf("ES.order%d", n), WaID: fmt.Sprintf("346001%05d", n), ProfileName: "Somebody"}
}

func callID(n int) string { return fmt.Sprintf("wacid.ORDER%d", n) }

// look is everything of a customer's chat that does not depend on when which report came: what stands in the thread, and
// what the chat says of itself. Ids are left out, and the customer's number in the WhatsApp ids.
func look(t *rapid.T, d *storetest.Desk, customer int) string {
	rows, err := d.DB.QueryContext(t.Context(), `
		SELECT 'chat ' || c.state || ' unread ' || c.unread || ' waiting ' || c.waiting_since || ' window ' || c.window_from || '-' || c.window_until ||
			' last ' || c.last_message_at || ' ' || l.body || ' next ' || c.next_up
		FROM chats c JOIN contact_identities i ON i.contact_id = c.contact_id LEFT JOIN messages l ON l.id = c.last_message_id WHERE i.value = ?1
		UNION ALL SELECT * FROM (SELECT 'message ' || m.at || ' ' || m.wamid || ' ' || m.direction || ' ' || m.kind || ' ' || m.body || ' ' || m.details || ' ' ||
			m.edited_at || ' ' || m.revoked_at FROM messages m JOIN chats c ON c.id = m.chat_id
			JOIN contact_identities i ON i.contact_id = c.contact_id WHERE i.value = ?1 ORDER BY m.at, m.wamid)
		UNION ALL SELECT * FROM (SELECT 'edit ' || e.at || ' ' || e.body FROM message_edits e JOIN messages m ON m.id = e.message_id JOIN chats c ON c.id = m.chat_id
			JOIN contact_identities i ON i.contact_id = c.contact_id WHERE i.value = ?1 ORDER BY m.wamid, e.at)
		UNION ALL SELECT * FROM (SELECT 'reaction ' || r.target_wamid || ' ' || r.emoji || ' ' || r.at FROM reactions r JOIN chats c ON c.id = r.chat_id
			JOIN contact_identities i ON i.contact_id = c.contact_id WHERE i.value = ?1 ORDER BY r.target_wamid)`, customerOf(customer).BSUID)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var said []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		said = append(said, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.Join(said, "\n"), fmt.Sprintf("ORDER%d", customer), "")
}

// Whatever order Meta's events come in, and however often, the thread and the chat end the same.
func TestReportsInAnyOrder(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	start := d.Clock.Now()
	d.Clock.Advance(24*time.Hour + time.Minute)
	customers := 0
	rapid.Check(t, func(t *rapid.T) {
		type act struct {
			what          string
			second, about int
		}
		n := rapid.IntRange(1, 5).Draw(t, "messages")
		var acts []act
		for i := range n {
			// Never two in the same second: of those the first to arrive stands first, and the order matters.
			acts = append(acts, act{"text", 5*rapid.IntRange(0, 17_279).Draw(t, "at") + i, i})
		}
		seconds := rapid.Permutation(indexes(3600)).Draw(t, "instants") // one person does one thing at a time
		for i := range rapid.IntRange(0, 6).Draw(t, "amendments") {
			what := rapid.SampledFrom([]string{"edit", "revoke", "👍", "❤️", ""}).Draw(t, "what")
			about := rapid.IntRange(0, n-1).Draw(t, "about")
			if what == "revoke" && hasRevoke(acts, func(a act) bool { return a.what == "revoke" && a.about == about }) {
				continue
			}
			acts = append(acts, act{what, seconds[i], about})
		}
		for range rapid.IntRange(0, 4).Draw(t, "repeats") {
			acts = append(acts, rapid.SampledFrom(acts).Draw(t, "repeat"))
		}
		report := func(a act, customer int) store.Report {
			at, who := start.Add(time.Duration(a.second)*time.Second), customerOf(customer)
			wamid := fmt.Sprintf("wamid.ORDER%d.%d", customer, a.about)
			switch a.what {
			case "text":
				return store.InboundMessage{PhoneNumberID: storetest.PhoneNumberID, From: who, WAMID: wamid, SentAt: at, Kind: store.KindText,
					Body: fmt.Sprintf("message of second %d", a.second)}
			case "edit":
				return edit(wamid, fmt.Sprintf("edit of second %d", a.second), at)
			case "revoke":
				return revoke(wamid, at)
			}
			r := reaction(wamid, a.what, at)
			r.From = who
			return r
		}
		var ends [2]string
		for i, order := range [][]int{indexes(len(acts)), rapid.Permutation(indexes(len(acts))).Draw(t, "order")} {
			customers++
			for _, n := range order {
				if err := tell(d, report(acts[n], customers)); err != nil {
					t.Fatal(err)
				}
			}
			ends[i] = look(t, d, customers)
		}
		if ends[0] != ends[1] {
			t.Fatalf("in order\n%s\nshuffled\n%s", ends[0], ends[1])
		}
	})
}

func hasRevoke[A any](acts []A, is func(A) bool) bool {
	for _, a := range acts {
		if is(a) {
			return true
		}
	}
	return false
}
