package whatsapp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"agentdesk/whatsapp"
)

func TestChallenge(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, tt := range []struct {
		name, mode, token, challenge string
		ok                           bool
	}{
		{"the right token, with a plus in it", "subscribe", "a+verify token", "1158201444", true},
		{"a wrong token", "subscribe", "a verify token", "1158201444", false},
		{"no token", "subscribe", "", "1158201444", false},
		{"a prefix of it", "subscribe", "a+verify", "1158201444", false},
		{"another mode", "unsubscribe", "a+verify token", "1158201444", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer, ok := d.inbox.Challenge(tt.mode, tt.token, tt.challenge)
			if ok != tt.ok || (ok && answer != tt.challenge) || (!ok && answer != "") {
				t.Errorf("got %q, %v", answer, ok)
			}
		})
	}
	unset := whatsapp.NewInbox(whatsapp.InboxOptions{Store: d.Store})
	if _, ok := unset.Challenge("subscribe", "", "1"); ok {
		t.Error("an unset verify token accepts an empty one")
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	body := []byte(`{"object":"whatsapp_business_account","entry":[],"note":"caf\u00e9 \/ ` + "\U0001f44d" + `"}`)
	var parsed any
	if err := json.Unmarshal(body, &parsed); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	good := sign(appSecret, body)
	for _, tt := range []struct {
		name       string
		signatures []string
		ok         bool
	}{
		{"over the raw bytes, escapes and all", []string{good}, true},
		{"by the second secret, during rotation", []string{sign("the next secret", body)}, true},
		{"missing", nil, false},
		{"empty", []string{""}, false},
		{"by a stranger", []string{sign("another secret", body)}, false},
		{"by an empty secret", []string{sign("", body)}, false},
		{"over the JSON written anew", []string{sign(appSecret, again)}, false},
		{"SHA-1 by name", []string{strings.Replace(good, "sha256=", "sha1=", 1)}, false},
		{"without its name", []string{strings.TrimPrefix(good, "sha256=")}, false},
		{"upper-case hexadecimal", []string{"sha256=" + strings.ToUpper(strings.TrimPrefix(good, "sha256="))}, false},
		{"upper-case name", []string{strings.Replace(good, "sha256", "SHA256", 1)}, false},
		{"too short", []string{good[:len(good)-2]}, false},
		{"too long", []string{good + "00"}, false},
		{"with a space", []string{good + " "}, false},
		{"no hexadecimal", []string{"sha256=" + strings.Repeat("zz", 32)}, false},
		{"twice", []string{good, good}, false},
		{"right and wrong", []string{good, sign("another secret", body)}, false},
		{"two in one value", []string{good + ", " + good}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			inbox := whatsapp.NewInbox(whatsapp.InboxOptions{Store: d.Store, AppSecrets: []string{appSecret, "the next secret"}})
			err := inbox.Accept(t.Context(), body, tt.signatures)
			kept := d.Count(t, "SELECT COUNT(*) FROM deliveries")
			if tt.ok && (err != nil || kept != 1) {
				t.Errorf("refused: %v, %d kept", err, kept)
			}
			if !tt.ok && (!errors.Is(err, whatsapp.ErrSignature) || kept != 0) {
				t.Errorf("got %v, %d kept", err, kept)
			}
		})
	}
}

func TestAcceptWithoutSecretOrDisk(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	body := []byte(`{}`)
	unset := whatsapp.NewInbox(whatsapp.InboxOptions{Store: d.Store})
	if err := unset.Accept(t.Context(), body, []string{sign("", body)}); !errors.Is(err, whatsapp.ErrNotConfigured) {
		t.Errorf("without a secret: %v", err)
	}
	d.Exec(t, "DROP TABLE deliveries")
	err := d.inbox.Accept(t.Context(), body, []string{sign(appSecret, body)})
	if err == nil || errors.Is(err, whatsapp.ErrSignature) || errors.Is(err, whatsapp.ErrNotConfigured) {
		t.Errorf("without a place to keep it: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a blank app secret is taken")
		}
	}()
	whatsapp.NewInbox(whatsapp.InboxOptions{Store: d.Store, AppSecrets: []string{"good", " "}})
}

// TestSameDeliveryManyTimes: Meta repeats what was not answered in time, to several processes at once.
func TestSameDeliveryManyTimes(t *testing.T) {
	t.Parallel()
	d, body := newDesk(t), webhook(t, "text")
	var all sync.WaitGroup
	failed := make(chan error, 10)
	for range 10 {
		all.Go(func() { failed <- d.inbox.Accept(t.Context(), body, []string{sign(appSecret, body)}) })
	}
	all.Wait()
	for range 10 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	d.process(t)
	if n := d.Count(t, "SELECT COUNT(*) FROM messages"); n != 1 {
		t.Errorf("%d messages", n)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM deliveries WHERE state = 'done'"); n == 0 {
		t.Error("no delivery is done")
	}
}

func TestFirstMessagesInParallel(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var all sync.WaitGroup
	for i := range 8 {
		body := messages(fmt.Sprintf(`{"from":"447700900123","from_user_id":"GB.1","id":"wamid.P%d","timestamp":"1749416383","type":"text","text":{"body":"%d"}}`, i, i))
		all.Go(func() {
			if err := d.inbox.Accept(t.Context(), body, []string{sign(appSecret, body)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	d.process(t)
	for table, want := range map[string]int64{"contacts": 1, "chats": 1, "messages": 8} {
		if n := d.Count(t, "SELECT COUNT(*) FROM "+table); n != want {
			t.Errorf("%d %s, want %d", n, table, want)
		}
	}
}
