package simulator_test

import (
	"net/http"
	"strings"
	"testing"

	"agentdesk/whatsapp/simulator"
)

// Every refusal stands beside a send that is taken, so that neither passes for the wrong reason.
func TestRefusedSends(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	other := w.AddCustomer(simulator.Customer{Name: "Tomás", Phone: "+34600000017"})
	hidden := w.AddCustomer(simulator.Customer{Name: "Ines", Username: "ines"})
	w.Say(hidden.ID, "Hola")
	theirs := w.Say(c.ID, "Una pregunta")
	_, answer := w.send(text(c.Phone, "Sí"))
	ours := wamid(t, answer)
	w.idle()

	button := func(id, title string) m { return m{"type": "reply", "reply": m{"id": id, "title": title}} }
	buttons := func(list ...any) m {
		return m{"to": c.Phone, "type": "interactive", "interactive": m{"type": "button", "body": m{"text": "Elige"}, "action": m{"buttons": list}}}
	}
	rows := func(n int) m {
		var list []any
		for i := range n {
			list = append(list, m{"id": string(rune('a' + i)), "title": "Fila"})
		}
		return m{"to": c.Phone, "type": "interactive", "interactive": m{
			"type": "list", "body": m{"text": "Elige"}, "action": m{"button": "Ver", "sections": []any{m{"rows": list}}},
		}}
	}
	location := func(latitude any) m {
		return m{"to": c.Phone, "type": "location", "location": m{"latitude": latitude, "longitude": "-0.37"}}
	}
	reaction := func(id string) m {
		return m{"to": c.Phone, "type": "reaction", "reaction": m{"message_id": id, "emoji": "👍"}}
	}
	for name, row := range map[string]struct {
		body   m
		code   int // 0 = taken
		status int
	}{
		"text":                        {text(c.Phone, "Hola"), 0, 200},
		"number with spaces":          {text("+34 600 000-042", "Hola"), 0, 200},
		"wa_id without plus":          {text("34600000042", "Hola"), 0, 200},
		"to the BSUID":                {m{"recipient": hidden.BSUID, "type": "text", "text": m{"body": "Hola"}}, 0, 200},
		"to wins over recipient":      {m{"to": c.Phone, "recipient": "US.0", "type": "text", "text": m{"body": "Hola"}}, 0, 200},
		"4096 characters":             {text(c.Phone, strings.Repeat("ñ", 4096)), 0, 200},
		"4097 characters":             {text(c.Phone, strings.Repeat("ñ", 4097)), 100, 400},
		"4096 units in emoji":         {text(c.Phone, strings.Repeat("🌷", 2048)), 0, 200},
		"4098 units in emoji":         {text(c.Phone, strings.Repeat("🌷", 2049)), 100, 400},
		"empty text":                  {text(c.Phone, ""), 131008, 400},
		"no text":                     {m{"to": c.Phone, "type": "text"}, 131008, 400},
		"no recipient":                {m{"type": "text", "text": m{"body": "Hola"}}, 100, 400},
		"unknown key":                 {m{"to": c.Phone, "type": "text", "text": m{"body": "Hola"}, "priority": 1}, 100, 400},
		"recipient_type of old":       {m{"recipient": hidden.BSUID, "recipient_type": "business_scoped_user_id", "type": "text", "text": m{"body": "x"}}, 100, 400},
		"opaque of 512":               {m{"to": c.Phone, "type": "text", "text": m{"body": "x"}, "biz_opaque_callback_data": strings.Repeat("x", 512)}, 0, 200},
		"opaque of 513":               {m{"to": c.Phone, "type": "text", "text": m{"body": "x"}, "biz_opaque_callback_data": strings.Repeat("x", 513)}, 100, 400},
		"unknown type":                {m{"to": c.Phone, "type": "poll", "poll": m{}}, 131051, 400},
		"nobody's number":             {text("+34600000999", "Hola"), 131026, 400},
		"nobody's BSUID":              {m{"recipient": "US.1", "type": "text", "text": m{"body": "x"}}, 131026, 400},
		"no number at all":            {text("Nadia", "Hola"), 131009, 400},
		"to itself":                   {text("+34600000100", "Hola"), 131021, 400},
		"who never wrote":             {text(other.Phone, "Hola"), 131047, 400},
		"unknown group":               {m{"to": "g", "recipient_type": "group", "type": "text", "text": m{"body": "x"}}, 131041, 400},
		"reaction":                    {reaction(theirs), 0, 200},
		"reaction to our own message": {reaction(ours), 131009, 400},
		"reaction to nothing":         {reaction("wamid.none"), 131009, 400},
		"one button":                  {buttons(button("a", "Sí")), 0, 200},
		"no button":                   {buttons(), 131009, 400},
		"four buttons":                {buttons(button("a", "1"), button("b", "2"), button("c", "3"), button("d", "4")), 131009, 400},
		"same title twice":            {buttons(button("a", "Sí"), button("b", "Sí")), 131009, 400},
		"title of 21":                 {buttons(button("a", strings.Repeat("x", 21))), 131009, 400},
		"ten rows":                    {rows(10), 0, 200},
		"eleven rows":                 {rows(11), 131009, 400},
		"location as text":            {location("39.47"), 0, 200},
		"location as number":          {location(39.47), 0, 200},
		"latitude of 91":              {location("91"), 131009, 400},
		"no latitude":                 {location(nil), 131008, 400},
		"contact":                     {m{"to": c.Phone, "type": "contacts", "contacts": []any{m{"name": m{"formatted_name": "Vera"}}}}, 0, 200},
		"contact without a name":      {m{"to": c.Phone, "type": "contacts", "contacts": []any{m{}}}, 131008, 400},
		"picture by link":             {m{"to": c.Phone, "type": "image", "image": m{"link": "https://casalumen.example/a.png"}}, 0, 200},
		"picture by unknown id":       {m{"to": c.Phone, "type": "image", "image": m{"id": "1"}}, 100, 400},
		"picture of nothing":          {m{"to": c.Phone, "type": "image", "image": m{}}, 131008, 400},
		"caption on audio":            {m{"to": c.Phone, "type": "audio", "audio": m{"link": "https://casalumen.example/a.ogg", "caption": "x"}}, 100, 400},
	} {
		status, answer := w.send(row.body)
		if status != row.status || code(answer) != row.code {
			t.Errorf("%s: %d, code %d; want %d, code %d: %v", name, status, code(answer), row.status, row.code, answer)
		}
	}
}

func TestErrorShape(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, answer := w.send(text("+34600000999", "Hola"))
	refused := answer["error"].(m)
	if refused["message"] != "(#131026) Message undeliverable" || refused["type"] != "OAuthException" ||
		refused["error_data"].(m)["messaging_product"] != "whatsapp" || refused["error_data"].(m)["details"] == "" || refused["fbtrace_id"] == "" {
		t.Errorf("error: %v", refused)
	}
}

func TestUnknownPlaces(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	whole := m{"messaging_product": "whatsapp", "to": c.Phone, "type": "text", "text": m{"body": "x"}}
	for _, row := range []struct {
		method, path string
		body         any
		status, code int
	}{
		{"POST", "/v25.0/" + number + "/messages", whole, 200, 0},
		{"POST", "/v19.0/" + number + "/messages", whole, 200, 0},
		{"POST", "/v25.0/999/messages", whole, 400, 33},
		{"POST", "/v25.0/" + number + "/messages", "not JSON", 400, 100},
		{"POST", "/v25.0/" + number + "/messages", `{"to":"1"}`, 400, 100},
		{"GET", "/v25.0/" + number + "/messages", nil, 400, 100},
		{"GET", "/v25.0/424242", nil, 400, 100},
		{"GET", "/v25.0/", nil, 400, 2500},
		{"GET", "/v25.0/a/b/c", nil, 400, 2500},
		{"GET", "/elsewhere", nil, 400, 2500},
	} {
		status, answer := w.call(row.method, row.path, row.body)
		if status != row.status || code(answer) != row.code {
			t.Errorf("%s %s: %d %v, want %d, code %d", row.method, row.path, status, answer, row.status, row.code)
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for header, want := range map[string]int{"Bearer " + token: 200, "Bearer other": 401, token: 401, "": 401} {
		req, err := http.NewRequest("GET", w.server.URL+"/v25.0/"+number, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", header)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%q: %d, want %d", header, res.StatusCode, want)
		}
	}
}

// A BSUID in "to" is answered 200 and never heard of again.
func TestBSUIDInTo(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	status, answer := w.send(text(c.BSUID, "Hola"))
	w.idle()
	if status != 200 || wamid(t, answer) == "" || len(w.receiver.list("statuses")) != 0 || !w.Accepted()[0].Lost {
		t.Errorf("%d %v, statuses %v", status, answer, w.receiver.list("statuses"))
	}
}

func TestBSUIDSend(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.AddCustomer(simulator.Customer{Name: "Ines", Username: "ines", Reads: true})
	w.Say(c.ID, "Hola")
	w.idle()
	w.receiver.reset()
	status, answer := w.send(m{"recipient": c.BSUID, "type": "text", "text": m{"body": "Hola"}})
	if status != 200 || answer["contacts"].([]any)[0].(m)["user_id"] != c.BSUID {
		t.Fatalf("%d %v", status, answer)
	}
	w.idle()
	for _, got := range w.receiver.list("statuses") {
		if _, has := got["recipient_id"]; has || got["recipient_user_id"] != c.BSUID {
			t.Errorf("status: %v", got)
		}
	}
}

func TestBlockedCustomer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.UpdateCustomer(c.ID, func(c *simulator.Customer) { c.Blocked = true })
	if status, answer := w.send(text(c.Phone, "Hola")); status != 200 {
		t.Fatalf("%d %v", status, answer)
	}
	w.idle()
	statuses := w.receiver.list("statuses")
	if len(statuses) != 1 || statuses[0]["status"] != "failed" || statuses[0]["errors"].([]any)[0].(m)["code"] != 131026.0 {
		t.Errorf("statuses: %v", statuses)
	}
	if w.receiver.values()[0]["contacts"] != nil {
		t.Error("a failed status carries contacts")
	}
}

func TestOfflineCustomer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	w.UpdateCustomer(c.ID, func(c *simulator.Customer) { c.Offline = true })
	w.send(text(c.Phone, "Hola"))
	w.idle()
	if got := statusNames(w); got != "sent" {
		t.Errorf("while offline: %s", got)
	}
	w.UpdateCustomer(c.ID, func(c *simulator.Customer) { c.Offline, c.Reads = false, false })
	w.idle()
	if got := statusNames(w); got != "sent delivered" {
		t.Errorf("back online, not reading: %s", got)
	}
	w.UpdateCustomer(c.ID, func(c *simulator.Customer) { c.Reads = true })
	w.idle()
	if got := statusNames(w); got != "sent delivered read" {
		t.Errorf("reading: %s", got)
	}
}

func statusNames(w *world) string {
	var names []string
	for _, status := range w.receiver.list("statuses") {
		names = append(names, status["status"].(string))
	}
	return strings.Join(names, " ")
}

func TestReactionsAndVoice(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	theirs := w.Say(c.ID, "Una pregunta")
	w.idle()
	w.send(m{"to": c.Phone, "type": "reaction", "reaction": m{"message_id": theirs, "emoji": "👍"}})
	w.idle()
	if got := statusNames(w); got != "sent" {
		t.Errorf("reaction: %s", got)
	}
	w.receiver.reset()
	w.send(m{"to": c.Phone, "type": "audio", "audio": m{"link": "https://casalumen.example/a.ogg", "voice": true}})
	w.idle()
	if got := statusNames(w); got != "sent delivered read played" {
		t.Errorf("voice: %s", got)
	}
}

func TestReadReceipts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	id := w.Say(c.ID, "Una pregunta")
	w.idle()
	for _, row := range []struct {
		body m
		code int
	}{
		{m{"status": "read", "message_id": id}, 0},
		{m{"status": "read", "message_id": id, "typing_indicator": m{"type": "text"}}, 0},
		{m{"status": "read", "message_id": "wamid.none"}, 131009},
		{m{"status": "unread", "message_id": id}, 100},
		{m{"status": "read", "message_id": id, "typing_indicator": m{"type": "audio"}}, 100},
	} {
		_, answer := w.send(row.body)
		if code(answer) != row.code || row.code == 0 && answer["success"] != true {
			t.Errorf("%v: %v", row.body, answer)
		}
	}
	if len(w.Accepted()) != 0 {
		t.Error("a read receipt was counted as a message")
	}
}
