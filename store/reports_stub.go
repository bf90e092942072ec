package store

// Bodies of the reports until each noun has its own.

func (InboundMessage) apply(t *tx) error { panic("not built yet") }
func (EchoMessage) apply(t *tx) error    { panic("not built yet") }
func (ReactionReport) apply(t *tx) error { panic("not built yet") }
func (EditReport) apply(t *tx) error     { panic("not built yet") }
func (RevokeReport) apply(t *tx) error   { panic("not built yet") }
func (CallReport) apply(t *tx) error     { panic("not built yet") }
func (IdentityReport) apply(t *tx) error { panic("not built yet") }
func (NoticeReport) apply(t *tx) error   { panic("not built yet") }
