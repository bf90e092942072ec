package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"agentdesk/store"
)

func TestTakeAndLose(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Inbound(t, 1, "Anybody?")
	if button := d.ana.get(t, chatPath(chat)).expect(t, 200).text(`[data-shortcut="take"]`); button != "Take" {
		t.Errorf("the button is called %q", button)
	}
	taken := d.ana.post(t, chatPath(chat, "/assignments"), nil, htmx...).expect(t, 200, "#chat-bar", "Yours", "!<html")
	if taken.header.Get("HX-Trigger") != "desk:list" {
		t.Error("the list beside it does not hear of it")
	}
	for _, headers := range [][]string{htmx, nil} {
		d.ben.post(t, chatPath(chat, "/assignments"), nil, headers...).expect(t, 409, "Ana Ruiz has this chat", "!Anybody?")
	}
	// A supervisor is asked before somebody loses it.
	asked := d.sam.post(t, chatPath(chat, "/assignments"), nil).expect(t, 409, "<html", "Ana Ruiz has this chat now", "Take over")
	if asked.doc.Find(`#chat-notice [name="take_over"]`).AttrOr("value", "") != "1" {
		t.Error("no way to take it over")
	}
	d.sam.post(t, chatPath(chat, "/assignments"), url.Values{"take_over": {"1"}, "view": {"all"}}).expect(t, 303)
	if owner := d.Chat(t, chat.ID).OwnerID; owner != d.Sam.ID {
		t.Errorf("the chat belongs to %d", owner)
	}
	other := d.Inbound(t, 2, "And me?")
	if to := d.ana.post(t, chatPath(other, "/assignments"), url.Values{"view": {"queue"}}).expect(t, 303).location(); to != chatPath(other, "?view=queue") {
		t.Errorf("a plain form leads to %q", to)
	}
}

func TestAssign(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Owned(t, d.Ana, 1, "Hello")
	page := d.ana.get(t, chatPath(chat)).expect(t, 200)
	if button := page.doc.Find(`button[popovertarget="assign"]`); !strings.Contains(button.Text(), "Assign") {
		t.Error("no button Assign")
	}
	if menu := page.text("#assign"); !strings.Contains(menu, "Ben Novak") || !strings.Contains(menu, "Offline") || strings.Contains(menu, "Ana Ruiz") {
		t.Errorf("the menu: %q", menu)
	}
	form := url.Values{"agent_id": {fmt.Sprint(d.Ben.ID)}, "from": {fmt.Sprint(d.Ana.ID)}}
	d.Exec(t, "UPDATE agents SET capacity = 1, open_count = 1 WHERE id = ?", d.Ben.ID)
	for _, headers := range [][]string{htmx, nil} {
		full := d.ana.post(t, chatPath(chat, "/assignments"), form, headers...).expect(t, 409, "Ben Novak has 1 of 1 chats already", "Assign anyway")
		again := full.doc.Find("#chat-notice form")
		if again.Find("[name=confirmed]").AttrOr("value", "") != "1" || again.Find("[name=agent_id]").AttrOr("value", "") != fmt.Sprint(d.Ben.ID) {
			t.Error("no way to confirm")
		}
	}
	form.Set("confirmed", "1")
	gone := d.ana.post(t, chatPath(chat, "/assignments"), form, htmx...).expect(t, 200, "no longer yours")
	if gone.header.Get("HX-Retarget") != "#chat" || gone.header.Get("HX-Replace-Url") != "/chats?view=mine" {
		t.Error("the chat stays in the page of somebody who gave it away")
	}
	d.sam.post(t, chatPath(chat, "/assignments"), url.Values{"agent_id": {"4711"}}, htmx...).expect(t, 422, "Choose somebody")
	d.sam.post(t, chatPath(chat, "/assignments"), url.Values{"agent_id": {fmt.Sprint(d.Chi.ID)}, "from": {fmt.Sprint(d.Ana.ID)}}, htmx...).expect(t, 409, "Ben Novak has this chat")
	waiting := d.Inbound(t, 2, "Waiting")
	d.ana.post(t, chatPath(waiting, "/assignments"), url.Values{"agent_id": {fmt.Sprint(d.Ben.ID)}}, htmx...).expect(t, 403)
	give := url.Values{"agent_id": {fmt.Sprint(d.Ana.ID)}, "from": {fmt.Sprint(d.Ben.ID)}, "view": {"all"}}
	if to := d.sam.post(t, chatPath(chat, "/assignments"), give).expect(t, 303).location(); to != chatPath(chat, "?view=all") {
		t.Errorf("a plain form leads to %q", to)
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Owned(t, d.Ana, 1, "Hello")
	d.ben.post(t, chatPath(chat, "/closures"), nil).expect(t, 409) // he saw it in the queue a moment ago
	d.ana.post(t, chatPath(chat, "/closures"), nil, htmx...).expect(t, 200, "Reopen", "!data-key=\"close\"")
	for _, headers := range [][]string{htmx, nil} {
		d.ana.post(t, chatPath(chat, "/closures"), nil, headers...).expect(t, 409, "closed meanwhile")
	}
	d.ana.post(t, chatPath(chat, "/reopenings"), nil).expect(t, 303)
	d.ana.post(t, chatPath(chat, "/reopenings"), nil, htmx...).expect(t, 409, "reopened meanwhile")
	if c := d.Chat(t, chat.ID); c.State != store.ChatOpen || c.OwnerID != d.Ana.ID {
		t.Errorf("reopened: %s, owner %d", c.State, c.OwnerID)
	}
	d.ana.post(t, chatPath(chat, "/releases"), nil, htmx...).expect(t, 200, "In the queue", ">Take<")
	d.ana.post(t, chatPath(chat, "/releases"), nil, htmx...).expect(t, 409, "changed hands")
	d.ben.post(t, chatPath(chat, "/closures"), nil).expect(t, 303) // a waiting chat may be closed by whoever sees it
	if c := d.Chat(t, chat.ID); c.State != store.ChatClosed {
		t.Errorf("closed from the queue: %s", c.State)
	}
	strangers := d.Owned(t, d.Ben, 2, "Ben's")
	d.Clock.Advance(store.WindowMargin * 10)
	for _, act := range []string{"/closures", "/releases", "/reopenings", "/assignments"} {
		d.ana.post(t, chatPath(strangers, act), nil).expect(t, 404)
		d.ana.post(t, chatPath(strangers, act), nil, htmx...).expect(t, 404)
	}
}

// The page still showed the chat in the queue: whoever took it meanwhile keeps it, and the supervisor is told.
func TestAssignFromAQueueThatHasMovedOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Inbound(t, 1, "Hello")
	page := d.sam.get(t, chatPath(chat)).expect(t, 200)
	form := url.Values{"agent_id": {fmt.Sprint(d.Ben.ID)}, "from": {page.doc.Find("#assign [name=from]").AttrOr("value", "")}}
	if _, err := d.Store.TakeChat(t.Context(), d.Ana, chat.ID, false); err != nil {
		t.Fatal(err)
	}
	d.sam.post(t, chatPath(chat, "/assignments"), form, htmx...).expect(t, 409, "Ana Ruiz")
	if now := d.Chat(t, chat.ID); now.OwnerID != d.Ana.ID {
		t.Errorf("owner %d", now.OwnerID)
	}
	fresh := d.sam.get(t, chatPath(chat)).doc.Find("#assign [name=from]").AttrOr("value", "")
	form.Set("from", fresh)
	d.sam.post(t, chatPath(chat, "/assignments"), form, htmx...).expect(t, 200)
	if now := d.Chat(t, chat.ID); now.OwnerID != d.Ben.ID {
		t.Errorf("owner %d after seeing whose it was", now.OwnerID)
	}
}
