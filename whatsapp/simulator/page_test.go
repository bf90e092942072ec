package simulator_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"agentdesk/whatsapp/simulator"

	"github.com/PuerkitoBio/goquery"
)

// page loads an address of the phone page.
func (w *world) page(path string) *goquery.Document {
	w.t.Helper()
	res, err := http.Get(w.server.URL + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		w.t.Fatalf("GET %s: %d", path, res.StatusCode)
	}
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return doc
}

// submit posts a form the plain way and returns the page after it.
func (w *world) submit(path string, form url.Values) *goquery.Document {
	w.t.Helper()
	res, err := http.PostForm(w.server.URL+path, form)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Request.Method != http.MethodGet {
		w.t.Fatalf("POST %s: %d after %s", path, res.StatusCode, res.Request.Method)
	}
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return doc
}

func has(t *testing.T, doc *goquery.Document, selector, want string) {
	t.Helper()
	if got := strings.Join(strings.Fields(doc.Find(selector).Text()), " "); !strings.Contains(got, want) {
		t.Errorf("%s: %q, want %q in it", selector, got, want)
	}
}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.nadia()
	for _, path := range []string{"/", "/live"} {
		res, err := http.Get(w.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		csp := res.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; script-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for _, bad := range []string{" style=", "<style", " onclick=", " onsubmit=", "hx-on", "javascript:"} {
			if strings.Contains(string(body), bad) {
				t.Errorf("%s: has %q", path, bad)
			}
		}
	}
	doc := w.page("/")
	for _, selector := range []string{`link[rel="stylesheet"]`, `script`, `link[rel="icon"]`} {
		doc.Find(selector).Each(func(_ int, s *goquery.Selection) {
			address := s.AttrOr("href", s.AttrOr("src", ""))
			res, err := http.Get(w.server.URL + address)
			if err != nil || res.StatusCode != 200 {
				t.Errorf("%s: %v", address, err)
			}
			res.Body.Close()
		})
	}
}

func TestPageWithoutCustomers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	doc := w.page("/")
	if doc.Find(".phone").Length() != 0 {
		t.Error("a phone of nobody")
	}
	doc = w.submit("/customers", url.Values{"name": {"Ines"}, "username": {"@ines"}})
	has(t, doc, `[aria-current="page"]`, "Ines @ines · never wrote")
	if c := w.Customers()[0]; c.Phone != "" || c.WaID != "" || c.BSUID == "" || c.Username != "ines" {
		t.Errorf("customer: %+v", c)
	}
	doc = w.submit("/customers", url.Values{"name": {"Tomás"}, "phone": {"+34 600 000 017"}})
	has(t, doc, `[aria-current="page"]`, "+34 600 000 017")
}

func TestPageConversation(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	at := "?customer=" + c.ID
	_, answer := w.send(m{"to": c.Phone, "type": "interactive", "interactive": m{"type": "button", "body": m{"text": "¿Qué día?"}, "action": m{
		"buttons": []any{m{"type": "reply", "reply": m{"id": "mon", "title": "Lunes"}}},
	}}})
	ours := wamid(t, answer)
	w.idle()
	w.receiver.reset()

	doc := w.submit("/messages"+at, url.Values{"body": {"El lunes"}, "quote": {ours}})
	has(t, doc, "#sim-talk .msg--out", "El lunes")
	has(t, doc, "#sim-talk .msg--in .tpl", "¿Qué día?")
	has(t, doc, "#sim-talk .msg--out .quote", "Casa Lumen¿Qué día?")
	w.submit("/taps"+at, url.Values{"message": {ours}, "button": {"mon"}})
	w.submit("/reactions"+at, url.Values{"message": {ours}, "emoji": {"👍"}})
	w.submit("/reactions"+at, url.Values{"message": {ours}, "emoji": {""}})
	w.submit("/locations"+at, nil)
	w.submit("/contact-cards"+at, nil)
	w.submit("/contact-cards"+at, url.Values{"message": {ours}}) // the answer to a request for one's number
	w.submit("/taps"+at, url.Values{"message": {ours}, "button": {"not there"}})
	w.submit("/messages"+at, url.Values{"body": {"  "}})
	w.idle()
	messages := w.receiver.list("messages")
	if len(messages) != 7 {
		t.Fatalf("%d messages: %v", len(messages), messages)
	}
	if context := messages[0]["context"].(m); context["id"] != ours || context["from"] != "34600000100" {
		t.Errorf("quote: %v", context)
	}
	if reply := messages[1]["interactive"].(m)["button_reply"].(m); reply["id"] != "mon" || reply["title"] != "Lunes" || messages[1]["context"].(m)["id"] != ours {
		t.Errorf("tap: %v", messages[1])
	}
	if reaction := messages[2]["reaction"].(m); reaction["emoji"] != "👍" || reaction["message_id"] != ours {
		t.Errorf("reaction: %v", reaction)
	}
	if _, has := messages[3]["reaction"].(m)["emoji"]; has {
		t.Errorf("reaction taken away: %v", messages[3])
	}
	if messages[4]["type"] != "location" || messages[5]["type"] != "contacts" {
		t.Errorf("attachments: %v", messages[4:])
	}
	if card := messages[6]; card["origin"] != "contact_request" || card["contacts"].([]any)[0].(m)["phones"].([]any)[0].(m)["phone"] != c.Phone {
		t.Errorf("own number: %v", card)
	}
}

func TestPageTemplateTap(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.AddTemplate(simulator.Template{Name: "aviso", Language: "es", Category: "UTILITY", Components: []map[string]any{
		{"type": "BODY", "text": "Hola {{1}}, llega mañana."}, {"type": "BUTTONS", "buttons": []any{m{"type": "QUICK_REPLY", "text": "Otro día"}}},
	}})
	_, answer := w.send(template(c.Phone, "aviso", []any{body(param("Nadia")), m{"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": []any{m{"type": "payload", "payload": "OTHER"}}}}))
	w.idle()
	w.receiver.reset()
	has(t, w.page("/"), ".tpl", "Hola Nadia, llega mañana.")
	w.submit("/taps?customer="+c.ID, url.Values{"message": {wamid(t, answer)}, "button": {"OTHER"}})
	w.idle()
	if got := w.receiver.list("messages")[0]; got["type"] != "button" || got["button"].(m)["payload"] != "OTHER" || got["button"].(m)["text"] != "Otro día" {
		t.Errorf("tap: %v", got)
	}
}

// What never reached the phone is not on it.
func TestPageShowsWhatArrived(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.submit("/habits?customer="+c.ID, url.Values{"habit": {"offline"}})
	w.send(text(c.Phone, "¿Me lee?"))
	w.idle()
	doc := w.page("/")
	if strings.Contains(doc.Find("#sim-talk").Text(), "¿Me lee?") {
		t.Error("an offline phone shows a new message")
	}
	has(t, doc, "#sim-obstacle", "offline")
	w.submit("/messages?customer="+c.ID, url.Values{"body": {"no sale"}})
	w.submit("/habits?customer="+c.ID, url.Values{"habit": {"offline"}})
	w.idle()
	doc = w.page("/")
	has(t, doc, "#sim-talk", "¿Me lee?")
	if strings.Contains(doc.Find("#sim-talk").Text(), "no sale") {
		t.Error("an offline phone sent a message")
	}
}

func TestPageTicks(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"})
	w.receiver.mu.Lock()
	gate := make(chan struct{})
	w.receiver.gate = gate
	w.receiver.mu.Unlock()
	id := w.Say(c.ID, "Hola")
	<-w.receiver.arrived
	if got := w.page("/").Find(".tick").AttrOr("aria-label", ""); got != "Sent" {
		t.Errorf("on its way: %q", got)
	}
	close(gate)
	w.idle()
	if got := w.page("/").Find(".tick").AttrOr("aria-label", ""); got != "Delivered" {
		t.Errorf("answered 200: %q", got)
	}
	w.send(m{"status": "read", "message_id": id, "typing_indicator": m{"type": "text"}})
	doc := w.page("/")
	if got := doc.Find(".tick").AttrOr("aria-label", ""); got != "Read" {
		t.Errorf("read: %q", got)
	}
	has(t, doc, "#typing", "Casa Lumen is typing")
}

func TestPageEscapes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	const evil = `<script>alert(1)</script><b hx-get="/x">"'&`
	c := w.AddCustomer(simulator.Customer{Name: evil, Username: evil, Reads: true})
	w.submit("/messages?customer="+c.ID, url.Values{"body": {evil}})
	w.idle()
	w.send(m{"recipient": c.BSUID, "type": "text", "text": m{"body": evil}})
	_, answer := w.send(m{"recipient": c.BSUID, "type": "interactive", "interactive": m{"type": "list", "header": m{"text": evil}, "footer": m{"text": evil[:30]}, "body": m{"text": evil},
		"action": m{"button": "x", "sections": []any{m{"rows": []any{m{"id": evil, "title": `<i hx-get="/x">`, "description": evil}}}}}}})
	wamid(t, answer)
	w.AddTemplate(simulator.Template{Name: evil, Language: evil, Status: evil})
	w.idle()
	for _, path := range []string{"/", "/live"} {
		doc := w.page(path + "?customer=" + c.ID)
		if n := doc.Find("#sim-talk").Length(); n != 1 {
			t.Errorf("%s: %d talks", path, n)
		}
		if got := doc.Find("#sim-talk").Text(); strings.Count(got, "<script>alert(1)</script>") < 3 {
			t.Errorf("%s: the text is not shown as text: %s", path, got)
		}
		doc.Find("script").Each(func(_ int, s *goquery.Selection) {
			if s.Text() != "" {
				t.Errorf("%s: script %q", path, s.Text())
			}
		})
		if n := doc.Find(`[hx-get="/x"]`).Length(); n != 0 {
			t.Errorf("%s: an injected attribute is live", path)
		}
		if n := doc.Find("#sim-talk b[hx-get], #sim-talk i").Length(); n != 0 {
			t.Errorf("%s: injected elements", path)
		}
	}
}

func TestPageRefusesOtherOrigins(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.receiver.reset()
	post := func(header, value string) int {
		req, err := http.NewRequest("POST", w.server.URL+"/messages?customer="+c.ID, strings.NewReader("body=Hola"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set(header, value)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if got := post("Sec-Fetch-Site", "cross-site"); got != 403 {
		t.Errorf("cross-site: %d", got)
	}
	if got := post("Origin", "https://elsewhere.example"); got != 403 {
		t.Errorf("foreign origin: %d", got)
	}
	if got := post("Sec-Fetch-Site", "same-origin"); got != 303 {
		t.Errorf("same origin: %d", got)
	}
	w.idle()
	if n := len(w.receiver.list("messages")); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// For htmx a form answers with the changed parts, and 409 when the phone cannot do that, so that the text stays in its field.
func TestPageParts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	post := func() (int, string) {
		req, err := http.NewRequest("POST", w.server.URL+"/messages?customer="+c.ID, strings.NewReader("body=Hola+otra+vez"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("HX-Request", "true")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		data, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(data)
	}
	status, parts := post()
	if status != 200 || !strings.Contains(parts, "Hola otra vez") || strings.Contains(parts, "<html") || strings.Contains(parts, `id="composer"`) {
		t.Errorf("%d: %s", status, parts)
	}
	w.UpdateCustomer(c.ID, func(c *simulator.Customer) { c.Blocked = true })
	if status, _ := post(); status != 409 {
		t.Errorf("from a phone that blocked us: %d", status)
	}
}

func TestPageClock(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	start, end := w.clock.Now(), w.WindowEnd(c.ID, "")
	at := "/clock?customer=" + c.ID
	w.submit(at, url.Values{"step": {"hour"}})
	if got := w.clock.Now(); !got.Equal(start.Add(time.Hour)) {
		t.Errorf("+1 h: %v", got)
	}
	has(t, w.submit(at, url.Values{"step": {"near"}}), "#person-"+c.ID, "5 min left")
	if got := w.clock.Now(); !got.Equal(end.Add(-5 * time.Minute)) {
		t.Errorf("near the end: %v", got)
	}
	w.clock.Advance(time.Second)
	has(t, w.page("/"), "#person-"+c.ID, "04:59 left")
	has(t, w.submit(at, url.Values{"step": {"past"}}), "#person-"+c.ID, "closed")
	now := w.clock.Now()
	w.submit(at, url.Values{"step": {"near"}})
	if !w.clock.Now().Equal(now) {
		t.Error("business time went back")
	}
}

// Without Options.Advance the simulator keeps an offset of its own.
func TestOwnOffset(t *testing.T) {
	t.Parallel()
	w := setup(t, func(o *simulator.Options) { o.Advance = nil })
	w.nadia()
	w.submit("/clock", url.Values{"step": {"hour"}})
	if got := w.Clock(); !got.Equal(w.clock.Now().Add(time.Hour)) {
		t.Errorf("clock: %v", got)
	}
}

func TestPageFaults(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	doc := w.page("/")
	var names []string
	doc.Find("button.fault").Each(func(_ int, s *goquery.Selection) { names = append(names, s.AttrOr("value", "")) })
	if len(names) != 14 {
		t.Errorf("faults: %v", names)
	}
	for _, name := range names {
		selector := `button.fault[value="` + name + `"][aria-pressed="true"]`
		if w.submit("/faults", url.Values{"fault": {name}}).Find(selector).Length() != 1 {
			t.Errorf("%s was not set", name)
		}
		if w.submit("/faults", url.Values{"fault": {name}}).Find(selector).Length() != 0 {
			t.Errorf("%s was not released", name)
		}
	}
	w.submit("/faults", url.Values{"fault": {"fail-send"}, "code": {"131042"}})
	if _, answer := w.send(text(c.Phone, "Hola")); code(answer) != 131042 {
		t.Errorf("armed refusal: %v", answer)
	}
	w.receiver.reset()
	w.submit("/faults", url.Values{"fault": {"fail-status"}, "code": {"131049"}})
	w.send(text(c.Phone, "Hola"))
	w.idle()
	if got := statusNames(w); got != "failed" {
		t.Errorf("armed failure: %s", got)
	}
}

func TestPageTemplatesAndNumbers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	one := plainTemplate()
	one.Status = "PENDING"
	w.AddTemplate(one)
	for _, step := range []struct{ choose, then string }{{"APPROVED", "Pause"}, {"PAUSED", "Unpause"}, {"nonsense", "Unpause"}} {
		doc := w.submit("/templates", url.Values{"template": {one.ID}, "status": {step.choose}})
		has(t, doc, "#template-"+one.ID, step.then)
	}
	doc := w.submit("/numbers?customer="+c.ID, url.Values{"phone": {"+34 600 000 077"}})
	has(t, doc, "#sim-talk .line", "changed from 34600000042 to 34600000077")
	doc = w.page("/?customer=" + c.ID + "&number=" + second)
	if doc.Find("#sim-talk .msg").Length() != 0 {
		t.Error("the other number shows the first one's conversation")
	}
	w.receiver.reset()
	w.submit("/messages?customer="+c.ID+"&number="+second, url.Values{"body": {"Al taller"}})
	w.idle()
	var to any
	for _, value := range w.receiver.values() {
		if value["messages"] != nil {
			to = value["metadata"].(m)["phone_number_id"]
		}
	}
	if to != second {
		t.Errorf("written to %v", to)
	}
	has(t, w.page("/"), "#sim-wire", "200 messages · text")
}
