package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/mattn/go-sqlite3"
)

// Unavailable says whether a command failed because the database could not take anything at that moment: locked by somebody
// else for too long, disk full or failing, closed, no time left. Such a failure says nothing about what was asked and
// passes: try again later, and blame nobody for it.
func Unavailable(err error) bool {
	for _, passing := range []error{context.DeadlineExceeded, context.Canceled, sql.ErrConnDone, sql.ErrTxDone, driver.ErrBadConn, errStopped} {
		if errors.Is(err, passing) {
			return true
		}
	}
	var refusal sqlite3.Error
	if !errors.As(err, &refusal) {
		return false
	}
	switch refusal.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrReadonly, sqlite3.ErrCantOpen,
		sqlite3.ErrNomem, sqlite3.ErrInterrupt, sqlite3.ErrProtocol:
		return true
	}
	return false
}
