package upstash_test

import (
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/upstash"
)

// pour writes until the other side has enough, and counts.
func pour(written *atomic.Int64, head, piece string) http.HandlerFunc {
	piece = strings.Repeat(piece, 1+4096/len(piece))

	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(head))
		for written.Load() < 200<<20 {
			n, err := w.Write([]byte(piece))
			written.Add(int64(n))

			if err != nil {
				return
			}
		}
	}
}

func TestEndlessResponsesAreAborted(t *testing.T) {
	t.Parallel()

	rows := map[string]struct {
		head, piece string
		most        int64 // bytes that may have been sent: the bound, and what connections buffer
	}{
		"a list of small objects": {"[", `{"database_id":"a1","database_name":"x"},`, 24 << 20},
		"a list of nulls":         {"[", `null,`, 24 << 20},
		"white space":             {"", " ", 24 << 20},
		"one long string":         {`[{"database_name":"`, "a", 24 << 20},
		"one unused string":       {`[{"unused":"`, "a", 24 << 20},
		"unused depth":            {`[{"unused":`, "[", 24 << 20},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			var written atomic.Int64

			client := newClient(t, newFar(t, pour(&written, row.head, row.piece)).URL)
			if _, err := client.List(t.Context(), somebody); !errors.Is(err, upstash.ErrUnexpectedResponse) {
				t.Errorf("got %v, want ErrUnexpectedResponse", err)
			}

			if got := written.Load(); got > row.most {
				t.Errorf("%d bytes were taken, want at most %d", got, row.most)
			}
		})
	}
}

func TestErrorBodiesAreReadUpToALimit(t *testing.T) {
	for _, status := range []int{400, 403, 429, 500} {
		var written atomic.Int64

		f := newFar(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			pour(&written, "", "x")(w, r)
		})
		if _, err := newClient(t, f.URL).CreateDatabase(t.Context(), somebody, upstash.CreateRequest{}); err == nil {
			t.Errorf("%d: got no error", status)
		}

		if got := written.Load(); got > 8<<20 {
			t.Errorf("%d: %d bytes were taken", status, got)
		}
	}
}

func TestGzipIsNeverUnpacked(t *testing.T) {
	f := newFar(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("we ask for %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		_, _ = packed.Write([]byte("[" + strings.Repeat(" ", 32<<20) + "]"))
		_ = packed.Close()
	})
	if _, err := newClient(t, f.URL).List(t.Context(), somebody); !errors.Is(err, upstash.ErrUnexpectedResponse) {
		t.Errorf("got %v, want ErrUnexpectedResponse", err)
	}
}

func TestSlowResponsesEndAtTheCallersDeadline(t *testing.T) {
	f := newFar(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("["))
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte(" "))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	})
	client := newClient(t, f.URL)

	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	start := time.Now()

	if _, err := client.List(ctx, somebody); !errors.Is(err, upstash.ErrTimeout) {
		t.Errorf("read: got %v, want ErrTimeout", err)
	}

	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()

	if _, err := client.CreateDatabase(
		ctx, somebody, upstash.CreateRequest{},
	); !errors.Is(
		err, upstash.ErrOutcomeUnknown,
	) {
		t.Errorf("create: got %v, want ErrOutcomeUnknown", err)
	}

	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s, want about 0.6 s", took)
	}
}

// Without a deadline of the caller's own, a call has one all the same.
func TestEveryCallHasADeadline(t *testing.T) {
	t.Parallel()
	f := newFar(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	start := time.Now()

	if _, err := newClient(t, f.URL).List(context.Background(), somebody); !errors.Is(err, upstash.ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}

	if took := time.Since(start); took > upstash.ReadTimeout+2*time.Second {
		t.Errorf("took %s, want at most %s", took, upstash.ReadTimeout)
	}
}
