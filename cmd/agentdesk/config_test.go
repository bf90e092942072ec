package main

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"agentdesk/store"
)

func TestSettingsHaveSafeDefaults(t *testing.T) {
	t.Parallel()
	cfg, err := readConfig(map[string]string{"PATH": "/usr/bin"})
	if err != nil {
		t.Fatal(err)
	}
	want := config{
		Addr: "127.0.0.1:8080", OpsAddr: "127.0.0.1:8081", DataDir: "./data", GraphURL: "https://graph.facebook.com", GraphVersion: "v25.0",
		LoginLimit: "5/15m,50/15m", Log: "text", SimulatorAddr: "127.0.0.1:8082",
	}
	if diff := cmp.Diff(want, cfg); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	limits, err := cfg.loginLimits()
	if err != nil || !cmp.Equal(limits, []store.Limit{{Count: 5, Within: 15 * time.Minute}, {Count: 50, Within: 15 * time.Minute}}) {
		t.Errorf("login limits: %v, %v", limits, err)
	}
	if missing := cfg.missing(); len(missing) != 5 {
		t.Errorf("missing: %v", missing)
	}
}

// TestSettings holds every setting that can be wrong against one that is right and one that is not: the complaint names
// the variable.
func TestSettings(t *testing.T) {
	t.Parallel()
	reachable := map[string]string{"AGENTDESK_ADDR": "0.0.0.0:8080", "AGENTDESK_BASE_URL": "https://desk.example.com"}
	for _, tt := range []struct {
		name  string
		env   map[string]string
		wrong string // "" = fine
	}{
		{"loopback needs no base URL", map[string]string{"AGENTDESK_ADDR": "127.0.0.1:9000"}, ""},
		{"localhost is loopback", map[string]string{"AGENTDESK_ADDR": "localhost:9000"}, ""},
		{"IPv6 loopback", map[string]string{"AGENTDESK_ADDR": "[::1]:9000"}, ""},
		{"all addresses with a base URL", reachable, ""},
		{"all addresses without", map[string]string{"AGENTDESK_ADDR": ":8080"}, "AGENTDESK_BASE_URL"},
		{"a LAN address without", map[string]string{"AGENTDESK_ADDR": "192.168.1.5:8080"}, "AGENTDESK_BASE_URL"},
		{"an address without port", map[string]string{"AGENTDESK_ADDR": "127.0.0.1"}, "AGENTDESK_ADDR"},
		{"a log format", map[string]string{"AGENTDESK_LOG": "json"}, ""},
		{"another log format", map[string]string{"AGENTDESK_LOG": "xml"}, "AGENTDESK_LOG"},
		{"another database", map[string]string{"AGENTDESK_DATABASE_URL": "postgres://desk"}, "AGENTDESK_DATABASE_URL"},
		{"limits", map[string]string{"AGENTDESK_LOGIN_LIMIT": "3/1m, 30/1h"}, ""},
		{"one limit", map[string]string{"AGENTDESK_LOGIN_LIMIT": "3/1m"}, "AGENTDESK_LOGIN_LIMIT"},
		{"no number", map[string]string{"AGENTDESK_LOGIN_LIMIT": "few/1m,30/1h"}, "AGENTDESK_LOGIN_LIMIT"},
		{"nobody may sign in", map[string]string{"AGENTDESK_LOGIN_LIMIT": "0/1m,30/1h"}, "AGENTDESK_LOGIN_LIMIT"},
		{"proxies", map[string]string{"AGENTDESK_TRUSTED_PROXIES": "10.0.0.0/8, ::1/128"}, ""},
		{"a proxy without mask", map[string]string{"AGENTDESK_TRUSTED_PROXIES": "10.0.0.1"}, "AGENTDESK_TRUSTED_PROXIES"},
		{"token and number", map[string]string{"AGENTDESK_ACCESS_TOKEN": "t", "AGENTDESK_PHONE_NUMBER_ID": "1"}, ""},
		{"a token without number", map[string]string{"AGENTDESK_ACCESS_TOKEN": "t"}, "AGENTDESK_PHONE_NUMBER_ID"},
		{"a number without token", map[string]string{"AGENTDESK_PHONE_NUMBER_ID": "1"}, "AGENTDESK_ACCESS_TOKEN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := readConfig(tt.env)
			switch {
			case tt.wrong == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)):
				t.Errorf("got %v, want a complaint about %s", err, tt.wrong)
			}
		})
	}
}

func TestSettingsComplainOfEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := readConfig(map[string]string{"AGENTDESK_LOG": "xml", "AGENTDESK_LOGIN_LIMIT": "x", "AGENTDESK_ACCESS_TOKEN": "EAAG-secret"})
	if err == nil {
		t.Fatal("nothing was wrong")
	}
	for _, name := range []string{"AGENTDESK_LOG", "AGENTDESK_LOGIN_LIMIT", "AGENTDESK_PHONE_NUMBER_ID"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
	if strings.Contains(err.Error(), "EAAG-secret") {
		t.Errorf("%v tells the token", err)
	}
}

func TestAppSecretsMayBeTwo(t *testing.T) {
	t.Parallel()
	cfg, err := readConfig(map[string]string{"AGENTDESK_APP_SECRET": " new , old ,"})
	if err != nil || !cmp.Equal(cfg.AppSecrets, []string{"new", "old"}) {
		t.Errorf("secrets %q, %v", cfg.AppSecrets, err)
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"":                          "http://127.0.0.1:4711",
		"https://desk.example.com":  "https://desk.example.com",
		"https://desk.example.com/": "https://desk.example.com",
		"http://127.0.0.1:9":        "http://127.0.0.1:9",
		"desk.example.com":          "",
		"ftp://desk.example.com":    "",
		"https://example.com/desk":  "",
		"https://":                  "",
	} {
		base, err := config{BaseURL: given}.baseURL("127.0.0.1:4711")
		switch {
		case want == "" && (err == nil || !strings.Contains(err.Error(), "AGENTDESK_BASE_URL")):
			t.Errorf("%q: got %v, %v; want a complaint", given, base, err)
		case want != "" && (err != nil || base.String() != want):
			t.Errorf("%q: got %v, %v; want %s", given, base, err, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"127.0.0.1:80": true, "127.8.8.8:80": true, "[::1]:80": true, "localhost:80": true,
		":80": false, "0.0.0.0:80": false, "192.168.1.5:80": false, "[::]:80": false, "desk.example.com:80": false, "127.0.0.1": false, "": false,
	} {
		if got := loopback(addr); got != want {
			t.Errorf("%q: %t", addr, got)
		}
	}
}

func TestSecretKey(t *testing.T) {
	t.Parallel()
	t.Run("the file is made once, for its owner only", func(t *testing.T) {
		t.Parallel()
		cfg := config{DataDir: t.TempDir()}
		first, err := cfg.secretKey()
		if err != nil || len(first) != 32 {
			t.Fatalf("key of %d bytes, %v", len(first), err)
		}
		info, err := os.Stat(filepath.Join(cfg.DataDir, "secret.key"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		again, err := cfg.secretKey()
		if err != nil || !bytes.Equal(first, again) {
			t.Errorf("another key at the second start, %v", err)
		}
		other, err := config{DataDir: t.TempDir()}.secretKey()
		if err != nil || bytes.Equal(first, other) {
			t.Errorf("another directory has the same key, %v", err)
		}
	})
	t.Run("a damaged file is not replaced", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		file := filepath.Join(dir, "secret.key")
		if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := (config{DataDir: dir}).secretKey(); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("got %v, want a complaint about %s", err, file)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != "short" {
			t.Errorf("the file holds %q now, %v", text, err)
		}
	})
	t.Run("the setting goes first and makes no file", func(t *testing.T) {
		t.Parallel()
		dir, want := t.TempDir(), bytes.Repeat([]byte{7}, 32)
		got, err := config{DataDir: dir, SecretKey: hex.EncodeToString(want)}.secretKey()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %x, %v", got, err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("the directory holds %v, %v", entries, err)
		}
	})
	for name, key := range map[string]string{"too short": "00ff", "no hexadecimal": strings.Repeat("zz", 32)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config{DataDir: t.TempDir(), SecretKey: key}.secretKey()
			if err == nil || !strings.Contains(err.Error(), "AGENTDESK_SECRET_KEY") || strings.Contains(err.Error(), key) {
				t.Errorf("got %v, want a complaint that names the setting and not the key", err)
			}
		})
	}
}
