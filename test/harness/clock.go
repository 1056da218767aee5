package harness

import (
	"sync/atomic"
	"time"
)

// Clock is a server's clock that a test moves. It runs as the real one does, ahead of it by what it was moved.
//
// It is the clock of rules (when a lost create is settled, how old a login or a list may be). Leases and limits follow
// the database's clock, timeouts and the pauses that Upstash asks for the real one.
type Clock struct{ ahead atomic.Int64 }

// Now is the time by this clock.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Advance moves the clock on.
func (c *Clock) Advance(by time.Duration) { c.ahead.Add(int64(by)) }

// WithClock lets the server go by a clock that the test moves, instead of sleeping.
func WithClock(clock *Clock) Option {
	return func(o *ProductOptions) { o.now = clock.Now }
}
