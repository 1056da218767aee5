package redis

import (
	"sync/atomic"
	"time"
)

// turn is the right to work on a database. Anyone who has it is alone in the engine, so a lock that a failed command
// left behind there is that command's and nobody else's. A command that waits for data gives its turn back meanwhile.
type turn struct {
	taken   chan struct{} // of size one
	running atomic.Pointer[running]
	// scripts is what a transaction's scripts have together, and nil in any other turn. It is whose the turn is.
	scripts *allowance
}

func newTurn() *turn { return &turn{taken: make(chan struct{}, 1)} }

// lookAgain is how often who waits for a turn looks whether it is a script that has it.
const lookAgain = 20 * time.Millisecond

// take waits for the turn. It is false, and the turn somebody else's, when that is a script that runs for too long.
func (t *turn) take() bool {
	select {
	case t.taken <- struct{}{}:
		return true
	default:
	}

	look := time.NewTicker(lookAgain)
	defer look.Stop()

	for {
		var slow <-chan struct{}
		if script := t.running.Load(); script != nil {
			slow = script.slow
		}

		select {
		case t.taken <- struct{}{}:
			return true
		case <-slow:
			return false
		case <-look.C:
		}
	}
}

// insist waits for the turn anyone who has it. No script has it permanently.
func (t *turn) insist() { t.taken <- struct{}{} }

// within waits for the turn for a while.
func (t *turn) within(patience time.Duration) bool {
	late := time.NewTimer(patience)
	defer late.Stop()

	select {
	case t.taken <- struct{}{}:
		return true
	case <-late.C:
		return false
	}
}

// end gives the turn back.
func (t *turn) end() { <-t.taken }
