package store

import (
	"context"
	"time"
)

// Sessions keeps browser sessions for scs in the desk's database, on real time. Tokens arrive hashed (scs's
// HashTokenInStore) and are never seen here.
type Sessions struct{ s *Store }

func (s *Store) Sessions() Sessions { return Sessions{s} }

// FindCtx, CommitCtx and DeleteCtx implement scs.CtxStore.
func (x Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	panic("not built yet")
}
func (x Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	panic("not built yet")
}
func (x Sessions) DeleteCtx(ctx context.Context, token string) error { panic("not built yet") }

// Find, Commit and Delete complete scs.Store; scs calls the Ctx forms.
func (x Sessions) Find(token string) ([]byte, bool, error) {
	return x.FindCtx(context.Background(), token)
}
func (x Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return x.CommitCtx(context.Background(), token, data, expiry)
}
func (x Sessions) Delete(token string) error { return x.DeleteCtx(context.Background(), token) }
