package upstash

import (
	"testing"
	"time"
)

// Calls that failed together must not retry together, nor before the time that upstream requested.
func TestDelaysHaveJitterAndHonorRetryAfter(t *testing.T) {
	for attempts, base := range map[int]time.Duration{
		1: backoffFirst, 2: 2 * backoffFirst, 3: 4 * backoffFirst, 30: backoffMax,
	} {
		seen := map[time.Duration]bool{}

		least, most := time.Duration(float64(base)*(1-jitter)), time.Duration(float64(base)*(1+jitter))
		for range 100 {
			wait := delay(attempts, ErrTimeout)
			if wait < least || wait > most {
				t.Fatalf("after %d attempts: got %s, want %s to %s", attempts, wait, least, most)
			}
			seen[wait] = true

			asked := &UnavailableError{Status: 503, RetryAfter: time.Second}
			if got := delay(attempts, asked); got < time.Second+least {
				t.Fatalf("after %d attempts: got %s, want what upstream asked for and the back-off", attempts, got)
			}
		}

		if len(seen) < 50 {
			t.Errorf("after %d attempts: only %d different waits of 100", attempts, len(seen))
		}
	}
}
