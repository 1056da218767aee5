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

// Standing is how far a caller is from a limit, at one moment.
type Standing struct {
	Limit     string // its name, such as "mints"
	Rate      Rate
	Remaining int           // what may be done at once now
	Reset     time.Duration // until the whole rate may be done again
	Refused   bool          // whether what was asked for is too much
	Wait      time.Duration // until one more may be done; 0 when one may now
}

// ExceededError means that the caller has done what a limit lets it do for now. What was asked of the limit was not
// done.
type ExceededError struct{ Standing Standing }

func (e *ExceededError) Error() string {
	return fmt.Sprintf(
		"the limit of %s (%s) is reached; one more in %s", e.Standing.Limit, e.Standing.Rate, e.Standing.Wait,
	)
}

// Problem names the limit, and when one more is possible.
func (e *ExceededError) Problem() *problem.Error {
	what := map[string]string{
		"requests": "calls", "service_requests": "calls of this service", "creates": "creates",
		"mints": "logins that need a new developer key",
	}[e.Standing.Limit]

	done := "The request was not processed."
	if e.Standing.Limit == "mints" { // the call before it may have settled an earlier mint
		done = "No new key was requested."
	}

	return &problem.Error{
		Code: problem.RateLimited, Limit: e.Standing.Limit, Reason: e.Error(), RetryAfter: e.Standing.Wait,
		Detail: fmt.Sprintf("Rate limit reached for %s (%s). %s Retry in %d s.",
			what, e.Standing.Rate, done, int64(math.Ceil(e.Standing.Wait.Seconds()))),
	}
}

// judge reads a theoretical arrival time, given as how far it lies ahead: that of a caller who has done nothing lately
// is not ahead at all. It notes the standing, and returns an *ExceededError if what was asked for was refused.
func judge(ctx context.Context, name string, rate Rate, ahead time.Duration, refused bool) error {
	ahead = min(max(ahead, 0), rate.Burst())
	left := rate.Burst() - ahead

	s := Standing{Limit: name, Rate: rate, Remaining: int(left / rate.Every()), Reset: ahead, Refused: refused}
	if refused {
		s.Remaining = 0 // even if a unit has grown back since
	}

	if s.Remaining == 0 {
		s.Wait = max(rate.Every()-left, time.Microsecond)
	}

	if report, ok := ctx.Value(reportKey{}).(*Report); ok {
		report.Note(s)
	}

	if refused {
		return &ExceededError{Standing: s}
	}

	return nil
}

// Report collects the standings that come to light while one request is served. It is safe for concurrent use: what a
// request began may outlive it.
type Report struct {
	mu    sync.Mutex
	found []Standing
}

type reportKey struct{}

// WithReport returns a context in which standings are reported.
func WithReport(ctx context.Context) (context.Context, *Report) {
	report := &Report{}
	return context.WithValue(ctx, reportKey{}, report), report
}

// Note adds a standing. A later one of the same limit replaces the one before.
func (r *Report) Note(s Standing) {
	r.mu.Lock()
	defer r.mu.Unlock()

	if at := slices.IndexFunc(r.found, func(other Standing) bool { return other.Limit == s.Limit }); at >= 0 {
		r.found[at] = s
		return
	}
	r.found = append(r.found, s)
}

// Standings are those noted so far, in the order in which their limits came up.
func (r *Report) Standings() []Standing {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.found)
}
