package store_test

import (
	"testing"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

func TestReceiveBeginsAChat(t *testing.T) {
	t.Parallel()
	d := storetest.New(t)
	c := d.Inbound(t, 1, "Hello")
	if c.State != store.ChatOpen || c.OwnerID != 0 || c.Unread != 1 || !c.Waiting() || c.CaseID == 0 {
		t.Errorf("first chat: %+v", c)
	}
	if got, want := c.WindowUntil.Sub(c.WindowFrom), store.WindowLength; got != want {
		t.Errorf("window %v, want %v", got, want)
	}
}
