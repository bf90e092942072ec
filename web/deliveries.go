package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"agentdesk/views"
)

const (
	deliveriesPage = 50
	maxShown       = 256 << 10 // bytes of a body that a page shows
	maxDepth       = 40        // levels of JSON that are indented; Meta's have about ten
)

// showDeliveries lists what Meta sent, parked deliveries first of all: they are what somebody has to look at.
func (s *Server) showDeliveries(c echo.Context) error {
	frame, err := s.frameOf(c, views.Frame{Title: views.DeliveriesTitle, Section: views.SectionDeliveries})
	if err != nil {
		return err
	}
	page := views.DeliveriesPage{Frame: frame, All: c.QueryParam("show") == "all", Now: s.store.Real()}
	page.Before, _ = strconv.ParseInt(c.QueryParam("before"), 10, 64)
	page.Before = max(0, page.Before)
	page.Deliveries, err = s.store.Deliveries(c.Request().Context(), who(c), !page.All, page.Before, deliveriesPage+1)
	if err != nil {
		return err
	}
	if len(page.Deliveries) > deliveriesPage {
		page.Deliveries = page.Deliveries[:deliveriesPage]
		page.Next = page.Deliveries[deliveriesPage-1].ID
	}
	if targets(c, views.IDPage) {
		return s.render(c, http.StatusOK, views.DeliveryTable(page))
	}
	return s.render(c, http.StatusOK, views.Deliveries(page))
}

func (s *Server) showDelivery(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	frame, err := s.frameOf(c, views.Frame{Title: views.DeliveryTitle(id), Section: views.SectionDeliveries})
	if err != nil {
		return err
	}
	delivery, err := s.store.Delivery(c.Request().Context(), who(c), id)
	if err != nil {
		return err
	}
	text, whole := readable(delivery.Body)
	page := views.DeliveryPage{Frame: frame, Delivery: delivery, Text: text, Size: int64(len(delivery.Body)), Cut: !whole, Now: s.store.Real()}
	return s.render(c, http.StatusOK, views.Delivery(page))
}

// readable is a body as somebody reads it: indented if it is JSON of a sane shape, else as it came, and never more than a
// page can carry. What cannot stand in HTML is shown as U+FFFD.
func readable(body []byte) (text string, whole bool) {
	whole = len(body) <= maxShown
	if !whole {
		body = body[:maxShown]
	}
	var indented bytes.Buffer
	if whole && depth(body) <= maxDepth && json.Indent(&indented, body, "", "  ") == nil && indented.Len() <= 4*maxShown {
		body = indented.Bytes()
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(body), "\ufffd"), "\x00", "\ufffd"), whole
}

// depth is how deep a body nests, brackets in strings counted too: 10,000 levels would be indented into 200 MB.
func depth(body []byte) (deepest int) {
	level := 0
	for _, b := range body {
		switch b {
		case '[', '{':
			level++
			deepest = max(deepest, level)
		case ']', '}':
			level--
		}
	}
	return deepest
}

func (s *Server) runDelivery(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := s.store.RunDeliveryAgain(c.Request().Context(), who(c), id); err != nil {
		return err
	}
	return seeOther(c, views.DeliveryURL(id))
}
