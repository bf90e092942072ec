package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// DefaultThroughput is how many messages a second a number may send until Meta says otherwise (platform document 6.5).
const DefaultThroughput = 80

// EnsureNumber creates or updates the number that the environment names, and seals its token. An empty token keeps the
// one that is there. A pause for a dead token is lifted when the token differs from the one that died.
func (s *Store) EnsureNumber(ctx context.Context, phoneNumberID, wabaID, accessToken string) (Number, error) {
	var n Number
	err := s.command(ctx, func(t *tx) error {
		err := t.Where("phone_number_id = ?", phoneNumberID).First(&n).Error
		switch {
		case errors.Is(err, gorm.ErrRecordNotFound):
			n = Number{PhoneNumberID: phoneNumberID, WABAID: wabaID, TeamID: 1, Throughput: DefaultThroughput, CreatedAt: t.now}
			if err := t.Create(&n).Error; err != nil {
				return err
			}
			t.emit(Event{Kind: NumberChanged, TeamID: n.TeamID})
		case err != nil:
			return err
		case wabaID != "" && wabaID != n.WABAID:
			if err := t.Model(&n).Update("waba_id", wabaID).Error; err != nil {
				return err
			}
			t.emit(Event{Kind: NumberChanged, TeamID: n.TeamID})
		}
		if accessToken != "" {
			if err := t.storeToken(&n, accessToken); err != nil {
				return err
			}
		}
		return t.First(&n, n.ID).Error
	})
	if err != nil {
		return Number{}, fmt.Errorf("number from the environment: %w", err)
	}
	return n, nil
}

// storeToken seals a token that is not the one already there. One that no longer opens counts as another.
func (t *tx) storeToken(n *Number, accessToken string) error {
	if n.TokenSealed != "" {
		if known, err := t.store.sealer.open(n.TokenSealed, n.PhoneNumberID); err == nil && known == accessToken {
			return nil
		}
	}
	sealed, err := t.store.sealer.seal(accessToken, n.PhoneNumberID)
	if err != nil {
		return fmt.Errorf("seal access token: %w", err)
	}
	if err := t.Model(n).Update("token_sealed", sealed).Error; err != nil {
		return err
	}
	if n.PausedReason != PauseToken {
		return nil
	}
	_, err = t.resumeNumber(*n)
	return err
}

// Numbers lists all, oldest first.
func (s *Store) Numbers(ctx context.Context) ([]Number, error) {
	var numbers []Number
	if err := s.read.WithContext(ctx).Order("id").Find(&numbers).Error; err != nil {
		return nil, fmt.Errorf("list numbers: %w", err)
	}
	return numbers, nil
}

// NumberToken opens the number's access token; empty if it has none. ErrNotFound.
func (s *Store) NumberToken(ctx context.Context, numberID int64) (string, error) {
	n, err := findNumber(s.read.WithContext(ctx), "id = ?", numberID)
	if err != nil || n.TokenSealed == "" {
		return "", err
	}
	token, err := s.sealer.open(n.TokenSealed, n.PhoneNumberID)
	if err != nil {
		return "", fmt.Errorf("access token of number %d: %w", numberID, err)
	}
	return token, nil
}

// RecordNumberFacts keeps what the account lists about a number (display phone, name, quality, status, limit,
// throughput); what is empty was not listed. ErrNotFound.
func (s *Store) RecordNumberFacts(ctx context.Context, phoneNumberID string, facts Number) error {
	return s.command(ctx, func(t *tx) error {
		n, err := findNumber(t.DB, "phone_number_id = ?", phoneNumberID)
		if err != nil {
			return err
		}
		return t.changeNumber(n, func(n *Number) { n.learn(facts) })
	})
}

// PauseNumber stops sending for a number; what waits stays queued. Pausing a paused one changes nothing.
func (s *Store) PauseNumber(ctx context.Context, numberID int64, code int, reason PauseReason) error {
	return s.command(ctx, func(t *tx) error { return t.pauseNumber(numberID, code, reason) })
}

// ResumeNumber lifts a pause: by an admin's button (who non-nil, recorded, ErrForbidden otherwise) or by a check that
// succeeded (who nil). Resuming one that is not paused changes nothing. ErrNotFound.
func (s *Store) ResumeNumber(ctx context.Context, who *Agent, numberID int64) error {
	if who != nil && !who.administers() {
		return ErrForbidden
	}
	return s.command(ctx, func(t *tx) error {
		n, err := findNumber(t.DB, "id = ?", numberID)
		if err != nil {
			return err
		}
		lifted, err := t.resumeNumber(n)
		if err != nil || !lifted || who == nil {
			return err
		}
		return t.audit(who.ID, "", "number.resumed", fmt.Sprintf("number:%d", n.ID), map[string]string{"reason": string(n.PausedReason)})
	})
}

// MarkSynced notes when the number's templates and facts were last fetched completely.
func (s *Store) MarkSynced(ctx context.Context, numberID int64, at time.Time) error {
	return s.command(ctx, func(t *tx) error {
		n, err := findNumber(t.DB, "id = ?", numberID)
		if err != nil {
			return err
		}
		return t.changeNumber(n, func(n *Number) { n.SyncedAt = instant(millis(at)) })
	})
}

func (t *tx) pauseNumber(id int64, code int, reason PauseReason) error {
	res := t.Exec("UPDATE numbers SET paused_at = ?, paused_code = ?, paused_reason = ? WHERE id = ? AND paused_at = 0",
		millis(t.real), code, reason, id)
	if res.Error != nil {
		return fmt.Errorf("pause number %d: %w", id, res.Error)
	}
	if res.RowsAffected > 0 {
		t.emit(Event{Kind: NumberChanged})
	}
	return nil
}

// resumeNumber lifts a pause and says whether there was one.
func (t *tx) resumeNumber(n Number) (bool, error) {
	res := t.Exec("UPDATE numbers SET paused_at = 0, paused_code = 0, paused_reason = '' WHERE id = ? AND paused_at <> 0", n.ID)
	if res.Error != nil {
		return false, fmt.Errorf("resume number %d: %w", n.ID, res.Error)
	}
	if res.RowsAffected == 0 {
		return false, nil
	}
	t.emit(Event{Kind: NumberChanged, TeamID: n.TeamID})
	return true, nil
}

// changeNumber stores what Meta says of a number, and tells of it only when something differs.
func (t *tx) changeNumber(n Number, change func(*Number)) error {
	before := n
	if change(&n); n == before {
		return nil
	}
	err := t.Model(&Number{}).Where("id = ?", n.ID).
		Select("display_phone", "verified_name", "quality", "status", "messaging_limit", "throughput", "restricted", "synced_at").
		Updates(&n).Error
	if err != nil {
		return fmt.Errorf("change number %d: %w", n.ID, err)
	}
	t.emit(Event{Kind: NumberChanged, TeamID: n.TeamID})
	return nil
}

// learn takes over what is known of facts.
func (n *Number) learn(facts Number) {
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&n.DisplayPhone, facts.DisplayPhone}, {&n.VerifiedName, facts.VerifiedName}, {&n.Quality, facts.Quality},
		{&n.Status, facts.Status}, {&n.MessagingLimit, facts.MessagingLimit},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	if facts.Throughput > 0 {
		n.Throughput = facts.Throughput
	}
}

func findNumber(db *gorm.DB, where string, args ...any) (Number, error) {
	var n Number
	err := db.Where(where, args...).First(&n).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return n, ErrNotFound
	}
	if err != nil {
		return n, fmt.Errorf("number: %w", err)
	}
	return n, nil
}
