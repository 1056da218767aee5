package redis

import (
	"sync/atomic"
	"time"
)

// engineLock is the right to work on a database. Its holder is alone in the engine, so a lock that a failed command
// left behind there belongs to that command. A command that waits for data releases the lock meanwhile.
type engineLock struct {
	taken   chan struct{} // of size one
	running atomic.Pointer[running]
	// scripts is the allowance that a transaction's scripts share, and nil otherwise. The lock guards it.
	scripts *allowance
}

func newEngineLock() *engineLock { return &engineLock{taken: make(chan struct{}, 1)} }

// pollScripts is how often a waiter checks whether a script holds the lock.
const pollScripts = 20 * time.Millisecond

// acquire waits for the lock. It returns false when a script has held it for too long.
func (l *engineLock) acquire() bool {
	select {
	case l.taken <- struct{}{}:
		return true
	default:
	}

	look := time.NewTicker(pollScripts)
	defer look.Stop()

	for {
		var slow <-chan struct{}
		if script := l.running.Load(); script != nil {
			slow = script.slow
		}

		select {
		case l.taken <- struct{}{}:
			return true
		case <-slow:
			return false
		case <-look.C:
		}
	}
}

// acquireAlways waits for the lock without a limit. No script holds it permanently.
func (l *engineLock) acquireAlways() { l.taken <- struct{}{} }

// acquireWithin waits for the lock for a limited time.
func (l *engineLock) acquireWithin(patience time.Duration) bool {
	late := time.NewTimer(patience)
	defer late.Stop()

	select {
	case l.taken <- struct{}{}:
		return true
	case <-late.C:
		return false
	}
}

// release unlocks.
func (l *engineLock) release() { <-l.taken }
