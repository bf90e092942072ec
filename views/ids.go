// Package views is every byte of HTML that the desk writes: pages, fragments, live frames, with their DOM ids and URLs.
// It is given view structs and knows nothing of requests, sessions or the database.
package views

import (
	"net/url"
	"strconv"

	"agentdesk/store"
)

// DOM ids and the regions that live signals refresh. Selectors are made from these and nowhere else.
const (
	IDLive     = "live"     // the socket's element, outside everything that is swapped
	IDRail     = "rail"     // navigation of the whole desk
	IDBanners  = "banners"  // numbers that do not send
	IDToasts   = "toasts"   // passing notices
	IDList     = "chats"    // the list of chats with its views
	IDChat     = "chat"     // the open chat: bar, thread, foot
	IDChatBar  = "chat-bar" // name, owner, actions
	IDThread   = "thread"   // the scroller
	IDMessages = "messages" // bubbles and lines, sorted by data-key
	IDFoot     = "foot"     // composer, or template picker
	IDContext  = "context"  // the contact
	IDPage     = "page"     // the body of an administrative page
)

// Signals are what a nudge is called in the page: live.js dispatches "desk:<signal>" on the body, regions listen.
const (
	SignalList    = "list"    // something in a list or a count that this person sees
	SignalChat    = "chat"    // bar, foot or context of the open chat
	SignalLost    = "lost"    // the open chat may no longer be seen
	SignalThread  = "thread"  // a bubble could not be drawn: the thread fetches itself
	SignalRail    = "rail"    // presence, load, unread
	SignalBanners = "banners" // a number was paused or resumed
	SignalPage    = "page"    // an administrative page shows something that changed
)

func MessageID(id int64) string { return "message-" + strconv.FormatInt(id, 10) }
func LineID(id int64) string    { return "line-" + strconv.FormatInt(id, 10) }
func RowID(chatID int64) string { return "row-" + strconv.FormatInt(chatID, 10) }

func path(parts ...any) string {
	out := ""
	for _, part := range parts {
		switch p := part.(type) {
		case string:
			out += "/" + p
		case int64:
			out += "/" + strconv.FormatInt(p, 10)
		}
	}
	return out
}

func withQuery(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// URLs of the desk (contract: HTTP).
func ChatsURL(view store.View) string { return withQuery("/chats", "view", string(view)) }
func ChatURL(id int64, view store.View) string {
	if view == store.ViewMine {
		view = ""
	}
	return withQuery(path("chats", id), "view", string(view))
}
func ChatPartURL(id int64, part string) string { return path("chats", id, part) }
func ChatActURL(id int64, act string) string   { return path("chats", id, act) }
func MessagesURL(id int64) string              { return path("chats", id, "messages") }
func RetryURL(messageID int64) string          { return path("messages", messageID, "retries") }
func ConfirmURL(messageID int64) string        { return path("messages", messageID, "confirmations") }

const (
	SessionURL       = "/session"
	SessionEndingURL = "/session/ending"
	TemplatesURL     = "/templates"
	PeopleURL        = "/people"
	DeliveriesURL    = "/deliveries"
	SettingsURL      = "/settings"
	SetupURL         = "/settings/whatsapp"
	ProfileURL       = "/profile"
	PresenceURL      = "/presence"
)

// SignInURL is the sign-in page that leads back to where somebody was going.
func SignInURL(back string) string {
	if back == "/" || back == ChatsURL("") {
		back = ""
	}
	return withQuery(SessionURL, "back", back)
}

// ids of the thread's pieces, and URLs of the inbox's smaller parts.
func MessagesID(chatID int64) string  { return IDMessages + "-" + strconv.FormatInt(chatID, 10) }
func RawURL(messageID int64) string   { return path("messages", messageID, "raw") }
func ComposerURL(chatID int64) string { return ChatPartURL(chatID, "composer") }
func AsTemplateURL(m store.Message) string {
	return withQuery(ComposerURL(m.ChatID), "template", "0", "retry_of", strconv.FormatInt(m.ID, 10))
}

// ListURL is a view of the list with that many rows, from a cursor on; zero values are left out.
func ListURL(view store.View, rows int, after string) string {
	shown := ""
	if rows > 0 {
		shown = strconv.Itoa(rows)
	}
	return withQuery("/chats", "view", string(view), "rows", shown, "after", after)
}
