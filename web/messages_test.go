package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// letter is a composer's form.
func letter(body string, more ...string) url.Values {
	form := url.Values{"client_id": {uuid.NewString()}, "body": {body}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func TestSend(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Owned(t, d.Ana, 1, "Hello")
	count := func() int64 {
		return d.Count(t, "SELECT COUNT(*) FROM messages WHERE chat_id = ? AND direction = 'out'", chat.ID)
	}

	plain := d.ana.post(t, chatPath(chat, "/messages"), letter("By a plain form", "view", "all")).expect(t, 303)
	if plain.location() != chatPath(chat, "?view=all") {
		t.Errorf("a plain form leads to %q", plain.location())
	}
	form := letter("By htmx <b>")
	got := d.ana.post(t, chatPath(chat, "/messages"), form, htmxFor("foot")...).expect(t, 200, "!<html", "By htmx &lt;b&gt;")
	bubble := got.doc.Find(fmt.Sprintf(`hx-upsert[hx-target="#messages-%d"] article.msg--out`, chat.ID))
	if bubble.Length() != 1 || bubble.Find(".tick--queued").AttrOr("aria-label", "") != "Queued" {
		t.Error("the answer has no queued bubble")
	}
	fresh := got.doc.Find("#foot #composer")
	if fresh.Find("textarea").Text() != "" || fresh.Find("[name=client_id]").AttrOr("value", "") == form.Get("client_id") {
		t.Error("the composer is not a fresh one")
	}
	if fresh.Find("[name=last_seen]").AttrOr("value", "") != bubble.AttrOr("data-message", "") {
		t.Error("the fresh composer has not seen what was just sent")
	}
	again := d.ana.post(t, chatPath(chat, "/messages"), form, htmxFor("foot")...).expect(t, 200)
	if again.doc.Find("article").AttrOr("id", "") != bubble.AttrOr("id", "") || count() != 2 {
		t.Errorf("the same form twice: %d messages", count())
	}

	for _, body := range []string{"", "  \n", strings.Repeat("x", 4097)} {
		refused := d.ana.post(t, chatPath(chat, "/messages"), letter(body), htmxFor("foot")...).expect(t, 422, "!<html")
		if refused.doc.Find("#message-error").Text() == "" || refused.doc.Find("#message").AttrOr("aria-invalid", "") != "true" {
			t.Error("a refused text has no error at its field")
		}
		if got := refused.doc.Find("#message").Text(); strings.TrimSpace(got) != strings.TrimSpace(body) {
			t.Errorf("the text came back as %d characters", len(got))
		}
		d.ana.post(t, chatPath(chat, "/messages"), letter(body)).expect(t, 422, "<html", "message-error")
	}
	d.ana.post(t, chatPath(chat, "/messages"), url.Values{"body": {"x"}, "client_id": {"7"}}, htmxFor("foot")...).expect(t, 422)
	d.Clock.Advance(time.Hour) // nobody lost a race any more
	d.ben.post(t, chatPath(chat, "/messages"), letter("Not mine"), htmxFor("foot")...).expect(t, 404)
	if n := count(); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}

// Everything that stops a message gives the text back, to htmx in the foot and to a plain form in the page.
func TestSendConflicts(t *testing.T) {
	t.Parallel()
	type way struct {
		name    string
		headers []string
	}
	for _, w := range []way{{"htmx", htmxFor("foot")}, {"plain", nil}} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			chat := d.Owned(t, d.Ana, 1, "Hello")
			send := func(b *browser, form url.Values) answer {
				return b.post(t, chatPath(chat, "/messages"), form, w.headers...)
			}
			// Somebody else has it.
			form := letter("From Sam")
			owned := send(d.sam, form).expect(t, 409, "Ana Ruiz", "has this chat", "Take over and send")
			if owned.doc.Find("#message").Text() != "From Sam" || owned.doc.Find("#composer [name=client_id]").AttrOr("value", "") != form.Get("client_id") {
				t.Error("the text did not come back in the same form")
			}
			form.Set("take_over", "1")
			if got := send(d.sam, form); got.status != 200 && got.status != 303 {
				t.Fatalf("taking over: %d", got.status)
			}
			if owner := d.Chat(t, chat.ID).OwnerID; owner != d.Sam.ID {
				t.Errorf("the chat belongs to %d", owner)
			}
			// Ana typed meanwhile, and saw only the first message.
			d.Clock.Advance(time.Hour)
			if _, err := d.Store.AssignChat(t.Context(), d.Sam, chat.ID, d.Ana.ID, d.Sam.ID, true); err != nil {
				t.Fatal(err)
			}
			late := letter("From Ana", "last_seen", fmt.Sprint(chat.LastMessageID))
			answered := send(d.ana, late).expect(t, 409, "Sam Okafor", "answered while you were typing", "From Sam", "Send anyway")
			if answered.doc.Find("#message").Text() != "From Ana" || answered.doc.Find(`label.btn[for="message"]`).Text() != "Edit" {
				t.Error("no way to send or edit")
			}
			late.Set("send_anyway", "1")
			if got := send(d.ana, late); got.status != 200 && got.status != 303 {
				t.Errorf("sending anyway: %d", got.status)
			}
			// The window ended while she typed.
			d.Clock.Advance(24 * time.Hour)
			ended := send(d.ana, letter("Too *late*")).expect(t, 409, "Only approved templates can be sent")
			if ended.doc.Find("textarea").Length() != 0 {
				t.Error("a textbox stands there with the window closed")
			}
			held := ended.doc.Find("[data-held]")
			if _, hidden := held.Attr("hidden"); hidden || held.Find("[data-held-text]").Text() != "Too *late*" {
				t.Error("the text is not held")
			}
			if region := ended.doc.Find("section[role=region]"); region.AttrOr("aria-label", "") != "Templates" || region.Find("#find-template").Length() != 1 {
				t.Error("no region Templates")
			}
		})
	}
}

// The loser of a race has lost the sight of the chat, not the text.
func TestSendAfterLosing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Inbound(t, 1, "Customer's secret")
	if _, err := d.Store.TakeChat(t.Context(), d.Ben, chat.ID, false); err != nil {
		t.Fatal(err)
	}
	part := d.ana.post(t, chatPath(chat, "/messages"), letter("My long answer"), htmxFor("foot")...).expect(t, 409, "Ben Novak has this chat", "My long answer", "!secret")
	if part.header.Get("HX-Retarget") != "#chat" {
		t.Error("the chat stays in the page of somebody who may not see it")
	}
	d.ana.post(t, chatPath(chat, "/messages"), letter("My long answer")).expect(t, 409, "<html", "Ben Novak has this chat", "My long answer", "!secret")
	d.Clock.Advance(time.Hour)
	d.ana.post(t, chatPath(chat, "/messages"), letter("My long answer")).expect(t, 404)
}

func TestSendingMovesTheChat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	waiting := d.Inbound(t, 1, "Anybody?")
	d.ana.post(t, chatPath(waiting, "/messages"), letter("I am here")).expect(t, 303)
	if owner := d.Chat(t, waiting.ID).OwnerID; owner != d.Ana.ID {
		t.Errorf("answering a waiting chat gives it to %d", owner)
	}
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, waiting.ID); err != nil {
		t.Fatal(err)
	}
	d.ana.get(t, chatPath(waiting)).expect(t, 200, "Write to reopen this chat", ">Reopen<")
	d.ana.post(t, chatPath(waiting, "/messages"), letter("One more thing")).expect(t, 303)
	if c := d.Chat(t, waiting.ID); c.State != store.ChatOpen || c.OwnerID != d.Ana.ID || c.CaseID == waiting.CaseID {
		t.Errorf("answering a closed chat: %s, owner %d, case %d", c.State, c.OwnerID, c.CaseID)
	}
}

func TestRetryAndConfirm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat := d.Owned(t, d.Ana, 1, "Hello")
	message := func(status store.Status, reason store.FailReason) int64 {
		m, err := d.Store.QueueMessage(t.Context(), d.Ana, store.Outgoing{ChatID: chat.ID, ClientID: uuid.NewString(), Text: "Take two"})
		if err != nil {
			t.Fatal(err)
		}
		d.Exec(t, "UPDATE messages SET status = ?, rank = ?, error_reason = ?, sending_at = 1 WHERE id = ?", status, status.Rank(), reason, m.ID)
		return m.ID
	}
	failed := message(store.Failed, store.FailTryAgain)
	d.Clock.Advance(time.Hour) // nobody lost a race any more
	path := fmt.Sprintf("/messages/%d/retries", failed)
	page := d.ana.get(t, chatPath(chat)).expect(t, 200, path)
	form := url.Values{"client_id": {page.doc.Find(fmt.Sprintf(`form[action="%s"] [name=client_id]`, path)).AttrOr("value", "")}}
	d.ben.post(t, path, form, htmx...).expect(t, 404)
	got := d.ana.post(t, path, form, htmx...).expect(t, 200, "Sent again below")
	if n := got.doc.Find("hx-upsert article").Length(); n != 2 {
		t.Errorf("the answer has %d bubbles, want the old and the new", n)
	}
	d.ana.post(t, path, url.Values{"client_id": {uuid.NewString()}}, htmx...).expect(t, 409, "dealt with")
	d.ana.post(t, fmt.Sprintf("/messages/%d/retries", message(store.Failed, store.FailTryAgain)), url.Values{"client_id": {uuid.NewString()}}).expect(t, 303)

	unsure := message(store.Unconfirmed, "")
	confirm := fmt.Sprintf("/messages/%d/confirmations", unsure)
	d.ana.get(t, chatPath(chat)).expect(t, 200, confirm, "may arrive twice")
	d.ben.post(t, confirm, nil, htmx...).expect(t, 404)
	if tick := d.ana.post(t, confirm, nil, htmx...).expect(t, 200).doc.Find(".tick--accepted"); tick.Length() != 1 {
		t.Error("a confirmed message has not arrived")
	}
	d.ana.post(t, confirm, nil, htmx...).expect(t, 409)
	d.ana.post(t, "/messages/4711/retries", nil, htmx...).expect(t, 404)
}

func TestPicker(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, _, _, err := d.Store.SaveTemplates(t.Context(), storetest.WABAID, []store.Template{
		{Name: "delivery_day", Language: "en_US", Category: "UTILITY", Status: "APPROVED", ParameterFormat: "NAMED", Components: []store.TemplateComponent{
			{Type: "HEADER", Format: "TEXT", Text: "Your delivery"}, {Type: "BODY", Text: "Hello {{first_name}}, it arrives on *{{day}}*."}}},
		{Name: "hola", Language: "es", Category: "UTILITY", Status: "APPROVED", Components: []store.TemplateComponent{{Type: "BODY", Text: "Hola, {{1}}"}}},
		{Name: "autumn_offer", Language: "en_US", Category: "MARKETING", Status: "PAUSED", Reason: "LOW_QUALITY", Components: []store.TemplateComponent{{Type: "BODY", Text: "Offer"}}},
		{Name: "with_picture", Language: "en_US", Category: "MARKETING", Status: "APPROVED", Components: []store.TemplateComponent{{Type: "HEADER", Format: "IMAGE"}, {Type: "BODY", Text: "Look"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	delivery, paused := d.Count(t, "SELECT id FROM templates WHERE name = 'delivery_day'"), d.Count(t, "SELECT id FROM templates WHERE name = 'autumn_offer'")
	chat := d.Owned(t, d.Ana, 1, "Hello")

	// While the window is open it is a choice, and the way back stands there.
	chosen := d.ana.get(t, chatPath(chat, "/composer?template=0"), htmxFor("foot")...).expect(t, 200, "Back to the message", "!Only approved templates", "!<html")
	if chosen.doc.Find("#foot-state").AttrOr("value", "") != "chosen-me-open" {
		t.Error("the page would not know that templates were asked for")
	}
	d.ana.get(t, chatPath(chat, "/composer?template=0")).expect(t, 200, "<html", "Back to the message")
	d.ana.get(t, chatPath(chat, "/composer"), htmxFor("foot")...).expect(t, 200, `name="body"`)
	d.ben.get(t, chatPath(chat, "/composer?template=0"), htmxFor("foot")...).expect(t, 404, "!delivery")

	d.Clock.Advance(24 * time.Hour)
	page := d.ana.get(t, chatPath(chat)).expect(t, 200, "Only approved templates can be sent", "does not open the window until they answer", "!<textarea", "!Autumn offer", "!With picture")
	if button := page.doc.Find(`button[form="send-template"]`); strings.TrimSpace(button.Text()) != "Send template" {
		t.Errorf("the button is called %q", button.Text())
	}
	// Searched for, those that cannot be sent show themselves with the reason.
	search := d.ana.get(t, chatPath(chat, "/composer?template=0&q=offer"), htmxFor("template-choices")...).expect(t, 200, "Autumn offer", "low quality", "!Delivery day", "!<section")
	if search.doc.Find(`a[aria-disabled="true"]`).AttrOr("href", "") != "" {
		t.Error("a paused template can be chosen")
	}
	d.ana.get(t, chatPath(chat, "/composer?template=0&q=picture"), htmxFor("template-choices")...).expect(t, 200, "cannot be sent from here yet")

	choice := chatPath(chat, fmt.Sprintf("/composer?template=%d", delivery))
	section := d.ana.get(t, choice, htmxFor("templates")...).expect(t, 200, "!id=\"foot\"")
	name := section.doc.Find(`[name="params[body.first_name]"]`)
	if name.AttrOr("value", "") != "Customer" || !strings.Contains(section.text(".badge"), "Contact") {
		t.Errorf("the first name is filled in as %q", name.AttrOr("value", ""))
	}
	preview := d.ana.get(t, choice+"&params[body.first_name]=Kim&params[body.day]="+url.QueryEscape("<b>*Mon*"), htmxFor("template-preview")...).expect(t, 200, "!<section", "!<b>*")
	if got := preview.text(".tpl .bubble__text"); got != "Hello Kim, it arrives on <b>*Mon*." {
		t.Errorf("preview: %q", got)
	}
	if preview.doc.Find(".filled").Length() == 0 || preview.doc.Find(".filled--empty").Length() != 0 {
		t.Error("the preview does not show what was filled in")
	}

	form := url.Values{"client_id": {uuid.NewString()}, "template_id": {fmt.Sprint(delivery)}, "params[body.first_name]": {"Kim"}, "params[body.day]": {"a\tb"}, "held": {"kept text"}}
	for _, headers := range [][]string{htmxFor("foot"), nil} {
		wrong := d.ana.post(t, chatPath(chat, "/messages"), form, headers...).expect(t, 422, "no tabs", "kept text")
		field := wrong.doc.Find(`[name="params[body.day]"]`)
		if field.AttrOr("aria-invalid", "") != "true" || wrong.doc.Find("#"+field.AttrOr("aria-describedby", "-")).Length() != 1 {
			t.Error("the error does not stand at its field")
		}
		if wrong.doc.Find(`[name="params[body.first_name]"]`).AttrOr("value", "") != "Kim" {
			t.Error("what was right is lost")
		}
	}
	empty := url.Values{"client_id": {uuid.NewString()}, "template_id": {fmt.Sprint(delivery)}}
	if n := d.ana.post(t, chatPath(chat, "/messages"), empty, htmxFor("foot")...).expect(t, 422).doc.Find(`[aria-invalid="true"]`).Length(); n != 2 {
		t.Errorf("%d of two empty fields are marked", n)
	}
	d.ana.post(t, chatPath(chat, "/messages"), url.Values{"client_id": {uuid.NewString()}, "template_id": {fmt.Sprint(paused)}}, htmxFor("foot")...).expect(t, 422)

	form.Set("params[body.day]", "Tuesday")
	sent := d.ana.post(t, chatPath(chat, "/messages"), form, htmxFor("foot")...).expect(t, 200)
	if got := sent.text("article .bubble__text"); got != "Hello Kim, it arrives on Tuesday." {
		t.Errorf("sent: %q", got)
	}
	if sent.doc.Find("#templates").Length() != 1 {
		t.Error("a template does not open the window")
	}
}

// A message that the window stopped can go as a template instead; its text is kept in sight.
func TestSendAsTemplate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chat, other := d.Owned(t, d.Ana, 1, "Hello"), d.Owned(t, d.Ana, 2, "Hello")
	m, err := d.Store.QueueMessage(t.Context(), d.Ana, store.Outgoing{ChatID: chat.ID, ClientID: uuid.NewString(), Text: "We open at ten"})
	if err != nil {
		t.Fatal(err)
	}
	d.Exec(t, "UPDATE messages SET status = 'failed', rank = 4, error_reason = 'window_ended' WHERE id = ?", m.ID)
	d.Clock.Advance(24 * time.Hour)
	page := d.ana.get(t, chatPath(chat)).expect(t, 200, "Send as template")
	link := page.doc.Find(".trouble a").AttrOr("href", "")
	if got := d.ana.get(t, link, htmxFor("foot")...).expect(t, 200).text("[data-held-text]"); got != "We open at ten" {
		t.Errorf("%s holds %q", link, got)
	}
	d.ana.get(t, chatPath(other, fmt.Sprintf("/composer?template=0&retry_of=%d", m.ID)), htmxFor("foot")...).expect(t, 404)
}
