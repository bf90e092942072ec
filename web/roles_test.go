package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"agentdesk/store"
	"agentdesk/store/storetest"
	"agentdesk/web"
)

// people of the table below, in the order of its columns. Ana owns the chat; fay leads another team.
var columns = []string{"nobody", "ana", "ben", "sam", "fay", "alex"}

// rights says for every route what each of them meets: s sign-in, - not found, f forbidden, y the route itself, whatever
// it thinks of an empty form. A route without a row fails the test: decide, then add it.
var rights = map[string]string{
	"GET /healthz":                           "yyyyyy",
	"GET /readyz":                            "yyyyyy",
	"GET /webhooks/whatsapp":                 "yyyyyy", // answered by its own token
	"POST /webhooks/whatsapp":                "yyyyyy", // and signature
	"GET /session":                           "yyyyyy",
	"POST /session":                          "yyyyyy",
	"POST /session/ending":                   "yyyyyy",
	"GET /links/:token":                      "yyyyyy", // whoever has the token
	"POST /links/:token":                     "yyyyyy",
	"GET /live":                              "yyyyyy", // upgraded first, then closed: socket_test.go
	"GET /rail":                              "syyyyy",
	"GET /banners":                           "syyyyy",
	"POST /presence":                         "syyyyy",
	"GET /profile":                           "syyyyy",
	"POST /profile":                          "syyyyy",
	"POST /profile/password":                 "syyyyy",
	"GET /":                                  "syyyyy",
	"GET /chats":                             "syyyyy",
	"GET /chats/:id":                         "sy-y-y",
	"GET /chats/:id/around":                  "sy-y-y",
	"GET /chats/:id/messages":                "sy-y-y",
	"GET /chats/:id/composer":                "sy-y-y",
	"POST /chats/:id/messages":               "sy-y-y",
	"POST /chats/:id/assignments":            "sy-y-y",
	"POST /chats/:id/releases":               "sy-y-y",
	"POST /chats/:id/closures":               "sy-y-y",
	"POST /chats/:id/reopenings":             "sy-y-y",
	"POST /chats/:id/readings":               "sy-y-y",
	"POST /messages/:id/retries":             "sy-y-y",
	"POST /messages/:id/confirmations":       "sy-y-y",
	"GET /messages/:id/raw":                  "s----y",
	"GET /people":                            "s--yyy",
	"POST /people":                           "s--ffy",
	"GET /people/:id":                        "s--y-y",
	"POST /people/:id":                       "s--y-y",
	"POST /people/:id/presence":              "s--y-y",
	"POST /people/:id/links":                 "s--f-y",
	"POST /people/:id/disablings":            "s--f-y",
	"POST /people/:id/enablings":             "s--f-y",
	"GET /templates":                         "syyyyy",
	"POST /templates/syncs":                  "sffffy",
	"GET /deliveries":                        "s----y",
	"GET /deliveries/:id":                    "s----y",
	"POST /deliveries/:id/runs":              "s----y",
	"GET /settings":                          "s----y",
	"POST /settings":                         "s----y",
	"POST /settings/numbers/:id/resumptions": "s----y",
	"GET /settings/whatsapp":                 "s----y",
	"POST /settings/whatsapp/subscriptions":  "s----y",
	"POST /settings/whatsapp/syncs":          "s----y",
}

// recordsReading are the GETs that write something down on purpose: who opened which chat.
var recordsReading = []string{"GET /chats/:id"}

func TestEveryRoleOnEveryRoute(t *testing.T) {
	t.Parallel()
	for column, name := range columns {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			seen := map[string]bool{}
			for _, route := range s.Server.Routes() {
				key := route.Method + " " + route.Path
				row, ok := rights[key]
				if !ok {
					t.Errorf("%s has no row in the table of rights", key)
					continue
				}
				seen[key] = true
				s.try(t, route, name, row[column])
			}
			for key := range rights {
				if !seen[key] {
					t.Errorf("%s is in the table of rights and no route", key)
				}
			}
		})
	}
}

// stage is a desk with one of everything that a route can be about.
type stage struct {
	*desk
	fay      store.Agent
	chat     store.Chat
	inbound  int64
	outbound int64
	delivery int64
}

func newStage(t *testing.T) stage {
	t.Helper()
	s := stage{desk: newDesk(t)}
	s.fay = s.Person(t, "Fay Lund", store.RoleSupervisor)
	s.Exec(t, "UPDATE agents SET password_hash = ?", passwordHash())
	team := s.Exec(t, "INSERT INTO teams (name) VALUES ('Trade')")
	s.Exec(t, "UPDATE team_members SET team_id = ? WHERE agent_id = ?", team, s.fay.ID)
	s.chat = s.Owned(t, s.Ana, 1, "Hello")
	s.Clock.Advance(time.Minute) // for some seconds the losers of a race are told who won
	s.inbound = s.Count(t, "SELECT id FROM messages WHERE chat_id = ?", s.chat.ID)
	s.Exec(t, `UPDATE messages SET details = '{"unsupported":{"raw":{}}}' WHERE id = ?`, s.inbound)
	sent, err := s.Store.QueueMessage(t.Context(), s.Ana, store.Outgoing{ChatID: s.chat.ID, ClientID: uuid.NewString(), Text: "Hi"})
	if err != nil {
		t.Fatal(err)
	}
	s.outbound = sent.ID
	s.delivery = s.Count(t, "SELECT MAX(id) FROM deliveries")
	if err := s.Store.ParkDelivery(t.Context(), s.delivery, "for the test"); err != nil {
		t.Fatal(err)
	}
	return s
}

// browserOf is a browser of its own for every call, because some calls end sessions.
func (s stage) browserOf(t *testing.T, name string) *browser {
	t.Helper()
	people := map[string]store.Agent{"ana": s.Ana, "ben": s.Ben, "sam": s.Sam, "fay": s.fay, "alex": s.Alex}
	b := s.browser(t, people[name])
	if name != "nobody" {
		b.get(t, "/rail") // signs in
	}
	return b
}

// target fills in a route's path with something that exists: the person acted on is chi, who acts nowhere.
func (s stage) target(route web.Route) string {
	id := s.chat.ID
	switch {
	case strings.HasPrefix(route.Path, "/people"):
		id = s.Chi.ID
	case route.Path == "/messages/:id/raw":
		id = s.inbound
	case strings.HasPrefix(route.Path, "/messages"):
		id = s.outbound
	case strings.HasPrefix(route.Path, "/deliveries"):
		id = s.delivery
	case strings.HasPrefix(route.Path, "/settings"):
		id = s.Number.ID
	}
	return strings.NewReplacer(":id", strconv.FormatInt(id, 10), ":token", "no-such-token").Replace(route.Path)
}

// form is the least that a post needs to get past its parsing.
func form(route web.Route) url.Values {
	switch route.Path {
	case "/presence", "/people/:id/presence":
		return url.Values{"presence": {"away"}}
	case "/people/:id":
		return url.Values{"capacity": {"7"}}
	}
	return url.Values{}
}

func (s stage) try(t *testing.T, route web.Route, name string, want byte) {
	t.Helper()
	key := route.Method + " " + route.Path
	b := s.browserOf(t, name)
	before := s.fingerprint(t)
	for _, headers := range [][]string{nil, htmx} {
		var got answer
		if route.Method == http.MethodGet {
			got = b.get(t, s.target(route), headers...)
		} else {
			got = b.post(t, s.target(route), form(route), headers...)
		}
		class := classOf(route, got)
		if route.Path == "/links/:token" && got.status == http.StatusNotFound {
			class = 'y' // the token is unknown, to everybody alike
		}
		if class != want {
			t.Errorf("%s as %s (htmx %t): %d is %q, want %q", key, name, headers != nil, got.status, class, want)
		}
	}
	mayWrite := want == 'y' && (route.Method != http.MethodGet || slices.Contains(recordsReading, key))
	if !mayWrite && s.fingerprint(t) != before {
		t.Errorf("%s as %s changed the database", key, name)
	}
}

func classOf(route web.Route, got answer) byte {
	switch {
	case got.status == http.StatusUnauthorized && route.Path != "/webhooks/whatsapp":
		return 's'
	case got.status == http.StatusSeeOther && route.Method == http.MethodGet && strings.HasPrefix(got.location(), "/session"):
		return 's'
	case got.status == http.StatusNotFound:
		return '-'
	case got.status == http.StatusForbidden && route.Path != "/webhooks/whatsapp":
		return 'f'
	case got.status >= 500:
		return '5'
	}
	return 'y'
}

// fingerprint is a hash over every row of every table.
func (s stage) fingerprint(t *testing.T) string { return fingerprint(t, s.Desk) }

func fingerprint(t *testing.T, d *storetest.Desk) string {
	t.Helper()
	hash := sha256.New()
	for _, row := range dump(t, d) {
		hash.Write([]byte(row))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// dump is every row of every table as text.
func dump(t *testing.T, d *storetest.Desk) (lines []string) {
	t.Helper()
	var tables []string
	list, err := d.DB.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	for list.Next() {
		var name string
		if err := list.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		lines = append(lines, dumpTable(t, d, table)...)
	}
	return lines
}

func dumpTable(t *testing.T, d *storetest.Desk, table string) (lines []string) {
	t.Helper()
	rows, err := d.DB.QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatalf("dump %s: %v", table, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %q\n", table, values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}
