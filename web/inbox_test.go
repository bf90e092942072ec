package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"agentdesk/store"
)

func chatPath(c store.Chat, rest ...string) string {
	return "/chats/" + strconv.FormatInt(c.ID, 10) + strings.Join(rest, "")
}

// rows are the chats of a list, in its order.
func rows(a answer) []string {
	return a.doc.Find("nav#chats li[data-row]").Map(func(_ int, row *goquery.Selection) string { return row.AttrOr("data-row", "") })
}

func ids(chats ...store.Chat) []string {
	var all []string
	for _, c := range chats {
		all = append(all, strconv.FormatInt(c.ID, 10))
	}
	return all
}

func TestList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine, bens := d.Owned(t, d.Ana, 1, "Mine"), d.Owned(t, d.Ben, 2, "Not Ana's to read")
	waiting := d.Inbound(t, 3, "In the queue")
	closed := d.Owned(t, d.Ana, 4, "Done")
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, closed.ID); err != nil {
		t.Fatal(err)
	}
	if got := d.ana.get(t, "/"); got.status != http.StatusSeeOther || got.location() != "/chats" {
		t.Errorf("/ leads to %q with %d", got.location(), got.status)
	}

	page := d.ana.get(t, "/chats").expect(t, 200, "!Not Ana", "Customer 1")
	if diff := cmp.Diff(ids(mine), rows(page)); diff != "" {
		t.Errorf("mine (-want +got):\n%s", diff)
	}
	list := page.doc.Find(`nav[aria-label="Chats"]`)
	for name, want := range map[string]string{"Mine": "1", "Queue": "1", "Closing soon": "0", "All": "2", "Closed": "1"} {
		link := list.Find("a").FilterFunction(func(_ int, a *goquery.Selection) bool {
			return a.AttrOr("title", "") == name || strings.HasPrefix(strings.TrimSpace(a.Text()), name+" ")
		})
		if got := strings.TrimSpace(link.First().Find(".num").Text()); got != want {
			t.Errorf("%s counts %q, want %s", name, got, want)
		}
	}
	row := list.Find("#row-" + ids(mine)[0])
	row.Find(`[aria-hidden="true"]`).Remove()
	if row.AttrOr("href", "") != chatPath(mine) || !strings.HasPrefix(strings.TrimSpace(row.Text()), "Customer 1") {
		t.Errorf("the row leads to %q and is called %q", row.AttrOr("href", ""), row.Text())
	}
	if got, want := row.Find(`[role="timer"]`).AttrOr("data-expires", ""), fmt.Sprint(mine.Window().FreeUntil().UnixMilli()); got != want {
		t.Errorf("the row's countdown runs to %s, want %s", got, want)
	}
	for path, want := range map[string][]string{
		"/chats?view=mine": ids(mine), "/chats?view=queue": ids(waiting), "/chats?view=closed": ids(closed), "/chats?view=closing": {},
	} {
		if diff := cmp.Diff(want, rows(d.ana.get(t, path).expect(t, 200))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	d.ana.get(t, "/chats?view=other").expect(t, 404)
	d.ana.get(t, "/chats?after=nonsense").expect(t, 422)
	if got := rows(d.sam.get(t, "/chats?view=all").expect(t, 200)); len(got) != 3 {
		t.Errorf("the supervisor sees %v of all", got)
	}
	d.nobody(t).get(t, "/chats").expect(t, 303)

	fragment := d.ana.get(t, "/chats?view=mine", append(htmxFor("chats"), "HX-Current-URL", d.URL+chatPath(mine, "?view=mine"))...).expect(t, 200, "!<html", "!"+chatPath(bens))
	if fragment.doc.Find("#row-"+ids(mine)[0]).AttrOr("aria-current", "") != "true" {
		t.Error("the open chat's row is not marked in the refreshed list")
	}
	if url := fragment.doc.Find("nav#chats").AttrOr("hx-get", ""); url != "/chats?view=mine" {
		t.Errorf("the list refreshes itself from %q", url)
	}
}

func TestLongList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	planted := d.Queue(t, 250)
	first := d.ana.get(t, "/chats?view=queue").expect(t, 200)
	if n := len(rows(first)); n < 50 {
		t.Errorf("the first page shows %d chats, want at least 50", n)
	}
	path, seen := "/chats?view=queue", map[string]bool{}
	for pages := 0; path != ""; pages++ {
		page := d.ana.get(t, path).expect(t, 200)
		for _, id := range rows(page) {
			seen[id] = true
		}
		if path = page.doc.Find(".rows__more a").AttrOr("href", ""); pages > 20 {
			t.Fatal("the pages do not end")
		}
	}
	if len(seen) != len(planted) {
		t.Errorf("%d of %d chats can be reached by links", len(seen), len(planted))
	}
}

// While somebody uses the list, the same rows come back in the same order, and a pill offers the new one.
func TestListKeepsOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, b, c := d.Owned(t, d.Ana, 1, "first"), d.Owned(t, d.Ana, 2, "second"), d.Owned(t, d.Ana, 3, "third")
	taken := d.Owned(t, d.Ana, 4, "soon Ben's secret")
	shown := ids(c, b, taken, a)
	order := "/chats?view=mine&order=" + strings.Join(shown, ",")

	if _, err := d.Store.AssignChat(t.Context(), d.Sam, taken.ID, d.Ben.ID, d.Ana.ID, false); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, b.ID); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Minute)
	d.Owned(t, d.Ana, 5, "brand new")
	d.Inbound(t, 1, "written meanwhile")

	got := d.ana.get(t, order, htmxFor("chats")...).expect(t, 200, "written meanwhile", "!brand new", "!secret", "!Customer 4")
	if diff := cmp.Diff(shown, rows(got)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	// One is new, b closed, one lost; a and c stand as they did.
	if pill := got.text("[data-refresh-order]"); pill != "3 changed, refresh order" {
		t.Errorf("the pill says %q", pill)
	}
	if got.doc.Find("[data-refresh-order]").AttrOr("href", "") != "/chats?view=mine" {
		t.Error("the pill does not lead to the plain list")
	}
	if row := got.doc.Find("#row-" + ids(b)[0]); !row.HasClass("row--left") || !strings.Contains(row.Text(), "closed") {
		t.Errorf("a closed chat's row: %s", row.Text())
	}
	if row := got.doc.Find("#row-" + ids(taken)[0]); row.AttrOr("aria-disabled", "") != "true" || row.AttrOr("href", "") != "" {
		t.Error("a chat that was lost still looks like one that can be opened")
	}
	plain := d.ana.get(t, "/chats?view=mine", htmxFor("chats")...).expect(t, 200, "brand new")
	if plain.doc.Find("[data-refresh-order]").Length() != 0 {
		t.Error("the plain list has a pill")
	}
	same := d.ana.get(t, "/chats?view=mine&order="+strings.Join(rows(plain), ","), htmxFor("chats")...).expect(t, 200)
	if same.doc.Find("[data-refresh-order]").Length() != 0 {
		t.Error("an order that is fresh has a pill")
	}
}

func TestOpenChat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Owned(t, d.Ana, 1, "Hello there")
	opened := func() int64 { return d.Count(t, "SELECT COUNT(*) FROM chat_openings WHERE chat_id = ?", chat.ID) }

	d.ben.get(t, chatPath(chat)).expect(t, 404, "!Hello there", "!Customer 1")
	d.ben.get(t, chatPath(chat), htmxFor("chat")...).expect(t, 404, "!Hello there")
	for _, path := range []string{"/chats/0", "/chats/-1", "/chats/x", "/chats/01", "/chats/1e3", "/chats/99999999999999999999", "/chats/4711"} {
		d.alex.get(t, path).expect(t, 404)
	}
	if n := opened(); n != 0 {
		t.Fatalf("%d openings recorded of people who saw nothing", n)
	}

	page := d.ana.get(t, chatPath(chat)).expect(t, 200, "Hello there")
	if n := opened(); n != 1 {
		t.Errorf("%d openings recorded, want 1", n)
	}
	thread := page.doc.Find(`[role="log"]`)
	if thread.AttrOr("aria-label", "") != "Customer 1" || thread.Find("article").Length() != 1 {
		t.Errorf("thread %q with %d articles", thread.AttrOr("aria-label", ""), thread.Find("article").Length())
	}
	if thread.Find("#new").Length() != 1 {
		t.Error("no line before what is new")
	}
	composer := page.doc.Find("form#composer")
	if composer.Find("label[for=message]").Text() != "Message" || !strings.Contains(composer.Find("button[type=submit]").Text(), "Send") {
		t.Error("the composer lacks its names")
	}
	if uuid.Validate(composer.Find("[name=client_id]").AttrOr("value", "")) != nil {
		t.Error("the composer has no client_id")
	}
	if composer.Find(`[role="timer"]`).AttrOr("data-expires", "") != fmt.Sprint(chat.Window().FreeUntil().UnixMilli()) {
		t.Error("the composer's countdown runs to another moment than the window")
	}
	if page.doc.Find("#row-"+ids(chat)[0]).AttrOr("aria-current", "") != "true" {
		t.Error("the open chat's row is not marked")
	}
	if page.doc.Find("body").AttrOr("data-pane", "") != "chat" {
		t.Error("on a phone the page would show the list")
	}

	d.Real.Advance(2 * time.Minute)
	pane := d.ana.get(t, chatPath(chat), htmxFor("chat")...).expect(t, 200, "Hello there", "!<html")
	if pane.doc.Find("#chat[data-chat] > main, #chat > aside").Length() != 2 || pane.doc.Find("title").Length() != 1 {
		t.Error("the pane is not the chat with its title")
	}
	if n := opened(); n != 2 {
		t.Errorf("%d openings recorded, want 2", n)
	}
	d.Real.Advance(2 * time.Minute)
	d.ana.get(t, chatPath(chat, "/around"), htmx...).expect(t, 200)
	d.ana.get(t, chatPath(chat, "/messages"), htmx...).expect(t, 200)
	if n := opened(); n != 2 {
		t.Errorf("refreshing a fragment was recorded as opening: %d", n)
	}
	if !strings.Contains(d.sam.get(t, chatPath(chat)).expect(t, 200).text("#fold-looked-in"), "Ana Ruiz") {
		t.Error("the supervisor does not see who looked in")
	}
}

// What stands around a thread comes piece by piece, the foot only when it is another one.
func TestAround(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Owned(t, d.Ana, 1, "Hello")
	targetsOf := func(a answer) []string {
		return a.doc.Find("hx-partial").Map(func(_ int, p *goquery.Selection) string { return p.AttrOr("hx-target", "") })
	}
	same := d.ana.get(t, chatPath(chat, "/around?foot=text-me-open"), htmx...).expect(t, 200)
	if diff := cmp.Diff([]string{"#chat-bar", "#composer-window", "#customer"}, targetsOf(same)); diff != "" {
		t.Errorf("nothing changed (-want +got):\n%s", diff)
	}
	d.Clock.Advance(24 * time.Hour)
	ended := d.ana.get(t, chatPath(chat, "/around?foot=text-me-open"), htmx...).expect(t, 200, "Only approved templates can be sent")
	if diff := cmp.Diff([]string{"#chat-bar", "#foot", "#customer"}, targetsOf(ended)); diff != "" {
		t.Errorf("the window ended (-want +got):\n%s", diff)
	}
	d.Inbound(t, 1, "Here I am again")
	const id = "6e0ba2d5-3d0c-4f0b-9d54-3f1f3a1b6a11"
	again := d.ana.get(t, chatPath(chat, "/around?foot=ended-me-open&client_id="+id+"&last_seen=1"), htmx...).expect(t, 200)
	if got := again.doc.Find("#composer [name=client_id]").AttrOr("value", ""); got != id {
		t.Errorf("the composer came back under another client_id: %s", got)
	}
	if _, err := d.Store.AssignChat(t.Context(), d.Sam, chat.ID, d.Ben.ID, d.Ana.ID, false); err != nil {
		t.Fatal(err)
	}
	lost := d.ana.get(t, chatPath(chat, "/around"), htmx...).expect(t, 404, "no longer yours", "!Here I am")
	if lost.header.Get("HX-Retarget") != "#chat" || lost.doc.Find("#chat[data-chat='0']").Length() != 1 {
		t.Error("the lost chat does not leave the page")
	}
}

func TestThreadPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Owned(t, d.Ana, 1, "message 1")
	for i := 2; i <= 60; i++ {
		d.Clock.Advance(time.Minute)
		d.Inbound(t, 1, fmt.Sprintf("message %d", i))
	}
	page := d.ana.get(t, chatPath(chat)).expect(t, 200, "message 60", "message 21", "!message 20<")
	older := page.doc.Find("[data-older]")
	link := older.Find("a").AttrOr("href", "")
	if older.AttrOr("hx-get", "") != link || !strings.Contains(link, "before=") || !strings.Contains(link, "day=") {
		t.Fatalf("older messages: %q, %q", older.AttrOr("hx-get", ""), link)
	}
	part := d.ana.get(t, link, htmx...).expect(t, 200, "message 20<", "message 1<", "!message 21<", "!<html")
	upsert := part.doc.Find("hx-upsert[key=data-key][sort]")
	if upsert.AttrOr("hx-target", "") != fmt.Sprintf("#messages-%d", chat.ID) || upsert.Find("article").Length() != 20 {
		t.Errorf("%d older messages go to %q", upsert.Find("article").Length(), upsert.AttrOr("hx-target", ""))
	}
	day := page.doc.Find(".thread .day:not(.day--new)").AttrOr("id", "")
	if part.doc.Find(fmt.Sprintf(`hx-partial[hx-target="#%s"][hx-swap="delete"]`, day)).Length() != 1 || upsert.Find("#"+day).Length() != 1 {
		t.Errorf("the line of the day %q does not move up", day)
	}
	if part.doc.Find("[data-older]").Length() != 0 {
		t.Error("there is nothing before the beginning")
	}
	whole := d.ana.get(t, link).expect(t, 200, "<html", "message 1<", "!message 21<")
	if newer := whole.doc.Find(`.thread a[href*="after="]`); newer.Length() != 1 {
		t.Error("no way back to newer messages without scripts")
	}
	d.ana.get(t, chatPath(chat, "/messages?before=nonsense"), htmx...).expect(t, 422)
	d.ben.get(t, link, htmx...).expect(t, 404, "!message 1")
	newest := d.ana.get(t, chatPath(chat, "/messages"), htmx...).expect(t, 200)
	if n := newest.doc.Find("hx-upsert article").Length(); n != 40 {
		t.Errorf("a thread that fetches itself brings %d messages", n)
	}
}

func TestReading(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Owned(t, d.Ana, 1, "Hello")
	form := url.Values{"message_id": {fmt.Sprint(chat.LastMessageID)}}
	d.sam.post(t, chatPath(chat, "/readings"), form, htmx...).expect(t, 204)
	if n := d.Chat(t, chat.ID).Unread; n != 1 {
		t.Errorf("a look over the shoulder read it: %d unread", n)
	}
	d.ana.post(t, chatPath(chat, "/readings"), form, htmx...).expect(t, 204)
	if n := d.Chat(t, chat.ID).Unread; n != 0 {
		t.Errorf("%d unread after reading", n)
	}
	d.ana.post(t, chatPath(chat, "/readings"), form).expect(t, 303)
	d.ben.post(t, chatPath(chat, "/readings"), form).expect(t, 404)
}

// What came and could not be read is for admins; to everybody else it is not there.
func TestRawMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	m := d.Text(1, "")
	m.Kind, m.Details = store.KindUnsupported, store.Details{Unsupported: &store.Unsupported{Type: "poll", Raw: []byte(`{"from":"raw-payload","x":"<script>alert(1)</script>"}`)}}
	d.Report(t, m)
	id := d.Count(t, "SELECT id FROM messages WHERE wamid = ?", m.WAMID)
	chat := d.Count(t, "SELECT chat_id FROM messages WHERE id = ?", id)
	raw := fmt.Sprintf("/messages/%d/raw", id)

	admin := d.alex.get(t, fmt.Sprintf("/chats/%d", chat)).expect(t, 200, raw, "!raw-payload")
	if admin.doc.Find("#chat .thread a[href='"+raw+"']").Length() != 0 {
		t.Error("the link stands in a bubble, which everybody gets")
	}
	shown := d.alex.get(t, raw).expect(t, 200, "raw-payload", "!<script>alert")
	if shown.doc.Find("pre script").Length() != 0 || !strings.Contains(shown.text("pre"), `"from": "raw-payload"`) {
		t.Error("the payload is not shown as text")
	}
	for _, b := range []*browser{d.ana, d.sam} {
		b.get(t, fmt.Sprintf("/chats/%d", chat)).expect(t, 200, "!"+raw)
		b.get(t, raw).expect(t, 404, "!raw-payload")
	}
	text := d.Inbound(t, 2, "ordinary")
	d.alex.get(t, fmt.Sprintf("/messages/%d/raw", text.LastMessageID)).expect(t, 404)
}
