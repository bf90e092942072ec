package store_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	read := func() store.Settings {
		t.Helper()
		settings, err := d.Store.Settings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return settings
	}
	defaults := store.Settings{Visibility: store.VisibleOwn, AbsenceGrace: 2 * time.Minute, KeepDeliveries: 30 * 24 * time.Hour,
		KeepEvents: 24 * time.Hour, DefaultCapacity: 6}
	if diff := cmp.Diff(defaults, read()); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	other := store.Settings{Visibility: store.VisibleTeam, AbsenceGrace: 90 * time.Second, RouteToSupervisors: true,
		KeepDeliveries: 7 * 24 * time.Hour, KeepEvents: 36 * time.Hour, DefaultCapacity: 4}
	for _, who := range []store.Agent{d.Ana, d.Sam} {
		if err := d.Store.ChangeSettings(t.Context(), who, other); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("a %s changes them: %v", who.Role, err)
		}
	}
	seq := lastSeq(t, d)
	for range 2 { // the second time changes nothing
		if err := d.Store.ChangeSettings(t.Context(), d.Alex, other); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(other, read()); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]store.Event{{Kind: store.SettingsChanged, AgentID: d.Alex.ID}}, eventsSince(t, d, seq)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := d.Agent(t, d.Ana.ID); got.Visibility != store.VisibleTeam {
		t.Errorf("somebody loaded to act has visibility %s", got.Visibility)
	}
	var details string
	if err := d.DB.QueryRowContext(t.Context(), "SELECT details FROM audit WHERE action = 'settings.changed' AND agent_id = ?", d.Alex.ID).Scan(&details); err != nil {
		t.Fatal(err)
	}
	var changed map[string]string
	if err := json.Unmarshal([]byte(details), &changed); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"visibility": "own → team", "absence_grace": "2m0s → 1m30s", "route_to_supervisors": "false → true",
		"keep_deliveries": "720h0m0s → 168h0m0s", "keep_events": "24h0m0s → 36h0m0s", "default_capacity": "6 → 4"}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
	if a := d.Person(t, "Eli Stone", store.RoleAgent); a.Capacity != 4 {
		t.Errorf("somebody new has capacity %d", a.Capacity)
	}
}

func TestChangeSettingsRefuses(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	good, err := d.Store.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		field  string
		change func(*store.Settings)
	}{
		{"visibility", func(s *store.Settings) { s.Visibility = "everybody" }},
		{"absence_grace", func(s *store.Settings) { s.AbsenceGrace = 9 * time.Second }},
		{"absence_grace", func(s *store.Settings) { s.AbsenceGrace = 25 * time.Hour }},
		{"keep_deliveries", func(s *store.Settings) { s.KeepDeliveries = 23 * time.Hour }},
		{"keep_events", func(s *store.Settings) { s.KeepEvents = 59 * time.Minute }},
		{"default_capacity", func(s *store.Settings) { s.DefaultCapacity = 0 }},
		{"default_capacity", func(s *store.Settings) { s.DefaultCapacity = 100 }},
	} {
		bad := good
		tt.change(&bad)
		if err := d.Store.ChangeSettings(t.Context(), d.Alex, bad); invalidField(err) != tt.field {
			t.Errorf("%+v: %v, want Invalid %s", bad, err, tt.field)
		}
	}
}

func TestRecordSignIn(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	for _, id := range []int64{d.Ana.ID, 0} {
		if err := d.Store.RecordSignIn(t.Context(), id, "192.0.2.7", "sign_in"); err != nil {
			t.Fatal(err)
		}
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM audit WHERE action = 'sign_in' AND address = '192.0.2.7' AND details = '{}' AND COALESCE(agent_id, 0) IN (0, ?)", d.Ana.ID); n != 2 {
		t.Errorf("recorded %d times, want 2", n)
	}
}
