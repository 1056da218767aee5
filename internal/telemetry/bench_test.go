package telemetry_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/telemetry"
)

// The cost per request of counting it, and of disabled traces.
func BenchmarkRequestCounted(b *testing.B) {
	metrics := telemetry.NewMetrics(telemetry.MetricsOptions{})
	b.ReportAllocs()

	for b.Loop() {
		metrics.Request("GET", "/api/v1/databases", 200, "", 3*time.Millisecond)
	}
}

func BenchmarkTracesOff(b *testing.B) {
	b.Setenv("OTEL_SDK_DISABLED", "true")

	tracing, err := telemetry.NewTracing(context.Background(), "", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	handler := tracing.Handler("", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		tracing.Request(r.Context(), "GET", "/api/v1/databases", 200, "")
		_, end := tracing.Upstream(r.Context(), "list")
		end("ok", false)
	}))
	request := httptest.NewRequestWithContext(context.Background(), "GET", "/api/v1/databases", nil)
	b.ReportAllocs()

	for b.Loop() {
		handler.ServeHTTP(nil, request)
	}
}
