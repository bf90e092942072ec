package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// TestPagingCoversEverythingOnce walks a thread with many equal instants to both ends, in stretches of any size.
func TestPagingCoversEverythingOnce(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	rapid.Check(t, func(rt *rapid.T) {
		c := owned(t, d, d.Ana)
		start := d.Clock.Now()
		d.Exec(t, "DELETE FROM thread_lines WHERE chat_id = ?", c.ID)
		for range rapid.IntRange(0, 25).Draw(rt, "messages") {
			plant(t, d, c.ID, store.Message{At: start.Add(time.Duration(rapid.IntRange(-4, 4).Draw(rt, "at")) * time.Second)})
		}
		for range rapid.IntRange(0, 10).Draw(rt, "lines") {
			at := start.Add(time.Duration(rapid.IntRange(-6, 6).Draw(rt, "line at")) * time.Second)
			d.Exec(t, "INSERT INTO thread_lines (chat_id, at, kind) VALUES (?, ?, 'notice')", c.ID, at.UnixMilli())
		}
		wantMessages, wantLines := orderOf(t, d, "messages", c.ID), orderOf(t, d, "thread_lines", c.ID)

		limit := rapid.IntRange(1, 9).Draw(rt, "limit")
		stretch := func(q store.ThreadQuery) store.Thread {
			q.Limit = limit
			th, err := d.Store.Thread(background, d.Ana, c.ID, q)
			if err != nil {
				rt.Fatal(err)
			}
			return th
		}
		same := func(what string, want, got []int64) {
			if !slices.Equal(want, got) {
				rt.Fatalf("%s: want %v, got %v", what, want, got)
			}
		}
		newest := stretch(store.ThreadQuery{})
		if newest.Newer != "" {
			rt.Fatal("something comes after the newest stretch")
		}
		messages, lines, older := messageIDs(newest), lineIDs(newest), newest.Older
		oldest := newest
		for older != "" {
			oldest = stretch(store.ThreadQuery{Before: older})
			messages, lines, older = append(messageIDs(oldest), messages...), append(lineIDs(oldest), lines...), oldest.Older
		}
		same("messages, backwards", wantMessages, messages)
		same("lines, backwards", wantLines, lines)

		messages, lines = messageIDs(oldest), lineIDs(oldest)
		for newer := oldest.Newer; newer != ""; {
			next := stretch(store.ThreadQuery{After: newer})
			messages, lines, newer = append(messages, messageIDs(next)...), append(lines, lineIDs(next)...), next.Newer
		}
		same("messages, forwards", wantMessages, messages)
		same("lines, forwards", wantLines, lines)

		first := oldest.Messages[0].Cursor()
		if before := stretch(store.ThreadQuery{Before: first}); len(before.Messages)+len(before.Lines) != 0 || before.Older != "" || before.Newer != first {
			rt.Fatalf("before the beginning: %+v", before)
		}
		last := newest.Messages[len(newest.Messages)-1].Cursor()
		if after := stretch(store.ThreadQuery{After: last}); len(after.Messages) != 0 || after.Newer != "" || after.Older != last {
			rt.Fatalf("after the end: %+v", after)
		}
	})
}

func orderOf(t *testing.T, d *storetest.Desk, table string, chatID int64) []int64 {
	t.Helper()
	rows, err := d.DB.QueryContext(t.Context(), "SELECT id FROM "+table+" WHERE chat_id = ? ORDER BY at, id", chatID)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

func messageIDs(th store.Thread) (ids []int64) {
	for _, m := range th.Messages {
		ids = append(ids, m.ID)
	}
	return ids
}

func lineIDs(th store.Thread) (ids []int64) {
	for _, line := range th.Lines {
		ids = append(ids, line.ID)
	}
	return ids
}

func TestThreadWithoutMessages(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := take(t, d, d.Ana, d.Queue(t, 1)[0])
	th, err := d.Store.Thread(t.Context(), d.Ana, c.ID, store.ThreadQuery{})
	if err != nil || len(th.Messages) != 0 || len(th.Lines) != 1 || th.Older != "" || th.Newer != "" {
		t.Errorf("%+v, %v", th, err)
	}
	_, err = d.Store.Thread(t.Context(), d.Ben, c.ID, store.ThreadQuery{})
	wantError(t, err, store.ErrNotFound)
}

func TestLimitsOfAStretch(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	for i := range 220 {
		plant(t, d, c.ID, store.Message{At: d.Clock.Now().Add(time.Duration(i) * time.Second)})
	}
	for limit, want := range map[int]int{0: 40, -5: 40, 7: 7, 1000: 200} {
		th, err := d.Store.Thread(t.Context(), d.Ana, c.ID, store.ThreadQuery{Limit: limit})
		if err != nil || len(th.Messages) != want {
			t.Errorf("limit %d: %d messages, %v; want %d", limit, len(th.Messages), err, want)
		}
	}
}

// TestALateMessageStandsInItsPlace: what arrives later and was written earlier is read where it was written.
func TestALateMessageStandsInItsPlace(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := owned(t, d, d.Ana)
	second := plant(t, d, c.ID, store.Message{At: d.Clock.Now().Add(time.Hour)})
	late := plant(t, d, c.ID, store.Message{At: d.Clock.Now().Add(time.Minute)})
	th, err := d.Store.Thread(t.Context(), d.Ana, c.ID, store.ThreadQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{c.LastMessageID, late, second}, messageIDs(th)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// dressed plants a chat that has one of everything, and returns the ids of question and answer.
func dressed(t testing.TB, d *storetest.Desk) (c store.Chat, question, answer int64) {
	t.Helper()
	c = owned(t, d, d.Ana)
	now := d.Clock.Now()
	question = plant(t, d, c.ID, store.Message{WAMID: "wamid.Q" + fmt.Sprint(c.ID), Body: "two", At: now.Add(time.Second), EditedAt: now.Add(time.Minute)})
	for _, before := range []string{"zero", "one"} {
		d.Exec(t, "INSERT INTO message_edits (message_id, at, body) VALUES (?, ?, ?)", question, now.UnixMilli(), before)
	}
	quoted := "wamid.Q" + fmt.Sprint(c.ID)
	answer = plant(t, d, c.ID, store.Message{WAMID: "wamid.A" + fmt.Sprint(c.ID), Direction: store.Out, AgentID: d.Ben.ID, Body: "four",
		QuotedWAMID: quoted, Status: store.Failed, At: now.Add(2 * time.Second)})
	plant(t, d, c.ID, store.Message{Direction: store.Out, AgentID: d.Chi.ID, RetryOfID: answer, Status: store.Queued, At: now.Add(4 * time.Second)})
	plant(t, d, c.ID, store.Message{QuotedWAMID: "wamid.A" + fmt.Sprint(c.ID), At: now.Add(5 * time.Second)})
	plant(t, d, c.ID, store.Message{QuotedWAMID: "wamid.ELSEWHERE", At: now.Add(6 * time.Second)})
	for i, status := range []store.Status{store.Failed, store.Sent, store.Accepted} { // in any order
		d.Exec(t, "INSERT INTO message_statuses (message_id, status, at, received_at, details) VALUES (?, ?, ?, ?, ?)", answer, status,
			now.UnixMilli()-int64(i), now.UnixMilli(), `{"pricing":{"billable":true}}`)
	}
	for actor, emoji := range map[string]string{"contact": "👍", "agent": ""} {
		d.Exec(t, "INSERT INTO reactions (chat_id, target_wamid, actor, emoji, at) VALUES (?, ?, ?, ?, ?)", c.ID, "wamid.A"+fmt.Sprint(c.ID), actor,
			emoji, now.UnixMilli())
	}
	return c, question, answer
}

func TestMessagesAreDressed(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c, question, answer := dressed(t, d)
	th, err := d.Store.Thread(t.Context(), d.Ana, c.ID, store.ThreadQuery{})
	if err != nil {
		t.Fatal(err)
	}
	q, a, retry, reply, lost := th.Messages[1], th.Messages[2], th.Messages[3], th.Messages[4], th.Messages[5]
	if q.ID != question || len(q.Edits) != 2 || q.Edits[0].Body != "zero" || q.Edits[1].Body != "one" || q.Agent != nil {
		t.Errorf("edited message: %+v", q)
	}
	if a.ID != answer || a.Quoted == nil || a.Quoted.ID != question || a.RetriedBy != retry.ID {
		t.Errorf("answer: %+v", a)
	}
	if diff := cmp.Diff(&store.Agent{ID: d.Ben.ID, Name: d.Ben.Name}, a.Agent); diff != "" {
		t.Errorf("author, name only (-want +got):\n%s", diff)
	}
	if len(a.Reactions) != 1 || a.Reactions[0].Emoji != "👍" || a.Reactions[0].Actor != "contact" {
		t.Errorf("reactions: %+v", a.Reactions)
	}
	var steps []store.Status
	for _, step := range a.Steps {
		steps = append(steps, step.Status)
		if !json.Valid(step.Details) || !strings.Contains(string(step.Details), "billable") {
			t.Errorf("details of %s: %q", step.Status, step.Details)
		}
	}
	if diff := cmp.Diff([]store.Status{store.Accepted, store.Sent, store.Failed}, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if reply.Quoted == nil || reply.Quoted.ID != answer || reply.Quoted.Agent == nil || reply.Quoted.Agent.Name != d.Ben.Name {
		t.Errorf("quotes an agent's: %+v", reply.Quoted)
	}
	if lost.Quoted != nil || lost.QuotedWAMID == "" || retry.RetriedBy != 0 {
		t.Errorf("quotes what is not here: %+v", lost)
	}

	one, err := d.Store.Message(t.Context(), d.Ana, answer)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, one); diff != "" {
		t.Errorf("in the thread and by itself (-thread +message):\n%s", diff)
	}
	d.Clock.Advance(time.Minute)
	_, err = d.Store.Message(t.Context(), d.Chi, answer)
	wantError(t, err, store.ErrNotFound)
	_, err = d.Store.Message(t.Context(), d.Alex, 9999)
	wantError(t, err, store.ErrNotFound)
}

func TestQuotesStayInTheirChat(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	secret, c := owned(t, d, d.Ben), owned(t, d, d.Ana)
	plant(t, d, secret.ID, store.Message{WAMID: "wamid.SECRET", At: d.Clock.Now()})
	id := plant(t, d, c.ID, store.Message{QuotedWAMID: "wamid.SECRET", At: d.Clock.Now()})
	m, err := d.Store.Message(t.Context(), d.Ana, id)
	if err != nil || m.Quoted != nil {
		t.Errorf("quotes out of another chat: %+v, %v", m.Quoted, err)
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c, _, answer := dressed(t, d)
	th, err := d.Store.Thread(t.Context(), d.Ana, c.ID, store.ThreadQuery{})
	if err != nil {
		t.Fatal(err)
	}
	line := th.Lines[len(th.Lines)-1]
	page, err := d.Store.Chat(t.Context(), d.Ana, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	moment, err := d.Store.Moment(t.Context(), store.Event{Kind: store.MessageChanged, ChatID: c.ID, MessageID: answer, LineID: line.ID})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(store.Moment{Message: &th.Messages[2], Line: &line, Contact: page.Contact}, moment); diff != "" {
		t.Errorf("as in the thread (-thread +moment):\n%s", diff)
	}
	for _, e := range []store.Event{{Kind: store.ChatChanged, ChatID: c.ID}, {Kind: store.MessageChanged, MessageID: 9999}, {Kind: store.LineAdded, LineID: 9999}} {
		if moment, err = d.Store.Moment(t.Context(), e); err != nil || moment.Message != nil || moment.Line != nil {
			t.Errorf("%+v: %+v, %v", e, moment, err)
		}
	}
}
