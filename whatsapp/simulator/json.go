package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// object is a JSON object as it travels. Bodies stay objects, because what Meta takes is wider than any struct: numbers as
// strings, keys that only some types have.
type object map[string]any

func (o object) str(key string) string { s, _ := o[key].(string); return s }

func (o object) obj(key string) object { return asObject(o[key]) }

func (o object) list(key string) []object {
	values, _ := o[key].([]any)
	var out []object
	for _, v := range values {
		out = append(out, asObject(v))
	}
	return out
}

func asObject(v any) object {
	switch m := v.(type) {
	case map[string]any:
		return m
	case object:
		return m
	}
	return nil
}

// normal turns any value into what decoding its JSON gives, so that seeds, tests and requests look the same inside.
func normal[T any](v any) T {
	var out T
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("simulator: a value that is no JSON: %v", err))
	}
	return out
}

// encode writes JSON the way Meta does: slashes and everything beyond ASCII escaped. A receiver that verifies the
// signature over bytes that it wrote again itself fails (1.2).
func encode(v any) []byte {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("simulator: a value that is no JSON: %v", err))
	}
	data := bytes.TrimSuffix(plain.Bytes(), []byte("\n"))
	out := make([]byte, 0, len(data)+len(data)/8)
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		data = data[size:]
		switch {
		case r == '/':
			out = append(out, '\\', '/')
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// length counts UTF-16 units: Meta does not say which unit its limits mean, and this is the stricter (6.2).
func length(s string) int { return len(utf16.Encode([]rune(s))) }
