package whatsapp_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"agentdesk/store"
	"agentdesk/whatsapp"
)

// FuzzDelivery: reading never panics. Its corpus is the fixtures and testdata/fuzz.
func FuzzDelivery(f *testing.F) {
	for _, name := range []string{"text", "contacts", "interactive_nfm_reply", "order", "system", "status_failed", "template_rejected",
		"account_update_account_restriction", "call_completed", "standby_echo", "messaging_handovers", "edit"} {
		f.Add(webhook(f, name))
	}
	f.Add([]byte(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"messages":[{"type":"interactive","interactive":{"type":"type"}}]}}]}]}`))
	f.Fuzz(fuzzed)
}

// fuzzed: whatever comes, it is read or refused with a reason that can be stored and shown.
func fuzzed(t *testing.T, body []byte) {
	reports, problem, passedOver, err := whatsapp.Read(store.Delivery{Body: body, ReceivedAt: time.Unix(1749416383, 0)})
	if err != nil {
		if reports > 0 || err.Error() == "" {
			t.Errorf("%d reports beside the error %v", reports, err)
		}
		return
	}
	for _, words := range append(passedOver, problem) {
		if !utf8.ValidString(words) {
			t.Errorf("%q is not UTF-8", words)
		}
	}
}
