package test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// BenchmarkQuietCallers is promise R11: how long twenty quiet callers wait for a list, alone and next to one caller
// who sends 500 requests a second, under the default limits. One operation is one call of each quiet caller. p50-ms
// and p99-ms are those callers' latencies; refused/s counts the rejected requests of the noisy caller.
func BenchmarkQuietCallers(b *testing.B) {
	for _, row := range []struct {
		name string
		rate int // of the noisy one, a second
	}{{"alone", 0}, {"beside-500rps", 500}} {
		b.Run(row.name, func(b *testing.B) {
			noisy := startPolled(b, 10, 0, "BFF_LIMIT_REQUESTS=100/s")

			quiet := make([]harness.Polled, 20)
			for n := range quiet {
				quiet[n] = noisy.PolledBy(b, fmt.Sprintf("quiet-%d@example.com", n))
				quiet[n].Poll(b, quiet[n].Header)
			}
			ctx, stop := context.WithCancel(b.Context())
			var noise sync.WaitGroup

			var refused atomic.Int64
			if row.rate > 0 {
				noise.Go(func() { noisy.SendAtRate(ctx, row.rate, &refused) })
			}
			b.ResetTimer()
			start := time.Now()
			took := ask(b, quiet, b.N)
			b.StopTimer()
			lasted := time.Since(start)
			stop()
			noise.Wait()
			slices.Sort(took)
			b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms")
			b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
			b.ReportMetric(float64(refused.Load())/lasted.Seconds(), "refused/s")
			b.ReportMetric(0, "ns/op") // the callers' pauses, mostly
		})
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// ask lets each caller make so many calls, some five a second, and returns what each call took.
func ask(b *testing.B, callers []harness.Polled, calls int) []time.Duration {
	b.Helper()

	var (
		group sync.WaitGroup
		mu    sync.Mutex
		all   []time.Duration
	)
	for _, caller := range callers {
		group.Go(func() {
			for range calls {
				time.Sleep(rand.N(400 * time.Millisecond))
				start := time.Now()
				got, err := caller.Try(b.Context(), "GET", harness.DatabasesPath, caller.Header, "")
				took := time.Since(start)

				if err != nil || got.Status != 200 {
					b.Errorf("a quiet caller got %d, %v: %s", got.Status, err, got.Body)
					return
				}
				mu.Lock()
				all = append(all, took)
				mu.Unlock()
			}
		})
	}
	group.Wait()

	return all
}
