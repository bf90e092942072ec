package store_test

import (
	"fmt"
	"testing"

	"agentdesk/store"
	"agentdesk/store/storetest"
)

// Applied messages a second, of 200 customers, one and fifty to a transaction.
func BenchmarkReceive(b *testing.B) {
	for _, batch := range []int{1, 50} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			d := storetest.New(b)
			for i := range 200 {
				d.Inbound(b, 1+i, "Hello")
			}
			b.ResetTimer()
			for n := 0; n < b.N; n += batch {
				var together []store.Processed
				for i := range min(batch, b.N-n) {
					together = append(together, store.Processed{Reports: []store.Report{d.Text(1+(n+i)%200, "Is the green lamp back in stock?")}})
				}
				if err := d.Store.ApplyDeliveries(b.Context(), together); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// Deliveries on disk a second, with as many senders as Meta might use at once.
func BenchmarkKeepDelivery(b *testing.B) {
	body := make([]byte, 900)
	for _, senders := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			d := storetest.New(b)
			b.SetParallelism(senders)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := d.Store.KeepDelivery(b.Context(), body); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
