package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Limit is so many within so long.
type Limit struct {
	Count  int
	Within time.Duration
}

// SignInAllowed says whether another attempt may be evaluated for these subjects ("account:…", "address:…") and, if not,
// from when. limits pair with subjects.
func (s *Store) SignInAllowed(ctx context.Context, subjects []string, limits []Limit) (retryAt time.Time, ok bool, err error) {
	panic("not built yet")
}

// RecordSignInFailure counts a failed attempt against each subject; ClearSignInFailures forgets them after a success.
func (s *Store) RecordSignInFailure(ctx context.Context, subjects []string) error {
	panic("not built yet")
}
func (s *Store) ClearSignInFailures(ctx context.Context, subjects []string) error {
	panic("not built yet")
}

var _ = strings.ToLower
var _ = fmt.Errorf
