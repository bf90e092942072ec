package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Limit is so many within so long.
type Limit struct {
	Count  int
	Within time.Duration
}

// SignInAllowed says whether another attempt may be evaluated for these subjects ("account:…", "address:…") and, if not,
// from when. limits pair with subjects. An allowed attempt counts at once as a failed one, until ClearSignInFailures says
// it was not: a thousand guesses at the same instant are no more than the limit. A refused one counts for nothing, so that
// nobody can be kept out for longer than Within.
func (s *Store) SignInAllowed(ctx context.Context, subjects []string, limits []Limit) (retryAt time.Time, ok bool, err error) {
	subjects = cleanAll(subjects)
	if len(subjects) != len(limits) {
		return time.Time{}, false, fmt.Errorf("sign-in limits: %d subjects, %d limits", len(subjects), len(limits))
	}
	err = s.command(ctx, func(t *tx) error {
		for i, subject := range subjects {
			freeAt, err := t.attemptsSpent(subject, limits[i])
			if err != nil {
				return err
			}
			if freeAt.After(retryAt) {
				retryAt = freeAt
			}
		}
		if ok = retryAt.IsZero(); !ok {
			return nil
		}
		for _, subject := range subjects {
			err := t.Exec("INSERT INTO sign_in_failures (subject, at) VALUES (?, ?)", subject, millis(t.real)).Error
			if err != nil {
				return fmt.Errorf("count sign-in attempt: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return time.Time{}, false, err
	}
	return retryAt, ok, nil
}

// attemptsSpent says when the oldest attempt that still counts leaves the limit; zero if there is one left.
func (t *tx) attemptsSpent(subject string, limit Limit) (freeAt time.Time, err error) {
	var at []int64
	err = t.Raw("SELECT at FROM sign_in_failures WHERE subject = ? AND at > ? ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?",
		subject, millis(t.real.Add(-limit.Within)), max(0, limit.Count-1)).Scan(&at).Error
	if err != nil {
		return time.Time{}, fmt.Errorf("count sign-in attempts: %w", err)
	}
	if len(at) == 0 {
		return time.Time{}, nil
	}
	return instant(at[0]).Add(limit.Within), nil
}

// ClearSignInFailures follows a success: it forgets every failure of an account, but of anything else, which others share,
// only the attempt that succeeded. Otherwise whoever owns one account could guess at all others without end.
func (s *Store) ClearSignInFailures(ctx context.Context, subjects []string) error {
	return s.command(ctx, func(t *tx) error {
		for _, subject := range cleanAll(subjects) {
			query := "DELETE FROM sign_in_failures WHERE id = (SELECT id FROM sign_in_failures WHERE subject = ? ORDER BY at DESC, id DESC LIMIT 1)"
			if strings.HasPrefix(subject, "account:") {
				query = "DELETE FROM sign_in_failures WHERE subject = ?"
			}
			if err := t.Exec(query, subject).Error; err != nil {
				return fmt.Errorf("clear sign-in failures: %w", err)
			}
		}
		return nil
	})
}
