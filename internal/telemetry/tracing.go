package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

const scope = "github.com/upstash-connect/bff"

// Tracing makes spans, or, when the environment does not ask for traces, does nothing at no cost.
type Tracing struct {
	provider *sdktrace.TracerProvider // nil: off
	tracer   trace.Tracer
}

// Proxy is http.Transport's: the proxy through which a request leaves, or nil.
type Proxy func(*http.Request) (*url.URL, error)

// NewTracing reads the environment. Faults of it are those of TracingFaults. Traces leave through the proxy.
func NewTracing(ctx context.Context, version string, proxy Proxy, logger *slog.Logger) (*Tracing, error) {
	if !wanted() {
		return &Tracing{tracer: noop.NewTracerProvider().Tracer(scope)}, nil
	}

	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithProxy(otlptracehttp.HTTPTransportProxyFunc(proxy)))
	if err != nil {
		return nil, err
	}

	about, err := resource.New(
		ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			attribute.String("service.name", "upstash-connect"), attribute.String("service.version", version),
		),
		resource.WithFromEnv(), // last: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win
	)
	if err != nil {
		return nil, err
	}
	// Spans that cannot be delivered are the SDK's to report, and it knows one place alone.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { logger.Warn("traces not delivered", "error", err) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))

	return &Tracing{provider: provider, tracer: provider.Tracer(scope)}, nil
}

// On reports whether spans are made.
func (t *Tracing) On() bool { return t.provider != nil }

// Shutdown delivers what is left, as far as ctx allows.
func (t *Tracing) Shutdown(ctx context.Context) error {
	if !t.On() {
		return nil
	}

	return t.provider.Shutdown(ctx)
}

// Handler puts a span around every request but probes, which come at the root and under the path of the public URL.
// Anyone may send a traceparent (W3C Trace Context section 3.2): it does not become the parent, which would let
// strangers decide what is sampled and put their spans among ours, but a link.
func (t *Tracing) Handler(publicPath string, next http.Handler) http.Handler {
	if !t.On() {
		return next
	}
	var incoming propagation.TraceContext

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := strings.TrimPrefix(r.URL.Path, publicPath); path == "/livez" || path == "/readyz" {
			next.ServeHTTP(w, r)
			return
		}
		options := []trace.SpanStartOption{trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer)}
		header := propagation.HeaderCarrier{}
		header.Set("traceparent", r.Header.Get("Traceparent")) // alone: tracestate holds free text

		if theirs := trace.SpanContextFromContext(incoming.Extract(context.Background(), header)); theirs.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: theirs}))
		}

		ctx, span := t.tracer.Start(r.Context(), "request", options...)
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Request names the span of an answered request. The path itself may hold anything; its route's template may not.
func (t *Tracing) Request(ctx context.Context, method, route string, status int, code string) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetName(method + " " + route)
	span.SetAttributes(
		attribute.String("http.request.method", method),
		attribute.String("http.route", route),
		attribute.Int("http.response.status_code", status),
	)

	if code != "" {
		span.SetAttributes(attribute.String("error.type", code))
	}

	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, code)
	}
}

// Upstream begins the span of one attempt at a call to the Developer API; what it returns ends it. Nothing of the
// request is in it, and nothing of the trace is sent along.
func (t *Tracing) Upstream(ctx context.Context, operation string) (context.Context, func(outcome string, failed bool)) {
	if !t.On() {
		return ctx, func(string, bool) {}
	}
	ctx, span := t.tracer.Start(ctx, "upstash "+operation, trace.WithSpanKind(trace.SpanKindClient))
	span.SetAttributes(attribute.String("bff.upstream.operation", operation))

	return ctx, func(outcome string, failed bool) {
		span.SetAttributes(attribute.String("bff.upstream.outcome", outcome))

		if failed {
			span.SetStatus(codes.Error, outcome)
		}
		span.End()
	}
}
