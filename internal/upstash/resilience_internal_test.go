package upstash

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// quiet is made outside of any test's bubble of time: its memory of accounts has a goroutine that never ends.
var quiet = newResilience(func(string, string) {})

// All attempts share the time limit of a read, and each has its own; the reported error is that of the last attempt.
func TestAttemptsShareTheReadTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts int

		start := time.Now()

		err := quiet.read(t.Context(), ReadTimeout, func(ctx context.Context) error {
			attempts++
			<-ctx.Done()

			return ErrTimeout
		})
		if !errors.Is(err, ErrTimeout) || attempts != 3 || time.Since(start) != ReadTimeout {
			t.Errorf("got %v after %d attempts and %s; want ErrTimeout after three and %s",
				err, attempts, time.Since(start), ReadTimeout)
		}
	})
}

func TestTimeoutBetweenAttemptsReturnsTheLastError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts int

		unavailable := &UnavailableError{Status: 503, RetryAfter: backoffMax}

		err := quiet.read(t.Context(), time.Second, func(context.Context) error {
			attempts++
			return unavailable
		})
		if !errors.Is(err, unavailable) || attempts != 1 {
			t.Errorf("got %v after %d attempts, want what the only one said", err, attempts)
		}
	})
}

// When the caller leaves, its own error is returned, whatever the attempt returned, and nothing is retried.
func TestLeavingCallerGetsCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, said := range map[string]error{
			"worth repeating": &UnavailableError{Status: 503}, "final": ErrCredentialRefused, "its own": context.Canceled,
		} {
			for _, at := range []int{1, 2} {
				ctx, leave := context.WithCancel(t.Context())

				var attempts int

				err := quiet.read(ctx, ReadTimeout, func(context.Context) error {
					if attempts++; attempts == at {
						leave()
						return said
					}

					return &UnavailableError{Status: 503}
				})
				if !errors.Is(err, context.Canceled) || attempts != at {
					t.Errorf("%s, in attempt %d: got %v after %d, want that the caller left", name, at, err, attempts)
				}
			}
		}
	})
}

// The result of an attempt is returned although the caller leaves at that moment.
func TestASuccessIsASuccess(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())

	err := quiet.read(ctx, ReadTimeout, func(context.Context) error {
		leave()
		return nil
	})
	if err != nil {
		t.Errorf("got %v, want none", err)
	}
}

// The policy counts the first attempt, which it did not make.
func TestDelaysBeginWithTheFirstAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration

		start := time.Now()
		_ = quiet.read(t.Context(), ReadTimeout, func(context.Context) error {
			at = append(at, time.Since(start))
			return ErrTimeout
		})

		if len(at) != readAttempts || at[0] != 0 || at[1] < 70*time.Millisecond || at[1] > 130*time.Millisecond ||
			at[2]-at[1] < 140*time.Millisecond || at[2]-at[1] > 260*time.Millisecond {
			t.Errorf("attempts at %v, want the second after about 100 ms and the third 200 ms later", at)
		}
	})
}
