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
	attemptTimeout = 4 * time.Second // of one attempt at a read; all attempts share ReadTimeout
	backoffFirst   = 100 * time.Millisecond
	backoffMax     = 2 * time.Second
	jitter         = 0.3

	breakerRate   = 0.5 // of calls failing ...
	breakerCalls  = 20  // ... among at least so many calls ...
	breakerWindow = 10 * time.Second
	breakerPause  = 5 * time.Second

	maxPausedAccounts = 10_000
	minRateLimitPause = time.Second
)

// resilience decides whether a call may be made and whether a read is made again. Writes are never repeated here.
type resilience struct {
	breaker circuitbreaker.CircuitBreaker[any]
	retry   retrypolicy.RetryPolicy[any]
	paused  *expirable.LRU[[sha256.Size]byte, time.Time] // accounts that upstream asked to slow down, and until when
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

// isRetryable: upstream may have recovered a moment later. What asks for a longer wait goes to the caller with it.
func isRetryable(err error) bool {
	var unavailable *UnavailableError
	if errors.As(err, &unavailable) {
		return !unavailable.RateLimit && !unavailable.Paused && unavailable.RetryAfter <= backoffMax
	}

	return errors.Is(err, ErrTimeout)
}

// delay is how long to wait after so many attempts: the back-off, uneven, so that those who failed together do not come
// back together; and never less than upstream asked for.
func delay(attempts int, err error) time.Duration {
	wait := min(backoffFirst<<max(attempts-1, 0), backoffMax)
	spread := 2*rand.Float64() - 1 //nolint:gosec // it spreads load and guards nothing
	wait += time.Duration(spread * jitter * float64(wait))

	var unavailable *UnavailableError
	if errors.As(err, &unavailable) && unavailable.RetryAfter > 0 {
		wait += unavailable.RetryAfter
	}

	return wait
}

// admit refuses a call that would only add to upstream's trouble. Nothing is sent then.
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

// observe tells the breaker and the account's pause how a call ended.
func (r *resilience) observe(account [sha256.Size]byte, err error) {
	var unavailable *UnavailableError

	limited := errors.As(err, &unavailable) && unavailable.RateLimit
	if limited {
		r.pause(account, max(unavailable.RetryAfter, minRateLimitPause))
	}

	switch {
	case errors.Is(err, context.Canceled):
		// The caller left, which says nothing about upstream. But a half-open breaker gave its only permit to this
		// call, and waits for a word.
		if r.breaker.IsHalfOpen() {
			r.breaker.RecordFailure()
		}
	case !limited && (unavailable != nil || errors.Is(err, ErrTimeout)):
		r.breaker.RecordFailure()
	default:
		r.breaker.RecordSuccess()
	}
}

// pause holds the account's calls back. A shorter pause does not end a longer one.
func (r *resilience) pause(account [sha256.Size]byte, wait time.Duration) {
	until := time.Now().Add(wait)
	if before, found := r.paused.Get(account); !found || before.Before(until) {
		r.paused.Add(account, until)
	}
}

// read makes a read, again if that is worth it, within the time from now on. When time is up between two attempts, what
// the last one said is the better answer than that. A first attempt that says all there is to say costs one deadline,
// and none of the machinery of repeating.
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

// retryRead repeats a read whose first attempt failed. The policy hears of that one as its own first.
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

// runAttempt makes one attempt, which ends with its own time or that of all attempts.
func runAttempt(ctx context.Context, until time.Time, attempt func(context.Context) error) error {
	if own := time.Now().Add(attemptTimeout); own.Before(until) {
		until = own
	}

	one, cancel := context.WithDeadline(ctx, until)
	defer cancel()

	return attempt(one)
}

// lastAttemptError is the error, or what the last attempt said when the error says no more than that time is up.
func lastAttemptError(err, last error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return last
	}

	return err
}
