package main

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"agentdesk/store"
)

// call runs the program as the command line does, to its end.
func call(t *testing.T, env map[string]string, stdin string, args ...string) (code int, out, complaint string) {
	t.Helper()
	stdout, stderr := &lockedBuffer{}, &lockedBuffer{}
	code = run(t.Context(), program{args: args, env: env, stdin: strings.NewReader(stdin), stdout: stdout, stderr: stderr})
	return code, stdout.String(), stderr.String()
}

// peek opens the store of a data directory that no program runs on.
func peek(t *testing.T, dir string) *store.Store {
	t.Helper()
	st, err := openStore(t.Context(), config{DataDir: dir}, config{}.logger(&lockedBuffer{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

var linkIn = regexp.MustCompile(`http://127\.0\.0\.1:8080/links/(\S+)`)

func TestUserAddWithPassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := map[string]string{"AGENTDESK_DATA_DIR": dir}
	code, out, complaint := call(t, env, "a lamp in every room\n", "user", "add", "Mia@Shop.example", "--name", "Mia Ortega", "--role", "admin")
	if code != 0 || !strings.Contains(out, "Mia Ortega") || linkIn.MatchString(out) {
		t.Fatalf("exit %d, %q, %q", code, out, complaint)
	}
	mia, err := peek(t, dir).AgentByEmail(t.Context(), "mia@shop.example")
	if err != nil || mia.Role != store.RoleAdmin || mia.Invited() {
		t.Fatalf("%+v, %v", mia, err)
	}
	if strings.Contains(mia.PasswordHash, "lamp") || !strings.HasPrefix(mia.PasswordHash, "$argon2id$") {
		t.Errorf("the hash is %q", mia.PasswordHash)
	}
}

func TestUserAddInvites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := map[string]string{"AGENTDESK_DATA_DIR": dir}
	code, out, complaint := call(t, env, "", "user", "add", "leo@shop.example", "--name", "Leo")
	token := linkIn.FindStringSubmatch(out)
	if code != 0 || token == nil {
		t.Fatalf("exit %d, %q, %q", code, out, complaint)
	}
	st := peek(t, dir)
	leo, err := st.AgentByEmail(t.Context(), "leo@shop.example")
	if err != nil || leo.Role != store.RoleAgent || !leo.Invited() {
		t.Fatalf("%+v, %v", leo, err)
	}
	if link, err := st.FindLink(t.Context(), token[1]); err != nil || link.Kind != store.LinkInvitation || link.Agent.ID != leo.ID {
		t.Errorf("%+v, %v", link, err)
	}
}

func TestUserReset(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := map[string]string{"AGENTDESK_DATA_DIR": dir}
	if code, out, complaint := call(t, env, "a lamp in every room", "user", "add", "mia@shop.example", "--name", "Mia"); code != 0 {
		t.Fatalf("exit %d, %q, %q", code, out, complaint)
	}
	code, out, complaint := call(t, env, "", "user", "reset", "mia@shop.example")
	token := linkIn.FindStringSubmatch(out)
	if code != 0 || token == nil {
		t.Fatalf("exit %d, %q, %q", code, out, complaint)
	}
	st := peek(t, dir)
	if link, err := st.FindLink(t.Context(), token[1]); err != nil || link.Kind != store.LinkReset || link.Agent.Email != "mia@shop.example" {
		t.Errorf("%+v, %v", link, err)
	}
	if _, err := st.FindLink(t.Context(), token[1]+"x"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another token: %v", err)
	}
	if code, _, complaint := call(t, env, "", "user", "reset", "nobody@shop.example"); code != 1 || !strings.Contains(complaint, "nobody@shop.example") {
		t.Errorf("exit %d, %q", code, complaint)
	}
}

func TestUserRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := map[string]string{"AGENTDESK_DATA_DIR": dir}
	if code, _, complaint := call(t, env, "", "user", "add", "taken@shop.example", "--name", "Taken"); code != 0 {
		t.Fatalf("exit %d, %q", code, complaint)
	}
	for _, tt := range []struct {
		name, stdin string
		args        []string
		code        int
		says        string
	}{
		{"no address", "", []string{"user", "add"}, 2, "user add EMAIL"},
		{"no verb of ours", "", []string{"user", "drop", "taken@shop.example"}, 2, "user drop"},
		{"a flag of nobody", "", []string{"user", "add", "a@shop.example", "--nick", "A"}, 2, "nick"},
		{"a damaged address", "", []string{"user", "add", "not an address", "--name", "A"}, 1, "e-mail"},
		{"no name", "", []string{"user", "add", "a@shop.example"}, 1, "name"},
		{"a role that is none", "", []string{"user", "add", "a@shop.example", "--name", "A", "--role", "owner"}, 1, "supervisor"},
		{"a short password", "lamp", []string{"user", "add", "a@shop.example", "--name", "A"}, 1, "12"},
		{"an address twice", "", []string{"user", "add", "TAKEN@shop.example", "--name", "A"}, 1, "already here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, complaint := call(t, env, tt.stdin, tt.args...)
			if code != tt.code || out != "" || !strings.Contains(strings.ToLower(complaint), strings.ToLower(tt.says)) {
				t.Errorf("exit %d, %q, %q; want %d and %q", code, out, complaint, tt.code, tt.says)
			}
		})
	}
	if _, err := peek(t, dir).AgentByEmail(t.Context(), "a@shop.example"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("somebody was added: %v", err)
	}
}

func TestAddedUserSignsIn(t *testing.T) {
	t.Parallel()
	env := serveEnv(t)
	if code, _, complaint := call(t, env, "a lamp in every room", "user", "add", "mia@shop.example", "--name", "Mia", "--role", "admin"); code != 0 {
		t.Fatalf("exit %d, %q", code, complaint)
	}
	d := startServe(t, env)
	if strings.Contains(d.out.String(), "/links/") {
		t.Errorf("a set-up link although there is an admin: %s", d.out)
	}
	if status, _ := signIn(t, d.url, "mia@shop.example", "a lamp in every room"); status != http.StatusSeeOther {
		t.Errorf("answered %d", status)
	}
	if status, _ := signIn(t, d.url, "mia@shop.example", "a lamp in no room"); status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong password is answered %d", status)
	}
}
