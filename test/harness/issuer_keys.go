package harness

import (
	"time"
)

// Eventually waits until a condition becomes true, such as the end of a connection.
func Eventually(done func() bool) bool {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if done() {
			return true
		}
	}

	return false
}
