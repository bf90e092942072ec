package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// What an acknowledgement rests on: every commit is synced to the log before it returns.
func TestCommitsAreSynced(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "agentdesk.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var have string
		if err := s.write.Raw("PRAGMA " + pragma).Scan(&have).Error; err != nil || have != want {
			t.Errorf("%s is %q, want %q (%v)", pragma, have, want, err)
		}
	}
}

// A full disk is told as something that passes, and once there is room again the desk goes on without a restart.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "agentdesk.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	limit := func(pages string) {
		t.Helper()
		if err := s.write.Exec("PRAGMA max_page_count = " + pages).Error; err != nil {
			t.Fatal(err)
		}
	}
	large := []byte(`{"text":"` + strings.Repeat("x", 1<<20) + `"}`)
	limit("1") // never below what there is: it is full from now on
	if err := s.KeepDelivery(t.Context(), large); !Unavailable(err) {
		t.Errorf("a delivery for which there is no room: %v", err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("what is there can no longer be read: %v", err)
	}
	limit("1073741823")
	if err := s.KeepDelivery(t.Context(), large); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if kept, err := s.NewDeliveries(t.Context(), 10); err != nil || len(kept) != 1 {
		t.Errorf("%d deliveries, %v", len(kept), err)
	}
}

// However much waits, what is loaded at once stays within bounds, and the oldest is always among it.
func TestNewDeliveriesAreBounded(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "agentdesk.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	large := []byte(strings.Repeat("x", 3<<20))
	for range 4 {
		if err := s.KeepDelivery(t.Context(), large); err != nil {
			t.Fatal(err)
		}
	}
	for want := 4; want > 0; {
		found, err := s.NewDeliveries(t.Context(), 64)
		if err != nil || len(found) == 0 || len(found) > 2 || len(found[0].Body) != len(large) {
			t.Fatalf("%d deliveries, %v", len(found), err)
		}
		for _, d := range found {
			if err := s.ParkDelivery(t.Context(), d.ID, "seen"); err != nil {
				t.Fatal(err)
			}
		}
		want -= len(found)
	}
}
