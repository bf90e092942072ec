# The build tag for SQLite's full-text search is set here and nowhere else. The commit is stamped by hand, because Go's own
# stamping fails the build in a checkout that belongs to somebody else (containers, CI).
export GOFLAGS := -tags=sqlite_fts5 -buildvcs=false
export CGO_ENABLED := 1

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
RACE_TIMEOUT := 20m

.PHONY: run build test bench generate check tools clean

run: tools/build ## the demo: a living desk with a simulated WhatsApp
	go build -o bin/agentdesk ./cmd/agentdesk
	@bin/agentdesk demo

build: tools/build ## bin/agentdesk
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)" -o bin/agentdesk ./cmd/agentdesk

test: tools/test check ## everything: format, vet, stale code, unit, store, web and browser tests, with the race detector
	go test -race -timeout $(RACE_TIMEOUT) ./...

bench: tools/test ## figures, of packages one after the other, on an idle machine; they compare within one run only
	go test -p 1 -run '^$$' -bench . -benchmem ./store ./routing ./whatsapp ./web/live ./cmd/agentdesk

generate: ## rewrite the generated views
	go tool templ generate -path views
	go tool templ generate -path whatsapp/simulator

check: ## what needs no database and no browser
	@test -z "$$(gofmt -l $$(git ls-files '*.go' | grep -v _templ.go))" || { gofmt -l $$(git ls-files '*.go' | grep -v _templ.go); echo 'not gofmt-ed'; exit 1; }
	go vet ./...
	@sh .ci/generated

tools/%:
	@sh .ci/install $*

clean:
	rm -rf bin
