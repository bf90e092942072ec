package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
)

// errStopped is what KeepDelivery answers once the store is closing.
var errStopped = errors.New("the store is closed")

const (
	groupLimit = 256     // deliveries in one commit
	groupBytes = 8 << 20 // and their bodies together, one more than that at most
)

// intake gathers deliveries that arrive together into one commit, and so into one fsync. Its one goroutine is the store's.
type intake struct {
	arrivals chan arrival
	stopping chan struct{}
	stopped  chan struct{}
	once     sync.Once
}

// arrival is a delivery whose sender waits for word.
type arrival struct {
	body []byte
	sum  [sha256.Size]byte
	kept chan error // buffered: a sender that gave up does not hold the others
}

func startIntake(s *Store) *intake {
	in := &intake{arrivals: make(chan arrival), stopping: make(chan struct{}), stopped: make(chan struct{})}
	go in.run(s)
	return in
}

func (in *intake) stop() {
	in.once.Do(func() { close(in.stopping) })
	<-in.stopped
}

func (in *intake) run(s *Store) {
	defer close(in.stopped)
	for {
		select {
		case first := <-in.arrivals:
			group := in.gather(first)
			err := s.keepTogether(group)
			for _, a := range group {
				a.kept <- err
			}
		case <-in.stopping:
			return
		}
	}
}

// gather takes who else is waiting: everybody who came while the last commit was under way. Nobody is waited for.
func (in *intake) gather(first arrival) []arrival {
	group, size := []arrival{first}, len(first.body)
	for len(group) < groupLimit && size < groupBytes {
		select {
		case next := <-in.arrivals:
			group, size = append(group, next), size+len(next.body)
		default:
			return group
		}
	}
	return group
}

func (s *Store) keepTogether(group []arrival) error {
	return s.command(context.Background(), func(t *tx) error {
		for _, a := range group {
			err := t.Exec("INSERT INTO deliveries (received_at, body, sha256) VALUES (?, ?, ?)", millis(t.real), a.body, a.sum[:]).Error
			if err != nil {
				return fmt.Errorf("keep delivery: %w", err)
			}
		}
		return nil
	})
}

// KeepDelivery returns when the raw body is on disk. Deliveries that arrive while a commit is under way share the next one.
// The body must not be changed afterwards. An error means that it may be on disk or not: whoever sent it sends it again,
// and applying it twice changes nothing.
func (s *Store) KeepDelivery(ctx context.Context, body []byte) error {
	a := arrival{body: body, sum: sha256.Sum256(body), kept: make(chan error, 1)}
	select {
	case s.intake.arrivals <- a:
	case <-s.intake.stopping:
		return errStopped
	case <-ctx.Done():
		return fmt.Errorf("keep delivery: %w", ctx.Err())
	}
	select {
	case err := <-a.kept:
		return err
	case <-ctx.Done():
		return fmt.Errorf("keep delivery: %w", ctx.Err())
	}
}
