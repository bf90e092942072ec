package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"agentdesk/store"
	"agentdesk/views"
)

func (s *Server) inboxRoutes() []Route {
	return []Route{
		{http.MethodGet, "/", SignedIn, s.goToChats},
		{http.MethodGet, "/chats", SignedIn, s.listChats},
		{http.MethodGet, "/chats/:id", SignedIn, s.showChat},
		{http.MethodGet, "/chats/:id/around", SignedIn, s.showAround},
		{http.MethodGet, "/chats/:id/messages", SignedIn, s.listMessages},
		{http.MethodGet, "/chats/:id/composer", SignedIn, s.showComposer},
		{http.MethodPost, "/chats/:id/messages", SignedIn, s.createMessage},
		{http.MethodPost, "/chats/:id/assignments", SignedIn, s.createAssignment},
		{http.MethodPost, "/chats/:id/releases", SignedIn, s.createRelease},
		{http.MethodPost, "/chats/:id/closures", SignedIn, s.createClosure},
		{http.MethodPost, "/chats/:id/reopenings", SignedIn, s.createReopening},
		{http.MethodPost, "/chats/:id/readings", SignedIn, s.createReading},
		{http.MethodPost, "/messages/:id/retries", SignedIn, s.createRetry},
		{http.MethodPost, "/messages/:id/confirmations", SignedIn, s.createConfirmation},
		{http.MethodGet, "/messages/:id/raw", Admins, s.showRawMessage},
	}
}

func (s *Server) goToChats(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, views.ChatsURL(""))
}

// pathID is the decimal number in the path; anything else does not exist.
func pathID(c echo.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || id <= 0 || strconv.FormatInt(id, 10) != c.Param("id") {
		return 0, store.ErrNotFound
	}
	return id, nil
}

// formNumber reads a whole number of a form or query; 0 when it is not there or none.
func formNumber(c echo.Context, name string) int64 {
	n, err := strconv.ParseInt(c.FormValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// viewOf is the list that an act or a chat belongs to.
func viewOf(c echo.Context) store.View {
	if view := store.View(c.FormValue("view")); view.Valid() {
		return view
	}
	return store.ViewMine
}

// listOf gathers one view of the list. With an order, the same rows come back in that order.
func (s *Server) listOf(c echo.Context, view store.View, open int64) (views.List, error) {
	ctx := c.Request().Context()
	l := views.List{View: view, Viewer: who(c), Open: open, Now: s.store.Now()}
	if open == 0 || c.QueryParam("rows") != "" {
		l.Shown = int(min(max(formNumber(c, "rows"), 0), views.RowsAtMost))
	}
	order := orderOf(c)
	limit := max(l.Shown, views.RowsAtFirst, len(order))
	var err error
	if open == 0 || c.Path() == "/chats" {
		l.After = c.QueryParam("after")
	}
	var rows []store.ChatRow
	if rows, l.Next, err = s.store.ChatList(ctx, who(c), store.ListQuery{View: view, After: l.After, Limit: limit}); err != nil {
		return l, err
	}
	if l.Counts, err = s.store.ViewCounts(ctx, who(c)); err != nil {
		return l, err
	}
	if len(order) == 0 {
		for _, row := range rows {
			l.Rows = append(l.Rows, views.Row{ChatRow: row})
		}
		return l, nil
	}
	l.Rows, err = s.keepOrder(c, rows, order)
	l.Changed = moved(order, rows, l.Next == "")
	return l, err
}

// orderOf reads which rows the page shows, in its order.
func orderOf(c echo.Context) []int64 {
	var order []int64
	for _, text := range strings.Split(c.QueryParam("order"), ",") {
		id, err := strconv.ParseInt(text, 10, 64)
		if err == nil && id > 0 && !slices.Contains(order, id) && len(order) < views.RowsAtMost {
			order = append(order, id)
		}
	}
	return order
}

// keepOrder puts fresh rows into an old order. Rows that left the view stay, with what became of them; of those that may
// no longer be seen nothing is told.
func (s *Server) keepOrder(c echo.Context, rows []store.ChatRow, order []int64) ([]views.Row, error) {
	fresh := make(map[int64]store.ChatRow, len(rows))
	for _, row := range rows {
		fresh[row.Chat.ID] = row
	}
	var kept []views.Row
	for _, id := range order {
		if row, ok := fresh[id]; ok {
			kept = append(kept, views.Row{ChatRow: row})
			continue
		}
		page, err := s.store.Chat(c.Request().Context(), who(c), id)
		if errors.Is(err, store.ErrNotFound) {
			kept = append(kept, views.Row{ChatRow: store.ChatRow{Chat: store.Chat{ID: id}}, Left: views.LeftUnseen})
			continue
		}
		if err != nil {
			return nil, err
		}
		kept = append(kept, views.Row{ChatRow: store.ChatRow{Chat: page.Chat, Contact: page.Contact, Owner: page.Owner},
			Left: views.LeftBecause(page.Chat, page.Owner, who(c))})
	}
	return kept, nil
}

// moved counts the rows that a fresh order would bring, take away or put elsewhere. whole says that rows end where the
// view ends, so that what lies beyond the shown ones is not counted as gone.
func moved(order []int64, rows []store.ChatRow, whole bool) int {
	place := make(map[int64]int, len(order))
	for i, id := range order {
		place[id] = i
	}
	var common []int // places in the old order, in the new one
	changed := 0
	for i, row := range rows {
		if at, ok := place[row.Chat.ID]; ok {
			common = append(common, at)
		} else if i < len(order) || whole {
			changed++
		}
	}
	changed += len(order) - len(common)
	return changed + len(common) - rising(common)
}

// rising is the length of the longest rising run that can be picked out: what need not move.
func rising(places []int) int {
	var ends []int // the smallest end of a run of each length
	for _, place := range places {
		at, _ := slices.BinarySearch(ends, place)
		if at == len(ends) {
			ends = append(ends, place)
		} else {
			ends[at] = place
		}
	}
	return len(ends)
}

// chatOf gathers one chat as the person may see it; ErrNotFound otherwise.
func (s *Server) chatOf(c echo.Context, frame views.Frame, id int64, q store.ThreadQuery) (views.Chat, error) {
	ctx := c.Request().Context()
	chat := views.Chat{View: viewOf(c)}
	var err error
	if chat.Page, err = s.store.Chat(ctx, who(c), id); err != nil {
		return chat, err
	}
	if chat.Thread, err = s.store.Thread(ctx, who(c), id, q); err != nil {
		return chat, err
	}
	if store.May(who(c), store.ActAssign, chat.Page.Chat) {
		if chat.Colleagues, err = s.store.Colleagues(ctx, who(c)); err != nil {
			return chat, err
		}
	}
	if who(c).Role == store.RoleAdmin {
		for _, m := range chat.Thread.Messages {
			if m.Details.Unsupported != nil && len(m.Details.Unsupported.Raw) > 0 {
				chat.Raw = append(chat.Raw, m)
			}
		}
	}
	frame.ChatID, frame.Pane, frame.Section, frame.Title = id, "chat", views.SectionChats, views.ContactName(chat.Page.Contact)
	chat.Frame = frame
	return chat, nil
}

// footOf is an empty composer, or the picker where the window has ended.
func (s *Server) footOf(c echo.Context, chat views.Chat) (views.Foot, error) {
	f := views.Foot{Chat: chat.Page.Chat, Contact: chat.Page.Contact, Number: chat.Page.Number, Owner: chat.Page.Owner, Viewer: who(c),
		View: chat.View, Now: s.store.Now(), Real: s.store.Real(), ClientID: uuid.NewString()}
	for _, m := range chat.Thread.Messages {
		f.LastSeen = max(f.LastSeen, m.ID)
	}
	if f.Chat.Window().TakesText(f.Now) {
		return f, nil
	}
	return s.withPicker(c, f, pickerChoice{})
}

// openInbox renders the whole page with a chat open in it.
func (s *Server) openInbox(c echo.Context, status int, chat views.Chat) error {
	list, err := s.listOf(c, chat.View, chat.Page.Chat.ID)
	if err != nil {
		return err
	}
	return s.render(c, status, views.InboxPage(views.Inbox{Frame: chat.Frame, List: list, Chat: &chat}))
}
