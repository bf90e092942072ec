package web

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/web/live"
)

const (
	socketPing      = 25 * time.Second
	socketPatience  = 75 * time.Second // three pings: a half-open connection is noticed by then
	socketWriteWait = 10 * time.Second
	socketReadLimit = 64 << 10
	socketsEach     = 20 // of one person; a page too many is told to try later
	stopSpread      = 2 * time.Second
	replayLimit     = 500 // events; further behind, a page fetches itself afresh
)

func (s *Server) liveRoutes() []Route {
	return []Route{
		{http.MethodGet, "/live", OwnCheck, s.openSocket},
		{http.MethodGet, "/rail", SignedIn, s.showRail},
	}
}

// sockets are the open connections of this process.
type sockets struct {
	upgrader websocket.Upgrader
	running  sync.WaitGroup

	mu      sync.Mutex
	viewers map[*live.Subscriber]viewer
}

// viewer is what a socket was authorised as; compared with today's whenever its person changes.
type viewer struct {
	agent   store.Agent
	session string // the session's token: signing out ends its sockets and no others
	chatID  int64
}

func newSockets(base *url.URL) *sockets {
	return &sockets{
		viewers: map[*live.Subscriber]viewer{},
		upgrader: websocket.Upgrader{
			ReadBufferSize: 512, WriteBufferSize: 2048, WriteBufferPool: &sync.Pool{},
			CheckOrigin: func(r *http.Request) bool { return slices.Contains(origins(base), r.Header.Get("Origin")) },
		},
	}
}

// origins lists who may open a socket: exactly the base URL's origin, and where that is loopback the other names of
// loopback on the same port. gorilla's own check lets a missing Origin pass.
func origins(base *url.URL) []string {
	allowed := []string{base.Scheme + "://" + base.Host}
	host := base.Hostname()
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return allowed
	}
	for _, name := range []string{"127.0.0.1", "localhost", "[::1]"} {
		origin := base.Scheme + "://" + name
		if port := base.Port(); port != "" {
			origin += ":" + port
		}
		allowed = append(allowed, origin)
	}
	return allowed
}

// openSocket upgrades GET /live?since=N&chat=ID: it subscribes first, then replays what came after N under today's
// permissions, then goes live; what is both replayed and queued the page drops by its number. Somebody signed out is
// upgraded and closed with 1000, because a refused upgrade looks like a lost line and is retried for ever.
func (s *Server) openSocket(c echo.Context) error {
	who, session, sessionErr := s.socketAgent(c)
	if sessionErr != nil && !errors.Is(sessionErr, errSignedOut) {
		return sessionErr
	}
	since, err := strconv.ParseInt(c.QueryParam("since"), 10, 64)
	if err != nil || since < 0 {
		since = -1 // unknown: the page starts afresh
	}
	chatID, _ := strconv.ParseInt(c.QueryParam("chat"), 10, 64)

	conn, err := s.sockets.upgrader.Upgrade(c.Response(), c.Request(), nil)
	if err != nil {
		return nil // the upgrader has answered
	}
	conn.SetReadLimit(socketReadLimit)
	if sessionErr != nil {
		closeSocket(conn, websocket.CloseNormalClosure, "signed out")
		return nil
	}
	if s.hub.Count(who.ID) >= socketsEach {
		closeSocket(conn, websocket.CloseTryAgainLater, "too many pages")
		return nil
	}
	sub := s.hub.Subscribe(who.ID, topicsOf(who)...)
	s.sockets.add(sub, viewer{agent: who, session: session})
	s.sockets.running.Go(func() { s.serveSocket(conn, sub, who, since, chatID) })
	return nil
}

func (s *Server) socketAgent(c echo.Context) (who store.Agent, session string, err error) {
	cookie, err := c.Cookie(s.sessions.Cookie.Name)
	if err != nil {
		return who, "", errSignedOut
	}
	ctx, err := s.sessions.Load(c.Request().Context(), cookie.Value)
	if err != nil {
		return who, "", err
	}
	who, err = s.sessionAgent(ctx)
	return who, cookie.Value, err
}

// endSockets closes the sockets of one session for good: somebody signed out there.
func (s *Server) endSockets(agentID int64, session string) {
	for sub, v := range s.sockets.of(agentID) {
		if v.session == session {
			s.hub.GiveUp(sub, live.Kicked)
		}
	}
}

// serveSocket owns one connection until it ends. The reader runs beside it only to notice pongs and the end.
func (s *Server) serveSocket(conn *websocket.Conn, sub *live.Subscriber, who store.Agent, since, chatID int64) {
	s.metrics.sockets.Inc()
	ctx, cancel := context.WithCancel(context.Background())
	defer func() {
		cancel()
		s.hub.Unsubscribe(sub)
		s.sockets.remove(sub)
		s.metrics.sockets.Dec()
		conn.Close()
	}()
	ended := make(chan struct{})
	s.sockets.running.Go(func() { readSocket(conn, ended) })

	if err := s.store.SocketsSeen(ctx, []int64{who.ID}); err != nil {
		s.log.Warn("presence not noted", "agent", who.ID, "error", err)
	}
	backlog, err := s.replay(ctx, sub, who, since, chatID)
	if err != nil {
		s.log.Warn("replay failed", "agent", who.ID, "error", err)
		closeSocket(conn, websocket.CloseTryAgainLater, "")
		return
	}
	for _, frame := range backlog {
		if writeFrame(conn, frame) != nil {
			return
		}
	}
	ping := time.NewTicker(socketPing)
	defer ping.Stop()
	for {
		select {
		case frame := <-sub.Frames:
			if writeFrame(conn, frame) != nil {
				return
			}
		case <-ping.C:
			if conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(socketWriteWait)) != nil {
				return
			}
		case <-ended:
			return
		case <-sub.Gone:
			s.sayGoodbye(conn, s.hub.Why(sub))
			return
		}
	}
}

// sayGoodbye closes with a code that brings the page back, except where the session is over. At a restart the closings
// are spread, so that not everybody knocks in the same instant.
func (s *Server) sayGoodbye(conn *websocket.Conn, why live.Reason) {
	switch why {
	case live.Kicked:
		closeSocket(conn, websocket.CloseNormalClosure, "signed out")
	case live.TooSlow:
		s.metrics.dropped.Inc()
		closeSocket(conn, websocket.CloseTryAgainLater, "too slow")
	case live.Stopping:
		time.Sleep(rand.N(stopSpread))
		closeSocket(conn, websocket.CloseServiceRestart, "restart")
	}
}

func readSocket(conn *websocket.Conn, ended chan<- struct{}) {
	defer close(ended)
	extend := func(string) error { return conn.SetReadDeadline(time.Now().Add(socketPatience)) }
	conn.SetPongHandler(extend)
	if extend("") != nil {
		return
	}
	for {
		_, said, err := conn.NextReader()
		if err == nil {
			_, err = io.Copy(io.Discard, said) // the page has nothing to say; to the end, so that the limit counts all of it
		}
		if err != nil {
			return
		}
	}
}

func writeFrame(conn *websocket.Conn, frame []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(socketWriteWait)); err != nil {
		return err
	}
	return conn.WriteMessage(websocket.TextMessage, frame)
}

func closeSocket(conn *websocket.Conn, code int, text string) {
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(time.Second))
	conn.Close()
}

func (x *sockets) add(sub *live.Subscriber, v viewer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.viewers[sub] = v
}

func (x *sockets) remove(sub *live.Subscriber) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.viewers, sub)
}

// change sets what a socket was authorised as; nothing happens if it is gone.
func (x *sockets) change(sub *live.Subscriber, to func(*viewer)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if v, here := x.viewers[sub]; here {
		to(&v)
		x.viewers[sub] = v
	}
}

// of lists the sockets of one person, with what they were authorised as.
func (x *sockets) of(agentID int64) map[*live.Subscriber]viewer {
	x.mu.Lock()
	defer x.mu.Unlock()
	found := map[*live.Subscriber]viewer{}
	for sub, v := range x.viewers {
		if v.agent.ID == agentID {
			found[sub] = v
		}
	}
	return found
}

// bySession lists all sockets by the session that opened them.
func (x *sockets) bySession() map[string][]*live.Subscriber {
	x.mu.Lock()
	defer x.mu.Unlock()
	found := map[string][]*live.Subscriber{}
	for sub, v := range x.viewers {
		found[v.session] = append(found[v.session], sub)
	}
	return found
}

// renew gives the sockets of one session its new token.
func (x *sockets) renew(old, token string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for sub, v := range x.viewers {
		if v.session == old {
			v.session = token
			x.viewers[sub] = v
		}
	}
}
