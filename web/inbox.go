package web

func (s *Server) inboxRoutes() []Route { return nil }
