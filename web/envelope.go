package web

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"agentdesk/views"
	"agentdesk/web/live"
)

// envelope is what a socket carries. Content with a Seq that the page already has is dropped there; nudges never are,
// because asking once more is harmless.
type envelope struct {
	Seq     int64    `json:"seq"`               // number of the event; 0 = none
	Now     int64    `json:"now"`               // the desk's business time, Unix milliseconds: countdowns keep to it
	Head    bool     `json:"head,omitempty"`    // nothing new; everything up to Seq has been sent
	Reset   bool     `json:"reset,omitempty"`   // too far behind: every region fetches itself, draft and place kept
	Nudge   []string `json:"nudge,omitempty"`   // signals of package views
	Content string   `json:"content,omitempty"` // partials
}

func (s *Server) encode(e envelope) []byte {
	e.Now = s.store.Now().UnixMilli()
	frame, err := json.Marshal(e)
	if err != nil {
		panic("web: envelope: " + err.Error()) // numbers and strings always marshal
	}
	return frame
}

func (s *Server) publish(e envelope, topic string) {
	if !s.hub.Has(topic) {
		return
	}
	reached, _ := s.hub.Publish(s.encode(e), topic)
	s.metrics.frames.Add(float64(reached))
}

func (s *Server) send(sub *live.Subscriber, e envelope) { s.hub.Send(sub, s.encode(e)) }

// rendered draws a component that nobody in particular looks at.
func rendered(component templ.Component) (string, error) {
	var out strings.Builder
	err := component.Render(context.Background(), &out)
	return out.String(), err
}

// showRail answers what the rail counts, as parts of it: its menu may be open.
func (s *Server) showRail(c echo.Context) error {
	frame, err := s.frameOf(c, views.Frame{})
	if err != nil {
		return err
	}
	return s.render(c, 200, views.RailParts(frame))
}

// frameOf fills in what every page stands in. Ask for it first: the number it carries must not be newer than the page.
func (s *Server) frameOf(c echo.Context, f views.Frame) (views.Frame, error) {
	ctx := c.Request().Context()
	var err error
	if f.Seq == 0 {
		if f.Seq, err = s.store.LastSeq(ctx); err != nil {
			return f, err
		}
	}
	f.Agent = who(c)
	f.Now = s.store.Now()
	if f.Unread, err = s.store.UnreadChats(ctx, f.Agent); err != nil {
		return f, err
	}
	f.Numbers, err = s.store.Numbers(ctx)
	return f, err
}
