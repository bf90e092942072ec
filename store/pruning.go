package store

import (
	"context"
	"fmt"
	"time"
)

const (
	keepEventRows  = 200_000
	keepPending    = 7 * 24 * time.Hour // as long as Meta repeats a delivery (platform document 1.3)
	keepFailures   = 7 * 24 * time.Hour // sign-in failures; no limit looks further back
	pruneEventRows = 10_000             // a transaction; the writer is shared
)

// PruneDeliveries deletes processed deliveries older than keep, parked ones included, at most limit of them; it returns
// how many went.
func (s *Store) PruneDeliveries(ctx context.Context, keep time.Duration, limit int) (int64, error) {
	var gone int64
	err := s.command(ctx, func(t *tx) error {
		res := t.Exec("DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE received_at < ? AND state <> 'new'"+
			" ORDER BY received_at LIMIT ?)", millis(t.real.Add(-keep)), limit)
		gone = res.RowsAffected
		return res.Error
	})
	if err != nil {
		return 0, fmt.Errorf("prune deliveries: %w", err)
	}
	return gone, nil
}

// PruneEvents deletes events older than keep and beyond the newest 200,000, but never the newest one: it carries the
// count. Expired sessions, links, sign-in failures and pending reports older than 7 days go with them.
func (s *Store) PruneEvents(ctx context.Context, keep time.Duration) (int64, error) {
	var gone int64
	for {
		var some int64
		err := s.command(ctx, func(t *tx) (err error) { some, err = t.pruneEvents(keep); return err })
		if err != nil {
			return gone, fmt.Errorf("prune events: %w", err)
		}
		gone += some
		if some < pruneEventRows {
			break
		}
	}
	return gone, s.command(ctx, func(t *tx) error {
		if err := t.settlePending(); err != nil {
			return err
		}
		for statement, before := range map[string]time.Time{
			"DELETE FROM sessions WHERE expires_at < ?":         t.real,
			"DELETE FROM links WHERE expires_at < ?":            t.real,
			"DELETE FROM sign_in_failures WHERE at < ?":         t.real.Add(-keepFailures),
			"DELETE FROM pending_reports WHERE received_at < ?": t.real.Add(-keepPending),
		} {
			if err := t.Exec(statement, millis(before)).Error; err != nil {
				return fmt.Errorf("prune what has expired: %w", err)
			}
		}
		return nil
	})
}

// pruneEvents deletes a stretch from the old end. It cuts by number and not by time, so that the log never has a hole:
// whoever asks for what came after a number must be able to trust that nothing between is missing.
func (t *tx) pruneEvents(keep time.Duration) (int64, error) {
	var bounds struct{ First, Last, Old int64 }
	err := t.Raw("SELECT COALESCE((SELECT MIN(seq) FROM events), 0) AS first, COALESCE((SELECT MAX(seq) FROM events), 0) AS last,"+
		" COALESCE((SELECT seq FROM events WHERE at < ? ORDER BY at DESC, seq DESC LIMIT 1), 0) AS old", millis(t.real.Add(-keep))).
		Scan(&bounds).Error
	if err != nil {
		return 0, err
	}
	upTo := min(max(bounds.Old, bounds.Last-keepEventRows), bounds.Last-1, bounds.First+pruneEventRows-1)
	res := t.Exec("DELETE FROM events WHERE seq <= ?", upTo)
	return res.RowsAffected, res.Error
}
