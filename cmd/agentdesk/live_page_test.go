package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// pageNow is what a page shows, one line an element, without what two renderings of the same state may differ in: fresh
// client ids, what the reader has seen or found new (and what the line of the new parts), marks of htmx, the wording of a running clock.
const pageNow = `(() => {
	const skip = new Set(["data-seq", "data-settled", "data-htmx-powered", "data-since", "stroke-dasharray", "tabindex", "data-open"]);
	const lines = [];
	const walk = (node, depth) => {
		if (node.nodeType === Node.TEXT_NODE) {
			const text = node.data.replace(/\s+/g, " ").trim();
			if (text) lines.push(" ".repeat(depth) + text);
			return;
		}
		if (node.nodeType !== Node.ELEMENT_NODE) return;
		if (node.matches("[role=timer], time, [data-since], [name=client_id], [name=last_seen], [data-newest], .older, .day--new")) return;
		const attributes = [...node.attributes].filter((a) => !skip.has(a.name))
			.map((a) => a.name + "=" + (a.name === "class" ? [...node.classList].filter((c) => !c.startsWith("htmx-") && c !== "msg--follow").sort().join(" ") : a.value))
			.filter((a) => a !== "class=").sort();
		lines.push(" ".repeat(depth) + node.localName + " " + attributes.join(" "));
		for (const child of node.childNodes) walk(child, depth + 1);
	};
	for (const part of [document.querySelector("#chats .rows"), document.getElementById("chat-bar"), document.querySelector("[data-messages]"),
		document.getElementById("foot"), document.getElementById("context"), document.getElementById("banners")]) if (part) walk(part, 0);
	return lines.join("\n");
})()`

// TestALivePageIsWhatAReloadWouldShow: after every kind of change the page that lived through it equals a fresh one.
// Whatever a frame or a nudge forgets shows here.
func TestALivePageIsWhatAReloadWouldShow(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.approvedTemplate(t)
	ctx := t.Context()
	nadia := f.customer("Nadia El-Amin", "+34600000042")
	first := f.Sim.Say(nadia, "Hello, is anybody there?")
	row := f.chatOf(t, "Nadia El-Amin")
	chatID := row.Chat.ID

	lived, fresh := f.signedIn(t, f.Sam), f.signedIn(t, f.Sam)
	path := fmt.Sprintf("/chats/%d?view=all", chatID)
	lived.open(path)
	lived.until("the live line", `document.body.dataset.connection === "Live"`)

	send := func(who store.Agent, o store.Outgoing) store.Message {
		t.Helper()
		o.ChatID, o.ClientID = chatID, uuid.NewString()
		m, err := f.Store.QueueMessage(ctx, who, o)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	reaches := func(id int64, status store.Status) {
		t.Helper()
		eventually(t, fmt.Sprintf("message %d %s", id, status), func() bool {
			m, err := f.Store.Message(ctx, f.Sam, id)
			if err != nil {
				t.Fatal(err)
			}
			return m.Status == status
		})
	}
	stored := func(wamid string) {
		t.Helper()
		eventually(t, "the message in the thread", func() bool {
			thread, err := f.Store.Thread(ctx, f.Sam, chatID, store.ThreadQuery{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range thread.Messages {
				if m.WAMID == wamid {
					return true
				}
			}
			return false
		})
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var answer store.Message
	for _, step := range []struct {
		what string
		do   func()
	}{
		{"somebody took it", func() { _, err := f.Store.TakeChat(ctx, f.Ana, chatID, false); must(err) }},
		{"the customer wrote again", func() { stored(f.Sim.Say(nadia, "It is about my *lamp*")) }},
		{"an answer, to its blue ticks", func() {
			answer = send(f.Ana, store.Outgoing{Text: "Of course, tell me"})
			reaches(answer.ID, store.Read)
		}},
		{"a reaction", func() {
			f.Sim.Receive(nadia, map[string]any{"type": "reaction", "reaction": map[string]any{"message_id": metaID(t, f, answer.ID), "emoji": "👍"}})
			eventually(t, "the reaction", func() bool {
				m, err := f.Store.Message(ctx, f.Sam, answer.ID)
				must(err)
				return len(m.Reactions) == 1
			})
		}},
		{"a quoted reply", func() {
			stored(f.Sim.Receive(nadia, map[string]any{"type": "text", "text": map[string]any{"body": "This one"}, "context": map[string]any{"id": metaID(t, f, answer.ID)}}))
		}},
		{"an edit", func() {
			f.Sim.Receive(nadia, map[string]any{"type": "edit", "edit": map[string]any{"original_message_id": first,
				"message": map[string]any{"type": "text", "text": map[string]any{"body": "Hello, is somebody there?"}}}})
			eventually(t, "the edit", func() bool { return threadSays(t, f, chatID, "is somebody there") })
		}},
		{"a deletion", func() {
			gone := f.Sim.Say(nadia, "never mind this")
			stored(gone)
			f.Sim.Receive(nadia, map[string]any{"type": "revoke", "revoke": map[string]any{"original_message_id": gone}})
			eventually(t, "the deletion", func() bool { return !newest(t, f, chatID).RevokedAt.IsZero() })
		}},
		{"a place, a card, a picture", func() {
			stored(f.Sim.Receive(nadia, map[string]any{"type": "location", "location": map[string]any{"latitude": 39.47, "longitude": -0.37, "name": "Home"}}))
			stored(f.Sim.Receive(nadia, map[string]any{"type": "contacts", "contacts": []any{map[string]any{"name": map[string]any{"formatted_name": "My mother"}, "phones": []any{map[string]any{"phone": "+34 600 000 043"}}}}}))
			stored(f.Sim.Receive(nadia, map[string]any{"type": "image", "image": map[string]any{"id": "1", "mime_type": "image/jpeg", "caption": "the crack"}}))
		}},
		{"reassigned", func() { _, err := f.Store.AssignChat(ctx, f.Sam, chatID, f.Ben.ID, 0, false); must(err) }},
		{"released", func() { _, err := f.Store.ReleaseChat(ctx, f.Ben, chatID); must(err) }},
		{"taken by the reader", func() { _, err := f.Store.TakeChat(ctx, f.Sam, chatID, false); must(err) }},
		{"a refused answer", func() {
			f.Sim.Faults().FailSend(131026, 1)
			reaches(send(f.Sam, store.Outgoing{Text: "This will not go out"}).ID, store.Failed)
		}},
		{"an answer nobody knows of", func() {
			f.Sim.Faults().NoStatuses(true)
			f.Sim.Faults().LoseAnswer(1)
			reaches(send(f.Sam, store.Outgoing{Text: "Did this arrive?"}).ID, store.Unconfirmed)
			f.Sim.Faults().NoStatuses(false)
		}},
		{"the number stopped", func() {
			numbers, err := f.Store.Numbers(ctx)
			must(err)
			must(f.Store.PauseNumber(ctx, numbers[0].ID, 131042, store.PausePayment))
		}},
		{"and works again", func() {
			numbers, err := f.Store.Numbers(ctx)
			must(err)
			must(f.Store.ResumeNumber(ctx, &f.Alex, numbers[0].ID))
		}},
		{"the window ended", func() { f.moveTime(t, 25*time.Hour) }},
		{"a template", func() {
			templates, err := f.Store.SendableTemplates(ctx, f.Sam, chatID)
			must(err)
			send(f.Sam, store.Outgoing{TemplateID: templates[0].ID, Values: store.TemplateValues{"body.1": "Nadia"}})
		}},
		{"closed", func() { _, err := f.Store.CloseChat(ctx, f.Sam, chatID); must(err) }},
		{"opened again by the customer", func() { stored(f.Sim.Say(nadia, "One more thing")) }},
		{"closed again", func() { _, err := f.Store.CloseChat(ctx, f.Sam, chatID); must(err) }},
		{"opened again by hand", func() { _, err := f.Store.ReopenChat(ctx, f.Sam, chatID); must(err) }},
		{"another name", func() {
			f.Sim.UpdateCustomer(nadia, func(c *simulator.Customer) { c.Name = "Nadia E." })
			stored(f.Sim.Say(nadia, "I changed my name"))
		}},
		{"another number", func() {
			f.Sim.ChangeNumber(nadia, "+34600000077")
			eventually(t, "the new number", func() bool {
				page, err := f.Store.Chat(ctx, f.Sam, chatID)
				must(err)
				return page.Contact.Phone == "+34600000077"
			})
		}},
		{"a new customer in the list", func() {
			f.Sim.Say(f.customer("Omar", "+34600000099"), "مرحبا")
			f.chatOf(t, "Omar")
		}},
	} {
		step.do()
		var was, is string
		for deadline := time.Now().Add(patience); ; pause() {
			fresh.open(path)
			fresh.until("the live line", `document.body.dataset.connection === "Live"`)
			if was, is = eval[string](lived, pageNow), eval[string](fresh, pageNow); was == is {
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("%s: the page that lived through it (-) is not what a reload shows (+)\n%s", step.what, cmp.Diff(strings.Split(was, "\n"), strings.Split(is, "\n")))
				lived.open(path) // the next step starts from what is true
				lived.until("the live line", `document.body.dataset.connection === "Live"`)
				break
			}
		}
	}
	lived.clean()
}

func metaID(t *testing.T, f *floor, id int64) string {
	t.Helper()
	m, err := f.Store.Message(t.Context(), f.Sam, id)
	if err != nil {
		t.Fatal(err)
	}
	return m.WAMID
}

func newest(t *testing.T, f *floor, chatID int64) store.Message {
	t.Helper()
	thread, err := f.Store.Thread(t.Context(), f.Sam, chatID, store.ThreadQuery{Limit: 1})
	if err != nil || len(thread.Messages) == 0 {
		t.Fatalf("newest message of %d: %v", chatID, err)
	}
	return thread.Messages[len(thread.Messages)-1]
}

func threadSays(t *testing.T, f *floor, chatID int64, text string) bool {
	t.Helper()
	thread, err := f.Store.Thread(t.Context(), f.Sam, chatID, store.ThreadQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range thread.Messages {
		if strings.Contains(m.Body, text) {
			return true
		}
	}
	return false
}
