package api

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/upstash"
)

// A problem must not claim that nothing was done if something may have been done.
func TestProblemsDoNotClaimThatNothingHappened(t *testing.T) {
	full, lost := &db.UnavailableError{Cause: io.EOF}, &db.UnavailableError{Cause: io.EOF, Unknown: true}
	for name, test := range map[string]struct {
		err  error
		code problem.Code
		want string
	}{
		"storage is full":                       {full, problem.StorageUnavailable, "storage is unavailable"},
		"storage was lost":                      {fmt.Errorf("save: %w", lost), problem.StorageUnavailable, "Check whether the change was made"},
		"a key was made and not stored":         {fmt.Errorf("%w: the key could not be stored: %w", keys.ErrMintUncertain, full), problem.OutcomeUncertain, "may have created a key"},
		"no mint is left after one was settled": {&limit.ExceededError{Quota: limit.Quota{Limit: "mints"}}, problem.RateLimited, "No new key was requested."},
		"no create is left":                     {&limit.ExceededError{Quota: limit.Quota{Limit: "creates"}}, problem.RateLimited, "The request was not processed."},
	} {
		got := problemOf(test.err)
		if got.Code != test.code || !strings.Contains(got.Detail, test.want) {
			t.Errorf("%s: got %s, %q, want %s, %q", name, got.Code, got.Detail, test.code, test.want)
		}

		if name != "no create is left" && strings.Contains(got.Detail, "Nothing was") {
			t.Errorf("%s: says %q", name, got.Detail)
		}
	}
}

// Only problems with a retryable code have RetryAfter: the catalogue and the errors agree.
func TestOnlyRetryableProblemsHaveRetryAfter(t *testing.T) {
	const wait = 3 * time.Second
	for name, err := range map[string]error{
		"a connect in progress": &keys.InProgressError{RetryAfter: wait},
		"an uncertain mint":     keys.ErrMintUncertain,
		"a create in progress":  &proxy.CreateBusyError{RetryAfter: wait},
		"an uncertain create":   &proxy.UncertainError{RetryAfter: wait},
		"a redirected create":   &proxy.UncertainError{RetryAfter: wait, Cause: upstash.ErrRedirect},
		"upstream's limit":      &upstash.UnavailableError{Status: 429, RateLimit: true},
		"upstream out of reach": &upstash.UnavailableError{},
		"upstream too slow":     upstash.ErrTimeout,
		"our limit":             &limit.ExceededError{Quota: limit.Quota{Limit: "requests", Wait: wait}},
		"our storage":           &db.UnavailableError{Cause: io.EOF},
		"the issuer's keys":     &auth.KeysUnavailableError{RetryAfter: wait},
	} {
		if got := problem.Of(err); got == nil || got.RetryAfter <= 0 || got.Code.Row().Retry != problem.Later {
			t.Errorf("%s: got %+v, want a wait, and a code that can pass", name, got)
		}
	}

	for _, err := range []error{
		keys.ErrReconnectRequired, keys.ErrTokenTooOld, proxy.ErrKeyReused, proxy.ErrDatabaseNotFound,
		auth.ErrInvalidToken,
	} {
		if got := problem.Of(err); got == nil || got.RetryAfter != 0 || got.Code.Row().Retry != problem.Final {
			t.Errorf("%v: got %+v, want no wait", err, got)
		}
	}
}
