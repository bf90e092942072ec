package web

import "context"

// Beat does now what Broadcast does from time to time.
func (s *Server) Beat(ctx context.Context) { s.beat(ctx, 0) }
