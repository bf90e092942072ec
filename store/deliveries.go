package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Delivery is one raw webhook POST as it came.
type Delivery struct {
	ID          int64
	ReceivedAt  time.Time `gorm:"serializer:ms"` // real time
	Body        []byte
	SHA256      []byte `gorm:"column:sha256"`
	State       DeliveryState
	Error       string
	Attempts    int
	ProcessedAt time.Time `gorm:"serializer:ms"`
}

type DeliveryState string

const (
	DeliveryNew    DeliveryState = "new"
	DeliveryDone   DeliveryState = "done"
	DeliveryParked DeliveryState = "parked" // cannot be processed; kept with its error for an admin
)

// bytesAtOnce bounds what NewDeliveries loads: each body may have four million bytes.
const bytesAtOnce = 8 << 20

// NewDeliveries returns up to limit unprocessed deliveries, oldest first; fewer where their bodies are large, but at least
// the oldest one.
func (s *Store) NewDeliveries(ctx context.Context, limit int) ([]Delivery, error) {
	db := s.read.WithContext(ctx)
	var sizes []struct{ ID, Size int64 }
	err := db.Raw("SELECT id, LENGTH(body) AS size FROM deliveries WHERE state = 'new' ORDER BY id LIMIT ?", limit).Scan(&sizes).Error
	if err != nil || len(sizes) == 0 {
		return nil, err
	}
	var ids []int64
	total := int64(0)
	for _, d := range sizes {
		if total += d.Size; total > bytesAtOnce && len(ids) > 0 {
			break
		}
		ids = append(ids, d.ID)
	}
	var found []Delivery
	if err := db.Where("id IN ? AND state = 'new'", ids).Order("id").Find(&found).Error; err != nil {
		return nil, fmt.Errorf("new deliveries: %w", err)
	}
	return found, nil
}

// Processed is one delivery with what the channel read in it.
type Processed struct {
	DeliveryID int64
	Reports    []Report
	Problem    string // what could not be read or placed; the rest is applied and the delivery parked with this
}

// ErrUnknownNumber: a report is about a number that this desk does not have.
var ErrUnknownNumber = errors.New("unknown number")

// ApplyDeliveries applies what the channel read in one or more deliveries, and marks each done (or parked with its
// Problem), all in one transaction: a crash applies them again from the start, and the unique ids make that harmless.
// If one of several fails, none is applied; the caller then tries them one by one and parks the one that fails.
//
// Reports about a number the desk does not have (ErrUnknownNumber) are no failure: they are left out, the rest is applied,
// and the delivery is parked with their names. So are the reports that fail in a delivery given alone, unless all do.
func (s *Store) ApplyDeliveries(ctx context.Context, batch []Processed) error {
	together := func(t *tx) error {
		for _, p := range batch {
			if err := t.applyDelivery(p, t.apply); err != nil {
				return fmt.Errorf("apply delivery %d: %w", p.DeliveryID, err)
			}
		}
		return nil
	}
	err := s.command(ctx, together)
	if errors.Is(err, errIdentityTaken) {
		err = s.command(ctx, together)
	}
	if err == nil || len(batch) != 1 || len(batch[0].Reports) < 2 || ctx.Err() != nil {
		return err
	}
	retry := s.command(ctx, func(t *tx) error {
		p, applied := batch[0], 0
		err := t.applyDelivery(p, func(r Report) error {
			err := t.attempt(r)
			if err == nil {
				applied++
			}
			return stepOver{err}.orNil()
		})
		if err == nil && applied == 0 {
			return errors.New("no report could be applied")
		}
		return err
	})
	if retry != nil {
		return err // the first error says more
	}
	return nil
}

// stepOver marks a report's failure as one that does not stop its delivery.
type stepOver struct{ error }

func (e stepOver) Unwrap() error { return e.error }
func (e stepOver) orNil() error {
	if e.error == nil {
		return nil
	}
	return e
}

func (t *tx) apply(r Report) error {
	err := r.apply(t)
	if errors.Is(err, ErrUnknownNumber) {
		return stepOver{err}
	}
	return err
}

// attempt applies a report so that its failure leaves nothing behind.
func (t *tx) attempt(r Report) error {
	outer, events := t.DB, len(t.events)
	defer func() { t.DB = outer }()
	err := outer.Transaction(func(db *gorm.DB) error {
		t.DB = db
		return r.apply(t)
	})
	if err != nil {
		t.events = t.events[:events]
	}
	return err
}

// applyDelivery applies the reports of one delivery and marks it.
func (t *tx) applyDelivery(p Processed, apply func(Report) error) error {
	var problems []string
	if p.Problem != "" {
		problems = append(problems, p.Problem)
	}
	for i, r := range p.Reports {
		err := apply(r)
		var over stepOver
		switch {
		case errors.As(err, &over):
			if said := over.Error(); len(problems) == 0 || problems[len(problems)-1] != said {
				problems = append(problems, said)
			}
		case err != nil:
			return fmt.Errorf("report %d of %d (%T): %w", i+1, len(p.Reports), r, err)
		}
	}
	return t.markDelivery(p.DeliveryID, strings.Join(problems, "\n"))
}

// markDelivery ends the processing of a delivery: done, or parked with a problem.
func (t *tx) markDelivery(id int64, problem string) error {
	state := DeliveryDone
	if problem != "" {
		state = DeliveryParked
		t.emit(Event{Kind: DeliveryChanged})
	}
	err := t.Exec("UPDATE deliveries SET state = ?, error = ?, attempts = attempts + 1, processed_at = ? WHERE id = ?",
		state, clean(problem), millis(t.real), id).Error
	if err != nil {
		return fmt.Errorf("mark delivery %d: %w", id, err)
	}
	return nil
}

// ParkDelivery keeps a delivery aside with the reason why it could not be processed.
func (s *Store) ParkDelivery(ctx context.Context, id int64, reason string) error {
	if reason == "" {
		reason = "unknown"
	}
	return s.command(ctx, func(t *tx) error { return t.markDelivery(id, reason) })
}

// Deliveries lists deliveries for the admin page, newest first, parked ones only or all; before = 0 starts at the top.
// Bodies are left out. Admins only: ErrForbidden.
func (s *Store) Deliveries(ctx context.Context, who Agent, parkedOnly bool, before int64, limit int) ([]Delivery, error) {
	if !who.administers() {
		return nil, ErrForbidden
	}
	q := s.read.WithContext(ctx).Select("id", "received_at", "sha256", "state", "error", "attempts", "processed_at")
	if parkedOnly {
		q = q.Where("state = 'parked'")
	}
	if before > 0 {
		q = q.Where("id < ?", before)
	}
	var found []Delivery
	if err := q.Order("id DESC").Limit(limit).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return found, nil
}

// Delivery returns one with its body. Admins only: ErrForbidden; ErrNotFound once pruned.
func (s *Store) Delivery(ctx context.Context, who Agent, id int64) (Delivery, error) {
	if !who.administers() {
		return Delivery{}, ErrForbidden
	}
	var d Delivery
	err := s.read.WithContext(ctx).First(&d, id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return d, ErrNotFound
	}
	if err != nil {
		return d, fmt.Errorf("delivery %d: %w", id, err)
	}
	return d, nil
}

// RunDeliveryAgain puts a parked delivery back to new. Admins only; recorded. ErrNotFound once pruned, Conflict settled
// when it is not parked (any more).
func (s *Store) RunDeliveryAgain(ctx context.Context, who Agent, id int64) error {
	if !who.administers() {
		return ErrForbidden
	}
	return s.command(ctx, func(t *tx) error {
		res := t.Exec("UPDATE deliveries SET state = 'new' WHERE id = ? AND state = 'parked'", id)
		if res.Error != nil {
			return fmt.Errorf("run delivery %d again: %w", id, res.Error)
		}
		if res.RowsAffected == 0 {
			var here int64
			if err := t.Raw("SELECT COUNT(*) FROM deliveries WHERE id = ?", id).Scan(&here).Error; err != nil {
				return fmt.Errorf("delivery %d: %w", id, err)
			}
			if here == 0 {
				return ErrNotFound
			}
			return Conflict{Kind: ConflictSettled}
		}
		t.emit(Event{Kind: DeliveryChanged})
		return t.audit(who.ID, "", "delivery.again", fmt.Sprintf("delivery:%d", id), nil)
	})
}
