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

// Tracing creates spans. If the environment does not enable traces, it does nothing.
type Tracing struct {
	provider *sdktrace.TracerProvider // nil: off
	tracer   trace.Tracer
}

// Proxy returns the proxy for a request, or nil, as http.Transport.Proxy does.
type Proxy func(*http.Request) (*url.URL, error)

// NewTracing configures tracing from the environment, which TracingErrors checks. Traces are sent through the proxy.
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
	// The SDK reports spans that it cannot deliver only to a global error handler.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		logger.Warn("the server could not deliver traces", "error", err)
	}))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))

	return &Tracing{provider: provider, tracer: provider.Tracer(scope)}, nil
}

// On reports whether tracing is enabled.
func (t *Tracing) On() bool { return t.provider != nil }

// Shutdown delivers the remaining spans until ctx ends.
func (t *Tracing) Shutdown(ctx context.Context) error {
	if !t.On() {
		return nil
	}

	return t.provider.Shutdown(ctx)
}

// Handler creates a span for every request except health checks, which arrive at the root and under the path of the
// public URL. Anyone may send a traceparent (W3C Trace Context section 3.2). It becomes a link and not the parent of
// the span, because otherwise clients would control sampling and could add spans to the server's traces.
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
		header.Set("traceparent", r.Header.Get("Traceparent")) // but not tracestate, which contains free text

		if remote := trace.SpanContextFromContext(incoming.Extract(context.Background(), header)); remote.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: remote}))
		}

		ctx, span := t.tracer.Start(r.Context(), "request", options...)
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Request sets the name and attributes of the span of a completed request. It uses the template of the route, because
// the path may contain anything.
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

// Upstream starts the span of one attempt of a call to the Developer API. The returned function ends it. The span
// contains no data of the request, and the request contains no trace header.
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
