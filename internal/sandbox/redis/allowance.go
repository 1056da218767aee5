package redis

import "time"

// allowance is what the scripts share while one client holds the lock: without it, those of a transaction
// could hold a database one after the other, each for its full time.
type allowance struct {
	begun time.Time
	slow  chan struct{} // closed when they have run for too long
	late  bool          // it is closed
	most  uint64        // bytes that the sandbox may have in use; not known yet where it is 0
	ended error         // why one of them was ended: no other is begun
}

func newAllowance() *allowance { return &allowance{begun: time.Now(), slow: make(chan struct{})} }

// left is how long something is away that comes so long after the beginning.
func (a *allowance) left(after time.Duration) time.Duration { return max(0, after-time.Since(a.begun)) }

func (a *allowance) slowed() {
	if !a.late {
		a.late = true
		close(a.slow)
	}
}
