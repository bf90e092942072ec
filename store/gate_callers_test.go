package store_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A message leaves the desk through the gate or not at all: this lists everything that could put one into the table.
func TestOnlyTheGateWritesOutgoingMessages(t *testing.T) {
	t.Parallel()
	var inserts, outs, statements []string
	for name, function := range functions(t) {
		ast.Inspect(function, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if called, ok := n.Fun.(*ast.SelectorExpr); ok && called.Sel.Name == "insertOutgoing" {
					inserts = append(inserts, name)
				}
			case *ast.Ident:
				if n.Name == "Out" {
					outs = append(outs, name)
				}
			case *ast.BasicLit:
				if n.Kind == token.STRING && writesMessages.MatchString(n.Value) {
					statements = append(statements, name)
				}
			}
			return true
		})
	}
	for what, found := range map[string]struct{ got, want []string }{
		"calls of insertOutgoing":         {inserts, []string{"tx.queueMessage"}},
		"statements that insert messages": {statements, []string{"tx.insertMessage"}}, // what Meta reports: received, echoed, calls
		"uses of the direction Out": {outs, []string{
			"CallReport.apply",       // our own call, as Meta tells of it
			"EchoMessage.apply",      // sent from the WhatsApp Business app: Meta has it already
			"putRetries", "putSteps", // reading
			"tx.insertOutgoing",
			"tx.saveCall",
		}},
	} {
		slices.Sort(found.got)
		if diff := cmp.Diff(found.want, slices.Compact(found.got)); diff != "" {
			t.Errorf("%s: whoever sends must go through QueueMessage\n%s", what, diff)
		}
	}
}

var writesMessages = regexp.MustCompile(`(?i)(insert|replace)\s+into\s+messages\b`)

// functions are those of the package, by receiver and name; what stands outside functions counts under its file.
func functions(t *testing.T) map[string]ast.Node {
	t.Helper()
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	found := map[string]ast.Node{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range file.Decls {
			switch declared := declared.(type) {
			case *ast.FuncDecl:
				found[receiver(declared)+declared.Name.Name] = declared
			case *ast.GenDecl:
				if name != "message.go" { // where Out is declared
					for i, spec := range declared.Specs {
						found[fmt.Sprint(name, " ", declared.Pos(), " ", i)] = spec
					}
				}
			}
		}
	}
	return found
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if named, ok := of.(*ast.Ident); ok {
		return named.Name + "."
	}
	return "?."
}
