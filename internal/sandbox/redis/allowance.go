package redis

import "time"

// allowance is the time and memory that all scripts share while one client holds the lock. Without it, a
// transaction's scripts could block a database for the sum of their limits.
type allowance struct {
	start time.Time
	slow  chan struct{} // closed when they have run for too long
	late  bool          // slow is closed
	most  uint64        // limit of the sandbox's memory in bytes; 0 until it is known
	ended error         // why a script was stopped; no other one starts
}

func newAllowance() *allowance { return &allowance{start: time.Now(), slow: make(chan struct{})} }

// left returns the time until the given duration after the start has passed.
func (a *allowance) left(after time.Duration) time.Duration { return max(0, after-time.Since(a.start)) }

func (a *allowance) slowed() {
	if !a.late {
		a.late = true
		close(a.slow)
	}
}
