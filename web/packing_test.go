package web_test

import (
	"compress/gzip"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestPagesComeCompressedToWhoeverTakesIt: whole pages, parts and errors; small answers, and whoever does not take it, get
// the bytes as they are.
func TestPagesComeCompressedToWhoeverTakesIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 20 {
		d.Owned(t, d.Ana, 1+i, "Hello")
	}
	for name, headers := range map[string][]string{"page": nil, "part": htmxFor("chats")} {
		plain := d.ana.get(t, "/chats", append(headers[:len(headers):len(headers)], "Accept-Encoding", "identity")...).expect(t, 200, "Customer 7")
		packed := d.ana.get(t, "/chats", append(headers[:len(headers):len(headers)], "Accept-Encoding", "gzip")...)
		if plain.header.Get("Content-Encoding") != "" || packed.header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: %q and %q", name, plain.header.Get("Content-Encoding"), packed.header.Get("Content-Encoding"))
		}
		for _, a := range []answer{plain, packed} {
			if !slices.Contains(a.header.Values("Vary"), "Accept-Encoding") || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				t.Errorf("%s: %v", name, a.header)
			}
		}
		unpacked, err := gzip.NewReader(strings.NewReader(packed.body))
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(unpacked)
		if err != nil || string(page) != plain.body {
			t.Errorf("%s: what was unpacked is another page (%v)", name, err)
		}
		if 4*len(packed.body) > len(plain.body) {
			t.Errorf("%s: %d bytes became %d", name, len(plain.body), len(packed.body))
		}
	}
	for _, small := range []string{"/healthz", "/banners"} {
		if got := d.ana.get(t, small, "Accept-Encoding", "gzip").expect(t, 200); got.header.Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed", small)
		}
	}
}
