package webhook

import (
	"math/rand/v2"
	"time"
)

const (
	firstRetry   = 5 * time.Second
	longestRetry = time.Hour
	longestPause = time.Minute
)

// Backoff returns the delay after a number of failed attempts, before jitter: 5 s, doubled each time, at most 1 h.
func Backoff(attempts int) time.Duration { return doubled(attempts, longestRetry) }

// pauseAfter returns how long an endpoint rests after a number of consecutive rounds without any response.
func pauseAfter(failures int) time.Duration { return doubled(failures, longestPause) }

func doubled(times int, longest time.Duration) time.Duration {
	delay := firstRetry
	for range times - 1 {
		if delay *= 2; delay >= longest {
			return longest
		}
	}

	return delay
}

// jittered spreads a delay by a tenth to either side, so that events that failed together do not return together.
func jittered(delay time.Duration) time.Duration {
	tenth := int64(delay / 10)
	return delay + time.Duration(rand.Int64N(2*tenth+1)-tenth) //nolint:gosec // jitter is no secret
}
