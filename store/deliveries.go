package store

import (
	"context"
	"time"
)

// Delivery is one raw webhook POST as it came.
type Delivery struct {
	ID          int64
	ReceivedAt  time.Time `gorm:"serializer:ms"`
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

// intake gathers deliveries that arrive together into one commit, and so into one fsync.
type intake struct{}

func startIntake(s *Store) *intake { return &intake{} }
func (in *intake) stop()           {}

// KeepDelivery returns when the raw body is on disk. Deliveries that arrive while a commit is under way share the next one.
func (s *Store) KeepDelivery(ctx context.Context, body []byte) error { panic("not built yet") }

// NewDeliveries returns up to limit unprocessed deliveries, oldest first.
func (s *Store) NewDeliveries(ctx context.Context, limit int) ([]Delivery, error) {
	panic("not built yet")
}

// Processed is one delivery with what the channel read in it.
type Processed struct {
	DeliveryID int64
	Reports    []Report
	Problem    string // what could not be read or placed; the rest is applied and the delivery parked with this
}

// ApplyDeliveries applies what the channel read in one or more deliveries, and marks each done (or parked with its
// Problem), all in one transaction: a crash applies them again from the start, and the unique ids make that harmless.
// If one of several fails, none is applied; the caller then tries them one by one and parks the one that fails.
func (s *Store) ApplyDeliveries(ctx context.Context, batch []Processed) error { panic("not built yet") }

// ParkDelivery keeps a delivery aside with the reason why it could not be processed.
func (s *Store) ParkDelivery(ctx context.Context, id int64, reason string) error {
	panic("not built yet")
}

// Deliveries lists deliveries for the admin page, newest first, parked ones only or all; before = 0 starts at the top.
// Bodies are left out. Admins only: ErrForbidden.
func (s *Store) Deliveries(ctx context.Context, who Agent, parkedOnly bool, before int64, limit int) ([]Delivery, error) {
	panic("not built yet")
}

// Delivery returns one with its body. Admins only: ErrForbidden; ErrNotFound once pruned.
func (s *Store) Delivery(ctx context.Context, who Agent, id int64) (Delivery, error) {
	panic("not built yet")
}

// RunDeliveryAgain puts a parked delivery back to new. Admins only; recorded.
func (s *Store) RunDeliveryAgain(ctx context.Context, who Agent, id int64) error {
	panic("not built yet")
}

// PruneDeliveries deletes processed deliveries older than keep, parked ones included, at most limit of them; it returns
// how many went.
func (s *Store) PruneDeliveries(ctx context.Context, keep time.Duration, limit int) (int64, error) {
	panic("not built yet")
}

// PruneEvents deletes events older than keep and beyond the newest 200,000, but never the newest one: it carries the
// count. Expired sessions, links, sign-in failures and pending reports older than 7 days go with them.
func (s *Store) PruneEvents(ctx context.Context, keep time.Duration) (int64, error) {
	panic("not built yet")
}
