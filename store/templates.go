package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// SaveTemplates replaces what is known of an account's templates with a complete listing. Those it does not name any more
// are marked removed; nothing that messages refer to is deleted. It returns how many were new, changed, removed.
func (s *Store) SaveTemplates(ctx context.Context, wabaID string, listed []Template) (created, changed, removed int, err error) {
	err = s.command(ctx, func(t *tx) error {
		created, changed, removed = 0, 0, 0
		var rows []Template
		if err := t.Where("waba_id = ?", wabaID).Find(&rows).Error; err != nil {
			return err
		}
		known := make(map[string]Template, len(rows))
		for _, row := range rows {
			known[row.Name+" "+row.Language] = row
		}
		for _, next := range listed {
			next.Language = templateLanguage(next.Language)
			key := next.Name + " " + next.Language
			before := known[key]
			next = listedTemplate(before, next, wabaID, t.now)
			if before.ID == 0 {
				created++
			} else if before.differs(next) {
				changed++
			}
			if err := t.saveTemplate(before, next); err != nil {
				return err
			}
			delete(known, key)
		}
		for _, gone := range known {
			if !gone.RemovedAt.IsZero() {
				continue
			}
			next := gone
			next.RemovedAt, next.ChangedAt = t.now, t.now
			if err := t.saveTemplate(gone, next); err != nil {
				return err
			}
			removed++
		}
		return t.Exec("UPDATE templates SET synced_at = ? WHERE waba_id = ?", millis(t.now), wabaID).Error
	})
	if err != nil {
		return 0, 0, 0, fmt.Errorf("save templates: %w", err)
	}
	return created, changed, removed, nil
}

// listedTemplate is the row that a listing makes of what was known. Notices know more than listings: an announced
// category, and why a status is what it is, stay until the listing contradicts them.
func listedTemplate(before, listed Template, wabaID string, now time.Time) Template {
	next := listed
	next.ID, next.WABAID, next.RemovedAt = before.ID, wabaID, instant(0)
	next.ChangedAt, next.SyncedAt = before.ChangedAt, before.SyncedAt
	next.Status, next.Category, next.Quality = strings.ToUpper(listed.Status), strings.ToUpper(listed.Category), strings.ToUpper(listed.Quality)
	next.NextCategory = strings.ToUpper(listed.NextCategory)
	if next.ParameterFormat = strings.ToUpper(listed.ParameterFormat); next.ParameterFormat == "" {
		next.ParameterFormat = "POSITIONAL"
	}
	if next.Reason == "" && next.Status == before.Status {
		next.Reason = before.Reason
	}
	if next.Status != before.Status || !before.RemovedAt.IsZero() {
		next.ChangedAt = now
	}
	if next.NextCategory == "" && before.NextCategory != next.Category {
		next.NextCategory = before.NextCategory
	}
	return next
}

// saveTemplate writes a template that is new or differs, and tells of it once a command: events carry no template id.
func (t *tx) saveTemplate(before, next Template) error {
	if next.Components == nil {
		next.Components = []TemplateComponent{} // gorm writes a nil list as NULL
	}
	if before.ID != 0 && !before.differs(next) {
		return nil
	}
	if err := t.Save(&next).Error; err != nil {
		return fmt.Errorf("template %s: %w", next.Name, err)
	}
	for _, e := range t.events {
		if e.Kind == TemplateChanged {
			return nil
		}
	}
	t.emit(Event{Kind: TemplateChanged})
	return nil
}

// differs compares what Meta says, not when we heard it.
func (t Template) differs(other Template) bool {
	plain := func(x Template) string {
		x.ChangedAt, x.SyncedAt = time.Time{}, time.Time{}
		if len(x.Components) == 0 {
			x.Components = nil
		}
		text, err := json.Marshal(x)
		if err != nil {
			return ""
		}
		return string(text)
	}
	return plain(t) != plain(other)
}

// templateLanguage writes a language as the listing does: webhooks say en-US and en_US (platform document 4.1).
func templateLanguage(language string) string { return strings.ReplaceAll(language, "-", "_") }

// TemplateQuery filters the admin list; zero fields do not filter.
type TemplateQuery struct {
	WABAID, Search, Language, Category, Status string
	NeedsCare                                  bool // anything that is neither approved nor in review
}

// Templates lists templates that are still in the account, by name and language. Every agent may read them. Search looks
// for the words anywhere in name and texts, whatever their case.
func (s *Store) Templates(ctx context.Context, q TemplateQuery) ([]Template, error) {
	find := s.read.WithContext(ctx).Where("removed_at = 0")
	for column, value := range map[string]string{
		"waba_id": q.WABAID, "language": templateLanguage(q.Language), "category": strings.ToUpper(q.Category), "status": strings.ToUpper(q.Status),
	} {
		if value != "" {
			find = find.Where(map[string]any{column: clean(value)})
		}
	}
	if q.NeedsCare {
		find = find.Where("status NOT IN ('APPROVED', 'REINSTATED', 'PENDING', 'IN_APPEAL')")
	}
	var templates []Template
	if err := find.Order("name, language").Find(&templates).Error; err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	words := strings.Fields(strings.ToLower(q.Search))
	return slices.DeleteFunc(templates, func(t Template) bool { return !t.mentions(words) }), nil
}

// mentions is done here and not in SQL: SQLite knows upper and lower case of ASCII only.
func (t Template) mentions(words []string) bool {
	text := t.Name
	for _, part := range t.Components {
		text += " " + part.Text
		for _, button := range part.Buttons {
			text += " " + button.Text
		}
	}
	text = strings.ToLower(text)
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// SendableTemplates lists those of the chat's account that can be sent now from this desk, most recently used by this
// agent first, then by name. ErrNotFound for who may not see the chat.
func (s *Store) SendableTemplates(ctx context.Context, who Agent, chatID int64) ([]Template, error) {
	db := s.read.WithContext(ctx)
	var wabaIDs []string
	err := db.Model(&Chat{}).Scopes(visibleTo(who)).Joins("JOIN numbers ON numbers.id = chats.number_id").
		Where("chats.id = ?", chatID).Pluck("numbers.waba_id", &wabaIDs).Error
	if err != nil {
		return nil, fmt.Errorf("account of chat %d: %w", chatID, err)
	}
	if len(wabaIDs) == 0 {
		return nil, ErrNotFound
	}
	templates, err := s.Templates(ctx, TemplateQuery{WABAID: wabaIDs[0]})
	if err != nil {
		return nil, err
	}
	templates = slices.DeleteFunc(templates, func(t Template) bool { return !t.Sendable() || !t.Supported() })

	var used []struct{ TemplateID, Newest int64 }
	if err := db.Raw(templatesUsedBy, who.ID).Scan(&used).Error; err != nil {
		return nil, fmt.Errorf("templates used by agent %d: %w", who.ID, err)
	}
	newest := make(map[int64]int64, len(used))
	for _, u := range used {
		newest[u.TemplateID] = u.Newest
	}
	slices.SortStableFunc(templates, func(a, b Template) int { return int(newest[b.ID] - newest[a.ID]) })
	return templates, nil
}

const templatesUsedBy = "SELECT template_id, MAX(id) AS newest FROM messages WHERE agent_id = ? AND template_id IS NOT NULL GROUP BY template_id"

// Template returns one by our id, removed ones too; ErrNotFound.
func (s *Store) Template(ctx context.Context, id int64) (Template, error) {
	var template Template
	err := s.read.WithContext(ctx).First(&template, id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return template, ErrNotFound
	}
	if err != nil {
		return template, fmt.Errorf("template %d: %w", id, err)
	}
	return template, nil
}
