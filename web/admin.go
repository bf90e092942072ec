package web

func (s *Server) adminRoutes() []Route { return nil }

func (s *Server) sessionRoutes() []Route { return nil }
