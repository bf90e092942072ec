package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// clean makes text storable: NUL, which PostgreSQL does not take, and what is not UTF-8 are shown as U+FFFD.
func clean(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

func cleanAll(texts []string) []string {
	cleaned := make([]string, len(texts))
	for i, text := range texts {
		cleaned[i] = clean(text)
	}
	return cleaned
}

// cleanJSON is v as JSON without NUL, wherever in it the customer put one.
func cleanJSON(v any) (string, error) {
	encoded, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode %T: %w", v, err)
	}
	if !bytes.Contains(encoded, []byte(`\u0000`)) {
		return string(encoded), nil
	}
	for i := 0; i < len(encoded)-1; i++ {
		if encoded[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(encoded[i:], []byte(`\u0000`)) {
			copy(encoded[i:], `\ufffd`)
		}
		i++ // past what the backslash escapes
	}
	return string(encoded), nil
}
