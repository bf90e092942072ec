package views

import (
	"fmt"
	"strings"
	"unicode"
)

// Text of strangers: what hides in it is made visible, what shows nothing is said.

// blank says whether a person would see nothing: empty, space, or characters without a shape.
func blank(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !shapeless(r)
	}) < 0
}

// shapeless characters count as letters or symbols and draw nothing.
func shapeless(r rune) bool {
	switch r {
	case '\u034F', '\u115F', '\u1160', '\u17B4', '\u17B5', '\u2800', '\u3164', '\uFFA0':
		return true
	}
	return unicode.Is(unicode.Variation_Selector, r)
}

// plainName is a name that cannot lie about itself: characters that reorder, hide or break are written out, so that
// "photo\u202Egpj.exe" does not read as a picture. Joiners stay, because scripts and emoji need them.
func plainName(name string) string {
	var out strings.Builder
	for _, r := range strings.TrimSpace(name) {
		switch {
		case r == '\u200C' || r == '\u200D':
			out.WriteRune(r)
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&out, "[U+%04X]", r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
