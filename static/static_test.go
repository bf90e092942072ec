package static_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"agentdesk/static"
)

func get(t *testing.T, method, path string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result(), w.Body.Bytes()
}

// TestFilesComeCompressedToWhoeverTakesIt: the same bytes either way, under their true type, and a cache can tell them apart.
func TestFilesComeCompressedToWhoeverTakesIt(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{"css/desk.css": "text/css", "js/app.js": "javascript", "vendor/htmx.min.js": "javascript", "icons.svg": "image/svg+xml"} {
		plain, want := get(t, http.MethodGet, static.Path(name))
		if plain.StatusCode != 200 || plain.Header.Get("Content-Encoding") != "" || len(want) == 0 {
			t.Fatalf("%s: %d, %v", name, plain.StatusCode, plain.Header)
		}
		packed, raw := get(t, http.MethodGet, static.Path(name), "Accept-Encoding", "br;q=1, GZIP ; q=0.5")
		if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Content-Length") != strconv.Itoa(len(raw)) {
			if len(want) > 500 { // app.js is hardly worth it
				t.Errorf("%s is not compressed: %v", name, packed.Header)
			}
			continue
		}
		unpacked, err := gzip.NewReader(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := io.ReadAll(unpacked); err != nil || string(got) != string(want) {
			t.Errorf("%s is another file compressed (%v)", name, err)
		}
		for _, res := range []*http.Response{plain, packed} {
			if res.Header.Get("Vary") != "Accept-Encoding" || !strings.Contains(res.Header.Get("Content-Type"), kind) ||
				!strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %v", name, res.Header)
			}
		}
		if head, body := get(t, http.MethodHead, static.Path(name), "Accept-Encoding", "gzip"); head.StatusCode != 200 || len(body) != 0 {
			t.Errorf("HEAD %s: %d with %d bytes", name, head.StatusCode, len(body))
		}
		if part, body := get(t, http.MethodGet, static.Path(name), "Range", "bytes=0-9"); part.StatusCode != 206 || string(body) != string(want[:10]) {
			t.Errorf("a part of %s: %d %q", name, part.StatusCode, body)
		}
	}
	for _, refusal := range []string{"gzip;q=0", "gzip; q=0.0", "gzip;q=many", "identity", "br, zstd", "gzipped", "*"} {
		if res, _ := get(t, http.MethodGet, static.Path("css/desk.css"), "Accept-Encoding", refusal); res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%q got it compressed", refusal)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		static.Prefix(), static.Path("css"), static.Path("css/"), static.Path("static.go"), static.Path("../static.go"), static.Path("css/../js/app.js"),
		"/static/0123456789ab/js/app.js", "/static/js/app.js", "/js/app.js",
	} {
		if res, _ := get(t, http.MethodGet, path); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
