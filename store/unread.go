package store

import (
	"context"
	"fmt"
)

// UnreadChats is how many chats of who have something unread: the number in the rail and in the page's title.
func (s *Store) UnreadChats(ctx context.Context, who Agent) (int, error) {
	var count int64
	err := s.read.WithContext(ctx).Model(&Chat{}).Where("owner_id = ? AND unread > 0", who.ID).Count(&count).Error
	if err != nil {
		return 0, fmt.Errorf("unread chats of agent %d: %w", who.ID, err)
	}
	return int(count), nil
}
