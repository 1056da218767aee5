// Package telemetry exports Prometheus metrics and OpenTelemetry traces. It does not depend on the packages that it
// observes: internal/server passes it strings from closed sets. Values from a client or an account (a path, an ID, a
// name, an address) never become a label or an attribute. Therefore the number of series is bounded, and neither
// metrics nor traces contain personal data.
package telemetry

import (
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// MetricsOptions configure Metrics. The lists are the closed sets of label values. Their series start at zero, so that
// the first event appears as an increase.
type MetricsOptions struct {
	Version                              string
	Problems                             []string // codes
	UpstreamOperations, UpstreamOutcomes []string
	MintOutcomes, CreateOutcomes, Limits []string
	Operations                           []string // names, for operations_total
	WebhookOutcomes                      []string
}

// Metrics contains the metrics of a server. It is safe for concurrent use.
type Metrics struct {
	registry       *prometheus.Registry
	requests       *prometheus.CounterVec
	requestSeconds *prometheus.HistogramVec
	problems       *prometheus.CounterVec
	upstream       *prometheus.CounterVec
	upstreamTook   *prometheus.HistogramVec
	mints          *prometheus.CounterVec
	creates        *prometheus.CounterVec
	operations     *prometheus.CounterVec
	limited        *prometheus.CounterVec
	webhooks       *prometheus.CounterVec
}

// The longest request is a connect that settles and mints, or a create that settles; the longest call is a create.
var (
	requestBuckets  = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 90}
	upstreamBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 4, 10, 15, 30}
)

// NewMetrics creates Metrics with their own registry.
func NewMetrics(options MetricsOptions) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: counters("http_requests_total", "Completed requests.", "method", "route", "status"),
		requestSeconds: histograms(
			"http_request_duration_seconds",
			"Time from the header of a request to the end of its response.",
			requestBuckets, "method", "route"),
		problems: counters("problems_total", "Problem responses, by code.", "code"),
		upstream: counters(
			"upstream_calls_total", "Attempts of calls to the Developer API, by outcome.", "operation", "outcome",
		),
		upstreamTook: histograms(
			"upstream_call_duration_seconds",
			"Duration of one attempt of a call to the Developer API.",
			upstreamBuckets,
			"operation",
		),
		mints:   counters("mints_total", "Mints of developer keys, by outcome.", "outcome"),
		creates: counters("creates_total", "Creates of databases, by outcome.", "outcome"),
		operations: counters(
			"operations_total", "Calls of the operations in BFF_ALLOW_OPERATIONS, by outcome.", "operation", "outcome",
		),
		webhooks: counters("webhook_deliveries_total", "Attempts to deliver a webhook, by outcome.", "outcome"),
		limited:  counters("limit_refusals_total", "Requests that a rate limit rejected, by limit.", "limit"),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the labels contain the versions of the binary and of Go.",
	}, []string{"version", "go_version"})
	build.WithLabelValues(options.Version, runtime.Version()).Set(1)
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build,
		m.requests, m.requestSeconds, m.problems, m.upstream, m.upstreamTook, m.mints, m.creates, m.operations,
		m.limited, m.webhooks,
	)
	m.showZeros(options)

	return m
}

// showZeros creates the series of closed sets, so that a rate can be computed from the first event.
func (m *Metrics) showZeros(options MetricsOptions) {
	for _, operation := range options.UpstreamOperations {
		m.upstreamTook.WithLabelValues(operation)

		for _, outcome := range options.UpstreamOutcomes {
			m.upstream.WithLabelValues(operation, outcome)
		}
	}

	for _, outcome := range options.MintOutcomes {
		m.mints.WithLabelValues(outcome)
	}

	for _, outcome := range options.CreateOutcomes {
		m.creates.WithLabelValues(outcome)
	}

	for _, name := range options.Operations {
		m.operations.WithLabelValues(name, "ok")
	}

	for _, outcome := range options.WebhookOutcomes {
		m.webhooks.WithLabelValues(outcome)
	}

	for _, code := range options.Problems {
		m.problems.WithLabelValues(code)
	}

	for _, limit := range options.Limits {
		m.limited.WithLabelValues(limit)
	}
}

const namespace = "bff"

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels,
	)
}

// Request counts a completed request. code is the code of its problem, or empty.
func (m *Metrics) Request(method, route string, status int, code string, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.requestSeconds.WithLabelValues(method, route).Observe(took.Seconds())

	if code != "" {
		m.problems.WithLabelValues(code).Inc()
	}
}

// Webhook counts one attempt to deliver a webhook.
func (m *Metrics) Webhook(outcome string) { m.webhooks.WithLabelValues(outcome).Inc() }

// UpstreamCall counts one attempt of a call. It ignores the duration of an attempt that was not sent.
func (m *Metrics) UpstreamCall(operation, outcome string, took time.Duration, sent bool) {
	m.upstream.WithLabelValues(operation, outcome).Inc()

	if sent {
		m.upstreamTook.WithLabelValues(operation).Observe(took.Seconds())
	}
}

// Mint counts a mint.
func (m *Metrics) Mint(outcome string) { m.mints.WithLabelValues(outcome).Inc() }

// Operation counts a call of an operation with its outcome.
func (m *Metrics) Operation(name, outcome string) { m.operations.WithLabelValues(name, outcome).Inc() }

// Create counts a create.
func (m *Metrics) Create(outcome string) { m.creates.WithLabelValues(outcome).Inc() }

// Limited counts a request that a rate limit rejected.
func (m *Metrics) Limited(limit string) { m.limited.WithLabelValues(limit).Inc() }

const maxScrapes = 4 // concurrent scrapes, so that a scraper that times out and retries cannot pile up work

// Handler serves the metrics in Prometheus's text format.
func (m *Metrics) Handler(logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError, // serve the metrics that could be collected
		MaxRequestsInFlight: maxScrapes,
	})
}
