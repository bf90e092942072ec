package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/mattn/go-sqlite3"

	"agentdesk/store"
)

func TestUnavailable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{fmt.Errorf("apply: %w", sqlite3.Error{Code: sqlite3.ErrBusy}), true},
		{sqlite3.Error{Code: sqlite3.ErrFull}, true},
		{sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync}, true},
		{fmt.Errorf("begin: %w", context.DeadlineExceeded), true},
		{sqlite3.Error{Code: sqlite3.ErrConstraint}, false},
		{store.ErrNotFound, false},
		{errors.New("database is locked"), false},
		{nil, false},
	} {
		if have := store.Unavailable(tt.err); have != tt.want {
			t.Errorf("%v: %t", tt.err, have)
		}
	}
}
