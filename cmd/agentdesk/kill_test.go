package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// childVariable makes the test binary be the program: what is killed is a process of its own.
const childVariable = "AGENTDESK_TEST_CHILD"

// TestKilledAgainAndAgain kills the desk with SIGKILL while webhooks pour in and answers go out. Afterwards everything that
// was acknowledged is there once, no answer left twice, and the database is whole.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	meta := newCounting(t)
	dir := t.TempDir()
	env := []string{
		childVariable + "=1", "AGENTDESK_ADDR=127.0.0.1:0", "AGENTDESK_OPS_ADDR=off", "AGENTDESK_DATA_DIR=" + dir, "AGENTDESK_GRAPH_URL=" + meta.url,
		"AGENTDESK_APP_SECRET=app-secret", "AGENTDESK_VERIFY_TOKEN=verify-token", "AGENTDESK_ACCESS_TOKEN=access-token",
		"AGENTDESK_WABA_ID=" + demoWABA, "AGENTDESK_PHONE_NUMBER_ID=" + demoNumber,
	}
	sent := &acknowledged{}
	for cycle := range 5 {
		answersToSend(t, dir)
		child := startChild(t, env)
		ctx, enough := context.WithCancel(t.Context())
		var senders sync.WaitGroup
		for n := range 4 {
			senders.Go(func() { sent.pour(ctx, child.url, fmt.Sprintf("%d-%d", cycle, n)) })
		}
		atLeast := 40 * (cycle + 1)
		eventually(t, "webhooks being acknowledged", func() bool { return sent.count() >= atLeast })
		child.kill(t)
		enough()
		senders.Wait()
	}
	child := startChild(t, env)
	db := database(t, dir)
	eventually(t, "the end of the intake", func() bool {
		return one[int](t, db, "SELECT COUNT(*) FROM deliveries WHERE state = 'new'") == 0
	})
	// What stands behind an answer that nobody knows the fate of waits for two minutes; everything else goes out.
	eventually(t, "the end of the outbox", func() bool {
		return one[int](t, db, "SELECT COUNT(*) FROM messages m WHERE status IN ('queued', 'sending') AND NOT EXISTS"+
			" (SELECT 1 FROM messages WHERE chat_id = m.chat_id AND status = 'unconfirmed')") == 0
	})
	child.kill(t)
	if n := one[int](t, db, "SELECT COUNT(*) FROM deliveries WHERE state <> 'done'"); n != 0 {
		t.Errorf("%d deliveries are not done", n)
	}
	have := received(t, db)
	for _, wamid := range sent.all() {
		if have[wamid] != 1 {
			t.Errorf("%s was acknowledged and is there %d times", wamid, have[wamid])
		}
	}
	for message, times := range meta.counts() {
		if times > 1 {
			t.Errorf("answer %s went out %d times", message, times)
		}
	}
	if len(meta.counts()) == 0 {
		t.Error("no answer went out at all")
	}
	if problem := one[string](t, db, "PRAGMA integrity_check"); problem != "ok" {
		t.Errorf("integrity: %s", problem)
	}
	if n := one[int](t, db, "SELECT COUNT(*) FROM pragma_foreign_key_check"); n != 0 {
		t.Errorf("%d rows refer to nothing", n)
	}
}

// counting is a Meta that takes everything after a moment and counts it by the desk's own id.
type counting struct {
	url   string
	mu    sync.Mutex
	taken map[string]int
}

func newCounting(t *testing.T) *counting {
	t.Helper()
	m := &counting{taken: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message struct {
			ID string `json:"biz_opaque_callback_data"`
		}
		if !strings.HasSuffix(r.URL.Path, "/messages") || json.NewDecoder(r.Body).Decode(&message) != nil {
			io.WriteString(w, `{"data":[]}`)
			return
		}
		m.mu.Lock()
		m.taken[message.ID]++
		wamid := fmt.Sprintf("wamid.OUT%d.%d", len(m.taken), m.taken[message.ID])
		m.mu.Unlock()
		<-time.After(10 * time.Millisecond) // so that some are killed between being taken and being recorded
		fmt.Fprintf(w, `{"messaging_product":"whatsapp","messages":[{"id":%q}]}`, wamid)
	}))
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

func (m *counting) counts() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	counts := make(map[string]int, len(m.taken))
	for id, n := range m.taken {
		counts[id] = n
	}
	return counts
}

// acknowledged are the wamids that the desk answered 200 for.
type acknowledged struct {
	mu     sync.Mutex
	wamids []string
}

// pour posts one message after another until it is told to stop.
func (a *acknowledged) pour(ctx context.Context, url, sender string) {
	for n := 0; ctx.Err() == nil; n++ {
		wamid := fmt.Sprintf("wamid.IN-%s-%d", sender, n)
		body := fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"field":"messages","value":{"metadata":`+
			`{"phone_number_id":%q},"messages":[{"id":%q,"from":"346000000%02d","timestamp":"%d","type":"text","text":{"body":"hello"}}]}}]}]}`,
			demoWABA, demoNumber, wamid, n%20, time.Now().Unix())
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/webhooks/whatsapp", strings.NewReader(string(body)))
		if err != nil {
			return
		}
		req.Header.Set("X-Hub-Signature-256", simulator.Sign("app-secret", body))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return // killed
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			a.mu.Lock()
			a.wamids = append(a.wamids, wamid)
			a.mu.Unlock()
		}
	}
}

func (a *acknowledged) count() int { return len(a.all()) }

func (a *acknowledged) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.wamids...)
}

// child is the program in a process of its own.
type child struct {
	url string
	cmd *exec.Cmd
}

var readyLine = regexp.MustCompile(`msg=ready address=(http://\S+)`)

func startChild(t *testing.T, env []string) child {
	t.Helper()
	cmd := exec.Command(os.Args[0], "serve")
	cmd.Env = append(os.Environ(), env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	var log strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		log.WriteString(lines.Text() + "\n")
		if found := readyLine.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return child{url: found[1], cmd: cmd}
		}
	}
	t.Fatalf("the program did not start:\n%s", log.String())
	return child{}
}

func (c child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
}

// answersToSend queues an answer in every chat there is, for the next start to send.
func answersToSend(t *testing.T, dir string) {
	t.Helper()
	st, err := openStore(t.Context(), config{DataDir: dir}, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	sam, err := st.AgentByEmail(t.Context(), "sam@demo.test")
	if err != nil {
		sam, err = st.CreateAgent(t.Context(), nil, store.NewAgent{Email: "sam@demo.test", Name: "Sam Keller", Role: store.RoleSupervisor})
	}
	if err != nil {
		t.Fatal(err)
	}
	if sam, err = st.AgentByID(t.Context(), sam.ID); err != nil {
		t.Fatal(err)
	}
	rows, _, err := st.ChatList(t.Context(), sam, store.ListQuery{View: store.ViewAll, Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if _, err := st.QueueMessage(t.Context(), sam, store.Outgoing{ChatID: row.Chat.ID, ClientID: uuid.NewString(), Text: "hi"}); err != nil {
			t.Fatal(err)
		}
	}
}

// database is a connection to the database of a data directory, to look at rows.
func database(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "agentdesk.db")+"?_busy_timeout=5000&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func one[T any](t *testing.T, db *sql.DB, query string) (value T) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// received counts the customers' messages by their id.
func received(t *testing.T, db *sql.DB) map[string]int {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT wamid FROM messages WHERE direction = 'in'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var wamid string
		if err := rows.Scan(&wamid); err != nil {
			t.Fatal(err)
		}
		counts[wamid]++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return counts
}
