package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// demoFloorOn gives a desk that runs against the test's simulator what the demo has: templates, customers, and their past.
func demoFloorOn(t *testing.T) (*floor, demoFloor) {
	t.Helper()
	f := open(t)
	d := demoFloor{sim: f.Sim, store: f.Store, clock: f.clock, log: slog.New(slog.DiscardHandler)}
	for _, template := range demoTemplates {
		f.Sim.AddTemplate(template)
	}
	for _, g := range demoGuests {
		f.Sim.AddCustomer(g.Customer)
	}
	if err := d.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.parts.channel.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f, d
}

// opened is a chat with its thread.
type opened struct {
	store.ChatRow
	thread store.Thread
}

// everything is every chat as the admin sees it.
func everything(t *testing.T, st *store.Store) []opened {
	t.Helper()
	alex := actorOf(t, st, "alex@demo.test")
	var all []opened
	for _, view := range []store.View{store.ViewAll, store.ViewClosed} {
		rows, next, err := st.ChatList(t.Context(), alex, store.ListQuery{View: view, Limit: 200})
		if err != nil || next != "" {
			t.Fatalf("list %s: %v, more: %q", view, err, next)
		}
		for _, row := range rows {
			thread, err := st.Thread(t.Context(), alex, row.Chat.ID, store.ThreadQuery{Limit: 200})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, opened{row, thread})
		}
	}
	return all
}

func actorOf(t *testing.T, st *store.Store, email string) store.Agent {
	t.Helper()
	agent, err := demoFloor{store: st}.actor(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	return agent
}

func TestDemoHistory(t *testing.T) {
	t.Parallel()
	f, d := demoFloorOn(t)
	began := time.Now()
	if err := d.history(t.Context()); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	t.Logf("seeded in %s", took)
	if took > 2*time.Minute { // 4 s by itself; here others work beside it, and the race detector watches
		t.Errorf("seeding took %s", took)
	}
	if off := f.clock.offset.Load(); off != 0 {
		t.Errorf("the clock is off by %s", time.Duration(off))
	}
	chats := everything(t, f.Store)
	if len(chats) != 40 || len(demoGuests) != 40 {
		t.Fatalf("%d chats of %d guests, want 40", len(chats), len(demoGuests))
	}
	alex := actorOf(t, f.Store, "alex@demo.test")
	parked, err := f.Store.Deliveries(t.Context(), alex, true, 0, 10)
	if err != nil || len(parked) > 0 {
		t.Errorf("parked deliveries: %v %v", parked, err)
	}

	t.Run("every promised state is there", func(t *testing.T) {
		now := f.clock.Now()
		have := map[string]bool{}
		for _, c := range chats {
			for _, state := range statesOf(c, now) {
				have[state] = true
			}
		}
		for _, want := range promised {
			if !have[want] {
				t.Errorf("nowhere: %s", want)
			}
		}
	})
	t.Run("threads are believable", func(t *testing.T) {
		now := f.clock.Now().Add(openingIn)
		for _, c := range chats {
			checkThread(t, c, now)
		}
	})
	t.Run("phones and desk agree on the windows", func(t *testing.T) {
		for _, c := range chats {
			l := living{demoFloor: d}
			customer, known := l.holder(c.Contact)
			if !known {
				t.Errorf("chat %d: nobody has this phone", c.Chat.ID)
				continue
			}
			byMeta := f.Sim.WindowEnd(customer.ID, "")
			early := c.Chat.WindowUntil.Before(c.Chat.WindowFrom.Add(store.WindowLength)) // Meta ended it
			if !byMeta.Equal(c.Chat.WindowUntil) && !early {
				t.Errorf("%s: the phone's window ends %s, the desk's %s", customer.ID, byMeta, c.Chat.WindowUntil)
			}
		}
	})
	t.Run("work is shared out", func(t *testing.T) {
		counts, err := f.Store.ViewCounts(t.Context(), alex)
		if err != nil {
			t.Fatal(err)
		}
		if q := counts.Views[store.ViewQueue]; q < 5 || q >= mostWaiting {
			t.Errorf("%d chats wait", q)
		}
		if counts.Views[store.ViewClosed] < 3 || counts.Views[store.ViewClosing] < 3 {
			t.Errorf("views: %v", counts.Views)
		}
		for _, email := range []string{"ana@demo.test", "ben@demo.test", "chi@demo.test"} {
			agent := actorOf(t, f.Store, email)
			if agent.OpenCount < 6 || agent.OpenCount >= demoCapacity {
				t.Errorf("%s has %d open chats", email, agent.OpenCount)
			}
			if agent.Presence != store.Offline || agent.Choice != store.Available {
				t.Errorf("%s is %s and will be %s", email, agent.Presence, agent.Choice)
			}
		}
	})
	t.Run("templates in every status", func(t *testing.T) {
		templates, err := f.Store.Templates(t.Context(), store.TemplateQuery{})
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]bool{}
		for _, template := range templates {
			have[template.Status], have[template.Quality], have[template.ParameterFormat] = true, true, true
			have[template.Status+" because "+template.Reason] = template.Reason != ""
			for _, c := range template.Components {
				have[c.Type+c.Format] = true
				for _, b := range c.Buttons {
					have[b.Type] = true
				}
			}
			if wrong := template.Check(examples(template)); template.Sendable() && template.Supported() && len(wrong) > 0 {
				t.Errorf("%s %s cannot be sent with its own examples: %v", template.Name, template.Language, wrong)
			}
		}
		for _, want := range []string{
			"APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "GREEN", "YELLOW", "RED", "POSITIONAL", "NAMED", "HEADERTEXT", "URL",
			"QUICK_REPLY", "REJECTED because TAG_CONTENT_MISMATCH", "PAUSED because Your template has been paused for 3 hours.",
		} {
			if !have[want] {
				t.Errorf("no template is %s", want)
			}
		}
	})
}

func examples(t store.Template) store.TemplateValues {
	values := store.TemplateValues{}
	for _, v := range t.Variables() {
		values[v.Field] = v.Example
	}
	return values
}

// promised are the states that somebody who looks around in the demo must find.
var promised = []string{
	"window over 12 h", "window 4 to 12 h", "window 1 to 4 h", "window under an hour", "window under 5 min", "window ended today",
	"window ended days ago", "window never opened", "closed", "unread with an owner", "unread in the queue", "waits with an owner",
	"several cases", "reopened by hand", "released", "assigned", "no phone", "no name", "no name, no phone",
	"kind text", "kind image", "kind video", "kind audio", "kind document", "kind sticker", "kind location", "kind contacts", "kind answer",
	"kind order", "kind system", "kind call", "kind template", "kind unsupported", "voice", "reaction", "quote", "edit", "revoke", "advert",
	"forwarded", "from the phone app", "markup", "answer template_button", "answer list", "answer button", "answer flow",
	"tick accepted", "tick sent", "tick delivered", "tick read", "tick failed", "tick unconfirmed", "failed unreachable", "failed window_ended",
	"template answered", "line notice", "line window_ended",
	"Arabic", "Hebrew", "Devanagari", "Thai", "Hiragana", "Hangul", "Cyrillic", "Greek", "Han", "Latin",
}

func statesOf(c opened, now time.Time) []string {
	var states []string
	add := func(state string, is bool) {
		if is {
			states = append(states, state)
		}
	}
	left := c.Chat.Window().FreeUntil().Sub(now)
	never := c.Chat.WindowUntil.IsZero()
	add("window over 12 h", left > 12*time.Hour)
	add("window 4 to 12 h", left > 4*time.Hour && left <= 12*time.Hour)
	add("window 1 to 4 h", left > time.Hour && left <= 4*time.Hour)
	add("window under an hour", left > 5*time.Minute && left <= time.Hour)
	add("window under 5 min", left > 2*time.Minute && left <= 5*time.Minute)
	add("window ended today", !never && left < 0 && left > -12*time.Hour)
	add("window ended days ago", !never && left < -48*time.Hour)
	add("window never opened", never)
	owned, open := c.Chat.OwnerID != 0, c.Chat.State == store.ChatOpen
	add("closed", !open)
	add("unread with an owner", owned && c.Chat.Unread > 0)
	add("unread in the queue", open && !owned && c.Chat.Unread > 0)
	add("waits with an owner", owned && c.Chat.Waiting())
	nameless := c.Contact.Name == "" && c.Contact.ProfileName == ""
	add("no phone", c.Contact.Phone == "" && c.Contact.Username != "")
	add("no name", nameless)
	add("no name, no phone", nameless && c.Contact.Phone == "" && c.Contact.Username == "")
	cases := 0
	for _, line := range c.thread.Lines {
		add("line "+string(line.Kind), true)
		add("reopened by hand", line.Kind == store.LineReopened)
		add(string(line.Kind), true)
		if line.Kind == store.LineCaseOpened {
			cases++
		}
	}
	add("several cases", cases > 1)
	byTemplate := false
	for _, m := range c.thread.Messages {
		add("kind "+string(m.Kind), true)
		add("reaction", len(m.Reactions) > 0)
		add("quote", m.Quoted != nil)
		add("edit", len(m.Edits) > 0)
		add("revoke", !m.RevokedAt.IsZero())
		add("advert", m.Details.Referral != nil)
		add("forwarded", m.Details.Forwarded != "")
		add("from the phone app", m.Details.FromApp)
		add("voice", m.Details.Media != nil && m.Details.Media.Voice)
		add("markup", strings.Contains(m.Body, "*"))
		if m.Details.Answer != nil {
			add("answer "+m.Details.Answer.Type, true)
		}
		if m.Direction == store.Out {
			add("tick "+string(m.Status), !m.Details.FromApp)
			add("failed "+string(m.ErrorReason), m.Status == store.Failed)
			byTemplate = m.Kind == store.KindTemplate
		} else {
			add("template answered", byTemplate)
		}
		for name, script := range unicode.Scripts {
			add(name, strings.ContainsFunc(m.Body, func(r rune) bool { return unicode.Is(script, r) }))
		}
	}
	return states
}

// belongsToNobody are the ranges that regulators keep for films, examples and drama.
var belongsToNobody = regexp.MustCompile(`^\+(34600000\d{3}|447700900\d{3}|1\d{3}55501\d{2}|61491570\d{3}|3363998\d{4}|467017406\d{2}|49(15228817386|15228895456|1729925904))$`)

var phoneLike = regexp.MustCompile(`\+\d[\d ]{8,}\d`)

func checkThread(t *testing.T, c opened, now time.Time) {
	t.Helper()
	name, _ := c.Contact.DisplayName()
	if c.Contact.Phone != "" && !belongsToNobody.MatchString(c.Contact.Phone) {
		t.Errorf("%s: %s may be somebody's number", name, c.Contact.Phone)
	}
	if c.Contact.WaID == "" && c.Contact.BSUID == "" {
		t.Errorf("%s: nothing identifies them", name)
	}
	for i, m := range c.thread.Messages {
		if i > 0 && !m.At.After(c.thread.Messages[i-1].At) {
			t.Errorf("%s: %q does not come after %q", name, m.Body, c.thread.Messages[i-1].Body)
		}
		if m.At.After(now) {
			t.Errorf("%s: %q is in the future", name, m.Body)
		}
		if !utf8.ValidString(m.Body) || strings.ContainsRune(m.Body, utf8.RuneError) {
			t.Errorf("%s: %q is no valid text", name, m.Body)
		}
		for _, number := range phoneLike.FindAllString(m.Body, -1) {
			if !belongsToNobody.MatchString(e164(number)) {
				t.Errorf("%s: %s in a text may be somebody's number", name, number)
			}
		}
		if m.Direction == store.Out && !m.Details.FromApp {
			if m.Agent == nil || !strings.Contains("Ana Ben Chi Sam", firstName(*m.Agent)) {
				t.Errorf("%s: who wrote %q?", name, m.Body)
			}
			for n, step := range m.Steps {
				if n > 0 && step.At.Before(m.Steps[n-1].At) {
					t.Errorf("%s: %q was %s before it was %s", name, m.Body, step.Status, m.Steps[n-1].Status)
				}
			}
		}
	}
}

func TestTheTablesOfTheDemo(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range invented() {
		for _, id := range []string{"id " + c.ID, "phone " + c.Phone, "bsuid " + c.BSUID, "@" + c.Username} {
			if seen[id] && !strings.HasSuffix(id, " ") && id != "@" {
				t.Errorf("%s is there twice", id)
			}
			seen[id] = true
		}
		if c.Phone != "" && !belongsToNobody.MatchString(c.Phone) {
			t.Errorf("%s: %s may be somebody's number", c.ID, c.Phone)
		}
		if _, ok := demoPhrases[strings.SplitN(c.Language, "_", 2)[0]]; !ok {
			t.Errorf("%s speaks %s, in which there are no phrases", c.ID, c.Language)
		}
	}
	// Whatever the time of the day: the acts of a customer follow one another, and none lies in the future.
	for hour := range 24 {
		opening := time.Date(2026, time.November, 22, hour, 7, 0, 0, time.UTC)
		last, sent := map[int]time.Time{}, map[int]int{}
		for _, s := range steps(demoGuests, opening, time.UTC) {
			if !s.at.After(last[s.guest]) {
				t.Errorf("at %d h: %s: %q comes with what is before it", hour, demoGuests[s.guest].ID, s.text)
			}
			if !s.at.Before(opening) {
				t.Errorf("at %d h: %s: %q is in the future", hour, demoGuests[s.guest].ID, s.text)
			}
			last[s.guest] = s.at
			if s.ours() {
				sent[s.guest]++
			}
		}
		for i, n := range sent {
			if n > 40 { // the pair limit
				t.Errorf("%s is sent %d messages", demoGuests[i].ID, n)
			}
		}
	}
}

// startDemo runs `agentdesk demo` in a data directory until the returned function is called.
func startDemo(t *testing.T, dir string) (running, *lockedBuffer, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	started, ended, out := make(chan running, 1), make(chan int, 1), &lockedBuffer{}
	go func() {
		ended <- run(ctx, program{
			args: []string{"demo"}, stdin: strings.NewReader(""), stdout: out, stderr: out, ready: func(r running) { started <- r },
			env: map[string]string{"AGENTDESK_ADDR": "127.0.0.1:0", "AGENTDESK_SIMULATOR_ADDR": "127.0.0.1:0", "AGENTDESK_OPS_ADDR": "off", "AGENTDESK_DATA_DIR": dir},
		})
	}()
	stop := func() {
		cancel()
		select {
		case code := <-ended:
			if code != 0 {
				t.Errorf("exit code %d\n%s", code, out)
			}
		case <-time.After(15 * time.Second):
			t.Error("the demo did not stop in time")
		}
	}
	select {
	case r := <-started:
		return r, out, stop
	case code := <-ended:
		t.Fatalf("the demo did not start: exit %d\n%s", code, out)
	case <-time.After(2 * time.Minute):
		t.Fatalf("the demo did not start in time\n%s", out)
	}
	return running{}, nil, nil
}

func TestDemoKeepsItsDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, out, stop := startDemo(t, dir)
	before := everything(t, first.parts.store)
	if len(before) != 40 {
		t.Errorf("%d chats", len(before))
	}
	for _, said := range []string{"http://" + first.desk, "http://" + first.simulator, demoPassword, "ana@demo.test", "alex@demo.test"} {
		if !strings.Contains(out.String(), said) {
			t.Errorf("the welcome does not say %s:\n%s", said, out)
		}
	}
	for _, person := range demoPeople {
		if status, where := signIn(t, "http://"+first.desk, person.Email, demoPassword); status != http.StatusSeeOther || strings.Contains(where, "session") {
			t.Errorf("%s cannot sign in: %d to %s", person.Email, status, where)
		}
	}
	if status, _ := signIn(t, "http://"+first.desk, "ana@demo.test", "another-password"); status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong password is answered %d", status)
	}
	stop()

	second, _, stop := startDemo(t, dir)
	defer stop()
	after := everything(t, second.parts.store)
	count := func(chats []opened) (n int) {
		for _, c := range chats {
			n += len(c.thread.Messages)
		}
		return n
	}
	if len(after) != len(before) || count(after) != count(before) {
		t.Errorf("%d chats with %d messages became %d with %d", len(before), count(before), len(after), count(after))
	}
	// The phones remember who wrote, so an answer still arrives.
	yulia := store.ChatRow{}
	for _, c := range after {
		if c.Contact.ProfileName == "Юлія Марченко" {
			yulia = c.ChatRow
		}
	}
	ben := actorOf(t, second.parts.store, "ben@demo.test")
	m, err := second.parts.store.QueueMessage(t.Context(), ben, store.Outgoing{ChatID: yulia.Chat.ID, ClientID: "0b0f8f6e-3c0a-4d6e-9a2b-6a1f0c9d8e7f", Text: "До завтра!"})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the answer's second tick", func() bool {
		m, err = second.parts.store.Message(t.Context(), ben, m.ID)
		return err == nil && m.Status.Rank() >= store.Delivered.Rank()
	})
}

func signIn(t *testing.T, base, email, password string) (int, string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	res, err := client.PostForm(base+"/session", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location")
}

func TestDemoKeepsToItself(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env  map[string]string
		says string
	}{
		"a real access token":         {map[string]string{"AGENTDESK_ACCESS_TOKEN": "EAAG", "AGENTDESK_PHONE_NUMBER_ID": "1"}, "AGENTDESK_ACCESS_TOKEN"},
		"an address others can reach": {map[string]string{"AGENTDESK_ADDR": "0.0.0.0:0", "AGENTDESK_BASE_URL": "http://desk.example"}, "loopback"},
		"a phone others can reach":    {map[string]string{"AGENTDESK_SIMULATOR_ADDR": ":0"}, "loopback"},
		"somebody else's data":        {map[string]string{"AGENTDESK_ADDR": "127.0.0.1:0", "AGENTDESK_SIMULATOR_ADDR": "127.0.0.1:0", "AGENTDESK_OPS_ADDR": "off", "AGENTDESK_DATA_DIR": strangersDesk(t)}, "not the demo's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := &lockedBuffer{}
			code := run(t.Context(), program{args: []string{"demo"}, env: tt.env, stdout: out, stderr: out})
			if code != 1 || !strings.Contains(out.String(), tt.says) {
				t.Errorf("exit %d, said %q; want 1 and %q", code, out, tt.says)
			}
		})
	}
}

// strangersDesk is the data directory of a desk that is not the demo's.
func strangersDesk(t *testing.T) string {
	t.Helper()
	dir, out := t.TempDir(), &lockedBuffer{}
	code := run(t.Context(), program{
		args: []string{"user", "add", "boss@shop.example", "--name", "Boss", "--role", "admin"}, env: map[string]string{"AGENTDESK_DATA_DIR": dir},
		stdin: strings.NewReader("a-long-enough-secret"), stdout: out, stderr: out,
	})
	if code != 0 {
		t.Fatalf("exit %d: %s", code, out)
	}
	return dir
}

func TestDemoLife(t *testing.T) {
	t.Parallel()
	f := open(t)
	turns := make(chan struct{}, 10000)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d := demoFloor{sim: f.Sim, store: f.Store, clock: f.clock, log: slog.New(slog.DiscardHandler), wait: func(least, most time.Duration) time.Duration {
		if least >= most {
			t.Errorf("waits between %s and %s", least, most)
		}
		if least < 20*time.Second { // somebody reads, or answers
			return 20 * time.Millisecond
		}
		turns <- struct{}{}
		// No faster than the desk: it counts who waits.
		for waiting := true; waiting && ctx.Err() == nil; {
			changed := f.Store.Changed()
			idle := f.Sim.Idle(ctx)
			said, err := f.Store.NewDeliveries(ctx, 1)
			if waiting = idle != nil || err != nil || len(said) > 0; waiting {
				select {
				case <-changed:
				case <-ctx.Done():
				}
			}
		}
		return 50 * time.Millisecond
	}}
	known := f.Sim.AddCustomer(simulator.Customer{ID: "regular", Name: "Regular", Phone: "+447700900111", Language: "en"})
	ended := make(chan error, 1)
	go func() { ended <- d.life(ctx) }()

	queue := func() int {
		counts, err := f.Store.ViewCounts(t.Context(), f.Alex)
		if err != nil {
			t.Fatal(err)
		}
		return counts.Views[store.ViewQueue]
	}
	eventually(t, "newcomers in the queue", func() bool { return queue() >= 2 })

	// Who is answered reads it and, sooner or later, answers.
	f.Sim.Say(known.ID, "Hello?")
	row := f.chatOf(t, "Regular")
	answer := func(n int) store.Message {
		t.Helper()
		m, err := f.Store.QueueMessage(t.Context(), f.Ana, store.Outgoing{ChatID: row.Chat.ID, ClientID: fmt.Sprintf("0b0f8f6e-3c0a-4d6e-9a2b-%012d", n), Text: "Yes, we have it."})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := answer(0)
	eventually(t, "the customer reads", func() bool {
		m, err := f.Store.Message(t.Context(), f.Alex, m.ID)
		return err == nil && m.Status == store.Read
	})
	tries := 0
	eventually(t, "the customer answers", func() bool {
		thread, err := f.Store.Thread(t.Context(), f.Alex, row.Chat.ID, store.ThreadQuery{})
		if err != nil {
			t.Fatal(err)
		}
		last := thread.Messages[len(thread.Messages)-1]
		if last.Direction == store.In && last.ID > m.ID {
			return true
		}
		if tries++; tries%20 == 0 {
			answer(tries)
		}
		return false
	})

	// Nobody works: the stream stops by itself.
	eventually(t, "a full queue", func() bool { return queue() >= mostWaiting })
	for len(turns) > 0 {
		<-turns
	}
	for range 20 {
		select {
		case <-turns:
		case <-time.After(patience):
			t.Fatal("the stream has stopped for good")
		}
	}
	if n := queue(); n > mostWaiting {
		for _, c := range everything(t, f.Store) {
			t.Log(c.Contact.ProfileName, c.Contact.Username, c.Chat.OwnerID, len(c.thread.Messages), c.Chat.CreatedAt)
		}
		t.Errorf("%d chats wait", n)
	}

	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("life ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("life did not end")
	}
}
