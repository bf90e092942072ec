package static

import (
	"bytes"
	"compress/gzip"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// file is one file as it is served.
type file struct {
	kind    string // Content-Type
	data    []byte
	gzipped []byte // nil where it saves too little
}

// packer makes files; one makes all, because a gzip.Writer brings most of a megabyte along.
type packer struct{ gzip *gzip.Writer }

func newPacker() packer {
	w, err := gzip.NewWriterLevel(nil, gzip.BestCompression)
	if err != nil {
		panic("static: " + err.Error()) // cannot happen: the level exists
	}
	return packer{w}
}

func (p packer) file(name string, data []byte) file {
	f := file{kind: mime.TypeByExtension(path.Ext(name)), data: data}
	if f.kind == "" {
		f.kind = http.DetectContentType(data)
	}
	var packed bytes.Buffer
	p.gzip.Reset(&packed)
	if _, err := p.gzip.Write(data); err != nil {
		panic("static: " + err.Error()) // cannot happen: a buffer takes everything
	}
	if err := p.gzip.Close(); err != nil {
		panic("static: " + err.Error())
	}
	if packed.Len() < len(data)*9/10 {
		f.gzipped = bytes.Clone(packed.Bytes())
	}
	return f
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	data := f.data
	w.Header().Set("Content-Type", f.kind)
	if f.gzipped != nil {
		w.Header().Set("Vary", "Accept-Encoding")
		if TakesGzip(r) {
			data = f.gzipped
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Length", strconv.Itoa(len(data))) // ServeContent leaves it out of what is encoded
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// TakesGzip says whether whoever asks can read an answer that is compressed with gzip.
func TakesGzip(r *http.Request) bool {
	for _, value := range r.Header.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(value, ",") {
			name, weight, _ := strings.Cut(coding, ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") {
				q, weighed := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(weight), " ", ""), "q=")
				worth, err := strconv.ParseFloat(q, 64)
				return !weighed || (err == nil && worth > 0)
			}
		}
	}
	return false
}
