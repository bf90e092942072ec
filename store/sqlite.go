package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"runtime"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"agentdesk/migrations"
)

// What is particular to SQLite stands in this file: how it is opened, migrated and asked about itself.

// ErrNewerSchema: the database was written by a newer agentdesk than this one.
var ErrNewerSchema = errors.New("the database was written by a newer version of agentdesk; start that version, or restore a backup taken before the upgrade")

// openSQLite opens two pools on one file: a writer with a single connection, whose transactions take the lock at BEGIN
// (a deferred one that reads first fails at once under contention instead of waiting), and a query-only reader.
//
// Prepared statements are kept by the driver, on each connection. gorm's own cache would be of no use in a transaction,
// where database/sql prepares its statements again each time: every command would parse its SQL twice.
func openSQLite(ctx context.Context, path string, log *slog.Logger) (write, read *gorm.DB, err error) {
	registerSerializers()
	pragmas := url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"5000"}, "_foreign_keys": {"on"},
		"_stmt_cache_size": {"256"}}
	open := func(extra url.Values, conns int) (*gorm.DB, error) {
		query := url.Values{}
		for _, set := range []url.Values{pragmas, extra} {
			for key, value := range set {
				query[key] = value
			}
		}
		db, err := gorm.Open(sqlite.Open("file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode()), gormConfig(log))
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
		pool, err := db.DB()
		if err != nil {
			return nil, err
		}
		pool.SetMaxOpenConns(conns)
		pool.SetMaxIdleConns(conns)
		return db, nil
	}
	if write, err = open(url.Values{"_txlock": {"immediate"}}, 1); err != nil {
		return nil, nil, err
	}
	if err := migrateSQLite(ctx, write); err != nil {
		return nil, nil, errors.Join(err, closePool(write))
	}
	if read, err = open(url.Values{"_query_only": {"on"}, "_txlock": {"deferred"}}, max(4, 2*runtime.NumCPU())); err != nil {
		return nil, nil, errors.Join(err, closePool(write))
	}
	return write, read, nil
}

// gormConfig keeps values out of the log (they are customers' messages) and makes duplicates recognisable.
func gormConfig(log *slog.Logger) *gorm.Config {
	return &gorm.Config{
		TranslateError:         true,
		SkipDefaultTransaction: true,
		NowFunc:                func() time.Time { return time.Now().UTC() },
		Logger:                 slowQueries{log},
	}
}

func sqliteMigrations(pool *sql.DB) (*goose.Provider, error) {
	steps, err := fs.Sub(migrations.SQLite, "sqlite")
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, pool, steps)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

func migrateSQLite(ctx context.Context, db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	provider, err := sqliteMigrations(pool)
	if err != nil {
		return err
	}
	current, newest, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if current > newest {
		return fmt.Errorf("schema %d, this program knows %d: %w", current, newest, ErrNewerSchema)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring schema up to date: %w", err)
	}
	return nil
}

// HasFullTextSearch says whether SQLite was compiled with FTS5 (build tag sqlite_fts5, set by the Makefile).
func (s *Store) HasFullTextSearch(ctx context.Context) bool {
	var options []string
	err := s.read.WithContext(ctx).Raw("PRAGMA compile_options").Scan(&options).Error
	if err != nil {
		return false
	}
	for _, option := range options {
		if option == "ENABLE_FTS5" {
			return true
		}
	}
	return false
}

func closePool(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}

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
