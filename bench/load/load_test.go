package load

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func noMeter() (time.Duration, error) { return 0, nil }

func requests(path string) func(int, []byte) []byte {
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
	return func(int, []byte) []byte { return request }
}

func target(t *testing.T) (addr string, served *atomic.Int64) {
	t.Helper()
	served = &atomic.Int64{}

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := served.Add(1)
		switch r.URL.Path {
		case "/late":
			if n > 5 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		case "/closes":
			w.Header().Set("Connection", "close")
		}
		_, _ = fmt.Fprint(w, "0123456789")
	}))
	t.Cleanup(server.Close)

	return strings.TrimPrefix(server.URL, "http://"), served
}

// A plan without a duration sends each request once, over connections that the server may close.
func TestRunSendsEachRequestOnce(t *testing.T) {
	t.Parallel()

	for _, path := range []string{"/", "/closes"} {
		addr, served := target(t)

		var left atomic.Int64
		left.Store(50)
		meter := time.Duration(0)

		got, err := Run(t.Context(), Plan{
			Addr: addr, Connections: 4, Status: 200, Least: 10,
			Next: func(worker int, scratch []byte) []byte {
				if left.Add(-1) < 0 {
					return nil
				}

				return requests(path)(worker, scratch)
			},
			Meter: func() (time.Duration, error) { meter += 50 * time.Millisecond; return meter, nil },
		})
		if err != nil {
			t.Fatal(err)
		}

		if served.Load() != 50 || got.Requests != 50 || got.Latency.TotalCount() != 50 {
			t.Errorf("%s: served %d, got %d requests, %d latencies; want 50", path, served.Load(), got.Requests, got.Latency.TotalCount())
		}

		if got.CPU != 50*time.Millisecond || got.CPUMicros() != 1000 {
			t.Errorf("%s: got %s of CPU, %v us a request; want 50ms and 1000", path, got.CPU, got.CPUMicros())
		}
	}
}

// One wrong response among many ends a run with an error: a server that fails fast is not fast.
func TestRunFailsOnAWrongResponse(t *testing.T) {
	t.Parallel()
	addr, _ := target(t)

	for name, plan := range map[string]Plan{
		"a wrong status": {Next: requests("/late"), Status: 200, Least: 10},
		"a short body":   {Next: requests("/"), Status: 200, Least: 11},
	} {
		plan.Addr, plan.Connections, plan.For, plan.Meter = addr, 2, 2*time.Second, noMeter
		if got, err := Run(t.Context(), plan); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}
