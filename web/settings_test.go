package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/views"
)

func settingsForm(change ...string) url.Values {
	form := url.Values{"visibility": {"team"}, "default_capacity": {"8"}, "absence_grace": {"2.5"}, "keep_deliveries": {"14"}, "keep_events": {"48"}}
	for i := 0; i+1 < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	return form
}

func TestSettings(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	page := d.alex.get(t, "/settings").expect(t, 200, "Casa Lumen", "+34 600 000 000")
	for id, want := range map[string]string{"default_capacity": "6", "absence_grace": "2", "keep_deliveries": "30", "keep_events": "24"} {
		if value := page.doc.Find("#"+id).AttrOr("value", ""); value != want {
			t.Errorf("%s is %q, want %q", id, value, want)
		}
	}
	for field, value := range map[string]string{"visibility": "everyone", "default_capacity": "0", "absence_grace": "0", "keep_deliveries": "x", "keep_events": "9999999999"} {
		wrong := d.alex.post(t, "/settings", settingsForm(field, value)).expect(t, 422)
		input := wrong.doc.Find("#" + field)
		if input.AttrOr("aria-invalid", "") != "true" || wrong.text("#"+field+"-error") == "" || !strings.Contains(input.AttrOr("aria-describedby", ""), field+"-error") {
			t.Errorf("%s: nothing says what is wrong", field)
		}
		if field != "visibility" && input.AttrOr("value", "") != value {
			t.Errorf("%s: %q has become %q", field, value, input.AttrOr("value", ""))
		}
	}
	if set, err := d.Store.Settings(t.Context()); err != nil || set.DefaultCapacity != 6 || set.Visibility != store.VisibleOwn {
		t.Errorf("a refused form changed something: %+v, %v", set, err)
	}
	d.alex.post(t, "/settings", settingsForm("route_to_supervisors", "1")).expect(t, 303)
	want := store.Settings{Visibility: store.VisibleTeam, AbsenceGrace: 150 * time.Second, RouteToSupervisors: true,
		KeepDeliveries: 14 * 24 * time.Hour, KeepEvents: 48 * time.Hour, DefaultCapacity: 8}
	if set, err := d.Store.Settings(t.Context()); err != nil || set != want {
		t.Errorf("%+v, %v", set, err)
	}
	d.alex.get(t, "/settings?saved=1").expect(t, 200, "Saved.", `value="2.5"`)
	d.alex.post(t, "/settings", settingsForm()).expect(t, 303) // an empty box means no
	if set, err := d.Store.Settings(t.Context()); err != nil || set.RouteToSupervisors {
		t.Errorf("%+v, %v", set, err)
	}
}

func TestPausedNumbers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.Store.PauseNumber(t.Context(), d.Number.ID, 131042, store.PausePayment); err != nil {
		t.Fatal(err)
	}
	d.ana.get(t, "/banners", htmxFor(views.IDBanners)...).expect(t, 200, "Messages from Casa Lumen are waiting", "!131042", "!Try again now")
	d.alex.get(t, "/banners", htmxFor(views.IDBanners)...).expect(t, 200, "131042", "Try again now")
	d.alex.get(t, "/settings").expect(t, 200, "Not sending", "payment method")
	d.sam.post(t, "/settings/numbers/1/resumptions", nil).expect(t, 404)
	got := d.alex.post(t, "/settings/numbers/1/resumptions", nil, "Referer", d.URL+"/settings")
	if got.status != 303 || got.location() != "/settings" {
		t.Errorf("%d to %q", got.status, got.location())
	}
	d.alex.get(t, "/settings").expect(t, 200, "Sending", "!Not sending")
	d.ana.get(t, "/banners", htmxFor(views.IDBanners)...).expect(t, 200, "!are waiting")
	d.alex.post(t, "/settings/numbers/99/resumptions", nil).expect(t, 404)
}

func TestSetUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.channel.set(func(c *channel) { c.missing = []string{"AGENTDESK_APP_SECRET", "AGENTDESK_VERIFY_TOKEN"} })
	for _, tt := range []struct{ email, back, to string }{
		{"alex@demo.test", "", views.SetupURL}, {"alex@demo.test", "/people", "/people"}, {"sam@demo.test", "", "/"},
	} {
		if got := d.nobody(t).post(t, "/session", credentials(tt.email, password, "back", tt.back)); got.location() != tt.to {
			t.Errorf("%s lands on %q, want %q", tt.email, got.location(), tt.to)
		}
	}
	d.alex.get(t, "/settings").expect(t, 200, "2 settings are missing", "/settings/whatsapp")
	d.alex.get(t, "/settings/whatsapp").expect(t, 200, "AGENTDESK_APP_SECRET", "AGENTDESK_VERIFY_TOKEN", "!AGENTDESK_WABA_ID",
		d.URL+"/webhooks/whatsapp", "!app-secret", "!verify-token", "!"+"Subscribe</button>")

	d.channel.set(func(c *channel) { c.missing = nil })
	d.alex.get(t, "/settings/whatsapp").expect(t, 200, "All there.", "not subscribed", "Subscribe</button>")
	d.channel.set(func(c *channel) { c.broken = errMeta })
	d.alex.get(t, "/settings/whatsapp").expect(t, 200, "Meta did not say")
	d.alex.post(t, "/settings/whatsapp/subscriptions", nil).expect(t, 502, "Meta did not accept")
	d.alex.post(t, "/settings/whatsapp/syncs", nil).expect(t, 502, "Meta did not answer", "!"+errMeta.Error())

	d.channel.set(func(c *channel) { c.broken = nil })
	d.alex.post(t, "/settings/whatsapp/subscriptions", nil).expect(t, 303)
	d.alex.get(t, "/settings/whatsapp").expect(t, 200, "hears what happens", "!Subscribe</button>")
	d.alex.post(t, "/settings/whatsapp/syncs", nil).expect(t, 303)
	if d.channel.syncs != 2 {
		t.Errorf("asked Meta %d times", d.channel.syncs)
	}
}
