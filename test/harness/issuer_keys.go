package harness

import (
	"time"
)

// Eventually waits for what happens on its own, such as a connection's end.
func Eventually(done func() bool) bool {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if done() {
			return true
		}
	}

	return false
}
