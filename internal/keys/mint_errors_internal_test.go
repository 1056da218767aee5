package keys

import (
	"errors"
	"fmt"
	"testing"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

// The response to a mint determines its problem, however the error is wrapped or joined on its way up.
func TestEveryMintErrorHasAProblem(t *testing.T) {
	unusable := fmt.Errorf("%w: %w", upstash.ErrOutcomeUnknown, upstash.ErrUnexpectedResponse)
	for name, test := range map[string]struct {
		answer error
		code   problem.Code
		status int
		label  string
		shared bool
	}{
		"no answer":          {upstash.ErrOutcomeUnknown, problem.OutcomeUncertain, 504, problem.LabelUncertain, true},
		"an unusable answer": {unusable, problem.OutcomeUncertain, 502, problem.LabelUncertain, true},
		"a redirect":         {upstash.ErrRedirect, problem.UpstreamRedirect, 502, problem.LabelUncertain, true},
		"a full account": {
			&upstash.RejectedError{Status: 400, Reason: upstash.ReasonKeyLimit},
			problem.UpstashKeyLimit, 409, problem.LabelKeyLimit, true,
		},
		"an account of a marketplace": {
			&upstash.RejectedError{Status: 400, Reason: upstash.ReasonAccountType},
			problem.AccountTypeUnsupported, 422, problem.LabelAccountType, true,
		},
		"a name that is taken": {
			&upstash.RejectedError{Status: 400, Reason: upstash.ReasonNameTaken},
			problem.MintRefused, 502, problem.LabelRefused, true,
		},
		"an unknown no": {
			&upstash.RejectedError{Status: 400},
			problem.MintRefused, 502, problem.LabelRefused, true,
		},
		"a token not accepted": {
			upstash.ErrCredentialRefused,
			problem.MintRefused, 422, problem.LabelTokenRefused, false,
		},
		"a token with no right": {
			upstash.ErrForbidden,
			problem.MintRefused, 422, problem.LabelTokenRefused, false,
		},
		"too many calls": {
			&upstash.UnavailableError{Status: 429, RateLimit: true},
			problem.RateLimited, 429, problem.LabelNotSent, true,
		},
		"out of reach": {&upstash.UnavailableError{}, problem.UpstreamUnavailable, 503, problem.LabelNotSent, true},
	} {
		err := errors.Join(fmt.Errorf("connect: %w", mintError(test.answer)), errors.New("and the store failed"))

		got := problem.Of(err)
		if got == nil || got.Code != test.code || got.HTTPStatus() != test.status || got.MetricLabel() != test.label {
			t.Errorf("%s: got %+v, want %s, %d, counted as %s", name, got, test.code, test.status, test.label)
		}

		if got := sharedByAccount(err); got != test.shared {
			t.Errorf("%s: got shared by the account %v, want %v", name, got, test.shared)
		}
	}
}
