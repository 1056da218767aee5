package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// Logger returns a logger that adds the trace and span IDs of the context to each record.
func (t *Tracing) Logger(logger *slog.Logger) *slog.Logger {
	if !t.On() {
		return logger
	}

	return slog.New(withTrace{logger.Handler()})
}

type withTrace struct{ slog.Handler }

func (h withTrace) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record.AddAttrs(
			slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()),
		)
	}

	return h.Handler.Handle(ctx, record)
}

func (h withTrace) WithAttrs(attributes []slog.Attr) slog.Handler {
	return withTrace{h.Handler.WithAttrs(attributes)}
}

func (h withTrace) WithGroup(name string) slog.Handler { return withTrace{h.Handler.WithGroup(name)} }
