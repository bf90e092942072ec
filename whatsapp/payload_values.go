package whatsapp

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Meta writes the same thing as a string here and as a number there (0), leaves keys out or sets them to null. These types
// take what comes and never fail: what cannot be read is empty.

// kind is the first byte of a JSON value: { [ " t f n - or a digit; 0 if there is none.
func kind(data []byte) byte {
	data = bytes.TrimLeft(data, " \t\r\n")
	if len(data) == 0 {
		return 0
	}
	return data[0]
}

// text is a string; numbers and booleans keep their own spelling, so ids and prices lose no digit.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	*t = ""
	switch k := kind(data); {
	case k == '"':
		var s string
		if json.Unmarshal(data, &s) == nil {
			*t = text(clean(s))
		}
	case k == '-' || (k >= '0' && k <= '9') || k == 't' || k == 'f':
		*t = text(bytes.TrimSpace(data))
	}
	return nil
}

// clean makes a text storable everywhere: PostgreSQL refuses NUL.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// whole is an integer, quoted or not.
type whole int64

func (n *whole) UnmarshalJSON(data []byte) error {
	*n = 0
	var s text
	_ = s.UnmarshalJSON(data)
	if i, err := strconv.ParseInt(strings.TrimSpace(string(s)), 10, 64); err == nil {
		*n = whole(i)
	} else if f, err := strconv.ParseFloat(string(s), 64); err == nil && math.Abs(f) < 1<<53 {
		*n = whole(f)
	}
	return nil
}

// decimal is a number with a fraction, quoted or not (coordinates).
type decimal float64

func (d *decimal) UnmarshalJSON(data []byte) error {
	*d = 0
	var s text
	_ = s.UnmarshalJSON(data)
	if f, err := strconv.ParseFloat(strings.TrimSpace(string(s)), 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
		*d = decimal(f)
	}
	return nil
}

// flag is true only for true, "true" and 1.
type flag bool

func (f *flag) UnmarshalJSON(data []byte) error {
	var s text
	_ = s.UnmarshalJSON(data)
	*f = s == "true" || s == "1"
	return nil
}

// moment is an instant as Meta stamps it: Unix seconds, quoted or not. Zero if it is missing or makes no sense.
type moment struct{ time.Time }

// lastSecond is the year 9999. What lies beyond it can only be milliseconds.
const lastSecond = 253402300799

func (m *moment) UnmarshalJSON(data []byte) error {
	m.Time = time.Time{}
	var n whole
	_ = n.UnmarshalJSON(data)
	switch {
	case n > 0 && n <= lastSecond:
		m.Time = time.Unix(int64(n), 0).UTC()
	case n > lastSecond && n/1000 <= lastSecond:
		m.Time = time.UnixMilli(int64(n)).UTC()
	}
	return nil
}

// or returns the instant, or another one if Meta gave none.
func (m moment) or(other time.Time) time.Time {
	if m.IsZero() {
		return other
	}
	return m.Time
}

// list is an array whose elements are read one by one: an odd one is left empty. A lone object is a list of one.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(data []byte) error {
	*l = nil
	var raw []json.RawMessage
	switch kind(data) {
	case '[':
		if err := json.Unmarshal(data, &raw); err != nil {
			return nil
		}
	case '{':
		raw = []json.RawMessage{data}
	}
	for _, item := range raw {
		if kind(item) == 'n' {
			continue
		}
		var element T
		if err := decode(item, &element); err == nil {
			*l = append(*l, element)
		}
	}
	return nil
}
