package views_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"agentdesk/store"
	"agentdesk/views"
)

var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// render draws a component with an empty context, as live frames are.
func render(t testing.TB, c templ.Component) *goquery.Document {
	t.Helper()
	var out strings.Builder
	if err := c.Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

var nadia = store.Contact{ID: 4, ProfileName: "Nadia El-Amin", Phone: "+34600000042", BSUID: "ES.8f21c07a"}

// every is one message of each kind that can stand in a thread, and of each that says little.
func every(body string) map[string]store.Message {
	in := func(kind store.MessageKind, d store.Details) store.Message {
		return store.Message{ID: 7, ChatID: 3, Direction: store.In, Kind: kind, At: noon, Body: body, Details: d}
	}
	b := body
	return map[string]store.Message{
		"text":               in(store.KindText, store.Details{}),
		"forwarded":          in(store.KindText, store.Details{Forwarded: "forwarded"}),
		"forwarded often":    in(store.KindText, store.Details{Forwarded: "frequently"}),
		"from an ad":         in(store.KindText, store.Details{Referral: &store.Referral{SourceType: b, Headline: b, Body: b, SourceURL: b}}),
		"about a product":    in(store.KindText, store.Details{Product: &store.Product{ProductID: b, CatalogID: b}}),
		"image":              in(store.KindImage, store.Details{Media: &store.Media{MIMEType: "image/jpeg", Size: 12, FileName: b}}),
		"bare image":         in(store.KindImage, store.Details{}),
		"video":              in(store.KindVideo, store.Details{Media: &store.Media{MIMEType: b, TooLarge: true}}),
		"voice":              in(store.KindAudio, store.Details{Media: &store.Media{MIMEType: "audio/ogg", Voice: true}}),
		"audio":              in(store.KindAudio, store.Details{Media: &store.Media{MIMEType: "audio/mpeg"}}),
		"document":           in(store.KindDocument, store.Details{Media: &store.Media{FileName: b, MIMEType: "application/pdf"}}),
		"sticker":            in(store.KindSticker, store.Details{Media: &store.Media{Animated: true}}),
		"location":           in(store.KindLocation, store.Details{Location: &store.Location{Latitude: 39.4749, Longitude: -0.3764, Name: b, Address: b, URL: b}}),
		"bare location":      in(store.KindLocation, store.Details{}),
		"contacts":           in(store.KindContacts, store.Details{Contacts: []store.ContactCard{{Name: b, Company: b, Title: b, Birthday: b, Phones: []store.Labelled{{Label: b, Value: b}}, Emails: []store.Labelled{{Label: b, Value: b}}, URLs: []store.Labelled{{Label: b, Value: b}}, Addresses: []store.Labelled{{Label: b, Value: b}}}}}),
		"bare contacts":      in(store.KindContacts, store.Details{Contacts: []store.ContactCard{{}}}),
		"no contacts":        in(store.KindContacts, store.Details{}),
		"answer":             in(store.KindAnswer, store.Details{Answer: &store.Answer{Type: "list", Title: b, Description: b}}),
		"form":               in(store.KindAnswer, store.Details{Answer: &store.Answer{Type: "flow", Fields: []store.Labelled{{Label: b, Value: b}}}}),
		"bare answer":        in(store.KindAnswer, store.Details{}),
		"permission":         in(store.KindPermission, store.Details{Answer: &store.Answer{Accepted: true}}),
		"bare permission":    in(store.KindPermission, store.Details{}),
		"order":              in(store.KindOrder, store.Details{Order: &store.Order{Text: b, Items: []store.OrderItem{{ProductID: b, Quantity: 2, Price: b, Currency: b}}}}),
		"bare order":         in(store.KindOrder, store.Details{}),
		"number change":      in(store.KindSystem, store.Details{System: &store.SystemChange{Type: "user_changed_number", OldPhone: "+34600000111", NewPhone: "+34600000222"}}),
		"system":             in(store.KindSystem, store.Details{System: &store.SystemChange{Type: b, Body: b}}),
		"bare system":        in(store.KindSystem, store.Details{}),
		"welcome":            in(store.KindWelcome, store.Details{}),
		"call":               in(store.KindCall, store.Details{Call: &store.Call{Direction: "USER_INITIATED", State: "missed", Seconds: 61}}),
		"bare call":          in(store.KindCall, store.Details{}),
		"unsupported":        in(store.KindUnsupported, store.Details{Unsupported: &store.Unsupported{Type: b, Reason: b, Raw: json.RawMessage(`{"secret":"raw"}`)}}),
		"bare unsupported":   in(store.KindUnsupported, store.Details{}),
		"a kind of tomorrow": in(store.MessageKind("hologram"), store.Details{}),
		"revoked":            {ID: 7, ChatID: 3, Direction: store.In, Kind: store.KindText, At: noon, Body: body, RevokedAt: noon},
		"edited":             {ID: 7, ChatID: 3, Direction: store.In, Kind: store.KindText, At: noon, Body: body, EditedAt: noon, Edits: []store.MessageEdit{{At: noon, Body: b}}},
		"quoting":            {ID: 7, ChatID: 3, Direction: store.In, Kind: store.KindText, At: noon, Body: body, QuotedWAMID: "w", Quoted: &store.Message{ID: 6, Kind: store.KindText, Direction: store.Out, Body: b, Agent: &store.Agent{Name: b}}},
		"quoting the lost":   {ID: 7, ChatID: 3, Direction: store.In, Kind: store.KindText, At: noon, Body: body, QuotedWAMID: "w"},
		"reacted to":         {ID: 7, ChatID: 3, Direction: store.In, Kind: store.KindText, At: noon, Body: body, Reactions: []store.Reaction{{Actor: "contact", Emoji: b}, {Actor: "agent", Emoji: "👍"}}},
		"template":           {ID: 7, ChatID: 3, Direction: store.Out, Kind: store.KindTemplate, At: noon, Status: store.Sent, Details: store.Details{Template: &store.SentTemplate{Name: b, Language: "en", Header: b, Body: b, Footer: b, Buttons: []store.TemplateButton{{Type: "URL", Text: b, URL: b}}}}},
		"bare template":      {ID: 7, ChatID: 3, Direction: store.Out, Kind: store.KindTemplate, At: noon, Status: store.Sent},
		"from the app":       {ID: 7, ChatID: 3, Direction: store.Out, Kind: store.KindText, At: noon, Status: store.Sent, Body: body, Details: store.Details{FromApp: true}},
	}
}

var statuses = []store.Status{store.Queued, store.Sending, store.Unconfirmed, store.Accepted, store.Sent, store.Delivered, store.Read, store.Played, store.Failed, store.Cancelled}

// Every kind shows something, says whose it is, and never the raw payload, in a frame for everybody.
func TestEveryKindIsVisible(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"Hello", "", " \u200b "} {
		for name, m := range every(body) {
			doc := render(t, views.MessageFrame(views.MessageView{Message: m, Contact: nadia, Real: noon}))
			frame := doc.Find(`hx-upsert[hx-target="#messages-3"][key="data-key"][sort]`)
			article := frame.Find("article#message-7")
			if article.Length() != 1 {
				t.Fatalf("%s: no article in the frame", name)
			}
			article.Find("[hidden], time, .tick").Remove()
			if len(text(article)) < 4 {
				t.Errorf("%s with body %q shows only %q", name, body, text(article))
			}
			if strings.Contains(article.Text(), "secret") {
				t.Errorf("%s shows its raw payload to everybody", name)
			}
		}
	}
}

func TestEveryStatus(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, status := range statuses {
		m := store.Message{ID: 7, ChatID: 3, Direction: store.Out, Kind: store.KindText, At: noon, Body: "Hello", Status: status, Agent: &store.Agent{ID: 2, Name: "Ana Ruiz"}, AgentID: 2,
			Steps: []store.StatusStep{{Status: store.Sent, At: noon.Add(time.Second)}, {Status: store.Delivered, At: noon.Add(2 * time.Second)}}}
		tick := render(t, views.Bubble(views.MessageView{Message: m, Contact: nadia, Real: noon})).Find(".tick")
		label, _ := tick.Attr("aria-label")
		title, _ := tick.Attr("title")
		if label == "" || names[label] {
			t.Errorf("%s is called %q, like another or not at all", status, label)
		}
		names[label] = true
		if title != "Sent 12:00:01 UTC, Delivered 12:00:02 UTC" {
			t.Errorf("%s: title %q does not say every step", status, title)
		}
	}
}

func TestWaysOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		m     store.Message
		shows []string
		hides []string
	}{
		{"passing fault", store.Message{Status: store.Failed, ErrorReason: store.FailTryAgain}, []string{"Not sent", "Retry"}, []string{"Send as template"}},
		{"window", store.Message{Status: store.Failed, ErrorReason: store.FailWindowEnded}, []string{"window closed", "Send as template"}, []string{"Retry"}},
		{"opted out", store.Message{Status: store.Failed, ErrorReason: store.FailOptedOut}, []string{"does not want"}, []string{"Retry", "Send as template"}},
		{"a code of tomorrow", store.Message{Status: store.Failed, ErrorReason: "new"}, []string{"does not know"}, []string{"Retry"}},
		{"retried", store.Message{Status: store.Failed, ErrorReason: store.FailTryAgain, RetriedBy: 9}, []string{"Sent again below"}, []string{"Retry"}},
		{"unconfirmed, just now", store.Message{Status: store.Unconfirmed, SendingAt: noon}, []string{"may still come"}, []string{"Send again", "It arrived"}},
		{"unconfirmed, asked", store.Message{Status: store.Unconfirmed, SendingAt: noon.Add(-store.UnconfirmedHold)}, []string{"may arrive twice", "Send again", "It arrived"}, nil},
		{"unconfirmed, repeated", store.Message{Status: store.Unconfirmed, RetriedBy: 9}, []string{"Sent again below"}, []string{"It arrived"}},
		{"sent", store.Message{Status: store.Sent}, nil, []string{"Retry", "Not sent"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.m.ID, tt.m.ChatID, tt.m.Kind, tt.m.Direction, tt.m.At, tt.m.Body = 7, 3, store.KindText, store.Out, noon, "x"
			doc := render(t, views.Bubble(views.MessageView{Message: tt.m, Contact: nadia, Real: noon}))
			got := text(doc.Find("article"))
			for _, want := range tt.shows {
				if !strings.Contains(got, want) {
					t.Errorf("does not say %q: %s", want, got)
				}
			}
			for _, never := range tt.hides {
				if strings.Contains(got, never) {
					t.Errorf("says %q: %s", never, got)
				}
			}
			again := render(t, views.Bubble(views.MessageView{Message: tt.m, Contact: nadia, Real: noon}))
			if a, b := doc.Find("[name=client_id]").AttrOr("value", ""), again.Find("[name=client_id]").AttrOr("value", ""); a != b {
				t.Errorf("two pages would repeat under two ids: %s, %s", a, b)
			}
		})
	}
}

func TestEveryLine(t *testing.T) {
	t.Parallel()
	ana, ben := &store.Agent{ID: 1, Name: "Ana Ruiz"}, &store.Agent{ID: 2, Name: "Ben Novak"}
	tests := []struct {
		line store.Line
		want string
	}{
		{store.Line{Kind: store.LineCaseOpened, CaseID: 12}, "New case #12, opened by the customer's message"},
		{store.Line{Kind: store.LineCaseOpened, CaseID: 12, AgentID: 1, Agent: ana}, "New case #12, opened by Ana Ruiz"},
		{store.Line{Kind: store.LineRouted, AgentID: 1, Agent: ana, Why: &store.Assignment{Reason: store.ReasonLeastLoaded}}, "Given to Ana Ruiz, who had the most room"},
		{store.Line{Kind: store.LineRouted, AgentID: 1, Agent: ana, Why: &store.Assignment{Reason: store.ReasonAnsweredBefore}}, "Given to Ana Ruiz, who answered this customer before"},
		{store.Line{Kind: store.LineTaken, AgentID: 1, Agent: ana}, "Ana Ruiz took this chat"},
		{store.Line{Kind: store.LineTaken, AgentID: 1, Agent: ana, OtherID: 2, Other: ben}, "Ana Ruiz took this chat over from Ben Novak"},
		{store.Line{Kind: store.LineAssigned, AgentID: 1, Agent: ana, OtherID: 2, Other: ben, Why: &store.Assignment{OverCapacity: true}}, "Ana Ruiz assigned this chat to Ben Novak, past their capacity"},
		{store.Line{Kind: store.LineReleased, AgentID: 1, Agent: ana}, "Ana Ruiz put this chat back into the queue"},
		{store.Line{Kind: store.LineReleased, AgentID: 1, Agent: ana, OtherID: 2, Other: ben}, "Ana Ruiz put this chat back into the queue, from Ben Novak"},
		{store.Line{Kind: store.LineAbsent, OtherID: 2, Other: ben}, "Ben Novak was gone; the chat went back into the queue"},
		{store.Line{Kind: store.LineClosed, AgentID: 1, Agent: ana}, "Ana Ruiz closed the case"},
		{store.Line{Kind: store.LineReopened, AgentID: 1, Agent: ana}, "Ana Ruiz reopened the chat"},
		{store.Line{Kind: store.LineReopened}, "Reopened by the customer's message"},
		{store.Line{Kind: store.LineReaction, Details: store.LineDetails{Emoji: "👍"}}, "The customer reacted with 👍 to a message that is not here"},
		{store.Line{Kind: store.LineWindowEnded}, "WhatsApp closed the window early"},
		{store.Line{Kind: store.LineNotice, Details: store.LineDetails{Text: "Opted out"}}, "Opted out"},
		{store.Line{Kind: "of tomorrow"}, "Something changed"},
	}
	for _, tt := range tests {
		tt.line.ID, tt.line.At = 5, noon
		doc := render(t, views.LineFrame(3, tt.line, noon))
		if got := text(doc.Find(`hx-upsert[hx-target="#messages-3"] #line-5 p`)); got != tt.want+" · 12:00" {
			t.Errorf("%s: %q, want %q", tt.line.Kind, got, tt.want)
		}
	}
	doc := render(t, views.LineView(store.Line{Kind: store.LineRouted, Agent: ana, AgentID: 1, Why: &store.Assignment{Considered: []store.Considered{
		{Name: "Ana Ruiz", Open: 2, Capacity: 6}, {Name: "Ben Novak", Skipped: "away"}, {Name: "Chi Tanaka", Open: 6, Capacity: 6, Skipped: "full"}}}}, noon))
	if got := text(doc.Find("details li")); got != "Ana Ruiz: 2 of 6, chosenBen Novak: awayChi Tanaka: 6 of 6, full" {
		t.Errorf("reasons: %q", got)
	}
}

// hostile tries every way out of a text that this page has sinks for.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>' onmouseover=alert(1) x='</textarea></title><svg onload=alert(1)>{{7*7}}<hx-partial hx-target="body"><a href="javascript:alert(1)">x</a>&#x3c;b&#x3e;` + "\u202e\u2066\u0000"

// What customers, colleagues and Meta write stays text in every place that shows it: the same elements and attributes
// stand there for a hostile text as for a tame one.
func TestHostileText(t *testing.T) {
	t.Parallel()
	tame := "tame"
	evil := nadia
	evil.ProfileName, evil.Name, evil.Username, evil.BSUID = hostile, hostile, hostile, hostile
	good := nadia
	good.ProfileName, good.Name, good.Username, good.BSUID = tame, tame, tame, tame
	for name, m := range every(hostile) {
		for _, status := range append(statuses, "") {
			m.Status, m.ErrorDetails = status, hostile
			want := every(tame)[name]
			want.Status = status
			compare(t, name, views.Bubble(views.MessageView{Message: m, Contact: evil, Real: noon}), views.Bubble(views.MessageView{Message: want, Contact: good, Real: noon}))
		}
	}
	page := func(body string, c store.Contact) templ.Component {
		agent := store.Agent{ID: 2, Name: body, Role: store.RoleAdmin}
		chat := store.Chat{ID: 3, State: store.ChatOpen, TeamID: 1, OwnerID: 2, WindowFrom: noon, WindowUntil: noon.Add(24 * time.Hour), LastMessageAt: noon, CaseID: 1}
		frame := views.Frame{Title: body, Agent: agent, Now: noon, ChatID: 3}
		foot := views.Foot{Chat: chat, Contact: c, Viewer: agent, Now: noon, Text: body, Error: body, Ask: &store.Conflict{Kind: store.ConflictAnswered, Agent: &agent, Message: &store.Message{ID: 5, Body: body, Kind: store.KindText, Direction: store.Out, Agent: &agent}}}
		var rows []views.Row
		var messages []store.Message
		id := int64(100)
		for _, kind := range []string{"text", "document", "location", "contacts", "answer", "system", "template", "unsupported"} {
			m := every(body)[kind]
			id++
			m.ID = id
			messages = append(messages, m)
			chat := chat
			chat.ID = id
			rows = append(rows, views.Row{ChatRow: store.ChatRow{Chat: chat, Contact: c, Owner: &store.Agent{ID: 9, Name: body}, LastMessage: &m}, Left: ""})
		}
		rows = append(rows, views.Row{ChatRow: store.ChatRow{Chat: chat, Contact: c}, Left: body})
		return views.InboxPage(views.Inbox{Frame: frame, List: views.List{View: store.ViewMine, Rows: rows, Viewer: agent, Now: noon, Next: body},
			Chat: &views.Chat{Frame: frame, Foot: foot, Notice: views.Notice{Text: body}, Colleagues: []store.Agent{{ID: 8, Name: body}},
				Thread: store.Thread{Messages: messages, Lines: []store.Line{{ID: 1, Kind: store.LineNotice, At: noon, Details: store.LineDetails{Text: body}}}, Older: body},
				Page: store.ChatPage{Chat: chat, Contact: c, Owner: &agent, Number: store.Number{VerifiedName: body, DisplayPhone: body},
					Identities: []store.ContactIdentity{{Kind: body, Value: body, FirstSeen: noon}}, Cases: []store.CaseSummary{{Owner: &agent}},
					Openings: []store.Opening{{Agent: store.Agent{ID: 7, Name: body}, At: noon}}}}})
	}
	compare(t, "page", page(hostile, evil), page(tame, good))
	picker := func(body string, c store.Contact) templ.Component {
		template := store.Template{ID: 1, Name: body, Language: body, Category: body, Status: "APPROVED", Components: []store.TemplateComponent{
			{Type: "HEADER", Format: "TEXT", Text: body + " {{1}}", Example: &store.TemplateExample{HeaderText: []string{body}}}, {Type: "BODY", Text: body + " {{1}}"}, {Type: "FOOTER", Text: body},
			{Type: "BUTTONS", Buttons: []store.TemplateButton{{Type: "URL", Text: body, URL: "https://x.example/{{1}}"}}}}}
		blocked := template
		blocked.ID, blocked.Status, blocked.Reason = 2, "REJECTED", body
		values := store.TemplateValues{"header.1": body, "body.1": body, "button.0": body}
		return views.FootPane(views.Foot{Chat: store.Chat{ID: 3}, Contact: c, Number: store.Number{VerifiedName: body}, Now: noon, Picker: &views.Picker{
			Choices: []store.Template{template}, Blocked: []store.Template{blocked}, Search: body, Chosen: &template, Values: values, Held: body, Error: body,
			Errors: map[string]string{"body.1": body, "header.1": body}, Filled: map[string]string{"body.1": body}}})
	}
	compare(t, "picker", picker(hostile, evil), picker(tame, good))
}

// compare holds two renderings against each other: the same elements with the same attribute names; values may differ,
// but no address may leave the desk or run.
func compare(t *testing.T, name string, hostile, tame templ.Component) {
	t.Helper()
	count := func(c templ.Component) map[string]int {
		found := map[string]int{}
		render(t, c).Find("*").Each(func(_ int, e *goquery.Selection) {
			node := e.Nodes[0]
			if strings.Contains(" p br strong em s code blockquote ul ol li pre small span ", " "+node.Data+" ") && len(node.Attr) == 0 {
				return // what markup makes of a text
			}
			found["<"+node.Data]++
			for _, a := range node.Attr {
				found[node.Data+" "+a.Key]++
				value := strings.ToLower(strings.TrimSpace(a.Val))
				if (a.Key == "href" || a.Key == "src" || a.Key == "action") && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:")) {
					t.Errorf("%s: %s=%q", name, a.Key, a.Val)
				}
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("%s: an attribute %s", name, a.Key)
				}
			}
		})
		return found
	}
	got, want := count(hostile), count(tame)
	for what, n := range got {
		if n > want[what] && what != "a dir" {
			t.Errorf("%s: %d × %s, with a tame text %d", name, n, what, want[what])
		}
	}
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	m := store.Message{ID: 7, Kind: store.KindDocument, Direction: store.In, At: noon, Details: store.Details{Media: &store.Media{FileName: "photo\u202egpj.exe\u0007\u2066"}}}
	doc := render(t, views.Bubble(views.MessageView{Message: m, Contact: nadia}))
	if got := text(doc.Find(".file b")); got != "photo[U+202E]gpj.exe[U+0007][U+2066]" {
		t.Errorf("file name shown as %q", got)
	}
}

func TestOrderTotals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		items []store.OrderItem
		want  string
	}{
		{[]store.OrderItem{{Quantity: 3, Price: "0.1", Currency: "EUR"}, {Quantity: 1, Price: "0.20", Currency: "EUR"}}, "Total 0.50 EUR"},
		{[]store.OrderItem{{Quantity: 2, Price: "30", Currency: "USD"}, {Quantity: 1, Price: "7.125", Currency: "KWD"}}, "Total 60 USD7.125 KWD"},
		{[]store.OrderItem{{Quantity: 2, Price: "1e3", Currency: "USD"}}, ""},
		{[]store.OrderItem{{Quantity: 2, Price: "1/3", Currency: "USD"}}, ""},
		{nil, ""},
	}
	for _, tt := range tests {
		m := store.Message{ID: 7, Kind: store.KindOrder, Direction: store.In, At: noon, Details: store.Details{Order: &store.Order{Items: tt.items}}}
		if got := text(render(t, views.Bubble(views.MessageView{Message: m})).Find(".order__total")); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.items, got, tt.want)
		}
	}
}

// Everything that people wrote carries its own direction.
func TestDirections(t *testing.T) {
	t.Parallel()
	const arabic = "مرحبا بكم"
	for name, m := range every(arabic) {
		doc := render(t, views.Bubble(views.MessageView{Message: m, Contact: store.Contact{ID: 1, ProfileName: arabic}}))
		doc.Find("[hidden]").Remove()
		doc.Find("*").Each(func(_ int, e *goquery.Selection) {
			own := e.Clone()
			own.Children().Remove()
			if !strings.Contains(own.Text(), "مرحبا") {
				return
			}
			if e.Closest(`[dir="auto"], bdi, [dir="ltr"], details`).Length() == 0 {
				html, _ := goquery.OuterHtml(e)
				t.Errorf("%s: without a direction of its own: %s", name, html)
			}
		})
	}
}

// The countdown says the same in the row, in the composer and in the ring, by the thresholds that people know.
func TestCountdown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		left                 time.Duration
		row, composer, class string
	}{
		{19 * time.Hour, "19 h", "Free reply: 19 h", "left"},
		{4 * time.Hour, "4 h", "Free reply: 4 h", "left"},
		{4*time.Hour - time.Second, "3 h 59", "3 h 59 m left", "left left--soon"},
		{time.Hour, "1 h 00", "1 h 00 m left", "left left--soon"},
		{time.Hour - time.Second, "59 min", "59 min left", "left left--last"},
		{5 * time.Minute, "5 min", "5 min left", "left left--last"},
		{4*time.Minute + 31*time.Second, "04:31", "04:31", "left left--last"},
		{time.Second, "00:01", "00:01", "left left--last"},
		{0, "closed", "", "left left--closed"},
	}
	for _, tt := range tests {
		until := noon.Add(tt.left).Add(store.WindowMargin)
		chat := store.Chat{ID: 3, State: store.ChatOpen, WindowFrom: until.Add(-store.WindowLength), WindowUntil: until, LastMessageAt: noon}
		row := render(t, views.ListPane(views.List{View: store.ViewMine, Rows: []views.Row{{ChatRow: store.ChatRow{Chat: chat, Contact: nadia}}}, Now: noon})).Find(`[role="timer"]`)
		if got, class := text(row.Find("[data-left]")), row.AttrOr("class", ""); got != tt.row || class != tt.class {
			t.Errorf("%s left: row %q as %q, want %q as %q", tt.left, got, class, tt.row, tt.class)
		}
		composer := render(t, views.FootPane(views.Foot{Chat: chat, Contact: nadia, Now: noon})).Find(`[role="timer"]`)
		if got := text(composer); got != tt.composer {
			t.Errorf("%s left: composer %q, want %q", tt.left, got, tt.composer)
		}
		if tt.composer != "" && row.AttrOr("data-expires", "") != composer.AttrOr("data-expires", "") {
			t.Errorf("%s left: row and composer run to different moments", tt.left)
		}
	}
}
