package store

import "context"

// SaveTemplates replaces what is known of an account's templates with a complete listing. Those it does not name any more
// are marked removed; nothing that messages refer to is deleted. It returns how many were new, changed, removed.
func (s *Store) SaveTemplates(ctx context.Context, wabaID string, listed []Template) (created, changed, removed int, err error) {
	panic("not built yet")
}

// TemplateQuery filters the admin list; zero fields do not filter.
type TemplateQuery struct {
	WABAID, Search, Language, Category, Status string
	NeedsCare                                  bool // anything that is neither approved nor in review
}

// Templates lists templates that are still in the account, by name and language. Every agent may read them.
func (s *Store) Templates(ctx context.Context, q TemplateQuery) ([]Template, error) {
	panic("not built yet")
}

// SendableTemplates lists those of the chat's account that can be sent now from this desk, most recently used by this
// agent first, then by name.
func (s *Store) SendableTemplates(ctx context.Context, who Agent, chatID int64) ([]Template, error) {
	panic("not built yet")
}

// Template returns one by our id; ErrNotFound.
func (s *Store) Template(ctx context.Context, id int64) (Template, error) { panic("not built yet") }
