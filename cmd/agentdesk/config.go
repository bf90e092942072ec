package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"agentdesk/store"
)

// config is every setting there is (contract: Settings). It is read here and nowhere else.
type config struct {
	Addr           string   `env:"AGENTDESK_ADDR" envDefault:"127.0.0.1:8080"`
	OpsAddr        string   `env:"AGENTDESK_OPS_ADDR" envDefault:"127.0.0.1:8081"`
	BaseURL        string   `env:"AGENTDESK_BASE_URL"`
	DataDir        string   `env:"AGENTDESK_DATA_DIR" envDefault:"./data"`
	DatabaseURL    string   `env:"AGENTDESK_DATABASE_URL"`
	SecretKey      string   `env:"AGENTDESK_SECRET_KEY"`
	GraphURL       string   `env:"AGENTDESK_GRAPH_URL" envDefault:"https://graph.facebook.com"`
	GraphVersion   string   `env:"AGENTDESK_GRAPH_VERSION" envDefault:"v25.0"`
	AppSecrets     []string `env:"AGENTDESK_APP_SECRET"`
	VerifyToken    string   `env:"AGENTDESK_VERIFY_TOKEN"`
	AccessToken    string   `env:"AGENTDESK_ACCESS_TOKEN"`
	WABAID         string   `env:"AGENTDESK_WABA_ID"`
	PhoneNumberID  string   `env:"AGENTDESK_PHONE_NUMBER_ID"`
	TrustedProxies []string `env:"AGENTDESK_TRUSTED_PROXIES"`
	LoginLimit     string   `env:"AGENTDESK_LOGIN_LIMIT" envDefault:"5/15m,50/15m"`
	Log            string   `env:"AGENTDESK_LOG" envDefault:"text"`
	SimulatorAddr  string   `env:"AGENTDESK_SIMULATOR_ADDR" envDefault:"127.0.0.1:8082"`
}

func environment(pairs []string) map[string]string {
	vars := map[string]string{}
	for _, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok {
			vars[name] = value
		}
	}
	return vars
}

// readConfig reads and checks the settings; every complaint names the variable and says what would be right.
func readConfig(vars map[string]string) (config, error) {
	cfg, err := env.ParseAsWithOptions[config](env.Options{Environment: vars})
	if err != nil {
		return cfg, fmt.Errorf("settings: %w", err)
	}
	cfg.AppSecrets = trimmed(cfg.AppSecrets)
	var wrong []error
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if cfg.Log != "text" && cfg.Log != "json" {
		complain("AGENTDESK_LOG is %q; it can be text or json", cfg.Log)
	}
	if _, _, err := net.SplitHostPort(cfg.Addr); err != nil {
		complain("AGENTDESK_ADDR is %q; it wants host:port, for example 127.0.0.1:8080", cfg.Addr)
	}
	if cfg.BaseURL == "" && !loopback(cfg.Addr) {
		complain("AGENTDESK_BASE_URL is not set; it is required when AGENTDESK_ADDR is not loopback, for example https://desk.example.com")
	}
	if cfg.DatabaseURL != "" {
		complain("AGENTDESK_DATABASE_URL is set, but this version keeps its data in SQLite only; leave it empty")
	}
	if _, err := cfg.loginLimits(); err != nil {
		complain("AGENTDESK_LOGIN_LIMIT is %q; it wants two limits like 5/15m,50/15m", cfg.LoginLimit)
	}
	if _, err := cfg.trustedProxies(); err != nil {
		complain("AGENTDESK_TRUSTED_PROXIES: %w", err)
	}
	if (cfg.AccessToken == "") != (cfg.PhoneNumberID == "") {
		complain("AGENTDESK_ACCESS_TOKEN and AGENTDESK_PHONE_NUMBER_ID belong together; set both or neither")
	}
	return cfg, errors.Join(wrong...)
}

// missing names the WhatsApp settings that are not there; the desk runs without them and shows the set-up page.
func (c config) missing() []string {
	var names []string
	for _, setting := range []struct {
		name string
		set  bool
	}{
		{"AGENTDESK_APP_SECRET", len(c.AppSecrets) > 0}, {"AGENTDESK_VERIFY_TOKEN", c.VerifyToken != ""},
		{"AGENTDESK_ACCESS_TOKEN", c.AccessToken != ""}, {"AGENTDESK_WABA_ID", c.WABAID != ""},
		{"AGENTDESK_PHONE_NUMBER_ID", c.PhoneNumberID != ""},
	} {
		if !setting.set {
			names = append(names, setting.name)
		}
	}
	return names
}

// baseURL is where browsers find the desk; without the setting it is the loopback address that was listened on.
func (c config) baseURL(listening string) (*url.URL, error) {
	if c.BaseURL == "" {
		return &url.URL{Scheme: "http", Host: listening}, nil
	}
	base, err := url.Parse(strings.TrimSuffix(c.BaseURL, "/"))
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") || base.Path != "" {
		return nil, fmt.Errorf("AGENTDESK_BASE_URL is %q; it wants scheme and host only, for example https://desk.example.com", c.BaseURL)
	}
	return base, nil
}

func (c config) loginLimits() ([]store.Limit, error) {
	var limits []store.Limit
	for part := range strings.SplitSeq(c.LoginLimit, ",") {
		count, within, ok := strings.Cut(strings.TrimSpace(part), "/")
		n, err := strconv.Atoi(count)
		d, err2 := time.ParseDuration(within)
		if !ok || err != nil || err2 != nil || n < 1 || d <= 0 {
			return nil, fmt.Errorf("%q is no limit", part)
		}
		limits = append(limits, store.Limit{Count: n, Within: d})
	}
	if len(limits) != 2 {
		return nil, errors.New("two limits are wanted: per account, per address")
	}
	return limits, nil
}

func (c config) trustedProxies() ([]*net.IPNet, error) {
	var networks []*net.IPNet
	for _, cidr := range trimmed(c.TrustedProxies) {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			return nil, fmt.Errorf("%q is no network; it wants CIDRs like 10.0.0.0/8", cidr)
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// secretKey is 32 bytes: from the setting, in hexadecimal, or from the key file, which is made at the first start.
func (c config) secretKey() ([]byte, error) {
	if c.SecretKey != "" {
		key, err := hex.DecodeString(c.SecretKey)
		if err != nil || len(key) != 32 {
			return nil, errors.New("AGENTDESK_SECRET_KEY wants 64 hexadecimal digits (32 bytes), for example from: openssl rand -hex 32")
		}
		return key, nil
	}
	file := filepath.Join(c.DataDir, "secret.key")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(file)
	}
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s is damaged: it should hold 64 hexadecimal digits", file)
	}
	return key, nil
}

// makeKey writes a new key. It is on disk, whole, before anything is sealed with it.
func makeKey(file string) ([]byte, error) {
	key := make([]byte, 32)
	rand.Read(key)
	half := file + ".new"
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(half, file)
	}
	if err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	return key, nil
}

func (c config) logger(w io.Writer) *slog.Logger {
	if c.Log == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func trimmed(values []string) []string {
	var kept []string
	for _, value := range values {
		if value = strings.TrimSpace(value); value != "" {
			kept = append(kept, value)
		}
	}
	return kept
}
