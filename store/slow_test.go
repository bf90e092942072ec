package store

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestSlowQueriesAreLoggedWithoutValues(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := slowQueries{slog.New(slog.NewTextHandler(&out, nil))}
	query := func() (string, int64) { return "SELECT * FROM messages WHERE body = ?", 1 }
	s.Trace(context.Background(), time.Now(), query, context.Canceled)
	if out.Len() != 0 {
		t.Errorf("a quick one was logged: %s", &out)
	}
	s.Trace(context.Background(), time.Now().Add(-2*slowQuery), query, nil)
	if !strings.Contains(out.String(), "slow query") {
		t.Errorf("a slow one was not: %q", &out)
	}
	if sql, values := s.ParamsFilter(context.Background(), "SELECT ?", "a customer's words"); sql != "SELECT ?" || values != nil {
		t.Errorf("values reach the log: %s %v", sql, values)
	}
}
