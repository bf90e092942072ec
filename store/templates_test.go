package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func save(t testing.TB, d *storetest.Desk, created, changed, removed int, listed ...store.Template) {
	t.Helper()
	c, ch, r, err := d.Store.SaveTemplates(t.Context(), storetest.WABAID, listed)
	if err != nil || c != created || ch != changed || r != removed {
		t.Fatalf("saved: %d new, %d changed, %d removed (%v), want %d, %d, %d", c, ch, r, err, created, changed, removed)
	}
}

func templateNames(t testing.TB, d *storetest.Desk, q store.TemplateQuery) []string {
	t.Helper()
	found, err := d.Store.Templates(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, template := range found {
		names = append(names, template.Name+" "+template.Language)
	}
	return names
}

func templateEvents(t testing.TB, d *storetest.Desk) int64 {
	return d.Count(t, "SELECT COUNT(*) FROM events WHERE kind = 'template.changed'")
}

func TestSaveTemplates(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	body := []store.TemplateComponent{{Type: "BODY", Text: "Hello {{1}}", Example: &store.TemplateExample{BodyText: [][]string{{"Mark"}}}}}
	hello := store.Template{MetaID: "1", Name: "hello", Language: "en-US", Category: "utility", Status: "approved", Quality: "GREEN", Components: body}
	bye := store.Template{MetaID: "2", Name: "bye", Language: "es", Category: "MARKETING", Status: "PENDING"}
	save(t, d, 2, 0, 0, hello, bye)
	save(t, d, 0, 0, 0, bye, hello)
	if n := templateEvents(t, d); n != 1 {
		t.Errorf("%d events, want one for what was new and none for what was known", n)
	}
	found, err := d.Store.Templates(t.Context(), store.TemplateQuery{Search: "HELLO"})
	if err != nil || len(found) != 1 {
		t.Fatalf("found %+v, %v", found, err)
	}
	want := store.Template{ID: found[0].ID, WABAID: storetest.WABAID, MetaID: "1", Name: "hello", Language: "en_US", Category: "UTILITY",
		Status: "APPROVED", Quality: "GREEN", ParameterFormat: "POSITIONAL", Components: body, ChangedAt: d.Clock.Now(), SyncedAt: d.Clock.Now()}
	if diff := cmp.Diff(want, found[0]); diff != "" {
		t.Error(diff)
	}

	d.Clock.Advance(time.Hour)
	bye.Status, bye.Reason = "REJECTED", "PROMOTIONAL"
	save(t, d, 0, 1, 1, bye)
	if diff := cmp.Diff([]string{"bye es"}, templateNames(t, d, store.TemplateQuery{})); diff != "" {
		t.Error(diff)
	}
	gone, err := d.Store.Template(t.Context(), want.ID)
	if err != nil || gone.RemovedAt.IsZero() || gone.Sendable() {
		t.Errorf("the one that is gone: %+v, %v", gone, err)
	}
	save(t, d, 0, 1, 0, bye, hello)
	if back, err := d.Store.Template(t.Context(), want.ID); err != nil || !back.Sendable() {
		t.Errorf("the one that is back: %+v, %v", back, err)
	}
	if _, err := d.Store.Template(t.Context(), 4711); err == nil {
		t.Error("found a template that never was")
	} else {
		wantError(t, err, store.ErrNotFound)
	}
}

func TestTemplateFilters(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	text := func(s string) []store.TemplateComponent { return []store.TemplateComponent{{Type: "BODY", Text: s}} }
	save(t, d, 4, 0, 0,
		store.Template{Name: "a", Language: "en_US", Category: "UTILITY", Status: "APPROVED", Components: text("ÉTAGÈRE & lamp")},
		store.Template{Name: "b", Language: "en_US", Category: "MARKETING", Status: "PAUSED", Components: text("100% off")},
		store.Template{Name: "b", Language: "es", Category: "MARKETING", Status: "PENDING"},
		store.Template{Name: "c", Language: "es", Category: "UTILITY", Status: "FLAGGED"})
	if _, _, _, err := d.Store.SaveTemplates(t.Context(), "999", []store.Template{{Name: "d", Language: "es", Status: "APPROVED"}}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		q    store.TemplateQuery
		want []string
	}{
		"all":        {store.TemplateQuery{}, []string{"a en_US", "b en_US", "b es", "c es", "d es"}},
		"account":    {store.TemplateQuery{WABAID: "999"}, []string{"d es"}},
		"language":   {store.TemplateQuery{Language: "en-US"}, []string{"a en_US", "b en_US"}},
		"category":   {store.TemplateQuery{Category: "marketing"}, []string{"b en_US", "b es"}},
		"status":     {store.TemplateQuery{Status: "FLAGGED"}, []string{"c es"}},
		"needs care": {store.TemplateQuery{NeedsCare: true}, []string{"b en_US", "c es"}},
		"words":      {store.TemplateQuery{Search: "lamp étagère"}, []string{"a en_US"}},
		"signs":      {store.TemplateQuery{Search: "100%"}, []string{"b en_US"}},
		"nothing":    {store.TemplateQuery{Search: "_"}, []string{}},
	} {
		if diff := cmp.Diff(c.want, templateNames(t, d, c.q)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestSendableTemplates(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	text := []store.TemplateComponent{{Type: "BODY", Text: "Hello"}}
	save(t, d, 5, 0, 0,
		store.Template{Name: "a", Language: "es", Status: "APPROVED", Components: text},
		store.Template{Name: "b", Language: "es", Status: "FLAGGED", Components: text},
		store.Template{Name: "c", Language: "es", Status: "REINSTATED", Components: text},
		store.Template{Name: "paused", Language: "es", Status: "PAUSED", Components: text},
		store.Template{Name: "picture", Language: "es", Status: "APPROVED", Components: append([]store.TemplateComponent{{Type: "HEADER", Format: "IMAGE"}}, text...)})
	names := func(who store.Agent) []string {
		t.Helper()
		found, err := d.Store.SendableTemplates(t.Context(), who, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for _, template := range found {
			names = append(names, template.Name)
		}
		return names
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names(d.Ana)); diff != "" {
		t.Error(diff)
	}
	for _, used := range []string{"c", "b"} {
		id := d.Count(t, "SELECT id FROM templates WHERE name = ?", used)
		o := store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), TemplateID: id}
		if _, err := d.Store.QueueMessage(t.Context(), d.Ana, o); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"b", "c", "a"}, names(d.Ana)); diff != "" {
		t.Errorf("most recently used first:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names(d.Sam)); diff != "" {
		t.Errorf("by somebody else:\n%s", diff)
	}
	d.Exec(t, "UPDATE numbers SET waba_id = '999'")
	if diff := cmp.Diff([]string{}, names(d.Ana)); diff != "" {
		t.Errorf("of another account:\n%s", diff)
	}
	_, err := d.Store.SendableTemplates(t.Context(), d.Ben, c.ID)
	wantError(t, err, store.ErrNotFound)
}

func TestTemplateReports(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	save(t, d, 1, 0, 0, store.Template{MetaID: "1", Name: "hello", Language: "en_US", Category: "UTILITY", Status: "PENDING", Quality: "UNKNOWN"})
	id := d.Count(t, "SELECT id FROM templates")
	now := func() store.Template {
		t.Helper()
		template, err := d.Store.Template(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return template
	}
	tell := func(r store.TemplateReport) {
		t.Helper()
		if r.At.IsZero() {
			r.At = d.Clock.Now()
		}
		r.WABAID = storetest.WABAID
		d.Report(t, r)
	}
	d.Clock.Advance(time.Minute)
	before := templateEvents(t, d)
	approved := store.TemplateReport{MetaID: "1", Name: "hello", Language: "en-US", Status: "APPROVED", Category: "UTILITY"}
	tell(approved)
	tell(approved)
	if x := now(); x.Status != "APPROVED" || templateEvents(t, d) != before+1 {
		t.Errorf("approved: %+v after %d events", x, templateEvents(t, d)-before)
	}
	tell(store.TemplateReport{Name: "hello", Language: "en_US", Quality: "yellow"})
	tell(store.TemplateReport{MetaID: "1", NextCategory: "MARKETING"})
	if x := now(); x.Quality != "YELLOW" || x.NextCategory != "MARKETING" || x.Category != "UTILITY" || x.Status != "APPROVED" {
		t.Errorf("yellow and to be marketing: %+v", x)
	}
	overtaken := store.TemplateReport{MetaID: "1", Status: "IN_APPEAL", At: d.Clock.Now().Add(-time.Second)}
	tell(overtaken)
	if x := now(); x.Status != "APPROVED" {
		t.Errorf("a notice that was overtaken by the next: %+v", x)
	}
	d.Clock.Advance(time.Minute)
	tell(store.TemplateReport{MetaID: "1", Status: "PAUSED", Reason: "FIRST_PAUSE"})
	d.Clock.Advance(time.Minute)
	// The listing knows neither why it is paused nor what is announced.
	save(t, d, 0, 0, 0, store.Template{MetaID: "1", Name: "hello", Language: "en_US", Category: "UTILITY", Status: "PAUSED", Quality: "YELLOW"})
	if x := now(); x.Reason != "FIRST_PAUSE" || x.NextCategory != "MARKETING" {
		t.Errorf("after a listing: %+v", x)
	}
	late := approved
	late.At = d.Clock.Now().Add(-time.Second)
	tell(late)
	if x := now(); x.Status != "PAUSED" {
		t.Errorf("a notice from before the listing won: %+v", x)
	}
	d.Clock.Advance(time.Minute)
	tell(store.TemplateReport{MetaID: "1", Status: "APPROVED", Category: "MARKETING"})
	if x := now(); x.Status != "APPROVED" || x.Reason != "" || x.Category != "MARKETING" || x.NextCategory != "" {
		t.Errorf("back, as marketing: %+v", x)
	}
	tell(store.TemplateReport{MetaID: "1", Status: "DELETED"})
	if x := now(); x.RemovedAt.IsZero() {
		t.Errorf("deleted: %+v", x)
	}

	// A notice that overtakes the synchronisation.
	tell(store.TemplateReport{MetaID: "2", Name: "new", Language: "pt-BR", Status: "REJECTED", Reason: "SCAM"})
	found, err := d.Store.Templates(t.Context(), store.TemplateQuery{Search: "new"})
	if err != nil || len(found) != 1 || found[0].Language != "pt_BR" || found[0].Reason != "SCAM" || found[0].Supported() {
		t.Errorf("found %+v, %v", found, err)
	}
	tell(store.TemplateReport{MetaID: "3", Status: "APPROVED"}) // of which nothing else is known
	if n := d.Count(t, "SELECT COUNT(*) FROM templates"); n != 2 {
		t.Errorf("%d templates", n)
	}
}
