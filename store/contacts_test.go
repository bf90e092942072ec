package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// from is a text, now, of whoever these ids name.
func from(d *storetest.Desk, id store.Identity) store.InboundMessage {
	r := d.Text(0, "words")
	r.From = id
	return r
}

func changed(was, is store.Identity, wamid string, at time.Time) store.IdentityReport {
	return store.IdentityReport{PhoneNumberID: storetest.PhoneNumberID, WAMID: wamid, Old: was, New: is, At: at,
		Change: store.SystemChange{Type: "user_changed_number", Body: "User changed"}}
}

// people lists the contacts by how they are called and how many chats and messages they have.
func people(t testing.TB, d *storetest.Desk) []string {
	t.Helper()
	rows, err := d.DB.QueryContext(t.Context(), `SELECT p.bsuid || '|' || p.phone || '|' || p.wa_id || '|' || p.review || '|' ||
		(SELECT COUNT(*) FROM chats WHERE contact_id = p.id) || '|' ||
		(SELECT COUNT(*) FROM messages m JOIN chats c ON c.id = m.chat_id WHERE c.contact_id = p.id AND m.kind <> 'system') FROM contacts p ORDER BY p.id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		list = append(list, one)
	}
	return list
}

func sameList(t testing.TB, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestContactByIDs(t *testing.T) {
	t.Parallel()
	both := store.Identity{BSUID: "ES.1", WaID: "34600000001"}
	hidden, phoneOnly := store.Identity{BSUID: "ES.1"}, store.Identity{WaID: "34600000001"}
	const one = "ES.1|+34600000001|34600000001||1|"
	for name, test := range map[string]struct {
		ids  []store.Identity
		want []string
	}{
		"without a phone":                             {[]store.Identity{hidden}, []string{"ES.1||||1|1"}},
		"without a business-scoped id":                {[]store.Identity{phoneOnly}, []string{"|+34600000001|34600000001||1|1"}},
		"the phone comes to be known":                 {[]store.Identity{hidden, both}, []string{one + "2"}},
		"the phone is hidden, and stays known":        {[]store.Identity{both, hidden, hidden}, []string{one + "3"}},
		"the business-scoped id comes to be known":    {[]store.Identity{phoneOnly, both}, []string{one + "2"}},
		"met twice, then one event names both":        {[]store.Identity{phoneOnly, hidden, both}, []string{one + "3"}},
		"met twice the other way round":               {[]store.Identity{hidden, phoneOnly, both}, []string{one + "3"}},
		"nothing but an event that names both links":  {[]store.Identity{phoneOnly, hidden}, []string{"|+34600000001|34600000001||1|1", "ES.1||||1|1"}},
		"a plus before the number is the same number": {[]store.Identity{{WaID: "+34600000001"}, phoneOnly}, []string{"|+34600000001|34600000001||1|2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := storetest.New(t)
			for _, id := range test.ids {
				d.Report(t, from(d, id))
				d.Clock.Advance(time.Minute)
			}
			sameList(t, people(t, d), test.want...)
		})
	}
}

func TestContactWithoutIDs(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	if err := tell(d, from(d, store.Identity{ProfileName: "Nobody"})); err == nil {
		t.Error("a message of nobody was taken")
	}
}

func TestContactNames(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Inbound(t, 1, "Hello")
	d.Clock.Advance(48 * time.Hour)
	late := from(d, store.Identity{BSUID: "ES.cust0001", ProfileName: "An earlier name"})
	d.Clock.Advance(48 * time.Hour)
	r := from(d, store.Identity{BSUID: "ES.cust0001", ProfileName: "Marta Gil", Username: "@marta.gil", ParentBSUID: "ES.ENT.1"})
	events := eventsLeft(t, d, func() { d.Report(t, r) })
	if got, want := kindsOf(events), "contact.changed message.received chat.changed"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	if events[0].ChatID != c.ID || events[0].TeamID != c.TeamID {
		t.Errorf("event: %+v", events[0])
	}
	again := from(d, store.Identity{BSUID: "ES.cust0001", Username: "marta"})
	d.Report(t, again, late)
	page, err := d.Store.Chat(t.Context(), d.Alex, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	p := page.Contact
	if p.ProfileName != "Marta Gil" || p.Username != "marta" || p.ParentBSUID != "ES.ENT.1" || p.Phone != "+34600000001" {
		t.Errorf("contact: %+v", p)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM contact_identities WHERE kind = 'username' AND contact_id = ? AND (ended_at > 0) = (value = 'marta.gil')", p.ID); n != 2 {
		t.Errorf("identities: %+v", page.Identities)
	}
	// Usernames pass from one to the other and lead to nobody.
	d.Report(t, from(d, store.Identity{BSUID: "ES.2", Username: "marta"}))
	if n := d.Count(t, "SELECT COUNT(*) FROM contacts WHERE username = 'marta'"); n != 2 {
		t.Errorf("%d contacts have the username, want 2", n)
	}
}

// A number that comes back under another business-scoped id, without Meta having linked the two, is another person's.
func TestRecycledNumber(t *testing.T) {
	t.Parallel()
	before, after := store.Identity{BSUID: "ES.1", WaID: "34600000001"}, store.Identity{BSUID: "ES.2", WaID: "34600000001"}

	t.Run("passes to the new person", func(t *testing.T) {
		t.Parallel()
		d := storetest.New(t)
		d.Report(t, from(d, before))
		d.Clock.Advance(24 * time.Hour)
		d.Report(t, from(d, after))
		want := []string{"ES.1|||recycled_number|1|1", "ES.2|+34600000001|34600000001|recycled_number|1|1"}
		sameList(t, people(t, d), want...)
		if n := d.Count(t, "SELECT COUNT(*) FROM contact_identities WHERE value = '34600000001' AND ended_at > 0 AND contact_id = 1"); n != 1 {
			t.Error("the former holder's history does not show the number")
		}
		want[0] = "ES.1|||recycled_number|1|2"
		d.Report(t, from(d, store.Identity{BSUID: "ES.1"}))
		sameList(t, people(t, d), want...)
	})

	t.Run("a late message of the former holder does not take it back", func(t *testing.T) {
		t.Parallel()
		d := storetest.New(t)
		d.Report(t, from(d, before))
		late := from(d, before)
		d.Clock.Advance(24 * time.Hour)
		d.Report(t, from(d, after), late)
		sameList(t, people(t, d), "ES.1|||recycled_number|1|2", "ES.2|+34600000001|34600000001|recycled_number|1|1")
	})

	t.Run("a former holder who is met late gets no number", func(t *testing.T) {
		t.Parallel()
		d := storetest.New(t)
		late := from(d, before)
		d.Clock.Advance(24 * time.Hour)
		d.Report(t, from(d, after), late)
		sameList(t, people(t, d), "ES.2|+34600000001|34600000001||1|1", "ES.1||||1|1")
	})

	t.Run("Meta links the two after all", func(t *testing.T) {
		t.Parallel()
		d := storetest.New(t)
		d.Report(t, from(d, before))
		d.Clock.Advance(24 * time.Hour)
		link := changed(store.Identity{BSUID: "ES.1"}, after, "wamid.SYSTEM", d.Clock.Now().Add(-time.Minute))
		d.Report(t, from(d, after), link)
		sameList(t, people(t, d), "ES.2|+34600000001|34600000001||1|2")
	})

	t.Run("a number its holder is known to have left", func(t *testing.T) {
		t.Parallel()
		d := storetest.New(t)
		moved := store.Identity{BSUID: "ES.3", WaID: "34600000003"}
		d.Report(t, from(d, before))
		d.Clock.Advance(time.Hour)
		d.Report(t, changed(before, moved, "wamid.SYSTEM", d.Clock.Now()))
		late := from(d, store.Identity{WaID: "34600000001"})
		late.SentAt = d.Clock.Now().Add(-time.Minute)
		d.Clock.Advance(time.Hour)
		d.Report(t, late) // from before the change: theirs
		sameList(t, people(t, d), "ES.3|+34600000003|34600000003||1|2")
		d.Report(t, from(d, store.Identity{WaID: "34600000001"})) // from after it: somebody else's
		sameList(t, people(t, d), "ES.3|+34600000003|34600000003||1|2", "|+34600000001|34600000001|recycled_number|1|1")
	})
}

func TestNumberChangeKeepsOneHistory(t *testing.T) {
	t.Parallel()
	was, is := store.Identity{BSUID: "ES.1", WaID: "34600000001"}, store.Identity{BSUID: "ES.2", WaID: "34600000002"}
	const one = "ES.2|+34600000002|34600000002||1|"
	for name, steps := range map[string]string{
		"in order":                         "old change new",
		"the new number writes first":      "old new change",
		"only then the old one":            "new change old",
		"the change comes last":            "new old change",
		"a late message of the old number": "old change new old",
		"everything twice":                 "old old change change new new change old",
		"before anybody has written":       "change new old",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := storetest.New(t)
			begin := d.Clock.Now()
			d.Clock.Advance(3 * time.Hour)
			messages := 0
			var words string
			for len(steps) > 0 {
				var step string
				step, steps = cutWord(steps)
				switch step {
				case "old":
					r := from(d, was)
					r.SentAt, r.Body = begin.Add(time.Duration(messages)*time.Second), "from the old number"
					d.Report(t, r)
					messages++
				case "new":
					r := from(d, is)
					r.SentAt, r.Body = begin.Add(2*time.Hour), "from the new number"
					d.Report(t, r)
					messages++
				case "change":
					d.Report(t, changed(was, is, "wamid.SYSTEM", begin.Add(time.Hour)))
				}
				words += step
			}
			sameList(t, people(t, d), fmt.Sprint(one, messages))
			if n := d.Count(t, "SELECT COUNT(*) FROM contact_identities WHERE ended_at = 0 AND contact_id = (SELECT id FROM contacts)"); n != 4 {
				t.Errorf("%d identities lead to the contact, want both sides of the change", n)
			}
			if n := d.Count(t, "SELECT unread FROM chats"); n != int64(messages) {
				t.Errorf("%d unread of %d", n, messages)
			}
		})
	}
}

func cutWord(words string) (first, rest string) {
	for i := range words {
		if words[i] == ' ' {
			return words[:i], words[i+1:]
		}
	}
	return words, ""
}

func TestNumberChangeStandsInTheThread(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	was, is := storetest.Customer(1), store.Identity{BSUID: "ES.new", WaID: "34600000777"}
	c := d.Owned(t, d.Ana, 1, "Hello")
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, c.ID); err != nil {
		t.Fatal(err)
	}
	before := d.Chat(t, c.ID)
	d.Clock.Advance(time.Hour)
	report := changed(was, is, "wamid.SYSTEM", d.Clock.Now())
	events := eventsLeft(t, d, func() { d.Report(t, report) })
	if got, want := kindsOf(events), "contact.changed message.received chat.changed"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	after, m := d.Chat(t, c.ID), messageOf(t, d, "wamid.SYSTEM")
	if m.Kind != store.KindSystem || m.Details.System == nil || m.Details.System.Type != "user_changed_number" {
		t.Errorf("message: %+v", m)
	}
	if after.State != store.ChatClosed || after.Unread != before.Unread || after.Waiting() || after.WindowUntil != before.WindowUntil {
		t.Errorf("chat was\n%+v\nand is\n%+v", before, after)
	}
	if events := eventsLeft(t, d, func() { d.Report(t, report) }); len(events) != 0 {
		t.Errorf("the same again left %s", kindsOf(events))
	}
	report.WAMID = "" // field user_id_update says it without an id
	if events := eventsLeft(t, d, func() { d.Report(t, report) }); len(events) != 0 {
		t.Errorf("the same again without an id left %s", kindsOf(events))
	}
}

// The number changed and Meta hides the new one: the phone stays to be read, but nothing is sent there any more.
func TestHiddenNumberChange(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	was := storetest.Customer(1)
	d.Inbound(t, 1, "Hello")
	late := from(d, was)
	d.Clock.Advance(2 * time.Hour)
	report := changed(store.Identity{BSUID: was.BSUID}, store.Identity{BSUID: "ES.new"}, "wamid.SYSTEM", d.Clock.Now())
	d.Report(t, report, from(d, store.Identity{BSUID: "ES.new"}), late, report)
	sameList(t, people(t, d), "ES.new|+34600000001|||1|3")
}

// The new number was somebody else's before: they are not the same person, whatever they have in common.
func TestNumberChangeToSomebodysFormerNumber(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Report(t, from(d, store.Identity{WaID: "34600000009"}), from(d, store.Identity{BSUID: "ES.8", WaID: "34600000008"}))
	d.Inbound(t, 1, "Hello")
	d.Inbound(t, 2, "Hello")
	d.Clock.Advance(48 * time.Hour)
	d.Report(t, changed(storetest.Customer(1), store.Identity{BSUID: "ES.new1", WaID: "34600000009"}, "wamid.S1", d.Clock.Now()))
	d.Report(t, changed(storetest.Customer(2), store.Identity{BSUID: "ES.new2", WaID: "34600000008"}, "wamid.S2", d.Clock.Now()))
	sameList(t, people(t, d), "|||recycled_number|1|1", "ES.8|||recycled_number|1|1",
		"ES.new1|+34600000009|34600000009|recycled_number|1|1", "ES.new2|+34600000008|34600000008|recycled_number|1|1")
}

// Both sides have chats with the desk, of both numbers: everything people read ends in the older contact's.
func TestFold(t *testing.T) {
	t.Parallel()
	was, is := storetest.Customer(1), storetest.Customer(2)
	for name, test := range map[string]struct {
		prepare func(t testing.TB, d *storetest.Desk, older, younger store.Chat)
		state   store.ChatState
		owner   func(d *storetest.Desk) int64
	}{
		"both in the queue": {func(testing.TB, *storetest.Desk, store.Chat, store.Chat) {}, store.ChatOpen, nil},
		"both owned": {func(t testing.TB, d *storetest.Desk, older, younger store.Chat) {
			takeBy(t, d, d.Ana, older)
			takeBy(t, d, d.Ben, younger)
		}, store.ChatOpen, func(d *storetest.Desk) int64 { return d.Ana.ID }},
		"the younger owned": {func(t testing.TB, d *storetest.Desk, _, younger store.Chat) {
			takeBy(t, d, d.Ben, younger)
		}, store.ChatOpen, func(d *storetest.Desk) int64 { return d.Ben.ID }},
		"the older closed": {func(t testing.TB, d *storetest.Desk, older, younger store.Chat) {
			takeBy(t, d, d.Ben, younger)
			closeIt(t, d, older)
		}, store.ChatOpen, func(d *storetest.Desk) int64 { return d.Ben.ID }},
		"the younger closed": {func(t testing.TB, d *storetest.Desk, older, younger store.Chat) {
			takeBy(t, d, d.Ana, older)
			closeIt(t, d, younger)
		}, store.ChatOpen, func(d *storetest.Desk) int64 { return d.Ana.ID }},
		"both closed": {func(t testing.TB, d *storetest.Desk, older, younger store.Chat) {
			closeIt(t, d, older)
			closeIt(t, d, younger)
		}, store.ChatClosed, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := storetest.New(t)
			d.Exec(t, "INSERT INTO numbers (phone_number_id, created_at) VALUES ('100000000000002', 1)")
			older := d.Inbound(t, 1, "from the old number")
			d.Clock.Advance(time.Minute)
			younger := d.Inbound(t, 2, "from the new number")
			elsewhere := d.Text(2, "to our other number")
			elsewhere.PhoneNumberID = "100000000000002"
			picture := d.Text(2, "picture")
			heart := reaction(picture.WAMID, "❤️", d.Clock.Now())
			heart.From = is
			d.Report(t, elsewhere, picture, heart, reaction("wamid.NOWHERE", "👍", d.Clock.Now()))
			if err := d.Store.RecordOpening(t.Context(), d.Sam, younger.ID); err != nil {
				t.Fatal(err)
			}
			test.prepare(t, d, older, younger)
			waiting := d.Chat(t, older.ID).Waiting() || d.Chat(t, younger.ID).Waiting()
			rows := func(table string) int64 { return d.Count(t, "SELECT COUNT(*) FROM "+table) }
			counts := map[string]int64{}
			for _, table := range []string{"cases", "thread_lines", "chat_openings", "reactions"} {
				counts[table] = rows(table)
			}

			d.Report(t, changed(was, is, "wamid.SYSTEM", d.Clock.Now().Add(-time.Second)))

			sameList(t, people(t, d), "ES.cust0002|+34600000002|34600000002||2|4")
			got := d.Chat(t, older.ID)
			owner := int64(0)
			if test.owner != nil {
				owner = test.owner(d)
			}
			if got.State != test.state || got.OwnerID != owner || got.Waiting() != waiting {
				t.Errorf("chat: %+v", got)
			}
			if _, err := d.Store.Chat(t.Context(), d.Alex, younger.ID); err == nil {
				t.Error("the empty chat is still there")
			}
			for table, want := range counts {
				if n := rows(table); n != want {
					t.Errorf("%d rows in %s, were %d", n, table, want)
				}
				if n := d.Count(t, "SELECT COUNT(*) FROM "+table+" WHERE chat_id = ?", younger.ID); n != 0 {
					t.Errorf("%d rows of %s left with the empty chat", n, table)
				}
			}
			open := map[store.ChatState]int64{store.ChatOpen: 1}[got.State]
			if n := d.Count(t, "SELECT COUNT(*) FROM cases WHERE chat_id = ? AND closed_at = 0 AND id = ?", got.ID, got.CaseID); n != open {
				t.Errorf("%d open cases", n)
			}
			if n := d.Count(t, "SELECT COUNT(*) FROM agents WHERE open_count <> (SELECT COUNT(*) FROM chats WHERE owner_id = agents.id)"); n != 0 {
				t.Errorf("%d people have a wrong count", n)
			}
			if !got.WindowFrom.Equal(d.Clock.Now()) || got.LastMessageID != messageOf(t, d, picture.WAMID).ID {
				t.Errorf("window from %v, last message %d", got.WindowFrom, got.LastMessageID)
			}
			if m := messageOf(t, d, picture.WAMID); m.ChatID != older.ID || len(m.Reactions) != 1 {
				t.Errorf("a moved message: %+v", m)
			}
		})
	}
}

func takeBy(t testing.TB, d *storetest.Desk, who store.Agent, c store.Chat) {
	t.Helper()
	if _, err := d.Store.TakeChat(t.Context(), who, c.ID, true); err != nil {
		t.Fatal(err)
	}
}

func closeIt(t testing.TB, d *storetest.Desk, c store.Chat) {
	t.Helper()
	if _, err := d.Store.CloseChat(t.Context(), d.Alex, c.ID); err != nil {
		t.Fatal(err)
	}
}

func TestNotice(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Inbound(t, 1, "Hello")
	r := store.NoticeReport{PhoneNumberID: storetest.PhoneNumberID, Contact: storetest.Customer(1), Text: "stop\x00", At: d.Clock.Now()}
	events := eventsLeft(t, d, func() { d.Report(t, r, r) })
	if got, want := kindsOf(events), "line.added"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM thread_lines WHERE chat_id = ? AND kind = 'notice' AND json_extract(details, '$.text') = ?", c.ID, "stop\uFFFD"); n != 1 {
		t.Errorf("%d lines", n)
	}
	if got := d.Chat(t, c.ID); got != c {
		t.Errorf("chat was\n%+v and is\n%+v", c, got)
	}
}

// A status or an answer of Meta names the recipient: it teaches what is missing, and moves nothing that is somebody's.
func TestRecipientTeaches(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Report(t, from(d, store.Identity{BSUID: "ES.1"}))
	d.Inbound(t, 2, "Hello")
	id := d.Exec(t, "INSERT INTO messages (chat_id, number_id, direction, kind, wamid, at, status, created_at) VALUES (1, ?, 'out', 'text', 'wamid.OURS', 1, 'accepted', 1)", d.Number.ID)
	status := func(to store.Identity, status store.Status) store.StatusReport {
		return store.StatusReport{PhoneNumberID: storetest.PhoneNumberID, WAMID: "wamid.OURS", MessageID: id, Status: status, At: d.Clock.Now(), Recipient: to}
	}
	d.Report(t, status(store.Identity{BSUID: "ES.1", WaID: storetest.Customer(2).WaID}, store.Sent))
	sameList(t, people(t, d), "ES.1||||1|2", "ES.cust0002|+34600000002|34600000002||1|1")
	d.Report(t, status(store.Identity{BSUID: "ES.1", WaID: "34600000001"}, store.Delivered))
	sameList(t, people(t, d), "ES.1|+34600000001|34600000001||1|2", "ES.cust0002|+34600000002|34600000002||1|1")
	d.Report(t, status(store.Identity{}, store.Read))
	sameList(t, people(t, d), "ES.1|+34600000001|34600000001||1|2", "ES.cust0002|+34600000002|34600000002||1|1")
}

// A fold says of every message that it stands elsewhere now: more than one statement can insert.
func TestFoldOfALongHistory(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Inbound(t, 1, "from the old number")
	d.Clock.Advance(time.Minute)
	younger := d.Inbound(t, 2, "from the new number")
	const many = 4000
	d.Exec(t, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"+
		" INSERT INTO messages (chat_id, number_id, direction, kind, wamid, at, created_at) SELECT ?, ?, 'in', 'text', 'wamid.P' || i, i, i FROM n",
		many, younger.ID, d.Number.ID)
	events := eventsLeft(t, d, func() {
		d.Report(t, store.IdentityReport{PhoneNumberID: storetest.PhoneNumberID, WAMID: "wamid.CHANGE", Old: storetest.Customer(1),
			New: storetest.Customer(2), At: d.Clock.Now()})
	})
	if n := d.Count(t, "SELECT COUNT(*) FROM chats"); n != 1 {
		t.Errorf("%d chats", n)
	}
	if len(events) < many {
		t.Errorf("%d events", len(events))
	}
}
