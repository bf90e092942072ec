package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// ChatPage is a chat with what stands around its thread.
type ChatPage struct {
	Chat       Chat
	Contact    Contact
	Identities []ContactIdentity // oldest first, ended ones included
	Number     Number            // without its token
	Owner      *Agent            // name only
	Cases      []CaseSummary     // newest first, at most 20
	Openings   []Opening         // newest first, at most 5
}

type CaseSummary struct {
	Case
	Owner    *Agent `gorm:"-"` // who had it last, name only; nil = nobody ever
	Messages int
	HadBy    int64 `gorm:"serializer:orNull"`
}

// Opening is one look of a person into a chat.
type Opening struct {
	Agent Agent // name only
	At    time.Time
}

// Chat returns one as who may see it; ErrNotFound otherwise.
func (s *Store) Chat(ctx context.Context, who Agent, id int64) (ChatPage, error) {
	var page ChatPage
	err := s.snapshot(ctx, func(db *gorm.DB) (err error) {
		if page.Chat, err = seenChat(db, who, id); err != nil {
			return err
		}
		if err := db.First(&page.Contact, page.Chat.ContactID).Error; err != nil {
			return fmt.Errorf("contact of chat %d: %w", id, err)
		}
		if err := db.Order("id").Find(&page.Identities, "contact_id = ?", page.Contact.ID).Error; err != nil {
			return fmt.Errorf("identities of contact %d: %w", page.Contact.ID, err)
		}
		if err := db.Omit("token_sealed").First(&page.Number, page.Chat.NumberID).Error; err != nil {
			return fmt.Errorf("number of chat %d: %w", id, err)
		}
		if page.Cases, err = caseSummaries(db, id); err != nil {
			return err
		}
		return page.nameAll(db)
	})
	if err != nil {
		return ChatPage{}, err
	}
	return page, nil
}

// SeesChat is the question the socket asks again and again: may this person see this chat now?
func (s *Store) SeesChat(ctx context.Context, who Agent, id int64) (bool, error) {
	err := seesChat(s.read.WithContext(ctx), who, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// seenChat is the chat as who may see it; ErrNotFound otherwise.
func seenChat(db *gorm.DB, who Agent, id int64) (c Chat, err error) {
	err = db.Scopes(visibleTo(who)).Take(&c, id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("chat %d: %w", id, err)
	}
	return c, nil
}

func seesChat(db *gorm.DB, who Agent, id int64) error {
	_, err := seenChat(db.Select("id"), who, id)
	return err
}

func caseSummaries(db *gorm.DB, chatID int64) ([]CaseSummary, error) {
	var cases []CaseSummary
	err := db.Raw("SELECT cases.*, (SELECT COUNT(*) FROM messages WHERE case_id = cases.id) AS messages,"+
		" (SELECT COALESCE(agent_id, from_id) FROM assignments WHERE case_id = cases.id AND COALESCE(agent_id, from_id) IS NOT NULL"+
		" ORDER BY id DESC LIMIT 1) AS had_by FROM cases WHERE chat_id = ? ORDER BY id DESC LIMIT 20", chatID).Find(&cases).Error
	if err != nil {
		return nil, fmt.Errorf("cases of chat %d: %w", chatID, err)
	}
	return cases, nil
}

// nameAll reads who looked in, and puts names to everybody on the page.
func (p *ChatPage) nameAll(db *gorm.DB) error {
	var looks []struct{ AgentID, At int64 }
	err := db.Raw("SELECT agent_id, at FROM chat_openings WHERE chat_id = ? ORDER BY at DESC, id DESC LIMIT 5", p.Chat.ID).Find(&looks).Error
	if err != nil {
		return fmt.Errorf("openings of chat %d: %w", p.Chat.ID, err)
	}
	people := []int64{p.Chat.OwnerID}
	for _, look := range looks {
		people = append(people, look.AgentID)
	}
	for _, c := range p.Cases {
		people = append(people, c.HadBy)
	}
	names, err := agentNames(db, people...)
	if err != nil {
		return err
	}
	p.Owner = names[p.Chat.OwnerID]
	for i := range p.Cases {
		p.Cases[i].Owner = names[p.Cases[i].HadBy]
	}
	for _, look := range looks {
		p.Openings = append(p.Openings, Opening{Agent: *names[look.AgentID], At: instant(look.At)})
	}
	return nil
}
