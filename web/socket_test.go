package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"agentdesk/store"
	"agentdesk/views"
)

// socket is a page's end of GET /live.
type socket struct{ conn *websocket.Conn }

type envelope struct {
	Seq     int64
	Now     int64
	Head    bool
	Reset   bool
	Nudge   []string
	Content string
}

// live starts the broadcaster for a desk; the test's end waits for it.
func (d *desk) live(t testing.TB) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Server.Broadcast(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("broadcast: %v", err)
		}
		stopping, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		d.Server.Stop(stopping)
	})
}

func (d *desk) seq(t testing.TB) int64 {
	t.Helper()
	seq, err := d.Store.LastSeq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// dial opens a socket as a browser would; the second result is the refusal's status.
func (b *browser) dial(t testing.TB, since, chat int64, headers ...string) (*socket, int) {
	t.Helper()
	if b.Email != "" {
		b.get(t, "/rail", htmx...) // signs in
	}
	header := http.Header{"Origin": {b.desk.URL}}
	if cookie := b.cookie(t); cookie != nil {
		header.Set("Cookie", cookie.Name+"="+cookie.Value)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if header.Del(headers[i]); headers[i+1] != "" {
			header.Set(headers[i], headers[i+1])
		}
	}
	address := "ws" + strings.TrimPrefix(b.desk.URL, "http") + fmt.Sprintf("/live?since=%d&chat=%d", since, chat)
	conn, res, err := websocket.DefaultDialer.DialContext(t.Context(), address, header)
	if err != nil {
		if res == nil {
			t.Fatal(err)
		}
		return nil, res.StatusCode
	}
	t.Cleanup(func() { conn.Close() })
	return &socket{conn}, http.StatusSwitchingProtocols
}

// until reads envelopes up to the first that satisfies, and returns all that were read.
func (s *socket) until(t testing.TB, what string, satisfied func(envelope) bool) []envelope {
	t.Helper()
	var read []envelope
	if err := s.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			t.Fatalf("waiting for %s: %v; read %+v", what, err, read)
		}
		var e envelope
		if err := json.Unmarshal(data, &e); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		read = append(read, e)
		if satisfied(e) {
			return read
		}
	}
}

// up: the replay has ended, whether there was something to replay or not.
func up(e envelope) bool { return e.Head || nudged(views.SignalList)(e) }

func nudged(signal string) func(envelope) bool {
	return func(e envelope) bool { return slices.Contains(e.Nudge, signal) }
}

func shows(text string) func(envelope) bool {
	return func(e envelope) bool { return strings.Contains(e.Content, text) }
}

// closing reads until the server closes, and returns the code.
func (s *socket) closing(t testing.TB) int {
	t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		_, _, err := s.conn.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			return closed.Code
		}
		if err != nil {
			t.Fatalf("waiting for the close: %v", err)
		}
	}
}

func (d *desk) answer(t testing.TB, who store.Agent, chatID int64, text string) store.Message {
	t.Helper()
	m, err := d.Store.QueueMessage(t.Context(), who, store.Outgoing{ChatID: chatID, ClientID: uuid.NewString(), Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSocketOrigins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	host := strings.TrimPrefix(d.URL, "http://")
	_, port, _ := strings.Cut(host, ":")
	for name, c := range map[string]struct {
		origin string
		want   int
	}{
		"own":             {d.URL, http.StatusSwitchingProtocols},
		"localhost":       {"http://localhost:" + port, http.StatusSwitchingProtocols},
		"IPv6 loopback":   {"http://[::1]:" + port, http.StatusSwitchingProtocols},
		"none":            {"", http.StatusForbidden},
		"null":            {"null", http.StatusForbidden},
		"other host":      {"http://desk.example", http.StatusForbidden},
		"https":           {"https://" + host, http.StatusForbidden},
		"look-alike":      {"http://127.0.0.1.evil.example:" + port, http.StatusForbidden},
		"other port":      {"http://127.0.0.1:1", http.StatusForbidden},
		"userinfo":        {"http://127.0.0.1:" + port + "@evil.example", http.StatusForbidden},
		"trailing path":   {d.URL + "/x", http.StatusForbidden},
		"host by itself":  {host, http.StatusForbidden},
		"upper-case host": {strings.ToUpper(d.URL), http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			if _, got := d.ana.dial(t, 0, 0, "Origin", c.origin); got != c.want {
				t.Errorf("%q: %d, want %d", c.origin, got, c.want)
			}
		})
	}
}

func TestSocketOfNobodyIsClosedForGood(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	s, status := d.nobody(t).dial(t, 0, 0)
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("status %d: a refused upgrade would be retried for ever", status)
	}
	if code := s.closing(t); code != websocket.CloseNormalClosure {
		t.Errorf("closed with %d, want 1000", code)
	}
}

func TestSocketShowsBubblesOfTheOpenChatOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	mine, other := d.Owned(t, d.Ana, 1, "first words"), d.Owned(t, d.Ana, 2, "first words")
	s, _ := d.ana.dial(t, d.seq(t), mine.ID)
	s.until(t, "the line to be up", up)

	d.Inbound(t, 2, "words of the other chat")
	d.Inbound(t, 1, "words of my chat")
	for _, e := range s.until(t, "the bubble", shows("words of my chat")) {
		if strings.Contains(e.Content, "words of the other chat") {
			t.Error("a bubble of a chat that is not open")
		}
	}
	m := d.answer(t, d.Ana, mine.ID, "an answer")
	s.until(t, "the queued bubble", shows("an answer"))
	claimed, err := d.Store.ClaimDue(t.Context(), 10)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	if err := d.Store.RecordAccepted(t.Context(), m.ID, "wamid.OUT1", store.Identity{}); err != nil {
		t.Fatal(err)
	}
	s.until(t, "its tick", func(e envelope) bool { return strings.Contains(e.Content, views.MessageID(m.ID)) })
	_ = other
}

func TestSocketReplaysWhatWasMissed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	chat := d.Owned(t, d.Ana, 1, "first words")
	since := d.seq(t)
	for i := range 30 {
		d.Inbound(t, 1, fmt.Sprintf("missed %02d", i))
	}
	s, _ := d.ana.dial(t, since, chat.ID)
	read := s.until(t, "the end of the replay", nudged(views.SignalList))
	var missed []string
	last := since
	for _, e := range read {
		if e.Content == "" {
			continue
		}
		if e.Seq <= last {
			t.Errorf("number %d after %d", e.Seq, last)
		}
		last = e.Seq
		missed = append(missed, e.Content)
	}
	if len(missed) != 30 {
		t.Fatalf("%d bubbles replayed, want 30", len(missed))
	}
	for i, content := range missed {
		if !strings.Contains(content, fmt.Sprintf("missed %02d", i)) {
			t.Errorf("bubble %d out of order", i)
		}
	}
}

func TestSocketStartsAfreshWhenTooFarBehind(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	chat := d.Owned(t, d.Ana, 1, "first words")
	for name, since := range map[string]int64{"unknown": -1, "of another database": 1_000_000} {
		t.Run(name, func(t *testing.T) {
			s, _ := d.ana.dial(t, since, chat.ID)
			s.until(t, "a reset", func(e envelope) bool { return e.Reset && e.Seq == d.seq(t) })
		})
	}
	t.Run("pruned", func(t *testing.T) {
		d.Inbound(t, 1, "something newer")
		d.Exec(t, "DELETE FROM events WHERE seq < (SELECT MAX(seq) FROM events)")
		s, _ := d.ana.dial(t, 1, chat.ID)
		s.until(t, "a reset", func(e envelope) bool { return e.Reset })
	})
}

func TestSocketLosesAChatAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	chat := d.Owned(t, d.Ana, 1, "first words")
	s, _ := d.ana.dial(t, d.seq(t), chat.ID)
	s.until(t, "the line to be up", up)
	supervisor, _ := d.sam.dial(t, d.seq(t), chat.ID)
	supervisor.until(t, "the line to be up", up)

	// Reassignment and the customer's next words in one breath: the words are committed before the broadcaster looks.
	if _, err := d.Store.AssignChat(t.Context(), d.Sam, chat.ID, d.Ben.ID, 0, false); err != nil {
		t.Fatal(err)
	}
	d.Inbound(t, 1, "for Ben only")
	supervisor.until(t, "the bubble", shows("for Ben only"))
	for _, e := range s.until(t, "the loss", nudged(views.SignalLost)) {
		if strings.Contains(e.Content, "for Ben only") {
			t.Error("the old owner was shown what came after")
		}
	}
	// Nothing of it later either: the next thing Ana hears is about her own chats.
	d.Inbound(t, 1, "for Ben too")
	mine := d.Owned(t, d.Ana, 2, "first words")
	for _, e := range s.until(t, "a nudge of her own", nudged(views.SignalRail)) {
		if strings.Contains(e.Content, "for Ben") {
			t.Error("the old owner was shown what came after")
		}
	}
	_ = mine

	t.Run("nor by replay", func(t *testing.T) {
		again, _ := d.ana.dial(t, 0, chat.ID)
		for _, e := range again.until(t, "the end of the replay", nudged(views.SignalList)) {
			if strings.Contains(e.Content, "Ben") || strings.Contains(e.Content, "first words") {
				t.Errorf("replayed %s", e.Content)
			}
		}
	})
}

func TestSocketOfAColleagueInTheQueueEndsWithTheTaking(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	chat := d.Inbound(t, 1, "who will it be")
	s, _ := d.ben.dial(t, d.seq(t), chat.ID)
	s.until(t, "the line to be up", up)
	if _, err := d.Store.TakeChat(t.Context(), d.Ana, chat.ID, false); err != nil {
		t.Fatal(err)
	}
	s.until(t, "the loss", nudged(views.SignalLost))
}

func TestSocketEndsWithTheSession(t *testing.T) {
	t.Parallel()
	yes := true
	for name, end := range map[string]func(t *testing.T, d *desk){
		"disabled": func(t *testing.T, d *desk) {
			if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Ana.ID, store.AgentChange{Disabled: &yes}); err != nil {
				t.Fatal(err)
			}
		},
		"new password": func(t *testing.T, d *desk) {
			if _, err := d.Store.SetPassword(t.Context(), d.Ana.ID, passwordHash()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.live(t)
			ana, _ := d.ana.dial(t, d.seq(t), 0)
			ben, _ := d.ben.dial(t, d.seq(t), 0)
			ana.until(t, "the line to be up", up)
			end(t, d)
			if code := ana.closing(t); code != websocket.CloseNormalClosure {
				t.Errorf("closed with %d, want 1000", code)
			}
			d.Owned(t, d.Ben, 3, "first words")
			ben.until(t, "life going on for others", nudged(views.SignalList))
		})
	}
}

// A page that nobody used for the whole idle time is signed out, its socket too; one in use goes on.
func TestSocketEndsWithTheIdleSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	ana, _ := d.ana.dial(t, d.seq(t), 0)
	ben, _ := d.ben.dial(t, d.seq(t), 0)
	ana.until(t, "the line to be up", up)
	ben.until(t, "the line to be up", up)
	d.Real.Advance(7 * time.Hour)
	d.ben.get(t, "/profile").expect(t, 200)
	d.Server.Beat(t.Context())
	ana.until(t, "a beat", func(e envelope) bool { return e.Head })
	d.Real.Advance(2 * time.Hour)
	d.Server.Beat(t.Context())
	if code := ana.closing(t); code != websocket.CloseNormalClosure {
		t.Errorf("closed with %d, want 1000", code)
	}
	d.Owned(t, d.Ben, 3, "first words")
	ben.until(t, "life going on for others", nudged(views.SignalList))
}

// Two tabs showed the sign-in page: signing in twice in one browser keeps the first tab's socket, and signing in as somebody
// else ends it.
func TestSocketsOfABrowserThatSignsInAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	ana, _ := d.ana.dial(t, d.seq(t), 0)
	ana.until(t, "the line to be up", up)
	signIn := func(who string) {
		d.ana.post(t, "/session", url.Values{"email": {who}, "password": {password}}).expect(t, 303)
	}
	signIn(d.ana.Email)
	d.Server.Beat(t.Context())
	d.Owned(t, d.Ana, 1, "first words")
	ana.until(t, "life going on", nudged(views.SignalList))
	d.ana.post(t, "/session/ending", nil)
	if code := ana.closing(t); code != websocket.CloseNormalClosure {
		t.Errorf("signed out: closed with %d, want 1000", code)
	}
	signIn(d.ana.Email)
	ana, _ = d.ana.dial(t, d.seq(t), 0)
	ana.until(t, "the line to be up", up)
	signIn(d.ben.Email)
	if code := ana.closing(t); code != websocket.CloseNormalClosure {
		t.Errorf("somebody else: closed with %d, want 1000", code)
	}
}

func TestSocketFollowsAChangeOfRole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	chat := d.Owned(t, d.Ana, 1, "first words")
	s, _ := d.sam.dial(t, d.seq(t), chat.ID)
	s.until(t, "the line to be up", up)
	agent := store.RoleAgent
	if _, err := d.Store.ChangeAgent(t.Context(), d.Alex, d.Sam.ID, store.AgentChange{Role: &agent}); err != nil {
		t.Fatal(err)
	}
	s.until(t, "the loss", nudged(views.SignalLost))
	d.Inbound(t, 1, "not for Sam any more")
	d.Owned(t, d.Sam, 2, "first words")
	for _, e := range s.until(t, "a nudge of his own", nudged(views.SignalRail)) {
		if strings.Contains(e.Content, "not for Sam") {
			t.Error("shown after the role was taken away")
		}
	}
}

func TestSocketsCloseForARestart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	s, _ := d.ana.dial(t, d.seq(t), 0)
	s.until(t, "the line to be up", up)
	go d.Server.Stop(t.Context())
	if code := s.closing(t); code != websocket.CloseServiceRestart {
		t.Errorf("closed with %d, want 1012: htmx never comes back after 1000", code)
	}
	if got := d.nobody(t).get(t, "/readyz"); got.status != http.StatusServiceUnavailable {
		t.Errorf("readyz %d while stopping", got.status)
	}
}

func TestSlowReaderIsClosedAndResumes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	chat := d.Owned(t, d.Ana, 1, "first words")
	since := d.seq(t)
	slow, _ := d.ana.dial(t, since, chat.ID) // never reads
	quick, _ := d.sam.dial(t, since, chat.ID)
	long := strings.Repeat("many words ", 2000)
	for i := range 400 {
		d.Inbound(t, 1, fmt.Sprintf("%03d %s", i, long))
		quick.until(t, "the next of them", shows(fmt.Sprintf("%03d ", i)))
	}
	// Its queue ran full, or on a busy machine a write to it took too long first; a page comes back after either.
	if code := slow.closing(t); code != websocket.CloseTryAgainLater && code != websocket.CloseAbnormalClosure {
		t.Errorf("closed with %d, want 1013 or 1006", code)
	}
	again, _ := d.ana.dial(t, d.seq(t)-4, chat.ID)
	again.until(t, "the last of them", shows("399 "))
}

func TestSocketKeepsPeoplePresent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	if err := d.Store.ChoosePresence(t.Context(), d.Ana, store.Available); err != nil {
		t.Fatal(err)
	}
	d.Exec(t, "UPDATE agents SET presence = 'offline' WHERE id = ?", d.Ana.ID)
	s, _ := d.ana.dial(t, d.seq(t), 0)
	s.until(t, "her own change", nudged(views.SignalRail))
	if ana := d.Agent(t, d.Ana.ID); ana.Presence != store.Available {
		t.Errorf("presence %s, want available again", ana.Presence)
	}
}

func TestTooManySockets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	for range 20 {
		d.ana.dial(t, d.seq(t), 0)
	}
	s, _ := d.ana.dial(t, d.seq(t), 0)
	if code := s.closing(t); code != websocket.CloseTryAgainLater {
		t.Errorf("closed with %d, want 1013", code)
	}
	other, _ := d.ben.dial(t, d.seq(t), 0)
	other.until(t, "the line to be up", up)
}

func TestLoudPageIsCutOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	s, _ := d.ana.dial(t, d.seq(t), 0)
	if err := s.conn.WriteMessage(websocket.TextMessage, make([]byte, 64<<10+1)); err != nil {
		t.Fatal(err)
	}
	if code := s.closing(t); code != websocket.CloseMessageTooBig {
		t.Errorf("closed with %d, want 1009", code)
	}
}

func TestSigningOutEndsItsOwnSocketsOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.live(t)
	elsewhere := d.browser(t, d.Ana)
	here, _ := d.ana.dial(t, d.seq(t), 0)
	there, _ := elsewhere.dial(t, d.seq(t), 0)
	here.until(t, "the line to be up", up)
	d.ana.post(t, "/session/ending", nil).expect(t, http.StatusSeeOther)
	if code := here.closing(t); code != websocket.CloseNormalClosure {
		t.Errorf("closed with %d, want 1000", code)
	}
	d.Owned(t, d.Ana, 4, "still there")
	there.until(t, "life going on elsewhere", nudged(views.SignalRail))
}
