package harness

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Shout sends so many requests a second until ctx ends, whatever becomes of them. A server that does not keep up has
// them wait.
func (p Polled) Shout(ctx context.Context, rate int, refused *atomic.Int64) {
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

			if got, err := p.Try(ctx, "GET", DatabasesPath, p.Header, ""); err == nil && got.Status == 429 {
				refused.Add(1)
			}
		})
	}
}
