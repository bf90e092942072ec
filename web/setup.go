package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"agentdesk/views"
)

// metaPatience is how long a person waits for Meta's answer on a page.
const metaPatience = 20 * time.Second

// showSetup says what is still to be done before WhatsApp works. It names settings and never shows what is in them.
func (s *Server) showSetup(c echo.Context) error {
	return s.renderSetup(c, http.StatusOK, "")
}

func (s *Server) renderSetup(c echo.Context, status int, problem string) error {
	frame, err := s.frameOf(c, views.Frame{Title: views.SetupTitle, Section: views.SectionSettings})
	if err != nil {
		return err
	}
	page := views.SetupPage{Frame: frame, Now: s.store.Real(), Missing: s.channel.Missing(), Problem: problem,
		Webhook: s.baseURL.JoinPath(webhookPath).String()}
	if len(page.Missing) == 0 {
		page.Accounts = s.subscriptions(c.Request().Context(), frame)
	}
	return s.render(c, status, views.Setup(page))
}

// subscriptions asks Meta, account by account, whether this app hears of it.
func (s *Server) subscriptions(ctx context.Context, frame views.Frame) []views.Account {
	ctx, cancel := context.WithTimeout(ctx, metaPatience)
	defer cancel()
	var accounts []views.Account
	seen := map[string]bool{}
	for _, n := range frame.Numbers {
		if seen[n.WABAID] {
			continue
		}
		seen[n.WABAID] = true
		subscribed, err := s.channel.Subscribed(ctx, n)
		if err != nil {
			s.log.Warn("subscription not known", "number", n.ID, "error", err)
		}
		accounts = append(accounts, views.Account{Number: n, Subscribed: subscribed, Unknown: err != nil})
	}
	return accounts
}

// subscribe attaches this app to every account that it is not attached to; Meta sends nothing before that.
func (s *Server) subscribe(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), metaPatience)
	defer cancel()
	numbers, err := s.store.Numbers(ctx)
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, n := range numbers {
		if done[n.WABAID] {
			continue
		}
		done[n.WABAID] = true
		if err := s.channel.Subscribe(ctx, n); err != nil {
			s.log.Warn("not subscribed", "number", n.ID, "error", err)
			return s.renderSetup(c, http.StatusBadGateway, views.SubscribeFailed)
		}
	}
	return seeOther(c, views.SetupURL)
}

func (s *Server) syncSetup(c echo.Context) error {
	if !s.fetch(c) {
		return s.renderSetup(c, http.StatusBadGateway, views.SyncFailed)
	}
	return seeOther(c, views.SetupURL)
}

// fetch asks Meta for templates and facts now, and says whether that worked.
func (s *Server) fetch(c echo.Context) bool {
	ctx, cancel := context.WithTimeout(c.Request().Context(), metaPatience)
	defer cancel()
	if err := s.channel.Sync(ctx); err != nil {
		s.log.Warn("not fetched from Meta", "request", requestID(c), "error", err)
		return false
	}
	return true
}
