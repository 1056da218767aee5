package api

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/problem"
)

// A problem says no more than what is known: not that nothing was done, where something may have been.
func TestProblemsDoNotSayThatNothingHappened(t *testing.T) {
	full, lost := &db.UnavailableError{Cause: io.EOF}, &db.UnavailableError{Cause: io.EOF, Unknown: true}
	for name, test := range map[string]struct {
		err  error
		code problem.Code
		want string
	}{
		"storage is full":                       {full, problem.StorageUnavailable, "cannot take this now"},
		"storage was lost":                      {fmt.Errorf("save: %w", lost), problem.StorageUnavailable, "not known"},
		"a key was made and not stored":         {fmt.Errorf("%w: the key could not be stored: %w", keys.ErrMintUncertain, full), problem.OutcomeUncertain, "unknown whether Upstash made a key"},
		"no mint is left after one was settled": {&limit.ExceededError{Standing: limit.Standing{Limit: "mints"}}, problem.RateLimited, "No further key was asked for."},
		"no create is left":                     {&limit.ExceededError{Standing: limit.Standing{Limit: "creates"}}, problem.RateLimited, "Nothing was done."},
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
