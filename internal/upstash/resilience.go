package upstash

import (
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/hashicorp/golang-lru/v2/expirable"
)

const (
	readAttempts   = 3
	attemptTimeout = 4 * time.Second // for one attempt at a read; all attempts share ReadTimeout
	backoffFirst   = 100 * time.Millisecond
	backoffMax     = 2 * time.Second
	jitter         = 0.3

	breakerRate   = 0.5 // of calls fail ...
	breakerCalls  = 20  // ... among at least so many calls ...
	breakerWindow = 10 * time.Second
	breakerPause  = 5 * time.Second

	maxPausedAccounts = 10_000
	minRateLimitPause = time.Second
)

// resilience decides whether a call may be made and whether a read is retried. Writes are never retried here.
type resilience struct {
	breaker circuitbreaker.CircuitBreaker[any]
	retry   retrypolicy.RetryPolicy[any]
	paused  *expirable.LRU[[sha256.Size]byte, time.Time] // paused accounts, and the end of the pause
}

func newResilience(onChange func(from, to string)) *resilience {
	return &resilience{
		breaker: circuitbreaker.NewBuilder[any]().
			WithFailureRateThreshold(breakerRate, breakerCalls, breakerWindow).
			WithDelay(breakerPause).
			WithSuccessThreshold(1).
			OnStateChanged(
				func(e circuitbreaker.StateChangedEvent) { onChange(e.OldState.String(), e.NewState.String()) },
			).
			Build(),
		retry: retrypolicy.NewBuilder[any]().
			HandleIf(func(_ any, err error) bool { return isRetryable(err) }).
			WithMaxAttempts(readAttempts).
			WithDelayFunc(
				func(e failsafe.ExecutionAttempt[any]) time.Duration { return delay(e.Attempts(), e.LastError()) },
			).
			ReturnLastFailure().
			Build(),
		paused: expirable.NewLRU[[sha256.Size]byte, time.Time](maxPausedAccounts, nil, maxRetryAfter),
	}
}

// isRetryable reports whether upstream may recover within moments. If upstream asked for a longer wait, the caller
// gets the error with that wait.
func isRetryable(err error) bool {
	var unavailable *UnavailableError
	if errors.As(err, &unavailable) {
		return !unavailable.RateLimit && !unavailable.Paused && unavailable.RetryAfter <= backoffMax
	}

	return errors.Is(err, ErrTimeout)
}

// delay returns the wait after this many attempts: the back-off with jitter, so that calls that failed together are
// not retried together, and never less than upstream asked for.
func delay(attempts int, err error) time.Duration {
	wait := min(backoffFirst<<max(attempts-1, 0), backoffMax)
	spread := 2*rand.Float64() - 1 //nolint:gosec // spreads load; not for security
	wait += time.Duration(spread * jitter * float64(wait))

	var unavailable *UnavailableError
	if errors.As(err, &unavailable) && unavailable.RetryAfter > 0 {
		wait += unavailable.RetryAfter
	}

	return wait
}

// admit rejects a call that would only add to upstream's load. Such a call is not sent.
func (r *resilience) admit(account [sha256.Size]byte) error {
	if until, found := r.paused.Get(account); found {
		if wait := time.Until(until); wait > 0 {
			return &UnavailableError{
				Status:     http.StatusTooManyRequests,
				RetryAfter: wait,
				RateLimit:  true,
				Paused:     true,
			}
		}
	}

	if !r.breaker.TryAcquirePermit() {
		return &UnavailableError{RetryAfter: max(r.breaker.RemainingDelay(), time.Second), Paused: true}
	}

	return nil
}

// observe reports the outcome of a call to the breaker and to the account's pause.
func (r *resilience) observe(account [sha256.Size]byte, err error) {
	var unavailable *UnavailableError

	limited := errors.As(err, &unavailable) && unavailable.RateLimit
	if limited {
		r.pause(account, max(unavailable.RetryAfter, minRateLimitPause))
	}

	switch {
	case errors.Is(err, context.Canceled):
		// The caller left, which tells nothing about upstream. But a half-open breaker gave its only permit to this
		// call, and needs a result.
		if r.breaker.IsHalfOpen() {
			r.breaker.RecordFailure()
		}
	case !limited && (unavailable != nil || errors.Is(err, ErrTimeout)):
		r.breaker.RecordFailure()
	default:
		r.breaker.RecordSuccess()
	}
}

// pause holds the account's calls back. It never shortens an existing pause.
func (r *resilience) pause(account [sha256.Size]byte, wait time.Duration) {
	until := time.Now().Add(wait)
	if before, found := r.paused.Get(account); !found || before.Before(until) {
		r.paused.Add(account, until)
	}
}

// read makes a read and retries it if that is useful, all within one time limit. If the time runs out between two
// attempts, it returns the last attempt's error. A first attempt that is conclusive costs only one deadline and none
// of the retry machinery.
func (r *resilience) read(ctx context.Context, within time.Duration, attempt func(context.Context) error) error {
	until := time.Now().Add(within)

	err := runAttempt(ctx, until, attempt)
	if err == nil {
		return nil
	}

	if over := ctx.Err(); over != nil {
		return lastAttemptError(over, err)
	}

	if !isRetryable(err) {
		return err
	}

	return r.retryRead(ctx, until, err, attempt)
}

// retryRead retries a read whose first attempt failed. The policy gets that failure as its first attempt.
func (r *resilience) retryRead(
	ctx context.Context, until time.Time, last error, attempt func(context.Context) error,
) error {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()

	first := true

	err := failsafe.With(r.retry).WithContext(ctx).Run(func() error {
		if first {
			first = false
			return last
		}
		last = runAttempt(ctx, until, attempt)

		return last
	})

	return lastAttemptError(err, last)
}

// runAttempt makes one attempt, which ends with its own timeout or the time limit of all attempts.
func runAttempt(ctx context.Context, until time.Time, attempt func(context.Context) error) error {
	if own := time.Now().Add(attemptTimeout); own.Before(until) {
		until = own
	}

	one, cancel := context.WithDeadline(ctx, until)
	defer cancel()

	return attempt(one)
}

// lastAttemptError returns the last attempt's error if err only reports that time is up, else err.
func lastAttemptError(err, last error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return last
	}

	return err
}
