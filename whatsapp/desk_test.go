package whatsapp_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/store/storetest"
	"agentdesk/whatsapp"
)

// Ids of the platform document's examples.
const (
	phoneNumberID = "106540352242922"
	wabaID        = "102290129340398"
	appSecret     = "a-secret-of-the-app"
)

// desk is a store with the number of the platform document, and the channel's receiving end on it.
type desk struct {
	*storetest.Desk
	inbox  *whatsapp.Inbox
	worker *whatsapp.Worker
	log    *bytes.Buffer
	synced int // how often fetching the templates was asked for
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{Desk: storetest.New(t), log: &bytes.Buffer{}}
	if _, err := d.Store.EnsureNumber(t.Context(), phoneNumberID, wabaID, "a-token"); err != nil {
		t.Fatal(err)
	}
	facts := store.Number{DisplayPhone: "+1 555-078-3881", VerifiedName: "Casa Lumen", Throughput: 80}
	if err := d.Store.RecordNumberFacts(t.Context(), phoneNumberID, facts); err != nil {
		t.Fatal(err)
	}
	d.inbox = whatsapp.NewInbox(whatsapp.InboxOptions{Store: d.Store, AppSecrets: []string{appSecret}, VerifyToken: "a+verify token"})
	d.worker = whatsapp.NewWorker(whatsapp.WorkerOptions{
		Store: d.Store, TemplatesChanged: func() { d.synced++ }, Logger: slog.New(slog.NewTextHandler(d.log, nil)),
	})
	return d
}

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// deliver takes a body through signature, disk and worker.
func (d *desk) deliver(t testing.TB, body []byte) {
	t.Helper()
	if err := d.inbox.Accept(t.Context(), body, []string{sign(appSecret, body)}); err != nil {
		t.Fatalf("accept: %v", err)
	}
	d.process(t)
}

func (d *desk) process(t testing.TB) {
	t.Helper()
	for {
		n, err := d.worker.RunOnce(t.Context())
		if err != nil {
			t.Fatalf("process: %v", err)
		}
		if n == 0 {
			return
		}
	}
}

func webhook(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "webhooks", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// messages wraps messages as one delivery for the number.
func messages(items ...string) []byte {
	return value(`"messages":[` + strings.Join(items, ",") + `]`)
}

func value(keys string) []byte {
	return []byte(`{"object":"whatsapp_business_account","entry":[{"id":"` + wabaID + `","changes":[{"field":"messages","value":{` +
		`"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"` + phoneNumberID + `"},` + keys + `}}]}]}`)
}

// answer lets somebody answer the chat and has Meta take it under wamid.
func (d *desk) answer(t testing.TB, chatID int64, text, wamid string) store.Message {
	t.Helper()
	m := d.queue(t, chatID, text)
	due, err := d.Store.ClaimDue(t.Context(), 1)
	if err != nil || len(due) != 1 || due[0].Message.ID != m.ID {
		t.Fatalf("claim: %v, %v", due, err)
	}
	if err := d.Store.RecordAccepted(t.Context(), m.ID, wamid, store.Identity{}); err != nil {
		t.Fatal(err)
	}
	return m
}

func (d *desk) queue(t testing.TB, chatID int64, text string) store.Message {
	t.Helper()
	m, err := d.Store.QueueMessage(t.Context(), d.Alex, store.Outgoing{
		ChatID: chatID, ClientID: uuid.NewString(), Text: text, SendAnyway: true, TakeOver: true,
	})
	if err != nil {
		t.Fatalf("queue: %v", err)
	}
	return m
}

// message is one of ours or theirs as it stands now.
func (d *desk) message(t testing.TB, id int64) store.Message {
	t.Helper()
	m, err := d.Store.Message(t.Context(), d.Alex, id)
	if err != nil {
		t.Fatalf("message %d: %v", id, err)
	}
	return m
}

// describe is everything the channel has told the desk, a line each: what a person could find out by looking around.
func (d *desk) describe(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	line := func(format string, args ...any) {
		out.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
	}
	var chatIDs []int64
	rows, err := d.DB.QueryContext(t.Context(), "SELECT id FROM chats ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		chatIDs = append(chatIDs, id)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	for _, id := range chatIDs {
		page, err := d.Store.Chat(t.Context(), d.Alex, id)
		if err != nil {
			t.Fatal(err)
		}
		c := page.Contact
		line("chat with %q %s %s %s @%s: %s, %d unread, window %s to %s", c.ProfileName, c.Phone, c.WaID, c.BSUID, c.Username,
			page.Chat.State, page.Chat.Unread, stamp(page.Chat.WindowFrom), stamp(page.Chat.WindowUntil))
		thread, err := d.Store.Thread(t.Context(), d.Alex, id, store.ThreadQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range thread.Messages {
			line("  %s %s %s at %s %q %s%s", m.Direction, m.Kind, m.WAMID, stamp(m.At), m.Body, details(t, m.Details), extras(m))
		}
		for _, l := range thread.Lines {
			if l.Kind == store.LineNotice {
				line("  notice at %s %q", stamp(l.At), l.Details.Text)
			}
		}
	}
	templates, err := d.Store.Templates(t.Context(), store.TemplateQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range templates {
		line("template %s %s %s: status %q, category %q, next %q, quality %q, reason %q", p.MetaID, p.Name, p.Language, p.Status, p.Category,
			p.NextCategory, p.Quality, p.Reason)
	}
	numbers, err := d.Store.Numbers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range numbers {
		if n.PhoneNumberID == phoneNumberID && (n.MessagingLimit != "" || n.Throughput != 80 || n.Restricted != "" || n.Paused() || n.VerifiedName != "Casa Lumen") {
			line("number %q: limit %q, %d a second, restricted %q, paused %q", n.VerifiedName, n.MessagingLimit, n.Throughput, n.Restricted, n.PausedReason)
		}
	}
	if n := d.Count(t, "SELECT COUNT(DISTINCT report) FROM pending_reports"); n > 0 {
		line("%d reports wait for their message", n)
	}
	deliveries, err := d.Store.Deliveries(t.Context(), d.Alex, false, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	line("delivery %s %s", deliveries[0].State, deliveries[0].Error)
	for _, note := range regexp.MustCompile(`passed over in a delivery" (what=.*)`).FindAllStringSubmatch(d.log.String(), -1) {
		line("noted %s", note[1])
	}
	if d.synced > 0 {
		line("templates and facts are fetched soon")
	}
	return out.String()
}

func extras(m store.Message) string {
	var out strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&out, " "+format, args...) }
	if m.QuotedWAMID != "" {
		add("quotes %s", m.QuotedWAMID)
	}
	if m.Status != "" {
		add("is %s", m.Status)
	}
	if m.ErrorCode != 0 {
		add("%d %s %q", m.ErrorCode, m.ErrorReason, m.ErrorDetails)
	}
	for _, r := range m.Reactions {
		add("reaction %s", r.Emoji)
	}
	for _, e := range m.Edits {
		add("before %q", e.Body)
	}
	if !m.RevokedAt.IsZero() {
		add("revoked")
	}
	if m.ClockAhead {
		add("clock ahead")
	}
	for _, s := range m.Steps {
		if string(s.Details) != "{}" && s.Details != nil {
			add("%s %s", s.Status, s.Details)
		}
	}
	return out.String()
}

func details(t testing.TB, d store.Details) string {
	t.Helper()
	out, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(out), "{}")
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return fmt.Sprint(at.Unix())
}
