package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// The whole program, from a customer's phone to an agent's screen and back.

func (f *floor) available(t testing.TB, people ...store.Agent) {
	t.Helper()
	for _, who := range people {
		if err := f.Store.ChoosePresence(t.Context(), who, store.Available); err != nil {
			t.Fatal(err)
		}
	}
}

// ownedBy waits until the chat has that owner.
func (f *floor) ownedBy(t *testing.T, name string, who store.Agent) store.ChatRow {
	t.Helper()
	var row store.ChatRow
	eventually(t, name+" with "+who.Name, func() bool {
		row = f.chatOf(t, name)
		return row.Chat.OwnerID == who.ID
	})
	return row
}

func (p *person) openChat(row store.ChatRow, name string) {
	p.t.Helper()
	p.press("link", name)
	p.until("the chat of "+name, fmt.Sprintf(`document.getElementById("chat")?.dataset.chat === "%d"`, row.Chat.ID))
	p.until("its topic", fmt.Sprintf(`document.getElementById("live").dataset.chat === "%d" && document.body.dataset.connection === "Live"`, row.Chat.ID))
}

// bubbles are what the thread says, top to bottom.
func (p *person) bubbles() []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelectorAll("#thread article .bubble__body p:first-child")].map((e) => e.textContent.trim())`)
}

func TestCustomerWritesAgentAnswers(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.available(t, f.Ana)
	ana := f.signedIn(t, f.Ana)
	nadia := f.customer("Nadia El-Amin", "+34600000042")

	// A new customer's first words reach the one who is there, without a reload.
	eval[bool](ana, "window.__unloaded = false; true")
	f.Sim.Say(nadia, "Hi, my lamp came with a crack")
	ana.has("link", "Nadia El-Amin")
	row := f.ownedBy(t, "Nadia El-Amin", f.Ana)
	ana.openChat(row, "Nadia El-Amin")
	ana.sees("my lamp came with a crack")
	ana.has("log", "Nadia El-Amin")
	ana.has("timer", "")

	// The next ones appear in the open thread.
	f.Sim.Say(nadia, "Right along the seam")
	ana.sees("Right along the seam")

	// The answer stands at once, leaves, and gains its ticks.
	ana.fill("textbox", "Message", "Oh no, I am sorry!")
	ana.keys(enter)
	ana.sees("Oh no, I am sorry!")
	ana.until("the blue ticks", `document.querySelector("#thread article:last-of-type .tick--read")`)
	// An answer of the server that was overtaken by its ticks does not take them back.
	eval[bool](ana, `(() => {
		const shown = document.querySelector("#thread article:last-of-type"), late = shown.cloneNode(true);
		late.dataset.rank = "0";
		late.querySelector(".tick").className = "tick tick--queued";
		const target = document.querySelector("[data-messages]");
		const text = '<hx-upsert hx-target="#' + target.id + '" key="data-key" sort>' + late.outerHTML + "</hx-upsert>";
		htmx.swap({sourceElement: target, target, swap: "none", text, transition: false});
		return true;
	})()`)
	ana.until("the blue ticks still", `document.querySelector("#thread article:last-of-type .tick--read") && !document.querySelector("#thread .tick--queued")`)
	eventually(t, "the answer on the phone", func() bool { return len(f.Sim.Accepted()) == 1 })
	if value := eval[string](ana, `document.getElementById("message").value`); value != "" {
		t.Errorf("the field still says %q", value)
	}
	if !eval[bool](ana, `document.activeElement.id === "message" && window.__unloaded === false`) {
		t.Error("focus left the field, or the page was loaded again")
	}
	ana.clean()
}

func TestTwoAgentsRaceForAChat(t *testing.T) {
	t.Parallel()
	f := open(t)
	tomas := f.customer("Tomás Ibarra", "+34600000017")
	f.Sim.Say(tomas, "¿Me mandan la factura?")
	row := f.chatOf(t, "Tomás Ibarra")

	ana, ben := f.signedIn(t, f.Ana), f.signedIn(t, f.Ben)
	for _, p := range []*person{ana, ben} {
		p.open(fmt.Sprintf("/chats/%d?view=queue", row.Chat.ID))
		p.has("button", "Take")
	}
	// Both type, then both take it in the same instant.
	words := map[*person]string{ana: "Ahora mismo, dice Ana", ben: "Ahora mismo, dice Ben"}
	for p, text := range words {
		p.fill("textbox", "Message", text)
	}
	var both sync.WaitGroup
	for _, p := range []*person{ana, ben} {
		both.Go(func() { eval[bool](p, find("button", "Take")+".click() || true") })
	}
	both.Wait()
	winner, loser := ana, ben
	eventually(t, "an owner", func() bool { row = f.chatOf(t, "Tomás Ibarra"); return row.Chat.OwnerID != 0 })
	if row.Chat.OwnerID == f.Ben.ID {
		winner, loser = ben, ana
	}
	winner.has("button", "Close")
	winner.until("the winner's text in its field", fmt.Sprintf(`document.getElementById("message").value === %s`, quoted(words[winner])))
	loser.sees(winner.name)  // who has it now
	loser.sees(words[loser]) // and nothing typed is lost
	loser.hasNot("button", "Take")
	ana.clean()
	ben.clean()
}

func TestTheLineIsCutInTheMiddleOfABurst(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.available(t, f.Ana)
	ana := f.signedIn(t, f.Ana)
	priya := f.customer("Priya Raman", "+447700900231")
	f.Sim.Say(priya, "burst 00")
	row := f.ownedBy(t, "Priya Raman", f.Ana)
	ana.openChat(row, "Priya Raman")
	ana.sees("burst 00")
	eval[bool](ana, "window.__same = true")
	for i := 1; i <= 60; i++ {
		f.Sim.Say(priya, fmt.Sprintf("burst %02d", i))
		switch i {
		case 15, 30:
			f.line.cut(false)
		case 40:
			f.line.cut(true)
		case 50:
			f.line.mend()
		}
	}
	ana.sees("burst 60")
	want := 61
	ana.until("every bubble", fmt.Sprintf(`document.querySelectorAll("#thread article").length >= %d`, want))
	got := ana.bubbles()
	if len(got) != want {
		t.Fatalf("%d bubbles, want %d: %v", len(got), want, got)
	}
	for i, text := range got {
		if !strings.Contains(text, fmt.Sprintf("burst %02d", i)) {
			t.Errorf("place %d says %q", i, text)
		}
	}
	if !eval[bool](ana, "window.__same === true") {
		t.Error("the page was loaded again")
	}
	ana.clean()
}

func TestTheWindowEndsWhileSomebodyTypes(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.available(t, f.Ana)
	f.approvedTemplate(t)
	ana := f.signedIn(t, f.Ana)
	joana := f.customer("Joana Siqueira", "+34600000078")
	f.Sim.Say(joana, "Dá para trocar?")
	row := f.ownedBy(t, "Joana Siqueira", f.Ana)
	ana.openChat(row, "Joana Siqueira")
	ana.fill("textbox", "Message", "Claro, eu troco por si")

	f.moveTime(t, 24*time.Hour-20*time.Second) // past the desk's own margin
	ana.has("region", "Templates")
	ana.sees("Only approved templates can be sent")
	ana.hasNot("textbox", "Message")
	ana.sees("Claro, eu troco por si") // kept, where it can be seen
	ana.until("focus in the search", `document.activeElement.id === "find-template"`)

	f.Sim.Say(joana, "Então?")
	ana.has("textbox", "Message")
	ana.until("the text back in its field", `document.getElementById("message").value === "Claro, eu troco por si"`)
	ana.until("focus back in the field", `document.activeElement.id === "message"`)
	ana.keys(enter)
	ana.until("the answer sent", `document.querySelector("#thread article:last-of-type .tick--read")`)
	ana.clean()
}

func TestAnEndedWindowIsAnsweredByTemplate(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.available(t, f.Ana)
	f.approvedTemplate(t)
	grace := f.customer("Grace Okafor", "+447700900118")
	f.Sim.Say(grace, "Does it come with the bulb?")
	f.chatOf(t, "Grace Okafor")
	ana := f.signedIn(t, f.Ana)
	row := f.ownedBy(t, "Grace Okafor", f.Ana)
	f.moveTime(t, 26*time.Hour)
	ana.openChat(row, "Grace Okafor")
	ana.has("region", "Templates")
	ana.press("link", "Delivery day")
	ana.fill("textbox", "Field 1", "Grace")
	ana.press("button", "Send template")
	ana.sees("Hello Grace, your parcel is on its way.")
	ana.until("its ticks", `document.querySelector("#thread article:last-of-type .tick--read")`)
	ana.has("region", "Templates") // a template opens nothing
	f.Sim.Say(grace, "Lovely, thank you")
	ana.has("textbox", "Message") // the customer does
	ana.clean()
}

// approvedTemplate puts one template into the account and waits until the desk knows it.
func (f *floor) approvedTemplate(t *testing.T) {
	t.Helper()
	f.Sim.AddTemplate(simulator.Template{
		Name: "delivery_day", Language: "en", Category: "UTILITY", Quality: "GREEN",
		Components: []map[string]any{{
			"type": "BODY", "text": "Hello {{1}}, your parcel is on its way.",
			"example": map[string]any{"body_text": [][]string{{"Nadia"}}},
		}},
	})
	if err := f.parts.channel.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestSupervisorReassignsAndTheOldOwnerLosesSight(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.available(t, f.Ana)
	ana, sam := f.signedIn(t, f.Ana), f.signedIn(t, f.Sam)
	omar := f.customer("عمر الحداد", "+34600000099")
	f.Sim.Say(omar, "هل يمكن تغيير عنوان التوصيل؟")
	row := f.ownedBy(t, "عمر الحداد", f.Ana)
	ana.openChat(row, "عمر الحداد")
	sam.open(fmt.Sprintf("/chats/%d?view=all", row.Chat.ID))
	sam.press("button", "Assign")
	sam.press("button", "Ben Carter")
	f.ownedBy(t, "عمر الحداد", f.Ben)
	ana.until("the thread gone", `!document.querySelector("#thread")`)
	ana.hasNot("link", "عمر الحداد")
	f.Sim.Say(omar, "للزميل الجديد فقط")
	sam.sees("للزميل الجديد فقط")
	if eval[bool](ana, `document.body.innerText.includes("للزميل الجديد فقط")`) {
		t.Error("the old owner was shown what came after")
	}
	ana.clean()
	sam.clean()
}

func TestARestartBringsThePageBack(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.available(t, f.Ana)
	ana := f.signedIn(t, f.Ana)
	liam := f.customer("Liam Whitfield", "+447700900305")
	f.Sim.Say(liam, "before the restart")
	row := f.ownedBy(t, "Liam Whitfield", f.Ana)
	ana.openChat(row, "Liam Whitfield")
	ana.fill("textbox", "Message", "half a sent")
	eval[bool](ana, "window.__same = true")

	f.stop()
	f.Sim.Say(liam, "while it was away") // Meta tries again
	f.start(t)
	ana.sees("while it was away")
	f.Sim.Say(liam, "after the restart")
	ana.sees("after the restart")
	if !eval[bool](ana, `window.__same === true && document.getElementById("message").value === "half a sent"`) {
		t.Error("the page was loaded again, or lost what was typed")
	}
	ana.clean()
}

func TestAColleagueAnswersWhileSomebodyTypes(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.available(t, f.Ana)
	settings, err := f.Store.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	settings.Visibility = store.VisibleTeam // so that the chat stays on Ana's screen while Sam has it
	if err := f.Store.ChangeSettings(t.Context(), f.Alex, settings); err != nil {
		t.Fatal(err)
	}
	ana := f.signedIn(t, f.Ana)
	ravi := f.customer("Ravi Menon", "+447700900410")
	f.Sim.Say(ravi, "Is it dimmable?")
	row := f.ownedBy(t, "Ravi Menon", f.Ana)
	ana.openChat(row, "Ravi Menon")
	ana.fill("textbox", "Message", "It is not")
	// Sam takes over, answers, and gives it back.
	for _, step := range []func() error{
		func() error { _, err := f.Store.TakeChat(t.Context(), f.Sam, row.Chat.ID, true); return err },
		func() error {
			_, err := f.Store.QueueMessage(t.Context(), f.Sam, store.Outgoing{ChatID: row.Chat.ID, ClientID: uuid.NewString(), Text: "Yes, it is."})
			return err
		},
		func() error {
			_, err := f.Store.AssignChat(t.Context(), f.Sam, row.Chat.ID, f.Ana.ID, 0, true)
			return err
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	ana.has("log", "Ravi Menon")
	ana.has("textbox", "Message")
	ana.until("the text still there", `document.getElementById("message").value === "It is not"`)
	ana.press("button", "Send")
	ana.sees("Sam Keller answered")
	if n := len(f.Sim.Accepted()); n > 1 {
		t.Errorf("%d messages left the desk, want only Sam's", n)
	}
	ana.press("button", "Send anyway")
	eventually(t, "both answers sent", func() bool { return len(f.Sim.Accepted()) == 2 })
	ana.clean()
}
