package store_test

import (
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func edit(wamid, body string, at time.Time) store.EditReport {
	return store.EditReport{PhoneNumberID: storetest.PhoneNumberID, TargetWAMID: wamid, Body: body, At: at}
}

func revoke(wamid string, at time.Time) store.RevokeReport {
	return store.RevokeReport{PhoneNumberID: storetest.PhoneNumberID, TargetWAMID: wamid, At: at}
}

func reaction(wamid, emoji string, at time.Time) store.ReactionReport {
	return store.ReactionReport{PhoneNumberID: storetest.PhoneNumberID, From: storetest.Customer(1), WAMID: "wamid.R" + emoji + at.String(),
		TargetWAMID: wamid, Emoji: emoji, At: at}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	r := d.Text(1, "Hi")
	r.Details.Forwarded = "forwarded"
	d.Report(t, r)
	before := d.Chat(t, 1)
	d.Clock.Advance(10 * time.Minute)
	second, third := edit(r.WAMID, "Hi there", r.SentAt.Add(time.Minute)), edit(r.WAMID, "Hi\x00 there!", r.SentAt.Add(2*time.Minute))

	events := eventsLeft(t, d, func() { d.Report(t, third) })
	if got, want := kindsOf(events), "message.changed chat.changed"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	d.Report(t, second) // it is older, and undoes nothing
	m := messageOf(t, d, r.WAMID)
	if m.Body != "Hi\uFFFD there!" || !m.EditedAt.Equal(third.At) || m.Details.Forwarded != "forwarded" {
		t.Errorf("message: %+v", m)
	}
	if len(m.Edits) != 2 {
		t.Fatalf("edits: %+v", m.Edits)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM message_edits WHERE (body = 'Hi' AND at = ?) OR (body = 'Hi there' AND at = ?)",
		second.At.UnixMilli(), third.At.UnixMilli()); n != 2 {
		t.Errorf("what stood before: %+v", m.Edits)
	}
	if after := d.Chat(t, 1); after != before {
		t.Errorf("chat was\n%+v and is\n%+v", before, after)
	}
	if events := eventsLeft(t, d, func() { d.Report(t, second, third, second) }); len(events) != 0 {
		t.Errorf("the same again left %s", kindsOf(events))
	}
}

func TestEditOfACaptionKeepsThePicture(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	r := d.Text(1, "broken")
	r.Kind, r.Details.Media = store.KindImage, &store.Media{MetaID: "1", MIMEType: "image/jpeg"}
	d.Report(t, r)
	change := edit(r.WAMID, "broken lamp", r.SentAt)
	change.Details.Media = &store.Media{MetaID: "2", MIMEType: "image/jpeg"}
	d.Report(t, change)
	if m := messageOf(t, d, r.WAMID); m.Body != "broken lamp" || m.Details.Media.MetaID != "2" || len(m.Edits) != 1 {
		t.Errorf("message: %+v", m)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	r := d.Text(1, "regretted")
	d.Report(t, r)
	d.Clock.Advance(time.Minute)
	back := revoke(r.WAMID, d.Clock.Now())
	events := eventsLeft(t, d, func() { d.Report(t, back) })
	m := messageOf(t, d, r.WAMID)
	if !m.RevokedAt.Equal(d.Clock.Now()) || m.Body != "regretted" {
		t.Errorf("message: %+v", m)
	}
	if got, want := kindsOf(events), "message.changed chat.changed"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	if events := eventsLeft(t, d, func() { d.Report(t, back) }); len(events) != 0 {
		t.Errorf("the same again left %s", kindsOf(events))
	}
}

// What overtakes its message waits for it, once.
func TestAmendmentsBeforeTheirMessage(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	r := d.Text(1, "Hi")
	d.Clock.Advance(time.Hour)
	late, later := edit(r.WAMID, "Hi there", r.SentAt.Add(time.Minute)), edit(r.WAMID, "Hi there!", r.SentAt.Add(2*time.Minute))
	back := revoke(r.WAMID, r.SentAt.Add(3*time.Minute))
	events := eventsLeft(t, d, func() { d.Report(t, back, later, late, later, back) })
	if n := d.Count(t, "SELECT COUNT(*) FROM pending_reports"); n != 3 || len(events) != 0 {
		t.Errorf("%d wait, events %s", n, kindsOf(events))
	}
	d.Report(t, r)
	m := messageOf(t, d, r.WAMID)
	if m.Body != "Hi there!" || len(m.Edits) != 2 || !m.EditedAt.Equal(later.At) || !m.RevokedAt.Equal(back.At) {
		t.Errorf("message: %+v", m)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM pending_reports"); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

// Two transactions side by side may miss each other's rows on a database with several writers: pruning settles it.
func TestPruningSettlesWhatMissedItsMessage(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	r := d.Text(1, "Hi")
	d.Report(t, revoke(r.WAMID, d.Clock.Now()))
	d.Exec(t, "UPDATE pending_reports SET wamid = 'elsewhere'")
	d.Report(t, r)
	d.Exec(t, "UPDATE pending_reports SET wamid = ?", r.WAMID)
	if _, err := d.Store.PruneEvents(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if m := messageOf(t, d, r.WAMID); m.RevokedAt.IsZero() {
		t.Error("the revoke is lost")
	}
}

func TestReaction(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "Hello")
	r := d.Text(1, "the target")
	d.Report(t, r)
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, c.ID); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Hour)
	before := d.Chat(t, c.ID)
	now := d.Clock.Now()
	shown := func() string {
		var emoji string
		for _, got := range messageOf(t, d, r.WAMID).Reactions {
			emoji += got.Emoji
		}
		return emoji
	}
	for _, step := range []struct {
		report store.ReactionReport
		shows  string
		events string
	}{
		{reaction(r.WAMID, "👍", now.Add(-50*time.Second)), "👍", "message.changed chat.changed"},
		{reaction(r.WAMID, "👍", now.Add(-50*time.Second)), "👍", ""},
		{reaction(r.WAMID, "❤️", now.Add(-40*time.Second)), "❤️", "message.changed chat.changed"},
		{reaction(r.WAMID, "😮", now.Add(-45*time.Second)), "❤️", ""}, // overtaken
		{reaction(r.WAMID, "", now.Add(-30*time.Second)), "", "message.changed chat.changed"},
		{reaction(r.WAMID, "😢", now.Add(-35*time.Second)), "", ""}, // overtaken by its removal
		{reaction(r.WAMID, "🙏", now.Add(-20*time.Second)), "🙏", "message.changed chat.changed"},
	} {
		events := eventsLeft(t, d, func() { d.Report(t, step.report) })
		if got := shown(); got != step.shows || kindsOf(events) != step.events {
			t.Errorf("%q: shows %q, events %q, want %q and %q", step.report.Emoji, got, kindsOf(events), step.shows, step.events)
		}
	}
	if after := d.Chat(t, c.ID); after != before {
		t.Errorf("reactions changed the chat:\n%+v, was\n%+v", after, before)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM thread_lines WHERE kind = 'reaction'"); n != 0 {
		t.Errorf("%d lines for reactions whose message is here", n)
	}
}

func TestReactionBeforeItsMessage(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Inbound(t, 1, "Hello")
	r := d.Text(1, "the target")
	early := reaction(r.WAMID, "👍", d.Clock.Now())
	events := eventsLeft(t, d, func() { d.Report(t, early, early) })
	if got, want := kindsOf(events), "line.added"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	th, err := d.Store.Thread(t.Context(), d.Alex, c.ID, store.ThreadQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if line := th.Lines[len(th.Lines)-1]; line.Kind != store.LineReaction || line.Details.Emoji != "👍" {
		t.Errorf("line: %+v", line)
	}
	d.Report(t, r)
	if m := messageOf(t, d, r.WAMID); len(m.Reactions) != 1 || m.Reactions[0].Emoji != "👍" {
		t.Errorf("reactions: %+v", m.Reactions)
	}

	// Taken away before its message and before itself: nothing to see.
	other := d.Text(1, "another target")
	d.Clock.Advance(time.Minute)
	d.Report(t, reaction(other.WAMID, "", d.Clock.Now()), reaction(other.WAMID, "👍", d.Clock.Now().Add(-time.Second)), other)
	if n := d.Count(t, "SELECT COUNT(*) FROM thread_lines WHERE kind = 'reaction'"); n != 1 {
		t.Errorf("%d lines, want the first one only", n)
	}
}

// A reaction of somebody of whom nothing else is known: a closed chat with one line, and no window.
func TestReactionOfAStranger(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Report(t, reaction("wamid.ELSEWHERE", "👍", d.Clock.Now()))
	c := d.Chat(t, 1)
	if c.State != store.ChatClosed || c.Unread != 0 || c.Waiting() || c.Window().Open(d.Clock.Now()) {
		t.Errorf("chat: %+v", c)
	}
}

// What is told of one number's message cannot touch another number's, whatever id it names.
func TestAmendmentsStayWithTheirNumber(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	d.Exec(t, "INSERT INTO numbers (phone_number_id, created_at) VALUES ('100000000000002', 1)")
	r := d.Text(1, "Hi")
	d.Report(t, r)
	d.Clock.Advance(time.Minute)
	change, back, heart := edit(r.WAMID, "changed", d.Clock.Now()), revoke(r.WAMID, d.Clock.Now()), reaction(r.WAMID, "❤️", d.Clock.Now())
	change.PhoneNumberID, back.PhoneNumberID, heart.PhoneNumberID = "100000000000002", "100000000000002", "100000000000002"
	sent := store.StatusReport{PhoneNumberID: "100000000000002", WAMID: r.WAMID, Status: store.Delivered, At: d.Clock.Now()}
	d.Report(t, change, back, heart, sent)
	if m := messageOf(t, d, r.WAMID); m.Body != "Hi" || !m.RevokedAt.IsZero() || len(m.Reactions) != 0 {
		t.Errorf("message: %+v", m)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM pending_reports"); n != 0 {
		t.Errorf("%d wait for a message that is here", n)
	}
	d.Report(t, edit(r.WAMID, "changed", d.Clock.Now()))
	if m := messageOf(t, d, r.WAMID); m.Body != "changed" {
		t.Errorf("by its own number: %+v", m)
	}
}
