package main

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"agentdesk/whatsapp/simulator"
)

func serveEnv(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"AGENTDESK_ADDR": "127.0.0.1:0", "AGENTDESK_OPS_ADDR": "127.0.0.1:0", "AGENTDESK_DATA_DIR": t.TempDir()}
}

// servedDesk is a desk that runs without WhatsApp, or with what the environment says.
type servedDesk struct {
	running
	url      string
	out, log *lockedBuffer
	stop     func() // and waits for its end
}

func startServe(t *testing.T, env map[string]string) *servedDesk {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan running, 1), make(chan int, 1)
	d := &servedDesk{out: &lockedBuffer{}, log: &lockedBuffer{}}
	go func() {
		ended <- run(ctx, program{args: []string{"serve"}, env: env, stdout: d.out, stderr: d.log, ready: func(r running) { started <- r }})
	}()
	d.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case code := <-ended:
			if code != 0 {
				t.Errorf("exit %d\n%s", code, d.log)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("still running 10 s after it was told to stop\n%s", d.log)
		}
	})
	t.Cleanup(d.stop)
	select {
	case d.running = <-started:
		d.url = "http://" + d.desk
	case code := <-ended:
		ended <- code
		t.Fatalf("exit %d\n%s", code, d.log)
	case <-time.After(30 * time.Second):
		t.Fatalf("not ready in time\n%s", d.log)
	}
	return d
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func post(t *testing.T, url, body string, header ...string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestServeWithoutWhatsApp(t *testing.T) {
	t.Parallel()
	d := startServe(t, serveEnv(t))
	for _, path := range []string{"/healthz", "/readyz", "/session"} {
		if status, _ := get(t, d.url+path); status != http.StatusOK {
			t.Errorf("%s is answered %d", path, status)
		}
	}
	// Without an app secret nobody can be told from Meta: come back later.
	if status := post(t, d.url+"/webhooks/whatsapp", "{}", "X-Hub-Signature-256", simulator.Sign("", []byte("{}"))); status != http.StatusServiceUnavailable {
		t.Errorf("a delivery is answered %d, want 503", status)
	}
	if status, _ := get(t, d.url+"/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1&hub.verify_token="); status == http.StatusOK {
		t.Error("a handshake without a verify token is answered 200")
	}
	if !strings.Contains(d.log.String(), "AGENTDESK_APP_SECRET") {
		t.Errorf("the log does not say what is missing:\n%s", d.log)
	}
	if status, body := get(t, "http://"+d.ops+"/metrics"); status != http.StatusOK || !strings.Contains(body, "agentdesk_outbox_queued") {
		t.Errorf("/metrics is answered %d", status)
	}
	if status, _ := get(t, d.url+"/metrics"); status == http.StatusOK {
		t.Error("the desk's own address shows metrics")
	}
}

func TestServeWithAppSecret(t *testing.T) {
	t.Parallel()
	env := serveEnv(t)
	env["AGENTDESK_APP_SECRET"], env["AGENTDESK_VERIFY_TOKEN"], env["AGENTDESK_OPS_ADDR"] = "new,old", "a token", "off"
	d := startServe(t, env)
	hook, body := d.url+"/webhooks/whatsapp", `{"object":"whatsapp_business_account","entry":[]}`
	for secret, want := range map[string]int{"new": http.StatusOK, "old": http.StatusOK, "older": http.StatusUnauthorized} {
		if status := post(t, hook, body, "X-Hub-Signature-256", simulator.Sign(secret, []byte(body))); status != want {
			t.Errorf("signed with %q: %d, want %d", secret, status, want)
		}
	}
	if status := post(t, hook, body); status != http.StatusUnauthorized {
		t.Errorf("not signed: %d", status)
	}
	if status, answer := get(t, hook+"?hub.mode=subscribe&hub.challenge=4711&hub.verify_token=a+token"); status != http.StatusOK || answer != "4711" {
		t.Errorf("handshake: %d %q", status, answer)
	}
	if status, _ := get(t, hook+"?hub.mode=subscribe&hub.challenge=4711&hub.verify_token=another"); status != http.StatusForbidden {
		t.Errorf("handshake with a wrong token: %d", status)
	}
	if d.ops != "" {
		t.Errorf("metrics at %s although they are off", d.ops)
	}
}

func TestServeOffersTheSetupOnce(t *testing.T) {
	t.Parallel()
	d := startServe(t, serveEnv(t))
	links := regexp.MustCompile(regexp.QuoteMeta(d.url)+`/links/\S+`).FindAllString(d.out.String(), -1)
	if len(links) != 1 {
		t.Fatalf("%d links in %q", len(links), d.out)
	}
	if strings.Contains(d.log.String(), "/links/") {
		t.Errorf("the log tells the link:\n%s", d.log)
	}
	if status, page := get(t, links[0]); status != http.StatusOK || !strings.Contains(page, "<form") {
		t.Errorf("the link is answered %d", status)
	}
	if status, _ := get(t, links[0]+"x"); status != http.StatusNotFound {
		t.Errorf("another link is answered %d", status)
	}
}

func TestServeStopsByItself(t *testing.T) {
	t.Parallel()
	d := startServe(t, serveEnv(t))
	began := time.Now()
	d.stop()
	t.Logf("stopped in %s", time.Since(began))
	if _, err := http.Get(d.url + "/healthz"); err == nil {
		t.Error("it still answers")
	}
}

func TestServeRefusesToStart(t *testing.T) {
	t.Parallel()
	running := startServe(t, serveEnv(t))
	for _, tt := range []struct {
		name string
		env  map[string]string
		says string
	}{
		{"its address is taken", map[string]string{"AGENTDESK_ADDR": running.desk}, "AGENTDESK_ADDR"},
		{"the address of the metrics is taken", map[string]string{"AGENTDESK_OPS_ADDR": running.ops}, "AGENTDESK_OPS_ADDR"},
		{"a base URL with a path", map[string]string{"AGENTDESK_BASE_URL": "https://example.com/desk"}, "AGENTDESK_BASE_URL"},
		{"a data directory that cannot be made", map[string]string{"AGENTDESK_DATA_DIR": "/dev/null/desk"}, "AGENTDESK_DATA_DIR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := serveEnv(t)
			for name, value := range tt.env {
				env[name] = value
			}
			if code, _, complaint := call(t, env, "", "serve"); code != 1 || !strings.Contains(complaint, tt.says) {
				t.Errorf("exit %d, %q; want 1 and %s", code, complaint, tt.says)
			}
		})
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	env := serveEnv(t)
	for range 2 {
		if code, out, complaint := call(t, env, "", "migrate"); code != 0 || !strings.Contains(out, "up to date") {
			t.Fatalf("exit %d, %q, %q", code, out, complaint)
		}
	}
	db, err := sql.Open("sqlite3", filepath.Join(env["AGENTDESK_DATA_DIR"], "agentdesk.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"migrate", "serve"} {
		if code, _, complaint := call(t, env, "", command); code != 1 || !strings.Contains(complaint, "written by a newer version") {
			t.Errorf("%s: exit %d, %q", command, code, complaint)
		}
	}
}

func TestCalledWrongly(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"serv"}, {"--help"}} {
		if code, out, complaint := call(t, nil, "", args...); code != 2 || out != "" || !strings.Contains(complaint, "agentdesk serve") {
			t.Errorf("%q: exit %d, %q, %q", args, code, out, complaint)
		}
	}
	if code, out, _ := call(t, nil, "", "version"); code != 0 || !strings.Contains(out, version) || !strings.Contains(out, "go1.") {
		t.Errorf("version: exit %d, %q", code, out)
	}
}

func TestSimulatorAlone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, started, ended := &lockedBuffer{}, make(chan running, 1), make(chan int, 1)
	go func() {
		ended <- run(ctx, program{args: []string{"simulator"}, env: map[string]string{"AGENTDESK_SIMULATOR_ADDR": "127.0.0.1:0"},
			stdout: out, stderr: out, ready: func(r running) { started <- r }})
	}()
	select {
	case r := <-started:
		if status, _ := get(t, "http://"+r.simulator+"/"); status != http.StatusOK {
			t.Errorf("its page is answered %d", status)
		}
		if !strings.Contains(out.String(), "export AGENTDESK_GRAPH_URL=http://"+r.simulator) {
			t.Errorf("it does not say how to start a desk beside it:\n%s", out)
		}
	case code := <-ended:
		t.Fatalf("exit %d\n%s", code, out)
	case <-time.After(30 * time.Second):
		t.Fatal("not ready in time")
	}
	cancel()
	select {
	case code := <-ended:
		if code != 0 {
			t.Errorf("exit %d\n%s", code, out)
		}
	case <-time.After(10 * time.Second):
		t.Error("it did not stop in time")
	}
	if code, _, complaint := call(t, map[string]string{"AGENTDESK_SIMULATOR_ADDR": ":0"}, "", "simulator"); code != 1 || !strings.Contains(complaint, "loopback") {
		t.Errorf("exit %d, %q", code, complaint)
	}
}
