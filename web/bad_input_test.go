package web_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const webhook = "/webhooks/whatsapp"

// deliver posts a raw body as Meta would. Headers come as pairs; a Content-Type replaces JSON.
func (d *desk) deliver(t *testing.T, body io.Reader, signature string, headers ...string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+webhook, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if signature != "" {
		r.Header.Add("X-Hub-Signature-256", signature)
	}
	res, err := d.nobody(t).http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestBadDeliveries(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	small := `{"object":"whatsapp_business_account","entry":[]}`
	good := sign("app-secret", []byte(small))
	signed := func(body string) string { return sign("app-secret", []byte(body)) }
	largest, tooLarge := strings.Repeat(" ", 4<<20), strings.Repeat(" ", 4<<20+1)
	for name, tt := range map[string]struct {
		body, signature string
		headers         []string
		status          int
	}{
		"as Meta sends it":      {small, good, nil, 200},
		"nothing in it":         {"", signed(""), nil, 200}, // verified before anything else
		"escaped unicode":       {`{"a":"\u00e9\ud83d"}`, signed(`{"a":"\u00e9\ud83d"}`), nil, 200},
		"not JSON, but signed":  {"<xml/>", signed("<xml/>"), nil, 200}, // parked later, never refused
		"another content type":  {small, good, []string{"Content-Type", "text/plain"}, 200},
		"a broken content type": {small, good, []string{"Content-Type", ";;"}, 200},
		"4 MiB":                 {largest, signed(largest), nil, 200},
		"4 MiB and a byte":      {tooLarge, signed(tooLarge), nil, 413},
		"unsigned":              {small, "", nil, 401},
		"wrong secret":          {small, sign("other-secret", []byte(small)), nil, 401},
		"empty secret":          {small, sign("", []byte(small)), nil, 401},
		"upper-case hex":        {small, "sha256=" + strings.ToUpper(strings.TrimPrefix(good, "sha256=")), nil, 401},
		"another hash":          {small, "sha1=" + strings.TrimPrefix(good, "sha256="), nil, 401},
		"no hash named":         {small, strings.TrimPrefix(good, "sha256="), nil, 401},
		"two signatures":        {small, good, []string{"X-Hub-Signature-256", good}, 401},
		"signed before spaces":  {`{"object": "whatsapp_business_account", "entry": []}`, good, nil, 401},
		"gzip":                  {small, good, []string{"Content-Encoding", "gzip"}, 415},
		"identity":              {small, good, []string{"Content-Encoding", "identity"}, 200},
		"multipart":             {small, good, []string{"Content-Type", "multipart/form-data; boundary=x"}, 415},
		"with a browser's mark": {small, good, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			before := d.channel.accepted()
			status := d.deliver(t, strings.NewReader(tt.body), tt.signature, tt.headers...)
			stored := d.channel.accepted() - before
			if status != tt.status || (stored == 1) != (tt.status == 200) {
				t.Errorf("%d with %d stored, want %d", status, stored, tt.status)
			}
		})
	}
}

func TestWebhookWithoutSettings(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.channel.set(func(c *channel) { c.missing = []string{"AGENTDESK_APP_SECRET"} })
	if status := d.deliver(t, strings.NewReader("{}"), sign("app-secret", []byte("{}"))); status != 503 {
		t.Errorf("%d, want 503: Meta repeats it", status)
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, tt := range map[string]struct {
		query  string
		status int
		body   string
	}{
		"right":        {"?hub.mode=subscribe&hub.verify_token=verify-token&hub.challenge=1158201444", 200, "1158201444"},
		"as text":      {"?hub.mode=subscribe&hub.verify_token=verify-token&hub.challenge=%3Cb%3E", 200, "<b>"},
		"wrong token":  {"?hub.mode=subscribe&hub.verify_token=other&hub.challenge=1", 403, ""},
		"no token":     {"?hub.mode=subscribe&hub.challenge=1", 403, ""},
		"another mode": {"?hub.mode=unsubscribe&hub.verify_token=verify-token&hub.challenge=1", 403, ""},
		"nothing":      {"", 403, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := d.nobody(t).get(t, webhook+tt.query)
			if got.status != tt.status || (tt.status == 200 && got.body != tt.body) || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain") {
				t.Errorf("%d %q as %s", got.status, got.body, got.header.Get("Content-Type"))
			}
		})
	}
}

// endless counts what is read of a body that never ends.
type endless struct{ sent atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.sent.Add(int64(len(p)))
	clear(p)
	return len(p), nil
}

// TestOversizeIsNotRead: however much somebody sends, the desk reads little more than it would take.
func TestOversizeIsNotRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	body := &endless{}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+webhook, body)
	if err != nil {
		t.Fatal(err)
	}
	// The answer comes while the body is still being sent, so the client may see it or a closed connection.
	if res, err := d.nobody(t).http.Do(r); err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%d, want 413", res.StatusCode)
		}
	}
	if sent := body.sent.Load(); sent > 64<<20 {
		t.Errorf("%d MiB were taken", sent>>20)
	}
	if d.channel.accepted() != 0 {
		t.Error("it was stored")
	}
}

// raw sends bytes over a connection of their own and returns the status of the answer.
func (d *desk) raw(t *testing.T, request string, then func(net.Conn)) int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(d.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if then != nil {
		then(conn)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	res.Body.Close()
	return res.StatusCode
}

func posting(length int, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nX-Hub-Signature-256: %s\r\nContent-Length: %d\r\n\r\n%s",
		webhook, sign("app-secret", []byte(body)), length, body)
}

func TestBodiesThatDoNotArrive(t *testing.T) {
	t.Parallel()
	halfClose := func(conn net.Conn) { _ = conn.(*net.TCPConn).CloseWrite() }
	for name, tt := range map[string]struct {
		request string
		then    func(net.Conn)
		status  int
	}{
		"shorter than it says":  {posting(1000, "{}"), halfClose, 400},
		"longer than it says":   {posting(1, "{}"), halfClose, 401}, // what counts is one byte, and it is not signed
		"a length that is none": {strings.Replace(posting(2, "{}"), "Content-Length: 2", "Content-Length: many", 1), nil, 400},
		"two lengths":           {strings.Replace(posting(2, "{}"), "Content-Length: 2", "Content-Length: 2\r\nContent-Length: 3", 1), nil, 400},
		"a length over 4 MiB":   {posting(4<<20+1, "{}"), nil, 413}, // refused by what it announces
		"slow":                  {posting(1000, "{}"), nil, 400},    // nothing more comes: given up after ten seconds
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			start := time.Now()
			if status := d.raw(t, tt.request, tt.then); status != tt.status {
				t.Errorf("%d, want %d", status, tt.status)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			if d.channel.accepted() != 0 {
				t.Error("it was stored")
			}
		})
	}
}

// TestDeliveriesInParallel: many at once are all answered, each once.
func TestDeliveriesInParallel(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var all sync.WaitGroup
	for i := range 50 {
		body := fmt.Appendf(nil, `{"n":%d}`, i)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+webhook, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Hub-Signature-256", sign("app-secret", body))
		client := d.nobody(t).http
		all.Go(func() {
			res, err := client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			if res.Body.Close(); res.StatusCode != 200 {
				t.Errorf("%d", res.StatusCode)
			}
		})
	}
	all.Wait()
	if d.channel.accepted() != 50 {
		t.Errorf("%d stored, want 50", d.channel.accepted())
	}
}
