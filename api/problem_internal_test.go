package api

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/upstash"
)

// storageFault is one as internal/db marks them.
type storageFault struct{ unknown bool }

func (storageFault) Error() string            { return "the database is unavailable" }
func (storageFault) StorageUnavailable() bool { return true }
func (f storageFault) OutcomeUnknown() bool   { return f.unknown }

// A problem says no more than what is known: not that nothing was done, where something may have been.
func TestProblemsDoNotSayThatNothingHappened(t *testing.T) {
	full, lost := storageFault{}, storageFault{unknown: true}
	for name, test := range map[string]struct {
		err  error
		code Code
		want string
	}{
		"storage is full":                          {full, CodeStorageUnavailable, "cannot take this now"},
		"storage was lost":                         {fmt.Errorf("save: %w", lost), CodeStorageUnavailable, "not known"},
		"a key was made and not stored":            {fmt.Errorf("%w: the key could not be stored: %w", keys.ErrMintUncertain, full), CodeOutcomeUncertain, "unknown whether Upstash made a key"},
		"a redirect of a mint, and storage failed": {errors.Join(fmt.Errorf("%w: %w", keys.ErrMintUncertain, upstash.ErrRedirect), full), CodeUpstreamRedirect, "Connecting again settles"},
		"no mint is left after one was settled":    {&limit.ExceededError{Standing: limit.Standing{Limit: "mints"}}, CodeRateLimited, "No further key was asked for."},
		"no create is left":                        {&limit.ExceededError{Standing: limit.Standing{Limit: "creates"}}, CodeRateLimited, "Nothing was done."},
	} {
		got := refusalOf(test.err)
		if got.code != test.code || !strings.Contains(got.detail, test.want) {
			t.Errorf("%s: got %s, %q, want %s, %q", name, got.code, got.detail, test.code, test.want)
		}
		if name != "no create is left" && strings.Contains(got.detail, "Nothing was") {
			t.Errorf("%s: says %q", name, got.detail)
		}
	}
}
