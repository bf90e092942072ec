package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows are all imports between our own packages that are allowed (README: Where things are). A package or an arrow that
// is not here fails the test: architecture that is not tested rots.
var arrows = map[string][]string{
	"agentdesk/cmd/agentdesk":      {"web", "routing", "whatsapp", "store", "whatsapp/simulator"},
	"agentdesk/web":                {"views", "static", "store", "web/live"},
	"agentdesk/views":              {"store", "static"},
	"agentdesk/routing":            {"store"},
	"agentdesk/whatsapp":           {"store"},
	"agentdesk/whatsapp/simulator": {"static"}, // its page wears the desk's stylesheet
	"agentdesk/store":              {"migrations"},
	"agentdesk/store/storetest":    {"store"},
	"agentdesk/static":             {},
	"agentdesk/migrations":         {},
	"agentdesk/web/live":           {},
}

// bare packages use the standard library only, beside what is named here.
var bare = map[string][]string{
	"agentdesk/static":             {},
	"agentdesk/migrations":         {},
	"agentdesk/web/live":           {"github.com/gorilla/websocket"},
	"agentdesk/whatsapp/simulator": {"github.com/a-h/templ"},
}

func TestImports(t *testing.T) {
	listed, err := exec.Command("go", "list", "-json=ImportPath,Imports,Module", "agentdesk/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	type pkg struct {
		ImportPath string
		Imports    []string
	}
	seen := 0
	for decoder := json.NewDecoder(bytes.NewReader(listed)); ; seen++ {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		allowed, known := arrows[p.ImportPath]
		if !known {
			t.Errorf("%s has no place in the layout", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			own, ours := strings.CutPrefix(imported, "agentdesk/")
			if ours && !slices.Contains(allowed, own) {
				t.Errorf("%s must not import %s", p.ImportPath, imported)
			}
			extra, isBare := bare[p.ImportPath]
			foreign := !ours && strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
			if isBare && foreign && !slices.ContainsFunc(extra, func(e string) bool { return strings.HasPrefix(imported, e) }) {
				t.Errorf("%s must use the standard library only, but imports %s", p.ImportPath, imported)
			}
		}
	}
	if seen != len(arrows) {
		t.Errorf("the layout names %d packages, %d are there", len(arrows), seen)
	}
}
