package whatsapp_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"agentdesk/store"
	"agentdesk/whatsapp"
)

// TestFates is the table of errors of the platform document (10) as far as a send can meet them.
func TestFates(t *testing.T) {
	t.Parallel()
	graph := func(codes ...int) (out []error) {
		for _, code := range codes {
			out = append(out, &whatsapp.GraphError{Status: 400, Code: code})
		}
		return out
	}
	status := func(statuses ...int) (out []error) {
		for _, s := range statuses {
			out = append(out, &whatsapp.CallError{Written: true, Status: s, Err: errors.New("no JSON")})
		}
		return out
	}
	for _, tt := range []struct {
		fate   string
		reason store.FailReason
		pause  store.PauseReason
		errs   []error
	}{
		{"again", store.FailTryAgain, "", append(graph(4, 80007, 130429, 131056, 131057), status(429)...)},
		{"again", store.FailTryAgain, "", []error{&whatsapp.CallError{Err: errors.New("connection refused")}, &whatsapp.GraphError{Status: 429, Code: 99999}}},
		{"unknown", store.FailTryAgain, "", append(graph(1, 2, 131000, 131016, 133004), status(200, 302, 408, 500, 502, 503, 504)...)},
		{"unknown", store.FailTryAgain, "", []error{&whatsapp.CallError{Written: true, Err: errors.New("reset")}, &whatsapp.GraphError{Status: 500, Code: 99999}}},
		{"paused", store.FailNumber, store.PauseToken, graph(0, 190)},
		{"paused", store.FailNumber, store.PausePermission, graph(3, 10, 200, 250, 299, 131005)},
		{"paused", store.FailNumber, store.PausePayment, graph(131042, 131044)},
		{"paused", store.FailNumber, store.PauseRestricted, graph(368, 131031)},
		{"paused", store.FailNumber, store.PauseNumber, graph(33, 131045, 133006, 133010)},
		{"paused", store.FailNumber, store.PauseName, graph(131037)},
		{"refused", store.FailWindowEnded, "", graph(131047)},
		{"refused", store.FailUnreachable, "", graph(131026)},
		{"refused", store.FailTestNumber, "", graph(131030)},
		{"refused", store.FailNeedsPhone, "", graph(131062)},
		{"refused", store.FailOptedOut, "", graph(131050)},
		{"refused", store.FailHeldByMeta, "", graph(130472, 131049)},
		{"refused", store.FailNotAllowed, "", graph(130403, 130497, 131021, 139200)},
		{"refused", store.FailMedia, "", graph(131052, 131053)},
		{"refused", store.FailTemplate, "", graph(132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018)},
		{"refused", store.FailOurs, "", graph(100, 131008, 131009, 131051, 135000)},
		{"refused", store.FailNumber, "", graph(131048)},
		{"refused", store.FailTryAgain, "", graph(613, 133000, 133015)},
		{"refused", store.FailNoMatchFound, "", append(graph(99999, 300, -1), status(400, 404, 413)...)},
	} {
		for _, err := range tt.errs {
			fate, reason, pause := whatsapp.Fate(fmt.Errorf("wrapped: %w", err))
			if fate != tt.fate || reason != tt.reason || pause != tt.pause {
				t.Errorf("%v: %s %s %q, want %s %s %q", err, fate, reason, pause, tt.fate, tt.reason, tt.pause)
			}
		}
	}
}

// TestFailedStatuses: the same table says why a message that was taken did not arrive.
func TestFailedStatuses(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]struct {
		reason store.FailReason
		pause  store.PauseReason
	}{
		131047: {store.FailWindowEnded, ""}, 131026: {store.FailUnreachable, ""}, 131049: {store.FailHeldByMeta, ""},
		131000: {store.FailTryAgain, ""}, 131042: {store.FailNumber, store.PausePayment}, 99999: {store.FailNoMatchFound, ""},
	} {
		if reason, pause := whatsapp.Failure(code); reason != want.reason || pause != want.pause {
			t.Errorf("%d: %s %q", code, reason, pause)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code, n  int
		after    time.Duration
		from, to time.Duration
	}{
		{130429, 1, 0, 750 * time.Millisecond, 1250 * time.Millisecond},
		{130429, 2, 0, 1500 * time.Millisecond, 2500 * time.Millisecond},
		{130429, 7, 0, 45 * time.Second, 75 * time.Second},
		{0, 50, 0, 45 * time.Second, 75 * time.Second},
		{131056, 1, 0, 4 * time.Second, 4 * time.Second},
		{131056, 3, 0, 64 * time.Second, 64 * time.Second},
		{131057, 1, 0, time.Minute, time.Minute},
		{4, 1, 90 * time.Second, 90 * time.Second, 90 * time.Second},
	} {
		if wait := whatsapp.Backoff(tt.code, tt.n, tt.after); wait < tt.from || wait > tt.to {
			t.Errorf("code %d, attempt %d: %v, want %v to %v", tt.code, tt.n, wait, tt.from, tt.to)
		}
	}
}
