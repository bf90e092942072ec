// Package static carries the desk's CSS, scripts, icons and vendored libraries inside the binary and serves them under
// one prefix that names the whole tree by its hash: /static/<hash>/… One prefix versions everything, so relative imports
// between modules keep working, nothing needs a manifest, and browsers may keep what they have for ever.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
)

//go:embed css js vendor img icons.svg icons.LICENSE
var tree embed.FS

// cssOrder is the cascade: a file of css/ stands in exactly one layer. A file that is not named here is a component.
var cssOrder = []struct{ layer, file string }{
	{"tokens", "tokens.css"},
	{"base", "base.css"},
	{"layout", "layout.css"},
	{"utilities", "utilities.css"},
}

// standalone are stylesheets that pages ask for by name and that are not part of the desk's own sheet.
var standalone = map[string]bool{"simulator.css": true}

type bundle struct {
	prefix string          // "/static/<hash>/"
	files  map[string]file // those of the tree, and what is made of them at start
}

var load = sync.OnceValue(func() bundle {
	files, pack := map[string]file{}, newPacker()
	hash := sha256.New()
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := tree.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(hash, "%s %d\n", name, len(data))
		hash.Write(data)
		files[name] = pack.file(name, data)
		return nil
	})
	if err != nil {
		panic("static: embedded tree: " + err.Error()) // cannot happen: the tree is in the binary
	}
	const sheet = "css/desk.css"
	files[sheet] = pack.file(sheet, joinCSS())
	return bundle{prefix: "/static/" + hex.EncodeToString(hash.Sum(nil))[:12] + "/", files: files}
})

// Prefix is the path below which everything is served, with its slashes: "/static/1f0c…/".
func Prefix() string { return load().prefix }

// Path is the URL path of one file of the tree, for example Path("css/desk.css").
func Path(name string) string { return load().prefix + name }

// Icon is the URL of one symbol of the icon sprite, for <use href>.
func Icon(name string) string { return load().prefix + "icons.svg#" + name }

// Handler serves the tree below Prefix: immutable, with its true type, compressed for whoever takes gzip. Any other hash,
// and any path outside the tree, is a 404, so an old page never gets a new script.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ours := strings.CutPrefix(r.URL.Path, load().prefix)
		f, known := load().files[name]
		if !ours || !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		f.serve(w, r)
	})
}

// joinCSS puts the stylesheets into one, each wrapped in its cascade layer, so that a page loads one file and no rule
// needs !important.
func joinCSS() []byte {
	var out strings.Builder
	out.WriteString("@layer tokens, base, layout, components, utilities;\n")
	layer := func(name string) string {
		for _, known := range cssOrder {
			if known.file == name {
				return known.layer
			}
		}
		return "components"
	}
	entries, err := tree.ReadDir("css")
	if err != nil {
		panic("static: " + err.Error())
	}
	for _, entry := range entries {
		if standalone[entry.Name()] {
			continue
		}
		data, err := tree.ReadFile("css/" + entry.Name())
		if err != nil {
			panic("static: " + err.Error())
		}
		fmt.Fprintf(&out, "@layer %s {\n%s}\n", layer(entry.Name()), data)
	}
	return []byte(out.String())
}
