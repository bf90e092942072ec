package store_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestRow(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	last := plant(t, d, c.ID, store.Message{Direction: store.Out, AgentID: d.Ben.ID, Body: "Voy", Status: store.Delivered, At: d.Clock.Now().Add(time.Second)})
	d.Exec(t, "UPDATE messages SET details = '{\"location\":{\"latitude\":1.5,\"longitude\":2}}' WHERE id = ?", last)
	d.Exec(t, "UPDATE chats SET last_message_id = ? WHERE id = ?", last, c.ID)
	silent := d.Queue(t, 1)[0]

	rows, next, err := d.Store.ChatList(t.Context(), d.Sam, store.ListQuery{View: store.ViewAll})
	if err != nil || next != "" || len(rows) != 2 {
		t.Fatalf("%d rows, next %q, %v", len(rows), next, err)
	}
	row := rows[0]
	if row.Chat.ID != c.ID || row.Contact.ID != c.ContactID || row.Contact.ProfileName == "" {
		t.Errorf("chat %d, contact %+v", row.Chat.ID, row.Contact)
	}
	ana, ben := &store.Agent{ID: d.Ana.ID, Name: d.Ana.Name}, &store.Agent{ID: d.Ben.ID, Name: d.Ben.Name}
	if diff := cmp.Diff([]*store.Agent{ana, ben}, []*store.Agent{row.Owner, row.LastAuthor}); diff != "" {
		t.Errorf("owner and last author, names only (-want +got):\n%s", diff)
	}
	want := &store.Message{ID: last, ChatID: c.ID, Direction: store.Out, Kind: store.KindText, AgentID: d.Ben.ID, At: d.Clock.Now().Add(time.Second),
		Body: "Voy", Status: store.Delivered, Details: store.Details{Location: &store.Location{Latitude: 1.5, Longitude: 2}}, Agent: ben}
	if diff := cmp.Diff(want, row.LastMessage); diff != "" {
		t.Errorf("last message (-want +got):\n%s", diff)
	}
	if row := rows[1]; row.Chat.ID != silent || row.Owner != nil || row.LastMessage != nil || row.LastAuthor != nil {
		t.Errorf("a chat without owner and messages: %+v", row)
	}
}

func TestListPagesFollowEachOther(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Queue(t, 251)
	d.Exec(t, "UPDATE chats SET next_up = 7 WHERE id % 3 = 0") // ties, broken by id
	if all := walk(t, d, d.Ana, store.ViewQueue, 40); len(all) != 251 {
		t.Errorf("%d chats in pages of 40", len(all))
	}
	for limit, want := range map[int]int{0: 50, -1: 50, 10: 10, 201: 200, 1 << 30: 200} {
		rows, next, err := d.Store.ChatList(t.Context(), d.Ana, store.ListQuery{View: store.ViewQueue, Limit: limit})
		if err != nil || next == "" || len(rows) != want {
			t.Errorf("limit %d: %d rows, next %q, %v; want %d", limit, len(rows), next, err, want)
		}
	}
}

// TestNothingIsSkippedWhenTheListMoves: a chat that changes its place may be seen twice or again, and no other is missed.
func TestNothingIsSkippedWhenTheListMoves(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	ids := d.Queue(t, 6)
	first, next, err := d.Store.ChatList(t.Context(), d.Ana, store.ListQuery{View: store.ViewQueue, Limit: 3})
	if err != nil || len(first) != 3 {
		t.Fatalf("%d rows, %v", len(first), err)
	}
	take(t, d, d.Ben, ids[0])
	take(t, d, d.Ben, ids[2]) // the row the cursor stands on
	rest, _, err := d.Store.ChatList(t.Context(), d.Ana, store.ListQuery{View: store.ViewQueue, Limit: 3, After: next})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, row := range rest {
		got = append(got, row.Chat.ID)
	}
	if diff := cmp.Diff(ids[3:], got); diff != "" {
		t.Errorf("after the cursor (-want +got):\n%s", diff)
	}
}

func TestWaitingComesFirst(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	answered, waits := owned(t, d, d.Ana), owned(t, d, d.Ana)
	closed := owned(t, d, d.Ana)
	if err := closeChat(d, d.Ana, closed.ID); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Minute)
	again, err := d.Store.ReopenChat(t.Context(), d.Ana, closed.ID) // nobody waits in it: behind those in which somebody does
	if err != nil {
		t.Fatal(err)
	}
	if again.Waiting() {
		t.Error("somebody waits in a chat reopened by hand")
	}
	var got []int64
	for _, c := range walk(t, d, d.Ana, store.ViewMine, 50) {
		got = append(got, c.ID)
	}
	if diff := cmp.Diff([]int64{answered.ID, waits.ID, closed.ID}, got); diff != "" {
		t.Errorf("mine (-want +got):\n%s", diff)
	}
}

func TestClosingSoon(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	now := d.Clock.Now()
	ids := d.Queue(t, 6)
	want := []int64{}
	for i, left := range []time.Duration{ // of the time in which text may be sent
		-time.Second, 0, time.Millisecond, store.ClosingSoon - time.Millisecond, store.ClosingSoon, 20 * time.Hour,
	} {
		until := now.Add(left + store.WindowMargin)
		d.Exec(t, "UPDATE chats SET window_until = ?, window_from = ? WHERE id = ?", until.UnixMilli(), until.Add(-store.WindowLength).UnixMilli(), ids[i])
		if i == 2 || i == 3 {
			want = append(want, ids[i])
		}
	}
	ended := d.Queue(t, 1)[0] // by Meta, before its day was over
	d.Exec(t, "UPDATE chats SET window_until = ?, window_from = ? WHERE id = ?", now.UnixMilli(), now.Add(-time.Hour).UnixMilli(), ended)
	for _, who := range []store.Agent{d.Ana, d.Sam, d.Alex} {
		got := []int64{}
		for _, c := range walk(t, d, who, store.ViewClosing, 1) {
			got = append(got, c.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", who.Name, diff)
		}
	}
}

func TestCountsEndAtALimit(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	ids := d.Queue(t, store.CountLimit+1)
	take(t, d, d.Ana, ids[0])
	counts, err := d.Store.ViewCounts(t.Context(), d.Ana)
	if err != nil {
		t.Fatal(err)
	}
	want := store.ViewCounts{Unread: 1, Views: map[store.View]int{store.ViewMine: 1, store.ViewQueue: store.CountLimit,
		store.ViewTeam: store.CountLimit, store.ViewAll: store.CountLimit, store.ViewClosing: 0, store.ViewClosed: 0}}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestForgedCursors(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	code := base64.RawURLEncoding.EncodeToString
	for _, forged := range []string{"x", "%%%", "AAAA", code([]byte("1")), code([]byte("1.")), code([]byte("1.2.3")), code([]byte("1.2 ")),
		code([]byte(" 1.2")), code([]byte("01.2")), code([]byte("1.2\n")), code([]byte("99999999999999999999.1")), code([]byte("1;DROP TABLE chats.1")),
		base64.URLEncoding.EncodeToString([]byte("1.22")), "\x00", "é"} {
		_, _, err := d.Store.ChatList(t.Context(), d.Ana, store.ListQuery{View: store.ViewMine, After: forged})
		wantInvalid(t, err, "after")
		_, err = d.Store.Thread(t.Context(), d.Ana, c.ID, store.ThreadQuery{Before: forged})
		wantInvalid(t, err, "before")
		_, err = d.Store.Thread(t.Context(), d.Ana, c.ID, store.ThreadQuery{After: forged})
		wantInvalid(t, err, "after")
	}
	_, _, err := d.Store.ChatList(t.Context(), d.Ana, store.ListQuery{View: "everything"})
	wantInvalid(t, err, "view")
	place := store.Message{ID: 1, At: d.Clock.Now()}.Cursor()
	_, err = d.Store.Thread(t.Context(), d.Ana, c.ID, store.ThreadQuery{Before: place, After: place})
	wantInvalid(t, err, "after")
	if _, err = d.Store.Thread(t.Context(), d.Ana, c.ID, store.ThreadQuery{Before: place}); err != nil {
		t.Errorf("a place in time that is no message of this chat: %v", err)
	}
}

func TestChatPage(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	d.Exec(t, "UPDATE numbers SET token_sealed = 'sealed'")
	d.Exec(t, "INSERT INTO contact_identities (contact_id, kind, value, first_seen, last_seen) VALUES (?, 'bsuid', 'ES.1', 1, 2)", c.ContactID)
	first := c.CaseID
	if err := closeChat(d, d.Ana, c.ID); err != nil {
		t.Fatal(err)
	}
	if err := reopenChat(d, d.Sam, c.ID); err != nil {
		t.Fatal(err)
	}
	plant(t, d, c.ID, store.Message{At: d.Clock.Now()})
	plant(t, d, c.ID, store.Message{At: d.Clock.Now()})
	if err := releaseChat(d, d.Sam, c.ID); err != nil {
		t.Fatal(err)
	}
	page, err := d.Store.Chat(t.Context(), d.Ana, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if page.Owner != nil || page.Contact.ID != c.ContactID || len(page.Identities) != 1 || page.Identities[0].Value != "ES.1" {
		t.Errorf("page: %+v", page)
	}
	if page.Number.DisplayPhone == "" || page.Number.TokenSealed != "" {
		t.Errorf("number: %+v", page.Number)
	}
	type summary struct {
		ID       int64
		Owner    string
		Messages int
		Closed   bool
	}
	var got []summary
	for _, s := range page.Cases {
		got = append(got, summary{s.ID, s.Owner.Name, s.Messages, !s.ClosedAt.IsZero()})
	}
	if diff := cmp.Diff([]summary{{page.Chat.CaseID, d.Sam.Name, 2, false}, {first, d.Ana.Name, 1, true}}, got); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
	for range 30 {
		d.Exec(t, "INSERT INTO cases (chat_id, opened_at, closed_at) VALUES (?, 1, 2)", c.ID)
		d.Exec(t, "INSERT INTO chat_openings (chat_id, agent_id, at) VALUES (?, ?, 1)", c.ID, d.Ben.ID)
	}
	if page, err = d.Store.Chat(t.Context(), d.Ana, c.ID); err != nil || len(page.Cases) != 20 || len(page.Openings) != 5 || page.Cases[0].Owner != nil {
		t.Errorf("%d cases, %d openings, %v", len(page.Cases), len(page.Openings), err)
	}
	_, err = d.Store.Chat(t.Context(), d.Ana, 999)
	wantError(t, err, store.ErrNotFound)
}
