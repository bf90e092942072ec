package main

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"agentdesk/store"
)

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
