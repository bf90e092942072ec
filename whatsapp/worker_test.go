package whatsapp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"agentdesk/store"
)

const theirs = `"from":"447700900123","from_user_id":"GB.7","timestamp":"1749416383"`

func text(id, body string) string {
	return fmt.Sprintf(`{%s,"id":%q,"type":"text","text":{"body":%s}}`, theirs, id, body)
}

// TestOddPayloads is the table of bad input: what is odd neither stops a delivery nor is it lost.
func TestOddPayloads(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		body  []byte
		want  []string // in what the desk knows afterwards
		state store.DeliveryState
	}{
		{"no JSON", []byte(`{"object":`), []string{"unexpected end of JSON"}, store.DeliveryParked},
		{"nothing", []byte{}, []string{"not JSON"}, store.DeliveryParked},
		{"not an object", []byte(`[1,2]`), []string{"not a JSON object"}, store.DeliveryParked},
		{"nested beyond reason", []byte(strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000)), []string{"exceeded max depth"}, store.DeliveryParked},
		{"deep, but readable", messages(`{` + theirs + `,"id":"wamid.1","type":"novelty","novelty":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`),
			[]string{"in unsupported wamid.1"}, store.DeliveryDone},
		{"nothing in it", []byte(`{"object":"whatsapp_business_account","entry":[]}`), nil, store.DeliveryDone},
		{"of another product", []byte(`{"object":"page","entry":[{"changes":[{"field":"feed","value":{}}]}]}`), []string{"noted", "object page"}, store.DeliveryDone},
		{"all null", []byte(`{"object":"whatsapp_business_account","entry":[null,{"id":null,"changes":[null,{"field":null,"value":null}]}]}`),
			[]string{"a change without a value"}, store.DeliveryParked},
		{"a change of an unknown field", []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"novelty","value":{"a":1}}]}]}`),
			[]string{"noted what=novelty"}, store.DeliveryDone},

		{"numbers as strings", messages(`{` + theirs + `,"id":"wamid.1","type":"location","location":{"latitude":"37.44","longitude":"-122.16"}}`),
			[]string{`"latitude":37.44,"longitude":-122.16`}, store.DeliveryDone},
		{"strings as numbers", messages(`{"from":447700900123,"id":12345678901234567890,"timestamp":1749416383,"type":"text","text":{"body":42}}`),
			[]string{`in text 12345678901234567890 at 1749416383 "42"`, "447700900123"}, store.DeliveryDone},
		{"a timestamp in milliseconds, none, and nonsense", messages(
			strings.Replace(text("wamid.1", `"a"`), `"1749416383"`, `1749416383000`, 1),
			strings.Replace(text("wamid.2", `"b"`), `"1749416383"`, `null`, 1),
			strings.Replace(text("wamid.3", `"c"`), `"1749416383"`, `"yesterday"`, 1)),
			[]string{`wamid.1 at 1749416383 "a"`, `"b"`, `"c"`}, store.DeliveryDone},
		{"NUL and a lone surrogate", messages(text("wamid.1", `"a\u0000b\ud83dc"`)), []string{"a\uFFFDb\uFFFDc"}, store.DeliveryDone},
		{"64 kB of text", messages(text("wamid.1", `"`+strings.Repeat("x", 64<<10)+`"`)), []string{strings.Repeat("x", 64<<10)}, store.DeliveryDone},
		{"a price with all its digits", messages(`{` + theirs + `,"id":"wamid.1","type":"order","order":{"product_items":[{"product_retailer_id":"p","quantity":"3","item_price":30.10,"currency":"EUR"},{"product_retailer_id":"q","quantity":1,"item_price":"0.1","currency":"EUR"}]}}`),
			[]string{`"quantity":3,"price":"30.10"`, `"price":"0.1"`}, store.DeliveryDone},
		{"lone objects instead of lists", []byte(`{"object":"whatsapp_business_account","entry":{"id":"1","changes":{"field":"messages","value":{"metadata":{"phone_number_id":"` +
			phoneNumberID + `"},"messages":` + text("wamid.1", `"alone"`) + `}}}}`), []string{`"alone"`}, store.DeliveryDone},

		{"a type of tomorrow", messages(`{` + theirs + `,"id":"wamid.1","type":"hologram","hologram":{"size":"large"}}`),
			[]string{`in unsupported wamid.1`, `"type":"hologram"`, `"hologram":{"size":"large"}`}, store.DeliveryDone},
		{"a type without its object", messages(`{`+theirs+`,"id":"wamid.1","type":"image"}`, `{`+theirs+`,"id":"wamid.2","type":"text","text":"bare"}`),
			[]string{"in unsupported wamid.1", "in unsupported wamid.2"}, store.DeliveryDone},
		{"interactive with errors and no object", value(`"messages":[{` + theirs + `,"id":"wamid.1","type":"interactive"}],"errors":[{"code":131000,"title":"Something went wrong"}]`),
			[]string{"in unsupported wamid.1", `"code":131000`}, store.DeliveryDone},
		{"an interactive type of tomorrow", messages(`{` + theirs + `,"id":"wamid.1","type":"interactive","interactive":{"type":"wheel_reply","wheel_reply":{"id":"w1","title":"Third slot"}}}`),
			[]string{`in answer wamid.1`, `"Third slot" {"answer":{"type":"wheel_reply","id":"w1"`}, store.DeliveryDone},
		{"an address form", messages(`{` + theirs + `,"id":"wamid.1","type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"address_message","response_json":"{\"values\":{\"city\":\"Cadiz\",\"floor\":2,\"lift\":null}}","body":"Calle 1"}}}`),
			[]string{`"type":"address"`, `{"label":"city","value":"Cadiz"},{"label":"floor","value":"2"}`}, store.DeliveryDone},
		{"a form that is no JSON", messages(`{` + theirs + `,"id":"wamid.1","type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","response_json":"{oops","body":"Sent"}}}`),
			[]string{`in answer wamid.1`, `"Sent"`}, store.DeliveryDone},
		{"media that Meta does not hand over", messages(`{` + theirs + `,"id":"wamid.1","type":"video","errors":[{"code":131052,"title":"Media download error"}]}`),
			[]string{`in video wamid.1`, `"too_large":true`}, store.DeliveryDone},
		{"a card without a name", messages(`{` + theirs + `,"id":"wamid.1","type":"contacts","contacts":[{"vcard":"BEGIN:VCARD","phones":[{"phone":"+44 7700 900456"}]}],"origin":"contact_request"}`),
			[]string{`"+44 7700 900456"`}, store.DeliveryDone},
		{"a user id where the phone should be", messages(`{"from":"GB.7","id":"wamid.1","timestamp":"1749416383","type":"text","text":{"body":"hi"}}`),
			[]string{`chat with "" `, " GB.7 "}, store.DeliveryDone},

		{"an item that is no object", messages(`"what"`, text("wamid.2", `"fine"`)), []string{"not an object", `"fine"`}, store.DeliveryParked},
		{"a message without an id", messages(`{`+theirs+`,"type":"text","text":{"body":"x"}}`, text("wamid.2", `"fine"`)), []string{"has no id", `"fine"`}, store.DeliveryParked},
		{"a message from nobody", messages(`{"id":"wamid.1","timestamp":"1749416383","type":"text","text":{"body":"x"}}`), []string{"wamid.1 names nobody"}, store.DeliveryParked},
		{"a message in a group", messages(`{` + theirs + `,"group_id":"Y2FwaQ","id":"wamid.1","type":"text","text":{"body":"x"}}`), []string{"belongs to a group"}, store.DeliveryParked},
		{"errors that name no message", value(`"errors":[{"code":131035,"title":"Webhook lost","error_data":{"details":"3 webhooks expired"}}]`),
			[]string{"error 131035: 3 webhooks expired"}, store.DeliveryParked},
		{"without a number", []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":[` + text("wamid.1", `"x"`) + `]}}]}]}`),
			[]string{"no phone_number_id"}, store.DeliveryParked},
		{"a status of tomorrow", value(`"statuses":[{"id":"wamid.1","status":"smelled","timestamp":"1749416383"}]`), []string{`noted what="status smelled"`}, store.DeliveryDone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.deliver(t, tt.body)
			have := d.describe(t)
			for _, want := range tt.want {
				if !strings.Contains(have, want) {
					t.Errorf("%q is missing in\n%s", want, have)
				}
			}
			if !strings.Contains(have, "delivery "+string(tt.state)) {
				t.Errorf("want the delivery %s:\n%s", tt.state, have)
			}
		})
	}
}

// TestContactsByID: a batch may hold several people, in another order than their messages (2).
func TestContactsByID(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(t, value(`"contacts":[{"profile":{"name":"Second"},"wa_id":"447700900002"},{"profile":{"name":"First","username":"@first"},"user_id":"GB.1"}],`+
		`"messages":[{"from_user_id":"GB.1","id":"wamid.1","timestamp":"1749416383","type":"text","text":{"body":"one"}},`+
		`{"from":"447700900002","id":"wamid.2","timestamp":"1749416383","type":"text","text":{"body":"two"}}]`))
	have := d.describe(t)
	for _, want := range []string{"chat with \"First\"   GB.1 @first: open, 1 unread, window 1749416383 to 1749502783\n  in text wamid.1",
		"chat with \"Second\" +447700900002 447700900002"} {
		if !strings.Contains(have, want) {
			t.Errorf("%q is missing in\n%s", want, have)
		}
	}
}

// TestMixedBatch: a thousand messages and statuses for three numbers, one of which nobody knows.
func TestMixedBatch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var changes []string
	numbers := []string{phoneNumberID, "100000000000001", "999"}
	for i := range 1000 {
		item := fmt.Sprintf(`"messages":[{"from":"447700900%03d","id":"wamid.M%d","timestamp":"1749416383","type":"text","text":{"body":"%d"}}]`, i%90, i, i)
		if i%4 == 3 {
			item = fmt.Sprintf(`"statuses":[{"id":"wamid.S%d","status":"sent","timestamp":"1749416383"}]`, i)
		}
		changes = append(changes, fmt.Sprintf(`{"field":"messages","value":{"metadata":{"phone_number_id":%q},%s}}`, numbers[i%3], item))
	}
	d.deliver(t, []byte(`{"object":"whatsapp_business_account","entry":[{"id":"whatever","changes":[`+strings.Join(changes, ",")+`]}]}`))
	if n := d.Count(t, "SELECT COUNT(*) FROM messages"); n != 500 { // 750 messages, a third of them to the unknown number
		t.Errorf("%d messages", n)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM messages m JOIN numbers n ON n.id = m.number_id WHERE n.phone_number_id = '100000000000001'"); n != 250 {
		t.Errorf("%d messages of the second number", n)
	}
	if have := d.describe(t); !strings.Contains(have, "delivery parked") || !strings.Contains(have, "unknown number: 999") {
		t.Errorf("the unknown number is not named: %s", have[max(0, len(have)-200):])
	}

	// Once somebody has set the number up, the delivery can be run again.
	if _, err := d.Store.EnsureNumber(t.Context(), "999", wabaID, ""); err != nil {
		t.Fatal(err)
	}
	if err := d.Store.RunDeliveryAgain(t.Context(), d.Alex, 1); err != nil {
		t.Fatal(err)
	}
	d.process(t)
	if n := d.Count(t, "SELECT COUNT(*) FROM messages"); n != 750 {
		t.Errorf("%d messages after running it again", n)
	}
	if !strings.Contains(d.describe(t), "delivery done") {
		t.Error("the delivery is not done")
	}
}

// TestWindowByMetasTime: late deliveries, clocks ahead, and messages in reverse order.
func TestWindowByMetasTime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1749416383, 0)
	at := func(id string, offset time.Duration) string {
		return strings.Replace(text(id, `"x"`), "1749416383", fmt.Sprint(now.Add(offset).Unix()), 1)
	}
	for _, tt := range []struct {
		name  string
		items []string
		want  string
	}{
		{"three days late", []string{at("wamid.1", -72*time.Hour)}, "window 1749157183 to 1749243583"},
		{"ten minutes ahead", []string{at("wamid.1", 10*time.Minute)}, "window 1749416383 to 1749502783"},
		{"reversed", []string{at("wamid.2", 0), at("wamid.1", -time.Hour)}, "window 1749416383 to 1749502783"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.Clock.Set(now)
			d.deliver(t, messages(tt.items...))
			have := d.describe(t)
			if !strings.Contains(have, tt.want) {
				t.Errorf("want %s in\n%s", tt.want, have)
			}
			if tt.name == "reversed" && strings.Index(have, "wamid.1") > strings.Index(have, "wamid.2") {
				t.Errorf("out of order:\n%s", have)
			}
			if (tt.name == "ten minutes ahead") != strings.Contains(have, "clock ahead") {
				t.Errorf("clock ahead:\n%s", have)
			}
		})
	}
}

// TestUnreadableAmongOthers: one delivery that cannot be read holds up none.
func TestUnreadableAmongOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, body := range [][]byte{messages(text("wamid.1", `"one"`)), []byte("garbage"), messages(text("wamid.2", `"two"`))} {
		if err := d.inbox.Accept(t.Context(), body, []string{sign(appSecret, body)}); err != nil {
			t.Fatal(err)
		}
	}
	n, err := d.worker.RunOnce(t.Context())
	if n != 3 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM messages"); n != 2 {
		t.Errorf("%d messages", n)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM deliveries WHERE state = 'parked' AND error LIKE '%not JSON%'"); n != 1 {
		t.Errorf("%d parked", n)
	}
}

// TestDatabaseTrouble: what the database refuses is no delivery's fault, and is tried again.
func TestDatabaseTrouble(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	body := messages(text("wamid.1", `"one"`))
	if err := d.inbox.Accept(t.Context(), body, []string{sign(appSecret, body)}); err != nil {
		t.Fatal(err)
	}
	d.Exec(t, "CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END")
	for range 2 {
		if _, err := d.worker.RunOnce(t.Context()); err == nil {
			t.Fatal("the trouble is not told")
		}
		if n := d.Count(t, "SELECT COUNT(*) FROM deliveries WHERE state = 'new'"); n != 1 {
			t.Fatal("the delivery is no longer new")
		}
	}
	d.Exec(t, "DROP TRIGGER full")
	d.process(t)
	if n := d.Count(t, "SELECT COUNT(*) FROM messages"); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestPoison: a delivery that fails again and again is parked with its reason, and the others go on.
func TestPoison(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(t, "CREATE TRIGGER poison BEFORE INSERT ON messages WHEN NEW.wamid = 'wamid.POISON' BEGIN SELECT RAISE(FAIL, 'poison'); END")
	for _, body := range [][]byte{messages(text("wamid.POISON", `"bad"`)), messages(text("wamid.2", `"good"`))} {
		if err := d.inbox.Accept(t.Context(), body, []string{sign(appSecret, body)}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		_, _ = d.worker.RunOnce(t.Context())
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM messages WHERE wamid = 'wamid.2'"); n != 1 {
		t.Error("the good one is not there")
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM deliveries WHERE state = 'parked' AND error LIKE '%poison%'"); n != 1 {
		t.Error("the bad one is not parked")
	}
}

// TestNotedOnce: what is new to the desk is logged once, however often it comes.
func TestNotedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 3 {
		d.deliver(t, webhook(t, "history"))
	}
	if n := strings.Count(d.log.String(), "what=history"); n != 1 {
		t.Errorf("logged %d times", n)
	}
}

// TestUnreadableEdit: what a message was changed to cannot be shown. Its old text stays, and a bubble of its own says so.
func TestUnreadableEdit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(t, messages(text("wamid.1", `"as it was"`)))
	d.deliver(t, messages(`{"id":"wamid.2","from":"16505551234","timestamp":"1749416390","type":"edit",`+
		`"edit":{"original_message_id":"wamid.1","message":{"type":"hologram","hologram":{}}}}`))
	if n := d.Count(t, "SELECT COUNT(*) FROM messages WHERE wamid = 'wamid.1' AND body = 'as it was' AND edited_at = 0"); n != 1 {
		t.Errorf("the old text is gone:\n%s", d.describe(t))
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM messages WHERE wamid = 'wamid.2' AND kind = 'unsupported'"); n != 1 {
		t.Errorf("nothing says that it was changed:\n%s", d.describe(t))
	}
}
