package webhook_test

import (
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

// One service cannot use every place of waiting readers: its further readers get an immediate response, and another
// service still waits.
func TestWaitingReadersOfOneServiceAreBounded(t *testing.T) {
	o := newOutbox(t)
	feed := &webhook.Feed{Store: o.DB, Stopping: func() bool { return false }}
	as := func(service string) partner.Principal {
		return partner.Principal{
			Service: partner.Service{ID: service}, Policy: partner.Policy{Scopes: []string{partner.ScopeGrants}},
		}
	}
	waited := func(service string) time.Duration {
		begin := time.Now()

		page, err := feed.After(t.Context(), as(service), webhook.FromStart, 3*time.Second)
		if err != nil || len(page.Events) != 0 {
			t.Errorf("got %+v, %v", page, err)
		}

		return time.Since(begin)
	}

	var (
		reading sync.WaitGroup
		mu      sync.Mutex
		long    int
	)
	for range 15 {
		reading.Go(func() {
			if took := waited(serviceID); took > 2*time.Second {
				mu.Lock()
				defer mu.Unlock()
				long++
			}
		})
	}
	reading.Go(func() {
		if took := waited("another"); took < 2*time.Second {
			t.Errorf("the other service's reader waited %s", took)
		}
	})
	reading.Wait()

	if long != 10 {
		t.Errorf("%d readers of one service waited, want 10", long)
	}
}
