package web_test

import (
	"strings"
	"testing"

	"agentdesk/store"
	"agentdesk/store/storetest"
	"agentdesk/views"
)

func listed(name, language, category, status, quality, reason string) store.Template {
	return store.Template{MetaID: name + language, Name: name, Language: language, Category: category, Status: status, Quality: quality,
		Reason: reason, ParameterFormat: "POSITIONAL", Components: []store.TemplateComponent{{Type: "BODY", Text: "Dear customer, " + name}}}
}

func (d *desk) templates(t *testing.T) {
	t.Helper()
	_, _, _, err := d.Store.SaveTemplates(t.Context(), storetest.WABAID, []store.Template{
		listed("order_update", "en_US", "UTILITY", "APPROVED", "GREEN", "NONE"),
		listed("order_update", "es", "UTILITY", "REJECTED", "", "INVALID_FORMAT"),
		listed("autumn_offer", "en_US", "MARKETING", "PAUSED", "RED", "FIRST_PAUSE"),
		listed("new_thing", "de", "UTILITY", "PENDING", "UNKNOWN", ""),
		listed("old_thing", "de", "UTILITY", "FLAGGED", "YELLOW", ""),
		listed("odd_thing", "de", "UTILITY", "SOMETHING_NEW", "", "Words of Meta’s own."),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Store.MarkSynced(t.Context(), d.Number.ID, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
}

func (a answer) designs() string {
	var names []string
	for _, row := range a.doc.Find("tr[id^=design-]").EachIter() {
		names = append(names, strings.TrimPrefix(row.AttrOr("id", ""), "design-"))
	}
	return strings.Join(names, " ")
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.alex.get(t, "/templates").expect(t, 200, "Never fetched from Meta", "Nothing fetched yet")
	d.ana.get(t, "/templates").expect(t, 200, "!Fetch</button>")
	d.templates(t)
	page := d.alex.get(t, "/templates").expect(t, 200, "Fetched from Meta", "13:00")
	for design, wants := range map[string][]string{
		"order_update": {"Order update", "EN-US: Approved", "ES: Rejected", "Utility", "Its form is wrong", "High"},
		"autumn_offer": {"Marketing", "Paused", "Back after 3 hours", "Low"},
		"new_thing":    {"In review", "Usually under a day"},
		"old_thing":    {"Approved, at risk", "Medium"},
		"odd_thing":    {"SOMETHING_NEW", "Words of Meta’s own."},
	} {
		row := page.text("#design-" + design)
		for _, want := range wants {
			if !strings.Contains(row, want) {
				t.Errorf("%s: %q does not say %q", design, row, want)
			}
		}
	}
	for query, want := range map[string]string{
		"":                              "autumn_offer new_thing odd_thing old_thing order_update",
		"?q=order":                      "order_update",
		"?q=ORDER_UPDATE":               "order_update",
		"?category=MARKETING":           "autumn_offer",
		"?language=de":                  "new_thing odd_thing old_thing",
		"?status=APPROVED":              "old_thing order_update",
		"?status=PENDING":               "new_thing",
		"?status=care":                  "autumn_offer odd_thing order_update",
		"?status=care&language=de":      "odd_thing",
		"?q=thing&category=MARKETING":   "",
		"?status=nonsense&language=xyz": "",
	} {
		if got := d.alex.get(t, "/templates"+query).expect(t, 200).designs(); got != want {
			t.Errorf("%s shows %q, want %q", query, got, want)
		}
	}
	part := d.alex.get(t, "/templates?language=de", htmxFor(views.IDPage)...).expect(t, 200, "!<html")
	if url := part.doc.Find("#page").AttrOr("hx-get", ""); url != "/templates?language=de" {
		t.Errorf("refreshes itself from %q", url)
	}
	d.alex.get(t, "/templates?q=nothing-like-it").expect(t, 200, "Nothing fits", "Show all")
}

// TestTemplatesOfOthers: whoever does not manage templates sees what can be sent.
func TestTemplatesOfOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.templates(t)
	for _, b := range []*browser{d.ana, d.sam} {
		for _, query := range []string{"", "?status=care", "?status=REJECTED"} {
			page := b.get(t, "/templates"+query).expect(t, 200, "!autumn_offer", "!odd_thing", "!Rejected", "!Fetch</button>")
			if query == "" && page.designs() != "old_thing order_update" {
				t.Errorf("shows %q", page.designs())
			}
		}
	}
}

func TestFetchingTemplates(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.templates(t)
	if got := d.alex.post(t, "/templates/syncs", nil); got.status != 303 || got.location() != "/templates" {
		t.Errorf("%d to %q", got.status, got.location())
	}
	d.channel.set(func(c *channel) { c.broken = errMeta })
	d.alex.post(t, "/templates/syncs", nil).expect(t, 502, "Meta did not answer", "Order update", "!"+errMeta.Error())
	if d.channel.syncs != 2 {
		t.Errorf("asked Meta %d times", d.channel.syncs)
	}
}
