package store

import (
	"context"
	"encoding/base64"
	"fmt"

	"gorm.io/gorm"
)

// What every read is made of: one snapshot, a place to go on from, a size.

// snapshot runs reads that must agree with each other in one read transaction.
func (s *Store) snapshot(ctx context.Context, read func(db *gorm.DB) error) error {
	return s.read.WithContext(ctx).Transaction(read)
}

// cursor is a place in an ordered list: the value it is sorted by, and the id that breaks ties. To everybody else it is
// opaque text.
type cursor struct{ key, id int64 }

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", c.key, c.id))
}

// parseCursor reads one back; nil for the empty text. Anything that String did not write is Invalid in that field.
func parseCursor(field, text string) (*cursor, error) {
	if text == "" {
		return nil, nil
	}
	invalid := Invalid{Field: field, Message: "This link is not complete. Start again from the list."}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, invalid
	}
	var c cursor
	if _, err := fmt.Sscanf(string(plain), "%d.%d", &c.key, &c.id); err != nil || c.String() != text {
		return nil, invalid
	}
	return &c, nil
}

// pageSize is the limit asked for, within 1 and most.
func pageSize(asked, usual, most int) int {
	if asked <= 0 {
		return usual
	}
	return min(asked, most)
}
