package whatsapp

import (
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// A database that takes nothing for a while is no fault of the deliveries that wait: none of them is parked for it.
func TestALockedDatabaseParksNothing(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	w := NewWorker(WorkerOptions{Store: d.Store})
	if err := d.Store.KeepDelivery(t.Context(), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	id := d.Count(t, "SELECT MAX(id) FROM deliveries")
	for range 10 {
		if err := w.failed(t.Context(), id, sqlite3.Error{Code: sqlite3.ErrBusy}); err == nil {
			t.Fatal("the trouble is not told")
		}
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM deliveries WHERE state = 'new'"); n != 1 {
		t.Error("the delivery was parked")
	}
}

// A report that our code cannot apply must not stop the program at every start: it is parked like any other.
func TestAPanicIsParked(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	w := NewWorker(WorkerOptions{Store: d.Store})
	for range 2 {
		if err := d.Store.KeepDelivery(t.Context(), []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	id := d.Count(t, "SELECT MAX(id) FROM deliveries")
	batch := []store.Processed{{DeliveryID: id, Reports: []store.Report{nil}}, {DeliveryID: id - 1}}
	for range 3 {
		_ = w.apply(t.Context(), batch)
	}
	var why string
	if err := d.DB.QueryRow("SELECT error FROM deliveries WHERE id = ? AND state = 'parked'", id).Scan(&why); err != nil || !strings.Contains(why, "panicked") {
		t.Errorf("parked with %q, %v", why, err)
	}
	if n := d.Count(t, "SELECT COUNT(*) FROM deliveries WHERE id = ? AND state = 'done'", id-1); n != 1 {
		t.Error("the other one is not done")
	}
}
