package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"agentdesk/store"
	"agentdesk/whatsapp/simulator"
)

// The kit of the whole-program benchmarks: Meta posting deliveries, and people with a socket, both over loopback. The load
// is made in the same process and shares its cores with the desk, so every figure is on the careful side.

// direct is where the desk itself listens, without the line that tests can cut.
func (f *floor) direct() string {
	f.line.mu.Lock()
	defer f.line.mu.Unlock()
	return "http://" + f.line.to
}

// meta posts deliveries over as many connections as it is told.
type meta struct {
	url    string
	client *http.Client
}

func (f *floor) meta(conns int) *meta {
	return &meta{url: f.direct() + "/webhooks/whatsapp", client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		MaxIdleConns: conns, MaxIdleConnsPerHost: conns, MaxConnsPerHost: conns,
	}}}
}

// signedBody is a delivery made ready before the clock runs.
type signedBody struct {
	body      []byte
	signature string
}

// wamids are never the same twice, in no benchmark of this binary.
var wamids atomic.Int64

// textOf is a text of customer n.
func textOf(n int, text string) signedBody {
	customer := simulator.Customer{Name: fmt.Sprintf("Customer %d", n), WaID: fmt.Sprintf("34600%06d", n), BSUID: fmt.Sprintf("ES.bench%06d", n)}
	wamid := wamidOf("bench", fmt.Sprint(wamids.Add(1)))
	body := fromCustomer(customer, wamid, time.Now(), map[string]any{"type": "text", "text": map[string]any{"body": text}})
	mac := hmac.New(sha256.New, []byte("app-secret"))
	mac.Write(body)
	return signedBody{body: body, signature: "sha256=" + hex.EncodeToString(mac.Sum(nil))}
}

// post returns how long the desk took to answer 200.
func (m *meta) post(d signedBody) (time.Duration, error) {
	req, err := http.NewRequest(http.MethodPost, m.url, bytes.NewReader(d.body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Hub-Signature-256", d.signature)
	began := time.Now()
	res, err := m.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, err
	}
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the webhook answered %d", res.StatusCode)
	}
	return time.Since(began), nil
}

// postAll posts everything over that many connections at once and returns how long each took.
func (m *meta) postAll(b *testing.B, deliveries []signedBody, conns int) latencies {
	b.Helper()
	taken := make(latencies, len(deliveries))
	var next atomic.Int64
	var posts sync.WaitGroup
	for range conns {
		posts.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(deliveries); i = next.Add(1) - 1 {
				var err error
				if taken[i], err = m.post(deliveries[i]); err != nil {
					b.Errorf("delivery %d: %v", i, err)
					return
				}
			}
		})
	}
	posts.Wait()
	return taken
}

type latencies []time.Duration

// report adds p50-ms and the like to the figures; it sorts.
func (l latencies) report(b *testing.B, percents ...int) {
	b.Helper()
	slices.Sort(l)
	for _, p := range percents {
		if len(l) > 0 {
			b.ReportMetric(float64(l[min(len(l)*p/100, len(l)-1)].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
		}
	}
}

// rows is a second connection to the desk's database, to plant what no command makes quickly and to count.
func (f *floor) rows(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(f.env["AGENTDESK_DATA_DIR"], "agentdesk.db")+"?_busy_timeout=5000&_txlock=immediate")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func count(tb testing.TB, db *sql.DB, query string, args ...any) int {
	tb.Helper()
	var n int
	if err := db.QueryRowContext(tb.Context(), query, args...).Scan(&n); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return n
}

// agents adds that many agents.
func (f *floor) agents(tb testing.TB, number int) []store.Agent {
	tb.Helper()
	people := make([]store.Agent, number)
	for i := range people {
		agent, err := f.Store.CreateAgent(tb.Context(), nil, store.NewAgent{Email: fmt.Sprintf("agent%d@demo.test", i+1), Name: fmt.Sprintf("Agent %d", i+1),
			Role: store.RoleAgent, Capacity: store.MaxCapacity, PasswordHash: cheapHash(), TimeZone: "Europe/Madrid"})
		if err != nil {
			tb.Fatal(err)
		}
		if people[i], err = f.Store.AgentByID(tb.Context(), agent.ID); err != nil {
			tb.Fatal(err)
		}
	}
	return people
}

// visitor is a person's HTTP client, signed in at one address.
type visitor struct {
	base, origin string
	client       *http.Client
}

func (f *floor) visitor(tb testing.TB, who store.Agent) *visitor {
	tb.Helper()
	return signInAt(tb, f.direct(), f.URL, who)
}

// signInAt signs somebody in at a desk that thinks of itself as origin.
func signInAt(tb testing.TB, base, origin string, who store.Agent) *visitor {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	v := &visitor{base: base, origin: origin, client: &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	res, err := v.client.PostForm(base+"/session", url.Values{"email": {who.Email}, "password": {demoPassword}})
	if err != nil {
		tb.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		tb.Fatalf("signing in %s: %d", who.Name, res.StatusCode)
	}
	return v
}

// get returns how many bytes came over the wire, and how long it took until the last of them.
func (v *visitor) get(path string, headers ...string) (int64, time.Duration, error) {
	req, err := http.NewRequest(http.MethodGet, v.base+path, nil)
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip") // as browsers do; set by hand, it is left packed
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	began := time.Now()
	res, err := v.client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer res.Body.Close()
	size, err := io.Copy(io.Discard, res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %d", path, res.StatusCode)
	}
	return size, time.Since(began), err
}

func (v *visitor) cookies(tb testing.TB) []*http.Cookie {
	tb.Helper()
	home, err := url.Parse(v.base)
	if err != nil {
		tb.Fatal(err)
	}
	return v.client.Jar.Cookies(home)
}

// watch opens the person's socket, in a chat or none, and hands every frame to seen; the benchmark's end closes it.
func (v *visitor) watch(tb testing.TB, since, chat int64, seen func(frame []byte)) {
	tb.Helper()
	header := http.Header{"Origin": {v.origin}}
	for _, cookie := range v.cookies(tb) {
		header.Add("Cookie", cookie.Name+"="+cookie.Value)
	}
	address := fmt.Sprintf("ws%s/live?since=%d&chat=%d", strings.TrimPrefix(v.base, "http"), since, chat)
	conn, _, err := websocket.DefaultDialer.DialContext(tb.Context(), address, header)
	if err != nil {
		tb.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for first := true; ; first = false {
			_, frame, err := conn.ReadMessage()
			if err != nil {
				return
			}
			if first {
				close(ready) // the topics are joined before the first frame is written
			}
			seen(frame)
		}
	}()
	tb.Cleanup(func() {
		conn.Close()
		<-ended
	})
	select {
	case <-ready:
	case <-ended:
		tb.Fatal("the socket was closed before its first frame")
	case <-time.After(patience):
		tb.Fatal("the socket never spoke")
	}
}

// nudges are the signals that a frame carries.
func nudges(frame []byte) []string {
	var e struct{ Nudge []string }
	if json.Unmarshal(frame, &e) != nil {
		return nil
	}
	return e.Nudge
}
