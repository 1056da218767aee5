package limit

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
)

// Quota is the state of a caller's limit at one moment.
type Quota struct {
	Limit     string // name of the limit, such as "mints"
	Rate      Rate
	Remaining int           // units that are available now
	Reset     time.Duration // time until the full rate is available again
	Rejected  bool          // whether the limit rejected the request
	Wait      time.Duration // time until one unit is available; 0 if one is available now
}

// ExceededError means that the caller's quota is used up, and that the limit rejected the request.
type ExceededError struct{ Quota Quota }

func (e *ExceededError) Error() string {
	return fmt.Sprintf(
		"the limit of %s (%s) is reached; one more in %s", e.Quota.Limit, e.Quota.Rate, e.Quota.Wait,
	)
}

// Problem names the limit, and when the next unit is available.
func (e *ExceededError) Problem() *problem.Error {
	what := map[string]string{
		"requests": "calls", "service_requests": "calls of this service", "creates": "creates",
		"mints": "logins that need a new developer key",
	}[e.Quota.Limit]

	done := "The request was not processed."
	if e.Quota.Limit == "mints" { // the same call may have settled an earlier mint
		done = "No new key was requested."
	}

	return &problem.Error{
		Code: problem.RateLimited, Limit: e.Quota.Limit, Reason: e.Error(), RetryAfter: e.Quota.Wait,
		Detail: fmt.Sprintf("Rate limit reached for %s (%s). %s Retry in %d s.",
			what, e.Quota.Rate, done, int64(math.Ceil(e.Quota.Wait.Seconds()))),
	}
}

// evaluate computes the quota from a theoretical arrival time, given as its distance in the future: zero or
// negative for a caller that has been idle. It adds the quota to the context's report, and returns an
// *ExceededError if the limit rejected the request.
func evaluate(ctx context.Context, name string, rate Rate, ahead time.Duration, rejected bool) error {
	ahead = min(max(ahead, 0), rate.Burst())
	left := rate.Burst() - ahead

	s := Quota{Limit: name, Rate: rate, Remaining: int(left / rate.Every()), Reset: ahead, Rejected: rejected}
	if rejected {
		s.Remaining = 0 // even if a unit has become available since
	}

	if s.Remaining == 0 {
		s.Wait = max(rate.Every()-left, time.Microsecond)
	}

	if report, ok := ctx.Value(reportKey{}).(*Report); ok {
		report.Note(s)
	}

	if rejected {
		return &ExceededError{Quota: s}
	}

	return nil
}

// Report collects the quotas of the limits that a request checks. It is safe for concurrent use, because work that
// a request started may outlive it.
type Report struct {
	mu    sync.Mutex
	found []Quota
}

type reportKey struct{}

// WithReport returns a context that collects quotas in the report.
func WithReport(ctx context.Context) (context.Context, *Report) {
	report := &Report{}
	return context.WithValue(ctx, reportKey{}, report), report
}

// Note adds a quota. It replaces an earlier quota of the same limit.
func (r *Report) Note(s Quota) {
	r.mu.Lock()
	defer r.mu.Unlock()

	if at := slices.IndexFunc(r.found, func(other Quota) bool { return other.Limit == s.Limit }); at >= 0 {
		r.found[at] = s
		return
	}
	r.found = append(r.found, s)
}

// Quotas returns the collected quotas, in the order in which the limits were first checked.
func (r *Report) Quotas() []Quota {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.found)
}
