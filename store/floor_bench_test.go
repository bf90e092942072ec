package store_test

import (
	"testing"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// The floor of every benchmark: 10,000 chats of 20 messages, 2,000 of them open.
func benchFloor(b *testing.B) *storetest.Desk {
	b.Helper()
	d := storetest.New(b)
	bigFloor(b, d, 10_000, 20)
	b.ReportAllocs()
	b.ResetTimer()
	return d
}

func BenchmarkChatList(b *testing.B) {
	d := benchFloor(b)
	for _, who := range []store.Agent{d.Ana, d.Sam} {
		for _, view := range views {
			b.Run(string(who.Role)+" "+string(view), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := d.Store.ChatList(b.Context(), who, store.ListQuery{View: view}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkViewCounts(b *testing.B) {
	d := benchFloor(b)
	for _, who := range []store.Agent{d.Ana, d.Sam} {
		b.Run(string(who.Role), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Store.ViewCounts(b.Context(), who); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkThread(b *testing.B) {
	d := benchFloor(b)
	for b.Loop() {
		if _, err := d.Store.Thread(b.Context(), d.Ana, 15, store.ThreadQuery{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkChat(b *testing.B) {
	d := benchFloor(b)
	for b.Loop() {
		if _, err := d.Store.Chat(b.Context(), d.Ana, 15); err != nil {
			b.Fatal(err)
		}
	}
}
