package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"agentdesk/store"
)

// figures are the channel's and the outbox's part of /metrics.
type figures struct {
	deliveries *prometheus.CounterVec
	sends      *prometheus.HistogramVec
}

func newFigures(registry *prometheus.Registry, st *store.Store) *figures {
	f := &figures{
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "agentdesk_deliveries_processed_total",
			Help: "Kept deliveries by what became of them."}, []string{"result"}),
		sends: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "agentdesk_send_seconds",
			Help: "Calls to Meta by their outcome.", Buckets: prometheus.ExponentialBuckets(0.01, 2, 11)}, []string{"outcome"}),
	}
	registry.MustRegister(f.deliveries, f.sends, outbox{st})
	return f
}

func (f *figures) processed(result string, number int) {
	f.deliveries.WithLabelValues(result).Add(float64(number))
}

func (f *figures) sent(outcome string, took time.Duration) {
	f.sends.WithLabelValues(outcome).Observe(took.Seconds())
}

// outbox asks the database when somebody reads the figures.
type outbox struct{ store *store.Store }

var (
	queuedDesc      = prometheus.NewDesc("agentdesk_outbox_queued", "Messages that wait to be sent.", nil, nil)
	unconfirmedDesc = prometheus.NewDesc("agentdesk_outbox_unconfirmed", "Messages of which nobody knows whether Meta took them.", nil, nil)
	oldestDesc      = prometheus.NewDesc("agentdesk_outbox_oldest_seconds", "How long the oldest message has waited.", nil, nil)
)

func (o outbox) Describe(descs chan<- *prometheus.Desc) {
	descs <- queuedDesc
	descs <- unconfirmedDesc
	descs <- oldestDesc
}

func (o outbox) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	queued, unconfirmed, oldest, err := o.store.OutboxFigures(ctx)
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(queuedDesc, err)
		return
	}
	age := 0.0
	if !oldest.IsZero() {
		age = o.store.Now().Sub(oldest).Seconds()
	}
	metrics <- prometheus.MustNewConstMetric(queuedDesc, prometheus.GaugeValue, float64(queued))
	metrics <- prometheus.MustNewConstMetric(unconfirmedDesc, prometheus.GaugeValue, float64(unconfirmed))
	metrics <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, age)
}
