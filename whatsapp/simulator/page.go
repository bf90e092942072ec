package simulator

import "net/http"

func (s *Simulator) pageHandler() http.Handler { return http.NotFoundHandler() }
