package upstash

import (
	"context"
	"crypto/sha256"
	"errors"
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
	backoffMost    = 2 * time.Second

	breakerRate   = 0.5 // of calls failing ...
	breakerCalls  = 20  // ... among at least so many calls ...
	breakerWindow = 10 * time.Second
	breakerPause  = 5 * time.Second

	maxPausedAccounts   = 10_000
	leastRateLimitPause = time.Second
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
			OnStateChanged(func(e circuitbreaker.StateChangedEvent) { onChange(e.OldState.String(), e.NewState.String()) }).
			Build(),
		retry: retrypolicy.NewBuilder[any]().
			HandleIf(func(_ any, err error) bool { return worthRepeating(err) }).
			WithMaxAttempts(readAttempts).
			WithBackoff(backoffFirst, backoffMost).
			WithJitterFactor(0.3).
			ReturnLastFailure().
			Build(),
		paused: expirable.NewLRU[[sha256.Size]byte, time.Time](maxPausedAccounts, nil, maxRetryAfter),
	}
}

// worthRepeating: upstream may have recovered a moment later. What asks for a longer wait goes to the caller with it.
func worthRepeating(err error) bool {
	var unavailable *UnavailableError
	if errors.As(err, &unavailable) {
		return !unavailable.RateLimit && !unavailable.Paused && unavailable.RetryAfter <= backoffMost
	}
	return errors.Is(err, ErrTimeout)
}

// admit refuses a call that would only add to upstream's trouble. Nothing is sent then.
func (r *resilience) admit(account [sha256.Size]byte) error {
	if until, found := r.paused.Get(account); found {
		if wait := time.Until(until); wait > 0 {
			return &UnavailableError{Status: http.StatusTooManyRequests, RetryAfter: wait, RateLimit: true, Paused: true}
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
		r.paused.Add(account, time.Now().Add(max(unavailable.RetryAfter, leastRateLimitPause)))
	}
	switch {
	case errors.Is(err, context.Canceled): // the caller left: says nothing about upstream
		r.breaker.RecordSuccess()
	case !limited && (unavailable != nil || errors.Is(err, ErrTimeout)):
		r.breaker.RecordFailure()
	default:
		r.breaker.RecordSuccess()
	}
}

// read makes a read, again if that is worth it, within ctx.
func (r *resilience) read(ctx context.Context, attempt func(context.Context) error) error {
	return failsafe.With(r.retry).WithContext(ctx).Run(func() error {
		one, cancel := context.WithTimeout(ctx, attemptTimeout)
		defer cancel()
		return attempt(one)
	})
}
