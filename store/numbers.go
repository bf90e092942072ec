package store

import (
	"context"
	"time"
)

// EnsureNumber creates or updates the number that the environment names, and seals its token. An empty token keeps the
// one that is there. A pause for a dead token is lifted when the token differs from the one that died.
func (s *Store) EnsureNumber(ctx context.Context, phoneNumberID, wabaID, accessToken string) (Number, error) {
	panic("not built yet")
}

// Numbers lists all, oldest first.
func (s *Store) Numbers(ctx context.Context) ([]Number, error) { panic("not built yet") }

// NumberToken opens the number's access token.
func (s *Store) NumberToken(ctx context.Context, numberID int64) (string, error) {
	panic("not built yet")
}

// RecordNumberFacts keeps what the account lists about a number (display phone, name, quality, limit, throughput).
func (s *Store) RecordNumberFacts(ctx context.Context, phoneNumberID string, facts Number) error {
	panic("not built yet")
}

// PauseNumber stops sending for a number; what waits stays queued. Pausing a paused one changes nothing.
func (s *Store) PauseNumber(ctx context.Context, numberID int64, code int, reason PauseReason) error {
	panic("not built yet")
}

// ResumeNumber lifts a pause: by an admin's button (who non-nil, recorded, ErrForbidden otherwise) or by a check that
// succeeded (who nil).
func (s *Store) ResumeNumber(ctx context.Context, who *Agent, numberID int64) error {
	panic("not built yet")
}

// MarkSynced notes when the number's templates and facts were last fetched completely.
func (s *Store) MarkSynced(ctx context.Context, numberID int64, at time.Time) error {
	panic("not built yet")
}
