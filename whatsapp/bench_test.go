package whatsapp_test

import (
	"fmt"
	"sync/atomic"
	"testing"
)

func inbound(n int64) []byte {
	return messages(fmt.Sprintf(`{"from":"447%09d","from_user_id":"GB.%d","id":"wamid.B%d","timestamp":"1749416383","type":"text","text":{"body":"Does it come in another color?"}}`,
		n%1000, n%1000, n))
}

// BenchmarkAccept is what Meta waits for: signature and disk, with 1 and 32 deliveries at a time a core.
func BenchmarkAccept(b *testing.B) {
	for _, parallel := range []int{1, 32} {
		b.Run(fmt.Sprintf("%d at a time", parallel), func(b *testing.B) {
			d := newDesk(b)
			var n atomic.Int64
			b.SetParallelism(parallel)
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					body := inbound(n.Add(1))
					if err := d.inbox.Accept(b.Context(), body, []string{sign(appSecret, body)}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkInbox is how fast a backlog of deliveries becomes messages in chats, a thousand customers taking turns.
func BenchmarkInbox(b *testing.B) {
	d := newDesk(b)
	for i := range b.N {
		body := inbound(int64(i + 1))
		d.Exec(b, "INSERT INTO deliveries (received_at, body, sha256) VALUES (1, ?, x'')", body)
	}
	b.ResetTimer()
	d.process(b)
	b.StopTimer()
	if n := d.Count(b, "SELECT COUNT(*) FROM messages"); n != int64(b.N) {
		b.Fatalf("%d of %d messages", n, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
