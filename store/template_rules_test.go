package store_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"agentdesk/store"
)

// delivery is the example of the platform document 8.2.
func deliveryTemplate() store.Template {
	return store.Template{Name: "order_delivery_update", Language: "en_US", Category: "UTILITY", Status: "APPROVED", ParameterFormat: "POSITIONAL",
		Components: []store.TemplateComponent{
			{Type: "HEADER", Format: "TEXT", Text: "Order {{1}}", Example: &store.TemplateExample{HeaderText: []string{"566701"}}},
			{Type: "BODY", Text: "Good news {{1}}! Your order #{{2}} is on its way.", Example: &store.TemplateExample{BodyText: [][]string{{"Mark", "566701"}}}},
			{Type: "FOOTER", Text: "Tap below to stop these updates."},
			{Type: "BUTTONS", Buttons: []store.TemplateButton{{Type: "QUICK_REPLY", Text: "Stop delivery updates"},
				{Type: "URL", Text: "Track", URL: "https://example.com/t/{{1}}", Example: []string{"https://example.com/t/566701"}},
				{Type: "PHONE_NUMBER", Text: "Call", Phone: "+15550100310"}}},
		}}
}

func bodyTemplate(text string) store.Template {
	return store.Template{Components: []store.TemplateComponent{{Type: "BODY", Text: text}}}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	want := []store.Variable{
		{Field: "header.1", Part: "header", Name: "1", Example: "566701", Limit: 54},
		{Field: "body.1", Part: "body", Name: "1", Example: "Mark", Limit: 1024},
		{Field: "body.2", Part: "body", Name: "2", Example: "566701", Limit: 1024},
		{Field: "button.1", Part: "button", Name: "1", Button: 1, Example: "566701", Limit: 1024},
	}
	if diff := cmp.Diff(want, deliveryTemplate().Variables()); diff != "" {
		t.Error(diff)
	}
	named := store.Template{ParameterFormat: "NAMED", Components: []store.TemplateComponent{
		{Type: "BODY", Text: "Thank you, {{first_name}}! Order {{order_number}} is confirmed, {{first_name}}.", Example: &store.TemplateExample{
			BodyNamed: []store.NamedExample{{Name: "order_number", Example: "860198"}, {Name: "first_name", Example: "Pablo"}}}},
		{Type: "HEADER", Text: "From {{sale_start}}", Example: &store.TemplateExample{HeaderNamed: []store.NamedExample{{Name: "sale_start", Example: "1 Dec"}}}},
	}}
	want = []store.Variable{
		{Field: "header.sale_start", Part: "header", Name: "sale_start", Example: "1 Dec", Limit: 55},
		{Field: "body.first_name", Part: "body", Name: "first_name", Example: "Pablo", Limit: 1024},
		{Field: "body.order_number", Part: "body", Name: "order_number", Example: "860198", Limit: 1024},
	}
	if diff := cmp.Diff(want, named.Variables()); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, v := range bodyTemplate("{{10}} {{2}} {{1}} {{}} {{ 3 }} {{a-b}} {{2}} {{é}} {{unclosed").Variables() {
		names = append(names, v.Name)
	}
	if diff := cmp.Diff([]string{"1", "2", "10"}, names); diff != "" {
		t.Errorf("by number, once, and only what is a blank:\n%s", diff)
	}
	if v := bodyTemplate("Hello").Variables(); v != nil {
		t.Errorf("a text without blanks has %+v", v)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := func() store.TemplateValues {
		return store.TemplateValues{"header.1": "566701", "body.1": "Mark", "body.2": "566701", "button.1": "566701"}
	}
	for name, c := range map[string]struct {
		field, value string
		refused      bool
	}{
		"good":                        {"body.1", "Mark", false},
		"missing":                     {"body.2", "", true},
		"only spaces":                 {"body.2", "   ", true},
		"missing header":              {"header.1", "", true},
		"missing button":              {"button.1", "", true},
		"line break":                  {"body.1", "Mark\nTwain", true},
		"carriage return":             {"body.1", "Mark\rTwain", true},
		"line separator":              {"body.1", "Mark\u2028Twain", true},
		"tab":                         {"body.1", "Mark\tTwain", true},
		"four spaces":                 {"body.1", "Mark    Twain", false},
		"five spaces":                 {"body.1", "Mark     Twain", true},
		"header at its end":           {"header.1", strings.Repeat("a", 54), false},
		"header past its end":         {"header.1", strings.Repeat("a", 55), true},
		"header counted as UTF-16":    {"header.1", strings.Repeat("🛋", 28), true},
		"body at its end":             {"body.1", strings.Repeat("a", 1024-39-6), false},
		"body past its end":           {"body.1", strings.Repeat("a", 1024-39-5), true},
		"value alone":                 {"body.1", strings.Repeat("a", 1025), true},
		"a value that looks like one": {"body.1", "{{2}}", false},
		"right to left":               {"body.1", "مرحبا", false},
		"no such field":               {"body.7", "x\ny", false},
	} {
		values := good()
		values[c.field] = c.value
		wrong := deliveryTemplate().Check(values)
		switch {
		case !c.refused && len(wrong) != 0:
			t.Errorf("%s: %v", name, wrong)
		case c.refused && (len(wrong) != 1 || wrong[0].Field != c.field || wrong[0].Message == ""):
			t.Errorf("%s: %v", name, wrong)
		}
	}
	if wrong := deliveryTemplate().Check(nil); len(wrong) != 4 {
		t.Errorf("an empty form: %v", wrong)
	}
	url := store.Template{Components: []store.TemplateComponent{{Type: "BODY", Text: "Look"},
		{Type: "BUTTONS", Buttons: []store.TemplateButton{{Type: "URL", URL: "https://example.com/" + strings.Repeat("p", 1000) + "{{1}}"}}}}}
	if wrong := url.Check(store.TemplateValues{"button.0": strings.Repeat("a", 980)}); len(wrong) != 0 {
		t.Errorf("2,000 characters of address: %v", wrong)
	}
	if wrong := url.Check(store.TemplateValues{"button.0": strings.Repeat("a", 981)}); len(wrong) != 1 || wrong[0].Field != "button.0" {
		t.Errorf("2,001 characters of address: %v", wrong)
	}
	two := bodyTemplate("{{1}} and {{2}}").Check(store.TemplateValues{"body.1": strings.Repeat("a", 500), "body.2": strings.Repeat("b", 600)})
	if len(two) != 1 || two[0].Field != "body.2" {
		t.Errorf("of two values that are too long together the longer: %v", two)
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	got := deliveryTemplate().Render(store.TemplateValues{"header.1": "566701", "body.1": "{{2}} {{1}}", "body.2": "$1 \\1", "button.1": "566701?x={{1}}", "x": "y"})
	want := store.SentTemplate{Name: "order_delivery_update", Language: "en_US", Category: "UTILITY", Format: "POSITIONAL",
		Header: "Order 566701", Body: "Good news {{2}} {{1}}! Your order #$1 \\1 is on its way.", Footer: "Tap below to stop these updates.",
		Buttons: []store.TemplateButton{{Type: "QUICK_REPLY", Text: "Stop delivery updates"},
			{Type: "URL", Text: "Track", URL: "https://example.com/t/566701?x={{1}}"}, {Type: "PHONE_NUMBER", Text: "Call", Phone: "+15550100310"}},
		Values: store.TemplateValues{"header.1": "566701", "body.1": "{{2}} {{1}}", "body.2": "$1 \\1", "button.1": "566701?x={{1}}"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := bodyTemplate("Hello {{1}} {{2}}{{").Render(store.TemplateValues{"body.2": "you"}).Body; got != "Hello {{1}} you{{" {
		t.Errorf("a blank without a value: %q", got)
	}
	empty := deliveryTemplate().Render(nil)
	if empty.Body != deliveryTemplate().Components[1].Text || empty.Buttons[1].URL != "https://example.com/t/{{1}}" {
		t.Errorf("nothing filled in: %+v", empty)
	}
}

// What was rendered without values is what stands in the template, whatever that is.
func TestRenderKeepsWhatItDoesNotFill(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("{}12a_ é🛋\n"))).Draw(rt, "text")
		if got := bodyTemplate(text).Render(nil).Body; got != text {
			rt.Fatalf("%q became %q", text, got)
		}
	})
}

func TestSendableAndSupported(t *testing.T) {
	t.Parallel()
	for status, sendable := range map[string]bool{"APPROVED": true, "FLAGGED": true, "REINSTATED": true, "PENDING": false, "REJECTED": false,
		"PAUSED": false, "DISABLED": false, "IN_APPEAL": false, "ARCHIVED": false, "PENDING_DELETION": false, "": false, "NEW_WORD": false} {
		if got := (store.Template{Status: status}).Sendable(); got != sendable {
			t.Errorf("%q is sendable: %v", status, got)
		}
	}
	with := func(category string, parts ...store.TemplateComponent) store.Template {
		return store.Template{Category: category, Components: append([]store.TemplateComponent{{Type: "BODY", Text: "Hello"}}, parts...)}
	}
	button := func(kind string) store.TemplateComponent {
		return store.TemplateComponent{Type: "BUTTONS", Buttons: []store.TemplateButton{{Type: "QUICK_REPLY", Text: "Yes"}, {Type: kind, Text: "x"}}}
	}
	for name, c := range map[string]struct {
		template  store.Template
		supported bool
	}{
		"the example":     {deliveryTemplate(), true},
		"body only":       {with("UTILITY"), true},
		"no body":         {store.Template{Components: []store.TemplateComponent{{Type: "FOOTER", Text: "x"}}}, false},
		"nothing known":   {store.Template{}, false},
		"picture":         {with("UTILITY", store.TemplateComponent{Type: "HEADER", Format: "IMAGE"}), false},
		"video":           {with("UTILITY", store.TemplateComponent{Type: "HEADER", Format: "VIDEO"}), false},
		"document":        {with("UTILITY", store.TemplateComponent{Type: "HEADER", Format: "DOCUMENT"}), false},
		"location":        {with("UTILITY", store.TemplateComponent{Type: "HEADER", Format: "LOCATION"}), false},
		"carousel":        {with("MARKETING", store.TemplateComponent{Type: "CAROUSEL"}), false},
		"limited offer":   {with("MARKETING", store.TemplateComponent{Type: "LIMITED_TIME_OFFER"}), false},
		"call permission": {with("UTILITY", store.TemplateComponent{Type: "CALL_PERMISSION_REQUEST"}), false},
		"one-time code":   {with("AUTHENTICATION", button("URL")), false},
		"OTP button":      {with("UTILITY", button("OTP")), false},
		"flow":            {with("UTILITY", button("FLOW")), false},
		"coupon":          {with("MARKETING", button("COPY_CODE")), false},
		"address":         {with("UTILITY", button("URL")), true},
		"phone":           {with("UTILITY", button("PHONE_NUMBER")), true},
	} {
		if got := c.template.Supported(); got != c.supported {
			t.Errorf("%s is supported: %v", name, got)
		}
	}
}
