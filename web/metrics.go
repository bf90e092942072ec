package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the web's own figures, on the registry that cmd serves at the ops address.
type metrics struct {
	requests   *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
	accept     prometheus.Histogram
	sockets    prometheus.Gauge
	frames     prometheus.Counter
	dropped    prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "agentdesk_http_request_seconds",
			Help: "Time to answer, by route, method and status.", Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 10)},
			[]string{"route", "method", "status"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "agentdesk_webhook_deliveries_total",
			Help: "Webhook deliveries by the status they were answered with."}, []string{"status"}),
		accept: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "agentdesk_webhook_accept_seconds",
			Help: "Time from the first byte of a delivery to its 200.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 13)}),
		sockets: prometheus.NewGauge(prometheus.GaugeOpts{Name: "agentdesk_live_sockets", Help: "Open websockets."}),
		frames: prometheus.NewCounter(prometheus.CounterOpts{Name: "agentdesk_live_frames_total",
			Help: "Envelopes put into the sockets' queues."}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "agentdesk_live_slow_total",
			Help: "Sockets closed because their reader was too slow."}),
	}
	r.MustRegister(m.requests, m.deliveries, m.accept, m.sockets, m.frames, m.dropped)
	return m
}

func (m *metrics) observe(c echo.Context, took time.Duration) {
	route := c.Path()
	if route == "" {
		route = "none"
	}
	method := c.Request().Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		method = "other" // clients can make methods up, and each would be kept for ever
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(c.Response().Status)).Observe(took.Seconds())
}

func (m *metrics) delivered(status int, took time.Duration) {
	m.deliveries.WithLabelValues(strconv.Itoa(status)).Inc()
	if took > 0 {
		m.accept.Observe(took.Seconds())
	}
}
