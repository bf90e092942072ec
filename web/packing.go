package web

import (
	"bytes"
	"compress/gzip"

	"github.com/labstack/echo/v4"

	"agentdesk/static"
)

// worthPacking is how long a page is before compressing it pays: below, it fits into a packet or two anyway.
const worthPacking = 2 << 10

// writePage sends a page, compressed if it is long enough and whoever asks takes it. What an attacker could learn from the
// length of a page (BREACH) is not in there: forms carry no token, and the session is in the cookie only.
func (s *Server) writePage(c echo.Context, status int, page []byte) error {
	if len(page) < worthPacking {
		return c.HTMLBlob(status, page)
	}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if !static.TakesGzip(c.Request()) {
		return c.HTMLBlob(status, page)
	}
	packed, err := s.pack(page)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentEncoding, "gzip")
	return c.HTMLBlob(status, packed)
}

// pack uses the fastest level: a list is fetched again whenever something in it changes.
func (s *Server) pack(page []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, kept := s.packers.Get().(*gzip.Writer)
	if kept {
		w.Reset(&packed)
	} else {
		var err error
		if w, err = gzip.NewWriterLevel(&packed, gzip.BestSpeed); err != nil {
			return nil, err
		}
	}
	defer s.packers.Put(w)
	if _, err := w.Write(page); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
