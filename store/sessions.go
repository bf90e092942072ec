package store

import (
	"context"
	"fmt"
	"time"
)

// Sessions keeps browser sessions for scs in the desk's database, on real time. Tokens arrive hashed (scs's
// HashTokenInStore) and are never seen here.
type Sessions struct{ s *Store }

func (s *Store) Sessions() Sessions { return Sessions{s} }

// FindCtx, CommitCtx and DeleteCtx implement scs.CtxStore. What has expired is not found.
func (x Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	var rows []struct{ Data []byte }
	err = x.s.read.WithContext(ctx).Raw("SELECT data FROM sessions WHERE token_hash = ? AND ended_at = 0 AND expires_at > ?",
		token, millis(x.s.Real())).Scan(&rows).Error
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", err)
	}
	if len(rows) == 0 {
		return nil, false, nil
	}
	return rows[0].Data, true, nil
}

// CommitCtx is no command: a session is nobody's event, and its commit wakes nobody. An ended session stays ended: a
// request that renews it while somebody signs out must not bring it back.
func (x Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	err := x.s.write.WithContext(ctx).Exec("INSERT INTO sessions (token_hash, data, expires_at) VALUES (?, ?, ?)"+
		" ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at"+
		" WHERE sessions.ended_at = 0",
		token, data, millis(expiry)).Error
	if err != nil {
		return fmt.Errorf("keep session: %w", err)
	}
	return nil
}

// DeleteCtx ends a session and forgets what was in it; its row is pruned with the expired ones.
func (x Sessions) DeleteCtx(ctx context.Context, token string) error {
	err := x.s.write.WithContext(ctx).Exec("UPDATE sessions SET data = ?, ended_at = ? WHERE token_hash = ?",
		[]byte{}, millis(x.s.Real()), token).Error
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// Find, Commit and Delete complete scs.Store; scs calls the Ctx forms.
func (x Sessions) Find(token string) ([]byte, bool, error) {
	return x.FindCtx(context.Background(), token)
}
func (x Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return x.CommitCtx(context.Background(), token, data, expiry)
}
func (x Sessions) Delete(token string) error { return x.DeleteCtx(context.Background(), token) }
