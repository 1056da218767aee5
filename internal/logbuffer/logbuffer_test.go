package logbuffer_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/upstash-connect/bff/internal/logbuffer"
)

// sink counts lines and writes.
type sink struct {
	mu      sync.Mutex
	written bytes.Buffer
	calls   int
	fails   error
}

func (s *sink) Write(content []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++

	if s.fails != nil {
		return 0, s.fails
	}

	return s.written.Write(content)
}

func (s *sink) want(t *testing.T, lines, calls int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()

	if got := strings.Count(s.written.String(), "\n"); got != lines || s.calls != calls {
		t.Errorf("got %d lines in %d writes, want %d in %d", got, s.calls, lines, calls)
	}
}

func json(out io.Writer) slog.Handler { return slog.NewJSONHandler(out, nil) }

func TestOnlyAccessLinesAreBuffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		logger := logbuffer.New(out).Logger(json, "request").With("a", 1).WithGroup("g")

		for range 3 {
			logger.Info("request")
		}
		out.want(t, 0, 0)
		time.Sleep(logbuffer.Delay)
		synctest.Wait()
		out.want(t, 3, 1)

		logger.Info("request")
		logger.Info("connection state changed")
		out.want(t, 5, 2)
		logger.Error("request")
		out.want(t, 6, 3)
		time.Sleep(time.Minute)
		synctest.Wait()
		out.want(t, 6, 3)
	})
}

func TestNoLineIsLostAndTheBufferIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{}
		buffer := logbuffer.New(out)
		line := []byte(strings.Repeat("x", 999) + "\n")

		for range 200 {
			if _, err := buffer.Write(line); err != nil {
				t.Fatal(err)
			}
		}
		out.want(t, 3*(logbuffer.Size/1000), 3)

		if _, err := buffer.Write(bytes.Repeat(line, 100)); err != nil { // longer than the buffer
			t.Fatal(err)
		}
		out.want(t, 300, 5)
	})
}

func TestLinesKeepTheirOrderAndAreNotTorn(t *testing.T) {
	out := &sink{}
	buffer := logbuffer.New(out)
	logger := buffer.Logger(json, "request")

	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			for i := range 500 {
				logger.Info("request", "who", n, "i", i)

				if i%50 == 0 {
					logger.Warn("request", "who", n, "i", i)
				}
			}
		})
	}
	group.Wait()

	if err := buffer.Flush(); err != nil {
		t.Fatal(err)
	}

	for line := range strings.Lines(out.written.String()) {
		if !strings.HasPrefix(line, `{"time":`) || !strings.HasSuffix(line, "}\n") {
			t.Fatalf("a line is torn: %q", line)
		}
	}

	if got := strings.Count(out.written.String(), "\n"); got != 8*510 {
		t.Errorf("got %d lines, want %d", got, 8*510)
	}
}

func TestAFailedWriteIsReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &sink{fails: errors.New("no space")}
		buffer := logbuffer.New(out)
		_, _ = buffer.Write([]byte("a\n"))

		if err := buffer.Flush(); !errors.Is(err, out.fails) {
			t.Errorf("got %v", err)
		}

		if err := buffer.Flush(); err != nil {
			t.Errorf("got %v for nothing", err)
		}
	})
}

// BenchmarkAccessLine compares unbuffered with buffered lines.
func BenchmarkAccessLine(b *testing.B) {
	log := func(b *testing.B, logger *slog.Logger) {
		b.Helper()
		b.ReportAllocs()

		for b.Loop() {
			logger.LogAttrs(b.Context(), slog.LevelInfo, "request",
				slog.String("request_id", "6G5M2KQJ4V7ZC3XN5W2RTYB4HA"), slog.String("method", "GET"),
				slog.String("route", "/api/v1/databases"), slog.Int("status", 200), slog.Int64("bytes", 3600),
				slog.Float64("took_ms", 1.234), slog.String("client", "127.0.0.1"),
				slog.Float64("upstream_ms", 1.1), slog.String("account", "0123456789ab"))
		}
	}

	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = null.Close() })

	b.Run("at-once", func(b *testing.B) { log(b, slog.New(slog.NewJSONHandler(null, nil))) })
	b.Run("buffered", func(b *testing.B) { log(b, logbuffer.New(null).Logger(json, "request")) })
}
