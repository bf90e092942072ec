package web

func (s *Server) liveRoutes() []Route { return nil }
