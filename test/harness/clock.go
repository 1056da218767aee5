package harness

import (
	"sync/atomic"
	"time"
)

// Clock is a server clock that a test can advance. It runs at normal speed, ahead of the real clock.
//
// It applies to rules: when a lost create is settled, how old a login or a list may be. Leases and limits use the
// database's clock. Timeouts and the pauses that Upstash requests use the real clock.
type Clock struct{ ahead atomic.Int64 }

// Now returns this clock's time.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Advance moves the clock forward.
func (c *Clock) Advance(by time.Duration) { c.ahead.Add(int64(by)) }

// WithClock makes the server use a clock that the test advances instead of sleeping.
func WithClock(clock *Clock) Option {
	return func(o *ProductOptions) { o.now = clock.Now }
}
