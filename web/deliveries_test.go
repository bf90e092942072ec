package web_test

import (
	"fmt"
	"strings"
	"testing"

	"agentdesk/views"
)

// keep keeps a raw body and returns its number.
func (d *desk) keep(t *testing.T, body string) int64 {
	t.Helper()
	if err := d.Store.KeepDelivery(t.Context(), []byte(body)); err != nil {
		t.Fatal(err)
	}
	return d.Count(t, "SELECT MAX(id) FROM deliveries")
}

func (d *desk) park(t *testing.T, body, why string) int64 {
	t.Helper()
	id := d.keep(t, body)
	if err := d.Store.ParkDelivery(t.Context(), id, why); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.alex.get(t, "/deliveries").expect(t, 200, "Nothing parked")
	d.alex.get(t, "/deliveries?show=all").expect(t, 200, "Nothing here")
	parked := d.park(t, `{"a":{"b":["<script>alert(1)</script>","\u0000"]}}`, "number 999 is not this desk's")
	fine := d.keep(t, `{"n":2}`)
	row := func(id int64) string { return fmt.Sprintf("#delivery-%d", id) }
	page := d.alex.get(t, "/deliveries").expect(t, 200)
	if got := page.text(row(parked)); !strings.Contains(got, "Parked") || !strings.Contains(got, "number 999") || page.doc.Find(row(fine)).Length() != 0 {
		t.Errorf("parked ones: %q", page.text("table"))
	}
	page = d.alex.get(t, "/deliveries?show=all").expect(t, 200)
	if !strings.Contains(page.text(row(fine)), "Waiting") || page.doc.Find(row(parked)).Length() != 1 {
		t.Errorf("all: %q", page.text("table"))
	}
	part := d.alex.get(t, "/deliveries?show=all", htmxFor(views.IDPage)...).expect(t, 200, "!<html")
	if url := part.doc.Find("#page").AttrOr("hx-get", ""); url != "/deliveries?show=all" {
		t.Errorf("refreshes itself from %q", url)
	}
	one := d.alex.get(t, fmt.Sprintf("/deliveries/%d", parked)).expect(t, 200, "number 999 is not this desk", "&lt;script&gt;", "!<script>alert", "Run again")
	if want := "{\n  \"a\": {\n    \"b\": [\n      \"<script>alert(1)</script>\",\n      \"\\u0000\"\n    ]\n  }\n}"; one.doc.Find("pre").Text() != want {
		t.Errorf("shown as %q", one.doc.Find("pre").Text())
	}
	if got := d.alex.post(t, fmt.Sprintf("/deliveries/%d/runs", parked), nil); got.location() != fmt.Sprintf("/deliveries/%d", parked) {
		t.Errorf("%d to %q", got.status, got.location())
	}
	d.alex.get(t, fmt.Sprintf("/deliveries/%d", parked)).expect(t, 200, "Waiting", "!Run again")
	d.alex.get(t, "/deliveries/999").expect(t, 404)
	d.alex.post(t, "/deliveries/999/runs", nil).expect(t, 404)
}

func TestDeliveriesByPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 51 {
		d.park(t, fmt.Sprintf(`{"n":%d}`, i), "for the test")
	}
	page := d.alex.get(t, "/deliveries").expect(t, 200, "Older", "!Newest")
	if n := page.doc.Find("tbody tr").Length(); n != 50 {
		t.Errorf("%d rows", n)
	}
	older, _ := page.doc.Find(".pages a").Attr("href")
	page = d.alex.get(t, older).expect(t, 200, "Newest", "!Older")
	if n := page.doc.Find("tbody tr").Length(); n != 1 {
		t.Errorf("%d rows on the second page", n)
	}
	d.alex.get(t, "/deliveries?before=nonsense").expect(t, 200)
	d.alex.get(t, "/deliveries?before=-1").expect(t, 200)
}

// TestStrangeDeliveries: whatever came is shown as text, in bounds.
func TestStrangeDeliveries(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, tt := range map[string]struct{ body, shows string }{
		"no JSON":        {"<b>hi</b>", "&lt;b&gt;hi&lt;/b&gt;"},
		"no text":        {"\xff\xfe\x00x", "\ufffd\ufffdx"},
		"nested deep":    {strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "[[[["},
		"longer than it": {`"` + strings.Repeat("a", 3<<20) + `"`, "Only the beginning is shown."},
	} {
		id := d.keep(t, tt.body)
		page := d.alex.get(t, fmt.Sprintf("/deliveries/%d", id)).expect(t, 200, tt.shows)
		if len(page.body) > 1<<20 {
			t.Errorf("%s: a page of %d bytes", name, len(page.body))
		}
	}
}
