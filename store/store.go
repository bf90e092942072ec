// Package store owns the desk's nouns, its rules and everything that is written down. Every change is one command: one
// transaction, one business now, its event rows, and after the commit one wake-up. Reads go through the viewer's scope.
//
// It knows nothing of HTTP, HTML, Meta's JSON or who is connected.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Options says where the database is and which clocks to believe.
type Options struct {
	Path   string           // the SQLite file
	Now    func() time.Time // business time: windows, threads, cases; the demo moves it. Default time.Now
	Real   func() time.Time // real time: sessions, presence, back-off. Default time.Now
	Key    []byte           // 32 bytes, seals tokens at rest
	Logger *slog.Logger     // default: discard
}

// Store is the desk's database with both of its pools.
type Store struct {
	write  *gorm.DB // one connection
	read   *gorm.DB // query only
	now    func() time.Time
	real   func() time.Time
	sealer sealer
	log    *slog.Logger

	intake *intake

	mu   sync.Mutex
	wake chan struct{} // closed and replaced after every commit
}

// Open opens the database, brings its schema up to date and returns the store. A schema newer than this program is an
// ErrNewerSchema.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Real == nil {
		o.Real = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	sealer, err := newSealer(o.Key)
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	write, read, err := openSQLite(ctx, o.Path, o.Logger)
	if err != nil {
		return nil, err
	}
	s := &Store{write: write, read: read, now: o.Now, real: o.Real, sealer: sealer, log: o.Logger, wake: make(chan struct{})}
	s.intake = startIntake(s)
	return s, nil
}

// Close ends the intake and both pools. Commands after Close fail.
func (s *Store) Close() error {
	s.intake.stop()
	return errors.Join(closePool(s.read), closePool(s.write))
}

// Ready says whether the database answers, for /readyz.
func (s *Store) Ready(ctx context.Context) error {
	return s.read.WithContext(ctx).Exec("SELECT 1").Error
}

// Now is business time, Real real time; both UTC.
func (s *Store) Now() time.Time  { return s.now().UTC() }
func (s *Store) Real() time.Time { return s.real().UTC() }

// Changed returns a channel that closes at the next commit. Take it before reading, so that nothing falls in between.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wake
}

// command is the one write path. fn does its reads and writes through t only: the writer pool has one connection, so a
// read past t would wait for itself. Events given to t.emit are appended in the same transaction.
func (s *Store) command(ctx context.Context, fn func(t *tx) error) error {
	err := s.write.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		t := &tx{DB: db, now: s.Now(), real: s.Real(), store: s}
		if err := fn(t); err != nil {
			return err
		}
		return t.appendEvents()
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	close(s.wake)
	s.wake = make(chan struct{})
	s.mu.Unlock()
	return nil
}

// tx is one command under way: its transaction, its one now, and the events it will leave.
type tx struct {
	*gorm.DB
	now    time.Time // business
	real   time.Time
	store  *Store
	events []Event
}

func (t *tx) emit(e Event) { t.events = append(t.events, e) }

// millis is how instants stand in the database: Unix milliseconds, 0 for never.
func millis(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
