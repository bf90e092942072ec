package store

import (
	"context"
	"log/slog"
	"time"

	"gorm.io/gorm/logger"
)

// slowQueries is all that gorm logs here: statements that took long, without their values, which are customers' messages.
// Errors are returned and logged once, at the edge; gorm would log each a second time, and visitors who left as faults.
type slowQueries struct{ log *slog.Logger }

const slowQuery = time.Second

func (s slowQueries) LogMode(logger.LogLevel) logger.Interface { return s }
func (s slowQueries) Info(context.Context, string, ...any)     {}
func (s slowQueries) Warn(context.Context, string, ...any)     {}
func (s slowQueries) Error(context.Context, string, ...any)    {}

// ParamsFilter keeps the values out of the statement that Trace is given.
func (s slowQueries) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

func (s slowQueries) Trace(ctx context.Context, begin time.Time, statement func() (sql string, rows int64), _ error) {
	took := time.Since(begin)
	if took < slowQuery {
		return
	}
	sql, rows := statement()
	s.log.WarnContext(ctx, "slow query", "took", took, "rows", rows, "sql", sql)
}
