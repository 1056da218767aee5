package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkQuietCallers is promise R11: what twenty quiet callers wait for a list, alone and beside one who sends 500 requests
// a second, under the limits as they are set by default. One operation is one call of each of the twenty. p50-ms and p99-ms are
// theirs; refused/s is what the noisy one was told no.
func BenchmarkQuietCallers(b *testing.B) {
	for _, row := range []struct {
		name string
		rate int // of the noisy one, a second
	}{{"alone", 0}, {"beside-500rps", 500}} {
		b.Run(row.name, func(b *testing.B) {
			noisy := startPolled(b, 10, 0, "BFF_LIMIT_REQUESTS=100/s")
			quiet := make([]polled, 20)
			for n := range quiet {
				quiet[n] = noisy.polledBy(b, fmt.Sprintf("quiet-%d@example.com", n))
				quiet[n].poll(b, quiet[n].header)
			}
			ctx, stop := context.WithCancel(b.Context())
			var noise sync.WaitGroup
			var refused atomic.Int64
			if row.rate > 0 {
				noise.Go(func() { noisy.shout(ctx, row.rate, &refused) })
			}
			b.ResetTimer()
			begun := time.Now()
			took := ask(b, quiet, b.N)
			b.StopTimer()
			lasted := time.Since(begun)
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

// shout sends so many requests a second until ctx ends, whatever becomes of them. A server that does not keep up has them wait.
func (p polled) shout(ctx context.Context, rate int, refused *atomic.Int64) {
	var group sync.WaitGroup
	defer group.Wait()
	turns := make(chan struct{}, 256)
	ticker := time.NewTicker(time.Second / time.Duration(rate))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		turns <- struct{}{}
		group.Go(func() {
			defer func() { <-turns }()
			if got, err := p.try(ctx, "GET", databasesPath, p.header, ""); err == nil && got.status == 429 {
				refused.Add(1)
			}
		})
	}
}

// ask lets each caller make so many calls, some five a second, and returns what each call took.
func ask(b *testing.B, callers []polled, calls int) []time.Duration {
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
				begun := time.Now()
				got, err := caller.try(b.Context(), "GET", databasesPath, caller.header, "")
				took := time.Since(begun)
				if err != nil || got.status != 200 {
					b.Errorf("a quiet caller got %d, %v: %s", got.status, err, got.body)
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
