package main

import (
	"strings"
	"testing"
)

// An unsupported tracing setting is a configuration error: continuing silently would look as if traces were sent.
func TestTracesThatAreNotOffered(t *testing.T) {
	for _, given := range []string{
		"OTEL_TRACES_EXPORTER=zipkin", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json",
		`OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318"`, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=collector:4318",
	} {
		t.Run(given, func(t *testing.T) {
			variable, value, _ := strings.Cut(given, "=")
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
			t.Setenv(variable, value)

			var out, faults strings.Builder
			if code := run(
				t.Context(), []string{"serve"}, environ(t, nil), &out, &faults,
			); code != 2 ||
				!strings.Contains(faults.String(), variable+" is ") {
				t.Errorf("got exit code %d and %q, want 2 and the variable's name", code, faults.String())
			}
		})
	}
}
