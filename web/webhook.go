package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

const (
	maxDelivery     = 4 << 20          // Meta's payloads go up to 3 MB (platform document 1.2)
	deliveryTimeout = 10 * time.Second // for the body to arrive, and again for it to be on disk
)

// answerHandshake is Meta's check that this address is ours: the challenge comes back as plain text, or 403.
func (s *Server) answerHandshake(c echo.Context) error {
	query := c.QueryParams()
	challenge, ok := s.channel.Challenge(query.Get("hub.mode"), query.Get("hub.verify_token"), query.Get("hub.challenge"))
	if !ok {
		return c.String(http.StatusForbidden, "verify token does not match\n")
	}
	return c.String(http.StatusOK, challenge)
}

// acceptDelivery answers 200 when the raw body is on disk, and only then; it parses nothing. Meta repeats everything that
// got another answer, so a refusal here loses no message.
func (s *Server) acceptDelivery(c echo.Context) error {
	r := c.Request()
	started := time.Now()
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return c.String(http.StatusUnsupportedMediaType, "compressed bodies are not taken\n")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && strings.HasPrefix(kind, "multipart/") {
		return c.String(http.StatusUnsupportedMediaType, "a JSON body is expected\n")
	}
	if r.ContentLength > maxDelivery {
		return s.refuseDelivery(c, http.StatusRequestEntityTooLarge, "larger than 4 MiB\n")
	}
	if err := http.NewResponseController(c.Response()).SetReadDeadline(started.Add(deliveryTimeout)); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, maxDelivery))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return s.refuseDelivery(c, http.StatusRequestEntityTooLarge, "larger than 4 MiB\n")
	case err != nil:
		return s.refuseDelivery(c, http.StatusBadRequest, "the body did not arrive whole\n")
	}
	storing, cancel := context.WithTimeout(r.Context(), deliveryTimeout)
	defer cancel()
	err = s.channel.Accept(storing, body, r.Header.Values("X-Hub-Signature-256"))
	switch {
	case err == nil:
		s.metrics.delivered(http.StatusOK, time.Since(started))
		return c.NoContent(http.StatusOK)
	case errors.Is(err, ErrUnsigned):
		return s.refuseDelivery(c, http.StatusUnauthorized, "signature missing or wrong\n")
	case errors.Is(err, ErrNotConfigured):
		return s.refuseDelivery(c, http.StatusServiceUnavailable, "whatsapp is not configured yet\n")
	}
	s.log.Error("delivery not stored", "request", requestID(c), "error", err)
	return s.refuseDelivery(c, http.StatusServiceUnavailable, "could not be stored, please repeat\n")
}

func (s *Server) refuseDelivery(c echo.Context, status int, why string) error {
	s.metrics.delivered(status, 0)
	return c.String(status, why)
}
