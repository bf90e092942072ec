package whatsapp_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestWebhooks takes every webhook example of the platform document (1.4, 2, 2.1, 3, 4, 12.1) through signature, disk and
// worker. Beside each NAME.json stands NAME.want: what the desk knows afterwards.
//
// Where a fixture is about what went before, its customer has written "Hi" and got the answer wamid.OURS.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "webhooks", "*.json"))
	if err != nil || len(files) < 69 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, body := newDesk(t), webhook(t, name)
			d.Clock.Set(time.Unix(1749416383, 0))
			if follows.MatchString(name) {
				d.deliver(t, webhook(t, "text"))
				wamid := "wamid.OURS"
				if name == "status_played" {
					wamid = "wamid.VOICE"
				}
				d.answer(t, 1, "Ours", wamid)
			}
			d.Clock.Set(newest(body).Add(time.Minute))

			d.deliver(t, body)
			want, err := os.ReadFile(strings.TrimSuffix(file, ".json") + ".want")
			if err != nil {
				t.Fatal(err)
			}
			have := d.describe(t)
			if diff := cmp.Diff(string(want), have); diff != "" {
				t.Errorf("(-want +have)\n%s", diff)
			}

			d.deliver(t, body)
			if diff := cmp.Diff(have, d.describe(t)); diff != "" {
				t.Errorf("the same delivery again changed something (-first +second)\n%s", diff)
			}
		})
	}
}

// follows names the fixtures that are about a chat that is there already.
var follows = regexp.MustCompile(`^(status|system|interactive|reaction|edit|revoke|context_(reply|product)|user_|messaging|smb_|standby_echo)`)

// newest is the latest instant that a fixture names.
func newest(body []byte) time.Time {
	last := time.Unix(1749416383, 0)
	for _, m := range regexp.MustCompile(`"(?:timestamp|time)": "?(\d{10})\b`).FindAllSubmatch(body, -1) {
		n, err := strconv.ParseInt(string(m[1]), 10, 64)
		if at := time.Unix(n, 0); err == nil && at.After(last) {
			last = at
		}
	}
	return last
}
