package whatsapp_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"agentdesk/store"
	"agentdesk/whatsapp"
)

var (
	byPhone = store.Contact{WaID: "16505551234", Phone: "+16505551234", BSUID: "US.13491208655302741918"}
	byUser  = store.Contact{BSUID: "US.13491208655302741918"}
)

// TestRequestBodies compares every body the client can send with the platform document's example of it (2.1, 6.1, 6.2, 6.3),
// in testdata/send, cut down to what the desk sends.
func TestRequestBodies(t *testing.T) {
	t.Parallel()
	text := func(body string) store.Message { return store.Message{ID: 912, Kind: store.KindText, Body: body} }
	template := func(t store.SentTemplate) store.Message {
		return store.Message{ID: 912, Kind: store.KindTemplate, Details: store.Details{Template: &t}}
	}
	quoting := text("Hello")
	quoting.QuotedWAMID = "wamid.THEIRS"
	for _, tt := range []struct {
		file    string
		contact store.Contact
		message store.Message
	}{
		{"text", byPhone, text("Hello")},
		{"text_quoting", byPhone, quoting},
		{"text_with_link", byPhone, text("See https://example.com")},
		{"text_to_user_id", byUser, text("Hello")},
		{"text_to_user_id_beside_an_old_phone", store.Contact{BSUID: byUser.BSUID, Phone: "+16505559999"}, text("Hello")},
		{"text_to_typed_phone", store.Contact{Phone: "+34600000123"}, text("Hello")},
		{"template_without_variables", byPhone, template(store.SentTemplate{Name: "opening_hours", Language: "en_US"})},
		{"template_positional", byPhone, template(store.SentTemplate{Name: "order_delivery_update", Language: "en_US", Format: "POSITIONAL",
			Values: store.TemplateValues{"header.1": "566701", "body.2": "566701", "body.1": "Mark", "button.1": "track/566701"}})},
		{"template_ten_variables", byPhone, template(store.SentTemplate{Name: "long_list", Language: "en", Values: store.TemplateValues{
			"body.1": "a", "body.2": "b", "body.3": "c", "body.4": "d", "body.5": "e", "body.6": "f", "body.7": "g", "body.8": "h", "body.9": "i", "body.10": "j"}})},
		{"template_named", byUser, template(store.SentTemplate{Name: "order_update_named", Language: "en_US", Format: "NAMED",
			Values: store.TemplateValues{"header.sale_start_date": "December 1st", "body.first_name": "Pablo", "body.order_number": "860198"}})},
		{"template_coupon", byPhone, template(store.SentTemplate{Name: "spring_coupon", Language: "es",
			Buttons: []store.TemplateButton{{Type: "COPY_CODE"}}, Values: store.TemplateValues{"button.0": "25OFF"}})},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			have, err := whatsapp.RequestBody(store.Due{Message: tt.message, Contact: tt.contact})
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("testdata", "send", tt.file+".json"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(parsed(t, want), parsed(t, have)); diff != "" {
				t.Errorf("(-want +have)\n%s", diff)
			}
		})
	}
}

func TestUnsendable(t *testing.T) {
	t.Parallel()
	for name, due := range map[string]store.Due{
		"to nobody":       {Message: store.Message{Kind: store.KindText, Body: "x"}},
		"an empty text":   {Message: store.Message{Kind: store.KindText}, Contact: byPhone},
		"no template":     {Message: store.Message{Kind: store.KindTemplate}, Contact: byPhone},
		"an unknown kind": {Message: store.Message{Kind: store.KindOrder, Body: "x"}, Contact: byPhone},
	} {
		if body, err := whatsapp.RequestBody(due); err == nil {
			t.Errorf("%s: %s", name, body)
		}
	}
}

func parsed(t *testing.T, data []byte) (v any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return v
}
