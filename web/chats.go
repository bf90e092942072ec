package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

// listChats is the inbox with no chat open; to htmx it is the list alone.
func (s *Server) listChats(c echo.Context) error {
	if view := c.QueryParam("view"); view != "" && !store.View(view).Valid() {
		return store.ErrNotFound
	}
	if targets(c, views.IDList) {
		list, err := s.listOf(c, viewOf(c), openChat(c))
		if err != nil {
			return err
		}
		return s.render(c, http.StatusOK, views.ListPane(list))
	}
	return s.showList(c, http.StatusOK, views.Gone{})
}

// showList is the whole page with no chat open.
func (s *Server) showList(c echo.Context, status int, gone views.Gone) error {
	frame, err := s.frameOf(c, views.Frame{Title: "Chats", Section: views.SectionChats, Pane: "list"})
	if err != nil {
		return err
	}
	list, err := s.listOf(c, viewOf(c), 0)
	if err != nil {
		return err
	}
	return s.render(c, status, views.InboxPage(views.Inbox{Frame: frame, List: list, Gone: gone}))
}

// openChat is the chat that stands open in the page that asks, so that its row is marked.
func openChat(c echo.Context) int64 {
	u, err := url.Parse(c.Request().Header.Get("HX-Current-URL"))
	if err != nil {
		return 0
	}
	rest, ok := strings.CutPrefix(u.Path, "/chats/")
	if !ok {
		return 0
	}
	first, _, _ := strings.Cut(rest, "/")
	id, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// showChat opens a chat: the whole page, or to htmx the chat alone. Opening it is recorded.
func (s *Server) showChat(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	frame, err := s.frameOf(c, views.Frame{}) // its number first: nothing may fall between it and what is read
	if err != nil {
		return err
	}
	if err := s.store.RecordOpening(c.Request().Context(), who(c), id); err != nil {
		return s.lostChat(c, err)
	}
	chat, err := s.chatOf(c, frame, id, store.ThreadQuery{})
	if err != nil {
		return s.lostChat(c, err)
	}
	if chat.Foot, err = s.footOf(c, chat); err != nil {
		return err
	}
	if targets(c, views.IDChat) {
		return s.render(c, http.StatusOK, views.OpenedChat(chat))
	}
	return s.openInbox(c, http.StatusOK, chat)
}

// lostChat answers a page that stands in a chat which may no longer be seen: the empty place, in the chat's own.
func (s *Server) lostChat(c echo.Context, err error) error {
	if !errors.Is(err, store.ErrNotFound) || !wantsFragment(c) {
		return err
	}
	id, idErr := pathID(c)
	if idErr != nil {
		return err
	}
	gone := views.Gone{Why: views.LeftUnseen}
	var conflict store.Conflict
	if errors.As(s.store.LostTo(c.Request().Context(), who(c), id), &conflict) {
		gone.Why = views.ConflictText(conflict) // who has it, to whoever saw it a moment ago
	}
	return s.leaveChat(c, http.StatusNotFound, gone)
}

// leaveChat puts the empty place where the chat was, and the list's URL into the address bar; a plain form gets the page
// like that.
func (s *Server) leaveChat(c echo.Context, status int, gone views.Gone) error {
	if !wantsFragment(c) {
		return s.showList(c, status, gone)
	}
	h := c.Response().Header()
	h.Set("HX-Retarget", "#"+views.IDChat)
	h.Set("HX-Reswap", "outerHTML")
	h.Set("HX-Replace-Url", views.ChatsURL(viewOf(c)))
	return s.render(c, status, views.NoChat(gone))
}

// showAround answers a nudge for the open chat: what stands around the thread, piece by piece. The foot comes along when
// the page has another one than this chat needs now.
func (s *Server) showAround(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return s.around(c, http.StatusOK, id, views.Notice{})
}

func (s *Server) around(c echo.Context, status int, id int64, notice views.Notice) error {
	frame, err := s.frameOf(c, views.Frame{})
	if err != nil {
		return err
	}
	chat, err := s.chatOf(c, frame, id, store.ThreadQuery{})
	if err != nil {
		return s.lostChat(c, err)
	}
	if chat.Foot, err = s.footOf(c, chat); err != nil {
		return err
	}
	chat.Notice = notice
	has := c.FormValue("foot")
	if views.TemplateChosen(has) { // templates were asked for: the composer does not push itself before them
		chosen := formNumber(c, "template_id")
		if chat.Foot, err = s.withPicker(c, chat.Foot, pickerChoice{template: chosen}); err != nil {
			return err
		}
	}
	if sent := c.FormValue("client_id"); sent != "" {
		chat.Foot.ClientID = sent // the form that may just be on its way is still the same form
	}
	if seen := formNumber(c, "last_seen"); seen != 0 {
		chat.Foot.LastSeen = seen
	}
	return s.render(c, status, views.ChatAround(chat, has != "" && has != chat.Foot.State(), c.Request().Method == http.MethodPost))
}

// listMessages is a stretch of the thread: what comes before, what came after, or the newest. Without htmx it is the whole
// page with that stretch in it.
func (s *Server) listMessages(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	q := store.ThreadQuery{Before: c.QueryParam("before"), After: c.QueryParam("after")}
	frame, err := s.frameOf(c, views.Frame{})
	if err != nil {
		return err
	}
	if !wantsFragment(c) {
		return s.showStretch(c, frame, id, q)
	}
	page, err := s.store.Chat(c.Request().Context(), who(c), id)
	if err != nil {
		return s.lostChat(c, err)
	}
	thread, err := s.store.Thread(c.Request().Context(), who(c), id, q)
	if err != nil {
		return s.lostChat(c, err)
	}
	stretch := views.Stretch{ChatID: id, Contact: page.Contact, Thread: thread, NewFrom: views.NewFrom(page.Chat, thread),
		Day: c.QueryParam("day"), Now: frame.Now, Real: s.store.Real()}
	if q.Before != "" {
		return s.render(c, http.StatusOK, views.OlderMessages(stretch))
	}
	return s.render(c, http.StatusOK, views.NewerMessages(stretch))
}

func (s *Server) showStretch(c echo.Context, frame views.Frame, id int64, q store.ThreadQuery) error {
	chat, err := s.chatOf(c, frame, id, q)
	if err != nil {
		return err
	}
	if chat.Foot, err = s.footOf(c, chat); err != nil {
		return err
	}
	return s.openInbox(c, http.StatusOK, chat)
}

// showRawMessage shows an admin what Meta sent where the desk could not read it.
func (s *Server) showRawMessage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	m, err := s.store.Message(c.Request().Context(), who(c), id)
	if err != nil {
		return err
	}
	if m.Details.Unsupported == nil || len(m.Details.Unsupported.Raw) == 0 {
		return store.ErrNotFound
	}
	text, _ := readable(m.Details.Unsupported.Raw)
	frame, err := s.frameOf(c, views.Frame{Title: "Message as it came", Section: views.SectionChats})
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.RawMessage(frame, m, text))
}
