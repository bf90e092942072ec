package views

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WhatsApp's own markup, as a tree of plain text: *bold* _italic_ ~strike~ ```mono``` `code`, quotes, lists, and web
// addresses. The templates draw the tree, so nothing that a customer writes is ever HTML. Everything but the markers
// stays as it was written.

type blockKind int

const (
	paragraph blockKind = iota
	quoted
	bullets
	numbered
	preformatted
)

type block struct {
	kind  blockKind
	spans []piece    // of a paragraph or quote
	items []listItem // of a list
	text  string     // of preformatted text
}

type listItem struct {
	number string // "3" of a numbered list
	spans  []piece
}

type spanKind int

const (
	plain spanKind = iota
	bold
	italic
	struck
	code
	link
)

type piece struct {
	kind  spanKind
	text  string  // of plain, code and link
	spans []piece // of the others
}

const fence = "```"

// parseMarkup never fails: what is not markup is text.
func parseMarkup(text string) []block {
	rest := strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD")
	var blocks []block
	fences := true // as long as an unclosed one has not been met
	for more := true; more; {
		var line string
		before, body, after, found := "", "", "", false
		if fences {
			before, body, after, found, fences = cutFence(rest)
		}
		if found {
			if before != "" {
				blocks = addLine(blocks, before)
			}
			blocks = append(blocks, block{kind: preformatted, text: body})
			rest = strings.TrimPrefix(after, "\n")
			more = rest != ""
			continue
		}
		line, rest, more = strings.Cut(rest, "\n")
		blocks = addLine(blocks, line)
	}
	return trimmed(blocks)
}

// cutFence finds a fence in the first line that closes in a later one. open is false when there is no fence left to close
// any other, so that a text full of them is not searched again and again.
func cutFence(text string) (before, body, after string, found, open bool) {
	line, _, _ := strings.Cut(text, "\n")
	if strings.Count(line, fence)%2 == 0 {
		return "", "", "", false, true
	}
	at := strings.LastIndex(line, fence)
	inside := text[at+len(fence):]
	end := strings.Index(inside, fence)
	if end < 0 {
		return "", "", "", false, false
	}
	if strings.TrimSpace(inside[:end]) == "" {
		return "", "", "", false, true
	}
	return text[:at], strings.Trim(inside[:end], "\n"), inside[end+len(fence):], true, true
}

func addLine(blocks []block, line string) []block {
	var last *block
	if len(blocks) > 0 {
		last = &blocks[len(blocks)-1]
	}
	continues := func(kind blockKind) bool { return last != nil && last.kind == kind }
	if number, text, ok := cutListMark(line); ok {
		kind := bullets
		if number != "" {
			kind = numbered
		}
		item := listItem{number: number, spans: parseSpans(text, 0)}
		if continues(kind) {
			last.items = append(last.items, item)
			return blocks
		}
		return append(blocks, block{kind: kind, items: []listItem{item}})
	}
	kind := paragraph
	if text, ok := strings.CutPrefix(line, "> "); ok && strings.TrimSpace(text) != "" {
		kind, line = quoted, text
	}
	spans := parseSpans(line, 0)
	if continues(kind) {
		last.spans = append(append(last.spans, piece{text: "\n"}), spans...)
		return blocks
	}
	return append(blocks, block{kind: kind, spans: spans})
}

// cutListMark takes "- ", "* " or "1. " off a line that goes on after it.
func cutListMark(line string) (number, text string, ok bool) {
	mark, text, found := strings.Cut(line, " ")
	if !found || strings.TrimSpace(text) == "" {
		return "", "", false
	}
	if mark == "-" || mark == "*" {
		return "", text, true
	}
	digits, dotted := strings.CutSuffix(mark, ".")
	if n, err := strconv.Atoi(digits); dotted && err == nil && n > 0 && n < 1000 && strconv.Itoa(n) == digits {
		return digits, text, true
	}
	return "", "", false
}

// trimmed takes the blank lines off around paragraphs that stand beside other blocks, and drops what is blank.
func trimmed(blocks []block) []block {
	var kept []block
	for _, b := range blocks {
		if b.kind == paragraph {
			for len(b.spans) > 0 && blankSpan(b.spans[0]) {
				b.spans = b.spans[1:]
			}
			for len(b.spans) > 0 && blankSpan(b.spans[len(b.spans)-1]) {
				b.spans = b.spans[:len(b.spans)-1]
			}
			if len(b.spans) == 0 {
				continue
			}
		}
		kept = append(kept, b)
	}
	return kept
}

func blankSpan(s piece) bool { return s.kind == plain && strings.TrimSpace(s.text) == "" }

var markers = []struct {
	mark byte
	kind spanKind
}{{'*', bold}, {'_', italic}, {'~', struck}}

// parseSpans reads one line. inside is the set of markers it already stands between: a marker does not nest in itself, so
// the depth is bounded.
func parseSpans(line string, inside int) []piece {
	var spans []piece
	text := 0 // start of the plain text not yet kept
	keep := func(until int) {
		if text < until {
			spans = append(spans, piece{text: line[text:until]})
		}
	}
	endless := inside // markers without an end further on: not searched for again
	for i := 0; i < len(line); {
		if s, end, ok := markAt(line, i, inside, &endless); ok {
			keep(i)
			spans = append(spans, s)
			i, text = end, end
			continue
		}
		_, size := utf8.DecodeRuneInString(line[i:])
		i += size
	}
	keep(len(line))
	return spans
}

// markAt reads what begins at i, if it is markup.
func markAt(line string, i, inside int, endless *int) (s piece, end int, ok bool) {
	const backticks, fences = 1 << 8, 1 << 9
	switch {
	case line[i] == '`' && strings.HasPrefix(line[i:], fence) && *endless&fences == 0:
		if body, found := between(line[i:], fence); found {
			return piece{kind: code, text: body}, i + len(body) + 2*len(fence), true
		}
		*endless |= fences
	case line[i] == '`' && *endless&backticks == 0:
		if body, found := between(line[i:], "`"); found {
			return piece{kind: code, text: body}, i + len(body) + 2, true
		}
		if !strings.Contains(line[i+1:], "`") {
			*endless |= backticks
		}
	case line[i] == 'h' || line[i] == 'H':
		if n := linkLength(line, i); n > 0 {
			return piece{kind: link, text: line[i : i+n]}, i + n, true
		}
	}
	for bit, m := range markers {
		if line[i] != m.mark || *endless&(1<<bit) != 0 || !opens(line, i) {
			continue
		}
		close := closing(line, i)
		if close < 0 {
			*endless |= 1 << bit
			continue
		}
		return piece{kind: m.kind, spans: parseSpans(line[i+1:close], inside|1<<bit)}, close + 1, true
	}
	return piece{}, 0, false
}

// between is what stands between two of the same marks, if it is more than space.
func between(text, mark string) (string, bool) {
	body, _, found := strings.Cut(text[len(mark):], mark)
	return body, found && strings.TrimSpace(body) != ""
}

// opens says whether a marker at i stands before a word and not inside one.
func opens(line string, i int) bool {
	next, _ := utf8.DecodeRuneInString(line[i+1:])
	return i+1 < len(line) && !unicode.IsSpace(next) && edge(utf8.DecodeLastRuneInString(line[:i]))
}

// closing finds the marker that ends what begins at i; -1 if there is none.
func closing(line string, i int) int {
	for j := i + 2; j < len(line); j++ {
		if line[j] != line[i] {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(line[:j])
		if !unicode.IsSpace(before) && edge(utf8.DecodeRuneInString(line[j+1:])) {
			return j
		}
	}
	return -1
}

// edge says whether a word ends here: nothing, space, punctuation or a symbol.
func edge(r rune, size int) bool {
	return size == 0 || !(unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r))
}

// linkLength is how far a web address at i reaches; 0 if there is none. Only http and https, with a host, without a user
// (which only serves to look like another address) and without invisible characters.
func linkLength(line string, i int) int {
	lower := strings.ToLower(line[i:min(len(line), i+len("https://"))])
	if !(strings.HasPrefix(lower, "http://") || lower == "https://") || !edge(utf8.DecodeLastRuneInString(line[:i])) {
		return 0
	}
	n := strings.IndexFunc(line[i:], func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r) || strings.ContainsRune("<>\"`\uFFFD", r)
	})
	if n < 0 {
		n = len(line) - i
	}
	address := strings.TrimRight(line[i:i+n], ".,;:!?'*_~]}’”»")
	for strings.HasSuffix(address, ")") && strings.Count(address, ")") > strings.Count(address, "(") {
		address = strings.TrimRight(address[:len(address)-1], ".,;:!?'")
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return 0
	}
	return len(address)
}

// plainText is a message in one line without its markers, for rows and quotes.
func plainText(text string) string {
	var out strings.Builder
	var write func([]piece)
	write = func(spans []piece) {
		for _, s := range spans {
			out.WriteString(s.text)
			write(s.spans)
		}
	}
	for _, b := range parseMarkup(text) {
		out.WriteString(b.text)
		write(b.spans)
		for _, item := range b.items {
			if item.number != "" {
				out.WriteString(item.number + ". ")
			}
			write(item.spans)
			out.WriteString("\n")
		}
		out.WriteString("\n")
	}
	return strings.Join(strings.Fields(out.String()), " ")
}
