package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestQueueMessage(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "where is my lamp?")
	d.Clock.Advance(time.Minute)
	m := say(t, d, d.Ana, c.ID, "On its way.\r\nToday.  \n")

	if m.Body != "On its way.\nToday." || m.Status != store.Queued || m.Direction != store.Out || m.Kind != store.KindText ||
		m.NumberID != d.Number.ID || m.CaseID != c.CaseID || m.AgentID != d.Ana.ID || m.Agent == nil || m.Agent.Name != d.Ana.Name {
		t.Errorf("queued %+v", m)
	}
	if !m.At.Equal(d.Clock.Now()) || !m.NextAttemptAt.Equal(d.Real.Now()) {
		t.Errorf("queued at %v for %v", m.At, m.NextAttemptAt)
	}
	if diff := cmp.Diff(m, afresh(t, d, m)); diff != "" {
		t.Errorf("what was returned is not what is stored:\n%s", diff)
	}
	now := d.Chat(t, c.ID)
	if now.Waiting() || now.Unread != 0 || now.ReadUpTo != m.ID || now.LastAnswererID != d.Ana.ID || now.LastMessageID != m.ID ||
		!now.LastMessageAt.Equal(m.At) || now.WindowUntil != c.WindowUntil {
		t.Errorf("chat after the answer: %+v", now)
	}
	if n := changes(t, d, store.MessageQueued, m); n != 1 {
		t.Errorf("%d events say that it was queued", n)
	}
}

func TestGateSight(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	d.Clock.Advance(later)
	send := func(who store.Agent, o store.Outgoing) error {
		_, err := d.Store.QueueMessage(t.Context(), who, o)
		return err
	}
	o := store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), Text: "hi", TakeOver: true}
	wantError(t, send(d.Ben, o), store.ErrNotFound)
	wantError(t, send(d.Ana, store.Outgoing{ChatID: 4711, ClientID: uuid.NewString(), Text: "hi"}), store.ErrNotFound)
	disabled := d.Ana
	disabled.DisabledAt = d.Real.Now()
	wantError(t, send(disabled, o), store.ErrNotFound)
	for _, damaged := range []string{"", "1", "urn:uuid:" + uuid.NewString(), strings.ReplaceAll(uuid.NewString(), "-", "")} {
		wantInvalid(t, send(d.Ana, store.Outgoing{ChatID: c.ID, ClientID: damaged, Text: "hi"}), "client_id")
	}
	if err := send(d.Ana, o); err != nil {
		t.Fatalf("the owner: %v", err)
	}
}

func TestSameComposerIsOneMessage(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	o := store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), Text: "hi"}
	first, err := d.Store.QueueMessage(t.Context(), d.Ana, o)
	if err != nil {
		t.Fatal(err)
	}
	// The second press comes when the first can no longer be repeated: the answer is still the first message.
	d.Clock.Advance(48 * time.Hour)
	again := o
	again.ClientID, again.Text = strings.ToUpper(o.ClientID), "something else"
	second, err := d.Store.QueueMessage(t.Context(), d.Ana, again)
	if err != nil || second.ID != first.ID || second.Body != "hi" || second.Agent.Name != d.Ana.Name {
		t.Errorf("second press: %+v, %v", second, err)
	}
	other := d.Owned(t, d.Ana, 2, "hello")
	o.ChatID = other.ID
	if elsewhere, err := d.Store.QueueMessage(t.Context(), d.Ana, o); err != nil || elsewhere.ID == first.ID {
		t.Errorf("the same id in another chat: %+v, %v", elsewhere, err)
	}
}

func TestSameComposerFiftyTimesAtOnce(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Inbound(t, 1, "hello")
	o := store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), Text: "hi"}
	var ids [50]int64
	atOnce(len(ids), func(i int) {
		m, err := d.Store.QueueMessage(t.Context(), d.Ana, o)
		if err != nil {
			t.Errorf("press %d: %v", i, err)
		}
		ids[i] = m.ID
	})
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("several messages: %v", ids)
		}
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM messages WHERE direction = 'out'"); n != 1 {
		t.Errorf("%d messages", n)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM events WHERE kind = 'message.queued'"); n != 1 {
		t.Errorf("%d events", n)
	}
	if owner := d.Agent(t, d.Ana.ID); owner.OpenCount != 1 {
		t.Errorf("the sender counts %d open chats", owner.OpenCount)
	}
}

func TestSendingIntoTheQueueTakesTheChat(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Inbound(t, 1, "hello")
	say(t, d, d.Ana, c.ID, "hi")
	if now := d.Chat(t, c.ID); now.OwnerID != d.Ana.ID || !now.QueuedAt.IsZero() {
		t.Errorf("after the answer: %+v", now)
	}
	if kind := d.Count(t, "SELECT COUNT(*) FROM assignments WHERE chat_id = ? AND kind = 'taken' AND agent_id = ?", c.ID, d.Ana.ID); kind != 1 {
		t.Errorf("%d assignments say so", kind)
	}
}

func TestSendingIntoSomebodyElsesAsksFirst(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	o := store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), Text: "hi"}
	before := dump(t, d)
	_, err := d.Store.QueueMessage(t.Context(), d.Sam, o)
	if conflict := wantConflict(t, err, store.ConflictOwned); conflict.Agent == nil || conflict.Agent.Name != d.Ana.Name {
		t.Errorf("conflict names %+v", conflict.Agent)
	}
	if diff := cmp.Diff(before, dump(t, d)); diff != "" {
		t.Errorf("the refusal left something behind:\n%s", diff)
	}
	o.TakeOver = true
	if _, err := d.Store.QueueMessage(t.Context(), d.Sam, o); err != nil {
		t.Fatalf("taking over: %v", err)
	}
	if now := d.Chat(t, c.ID); now.OwnerID != d.Sam.ID || now.LastOwnerID != d.Ana.ID {
		t.Errorf("after taking over: %+v", now)
	}
	if ana, sam := d.Agent(t, d.Ana.ID), d.Agent(t, d.Sam.ID); ana.OpenCount != 0 || sam.OpenCount != 1 {
		t.Errorf("open chats: Ana %d, Sam %d", ana.OpenCount, sam.OpenCount)
	}
}

func TestAnsweringAtOnce(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	for customer := range 10 {
		c := d.Inbound(t, customer+1, "hello")
		people := []store.Agent{d.Ana, d.Ben, d.Chi}
		var won atomic.Int64
		var errs [3]error
		atOnce(len(people), func(i int) {
			_, err := d.Store.QueueMessage(t.Context(), people[i], store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), Text: "hi"})
			if errs[i] = err; err == nil {
				won.Store(people[i].ID)
			}
		})
		for i, err := range errs {
			if people[i].ID == won.Load() {
				continue
			}
			if conflict := wantConflict(t, err, store.ConflictOwned); conflict.Agent == nil || conflict.Agent.ID != won.Load() {
				t.Errorf("the loser is told of %+v, the winner is %d", conflict.Agent, won.Load())
			}
		}
		if n := d.Count(t, "SELECT COUNT(*) FROM messages WHERE chat_id = ? AND direction = 'out'", c.ID); n != 1 {
			t.Errorf("%d answers", n)
		}
	}
}

func TestSomebodyAnsweredWhileYouTyped(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	seen := c.LastMessageID
	send := func(who store.Agent, o store.Outgoing) (store.Message, error) {
		o.ChatID, o.ClientID = c.ID, uuid.NewString()
		return d.Store.QueueMessage(t.Context(), who, o)
	}
	d.Inbound(t, 1, "are you there?")
	if _, err := send(d.Ana, store.Outgoing{Text: "yes", LastSeen: seen}); err != nil {
		t.Fatalf("a newer message of the customer: %v", err)
	}
	if _, err := send(d.Ana, store.Outgoing{Text: "one moment", LastSeen: seen}); err != nil {
		t.Fatalf("a newer message of one's own: %v", err)
	}
	answer, err := send(d.Sam, store.Outgoing{Text: "It is on the van.", TakeOver: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.AssignChat(t.Context(), d.Sam, c.ID, d.Ana.ID, 0, false); err != nil {
		t.Fatal(err)
	}
	before := dump(t, d)
	_, err = send(d.Ana, store.Outgoing{Text: "We will look.", LastSeen: seen})
	conflict := wantConflict(t, err, store.ConflictAnswered)
	if m := conflict.Message; m == nil || m.ID != answer.ID || m.Body != "It is on the van." || m.Agent.Name != d.Sam.Name || !m.At.Equal(d.Clock.Now()) {
		t.Errorf("the answer shown is %+v", conflict.Message)
	}
	if diff := cmp.Diff(before, dump(t, d)); diff != "" {
		t.Errorf("the refusal left something behind:\n%s", diff)
	}
	d.Report(t, store.EchoMessage{PhoneNumberID: storetest.PhoneNumberID, To: storetest.Customer(1), WAMID: "wamid.APP", SentAt: d.Clock.Now(),
		Kind: store.KindText, Body: "From the phone: it is here."})
	_, err = send(d.Ana, store.Outgoing{Text: "We will look.", LastSeen: answer.ID})
	if conflict := wantConflict(t, err, store.ConflictAnswered); conflict.Agent != nil || conflict.Message.Body != "From the phone: it is here." {
		t.Errorf("from the phone app: %+v", conflict)
	}
	answer = *wantConflict(t, err, store.ConflictAnswered).Message
	for name, o := range map[string]store.Outgoing{
		"having seen it":  {Text: "We will look.", LastSeen: answer.ID},
		"without a check": {Text: "We will look."},
		"anyway":          {Text: "We will look.", LastSeen: seen, SendAnyway: true},
	} {
		if _, err := send(d.Ana, o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGateWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before time.Duration // the end of Meta's 24 hours
		taken  bool
	}{{31 * time.Second, true}, {30*time.Second + time.Millisecond, true}, {30 * time.Second, false}, {time.Second, false}, {0, false}, {-time.Second, false}} {
		t.Run(fmt.Sprint(c.before), func(t *testing.T) {
			t.Parallel()
			d := storetest.New(t)
			chat := d.Inbound(t, 1, "hello")
			template := plantTemplate(t, d, store.Template{})
			d.Clock.Set(chat.WindowFrom.Add(24*time.Hour - c.before))
			before := dump(t, d)
			_, err := d.Store.QueueMessage(t.Context(), d.Ana, store.Outgoing{ChatID: chat.ID, ClientID: uuid.NewString(), Text: "hi"})
			if c.taken {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantConflict(t, err, store.ConflictWindowEnded)
			if diff := cmp.Diff(before, dump(t, d)); diff != "" {
				t.Errorf("the refusal left something behind:\n%s", diff)
			}
			m, err := d.Store.QueueMessage(t.Context(), d.Ana, store.Outgoing{ChatID: chat.ID, ClientID: uuid.NewString(), TemplateID: template.ID,
				Values: store.TemplateValues{"body.1": "Mark", "body.2": "17"}})
			if err != nil {
				t.Fatalf("a template: %v", err)
			}
			if now := d.Chat(t, chat.ID); !now.WindowUntil.Equal(chat.WindowUntil) || !now.WindowFrom.Equal(chat.WindowFrom) {
				t.Errorf("template %d moved the window to %v", m.ID, now.WindowUntil)
			}
		})
	}
}

func TestSendingIntoAClosedChatReopensIt(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	if _, err := d.Store.CloseChat(t.Context(), d.Ana, c.ID); err != nil {
		t.Fatal(err)
	}
	d.Clock.Set(c.WindowUntil)
	before := dump(t, d)
	_, err := d.Store.QueueMessage(t.Context(), d.Ana, store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), Text: "hi"})
	wantConflict(t, err, store.ConflictWindowEnded)
	if diff := cmp.Diff(before, dump(t, d)); diff != "" {
		t.Errorf("the refusal left something behind:\n%s", diff)
	}
	d.Clock.Set(c.WindowUntil.Add(-time.Hour))
	m := say(t, d, d.Ana, c.ID, "one thing more")
	now := d.Chat(t, c.ID)
	if now.State != store.ChatOpen || now.OwnerID != d.Ana.ID || now.CaseID == c.CaseID || m.CaseID != now.CaseID || !now.ClosedAt.IsZero() {
		t.Errorf("after sending: %+v; the message is of case %d", now, m.CaseID)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM assignments WHERE chat_id = ? AND kind = 'reopened' AND agent_id = ? AND case_id = ?", c.ID, d.Ana.ID, now.CaseID); n != 1 {
		t.Errorf("%d assignments say so", n)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM cases WHERE chat_id = ? AND closed_at = 0 AND opened_by = ?", c.ID, d.Ana.ID); n != 1 {
		t.Errorf("%d cases are open", n)
	}
}

func TestGateText(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	for _, refused := range []string{"", " \r\n\t ", strings.Repeat("a", 4097), strings.Repeat("🛋", 2049)} {
		_, err := d.Store.QueueMessage(t.Context(), d.Ana, store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), Text: refused})
		wantInvalid(t, err, "body")
	}
	for text, stored := range map[string]string{
		strings.Repeat("a", 4096):          strings.Repeat("a", 4096),
		strings.Repeat("🛋", 2048) + "  \n": strings.Repeat("🛋", 2048),
		"  indented\x00 and \xff":          "  indented\uFFFD and \uFFFD",
		"مرحبا <b>&amp;</b> {{1}}":         "مرحبا <b>&amp;</b> {{1}}",
		"a\r\n\r\nb":                       "a\n\nb",
	} {
		if m := say(t, d, d.Ana, c.ID, text); afresh(t, d, m).Body != stored {
			t.Errorf("%.30q is stored as %.30q", text, afresh(t, d, m).Body)
		}
	}
}

func TestGateTemplate(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	good := plantTemplate(t, d, store.Template{Category: "UTILITY"})
	paused := plantTemplate(t, d, store.Template{Name: "paused", Status: "PAUSED"})
	picture := plantTemplate(t, d, store.Template{Name: "picture", Components: []store.TemplateComponent{
		{Type: "HEADER", Format: "IMAGE"}, {Type: "BODY", Text: "Look"}}})
	gone := plantTemplate(t, d, store.Template{Name: "gone"})
	d.Exec(t, "UPDATE templates SET removed_at = 1 WHERE id = ?", gone.ID)
	foreign := plantTemplate(t, d, store.Template{Name: "foreign"})
	d.Exec(t, "UPDATE templates SET waba_id = '999' WHERE id = ?", foreign.ID)
	values := store.TemplateValues{"body.1": "Mark {{2}}", "body.2": "17", "body.3": "of no use"}

	send := func(template int64, v store.TemplateValues) (store.Message, error) {
		return d.Store.QueueMessage(t.Context(), d.Ana, store.Outgoing{ChatID: c.ID, ClientID: uuid.NewString(), TemplateID: template, Values: v})
	}
	for _, template := range []int64{paused.ID, picture.ID, gone.ID, foreign.ID, 4711} {
		_, err := send(template, values)
		wantInvalid(t, err, "template_id")
	}
	_, err := send(good.ID, store.TemplateValues{"body.1": "Mark"})
	wantInvalid(t, err, "params[body.2]")
	_, err = send(good.ID, store.TemplateValues{"body.1": "Mark\nTwain", "body.2": "17"})
	wantInvalid(t, err, "params[body.1]")

	m, err := send(good.ID, values)
	if err != nil {
		t.Fatal(err)
	}
	m = afresh(t, d, m)
	want := store.SentTemplate{Name: "order_update", Language: "en_US", Category: "UTILITY", Format: "POSITIONAL",
		Body: "Hello Mark {{2}}, your order 17 is ready.", Values: store.TemplateValues{"body.1": "Mark {{2}}", "body.2": "17"}}
	if m.Kind != store.KindTemplate || m.TemplateID != good.ID || m.Body != want.Body {
		t.Errorf("queued %+v", m)
	}
	if diff := cmp.Diff(&want, m.Details.Template); diff != "" {
		t.Errorf("stored template:\n%s", diff)
	}
}

func TestPausedNumberStillQueues(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Owned(t, d.Ana, 1, "hello")
	if err := d.Store.PauseNumber(t.Context(), d.Number.ID, 190, store.PauseToken); err != nil {
		t.Fatal(err)
	}
	m := say(t, d, d.Ana, c.ID, "hi")
	claim(t, d)
	wantStatus(t, d, m, store.Queued)
	if err := d.Store.ResumeNumber(t.Context(), nil, d.Number.ID); err != nil {
		t.Fatal(err)
	}
	claim(t, d, m)
}

// dump is everything a refused command must leave as it was.
func dump(t testing.TB, d *storetest.Desk) map[string][]string {
	t.Helper()
	tables := map[string][]string{}
	for _, table := range []string{"agents", "chats", "cases", "assignments", "thread_lines", "messages", "message_statuses", "events", "numbers"} {
		rows, err := d.DB.QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		tables[table] = dumpRows(t, rows)
	}
	return tables
}

func dumpRows(t testing.TB, rows *sql.Rows) []string {
	t.Helper()
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var dumped []string
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		dumped = append(dumped, fmt.Sprint(values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return dumped
}
