package harness

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// SendAtRate sends this many requests a second until ctx ends and ignores their outcomes. If the server is too slow,
// requests wait.
func (p Polled) SendAtRate(ctx context.Context, rate int, refused *atomic.Int64) {
	var group sync.WaitGroup
	defer group.Wait()
	slots := make(chan struct{}, 256)

	ticker := time.NewTicker(time.Second / time.Duration(rate))
	defer ticker.Stop()

	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()

			if got, err := p.Try(ctx, "GET", DatabasesPath, p.Header, ""); err == nil && got.Status == 429 {
				refused.Add(1)
			}
		})
	}
}
