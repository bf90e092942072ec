package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"agentdesk/web"
)

// What a client makes up must not grow the figures: methods that nobody serves, and paths that are not there.
func TestFiguresDoNotGrowByWhatClientsInvent(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	d := newDesk(t, func(o *web.Options) { o.Metrics = registry })
	nobody := d.nobody(t)
	for _, method := range []string{"BREW", "WHEN", "PROPFIND", http.MethodDelete} {
		nobody.exchange(t, method, "/session", nil)
		nobody.exchange(t, method, "/"+method, nil)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "agentdesk_http_request_seconds" {
			continue
		}
		if n := len(family.GetMetric()); n > 2 {
			t.Errorf("%d series", n)
		}
		if text := family.String(); strings.Contains(text, "BREW") {
			t.Errorf("a made up method is kept: %s", text)
		}
	}
}
