package main

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkAcknowledge is what Meta waits for: a signed delivery posted to the running desk until its 200, which comes when
// it is on disk. The desk processes what it took at the same time, as it does in life. A thousand customers take turns.
func BenchmarkAcknowledge(b *testing.B) {
	for _, conns := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("conns=%d", conns), func(b *testing.B) {
			f := open(b)
			m := f.meta(conns)
			deliveries := make([]signedBody, b.N)
			for i := range deliveries {
				deliveries[i] = textOf(i%1000, "Is the green lamp back in stock?")
			}
			b.ResetTimer()
			taken := m.postAll(b, deliveries, conns)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
			taken.report(b, 50, 99)
		})
	}
}

// BenchmarkStoredAndRouted is the whole intake: new customers write over 16 connections, and the clock stops when every
// message is stored and every chat belongs to one of the agents, who are available, have room and a socket each.
func BenchmarkStoredAndRouted(b *testing.B) {
	for _, number := range []int{1, 20} {
		b.Run(fmt.Sprintf("agents=%d", number), func(b *testing.B) {
			f := open(b)
			m, db := f.meta(16), f.rows(b)
			people := f.agents(b, number)
			f.available(b, people...)
			if _, err := db.ExecContext(b.Context(), "UPDATE agents SET capacity = 1000000"); err != nil {
				b.Fatal(err)
			}
			for _, who := range people {
				f.visitor(b, who).watch(b, 0, 0, func([]byte) {})
			}
			deliveries := make([]signedBody, b.N)
			for i := range deliveries {
				deliveries[i] = textOf(i, "Good morning, do you deliver on Saturdays?")
			}
			b.ResetTimer()
			m.postAll(b, deliveries, 16)
			deadline := time.Now().Add(time.Minute)
			for count(b, db, "SELECT COUNT(*) FROM chats WHERE owner_id IS NOT NULL") < b.N {
				if time.Now().After(deadline) {
					b.Fatalf("%d of %d chats have an owner after a minute", count(b, db, "SELECT COUNT(*) FROM chats WHERE owner_id IS NOT NULL"), b.N)
				}
				pause()
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
