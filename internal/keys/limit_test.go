package keys_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/upstash"
)

// limited is custody under a limit of mints.
func limited(t *testing.T, count int, change ...func(*keys.Options)) *custody {
	t.Helper()

	return newCustody(t, append(change, func(o *keys.Options) {
		o.Mints = limit.NewLedger("mints", limit.Rate{Count: count, Per: time.Hour}, o.Store.(limit.Store))
	})...)
}

// exceeds connects account 1 and expects an error of the named limit.
func (c *custody) exceeds(t *testing.T, login keys.Login) {
	t.Helper()

	var exceeded *limit.ExceededError
	if _, _, err := c.Connect(
		t.Context(), login,
	); !errors.As(err, &exceeded) || exceeded.Quota.Limit != "mints" ||
		exceeded.Quota.Wait <= 0 {
		t.Fatalf("got %v, want the limit of mints", err)
	}
}

func TestMintOverTheLimitLeavesNoTrace(t *testing.T) {
	c := limited(t, 2)
	for n := range 2 {
		c.connect(t, login(1, fmt.Sprint("token", n)))
		c.connect(t, login(1, fmt.Sprint("again", n))) // reuses, and costs nothing
		c.disconnect(t, 1)
	}
	before, calls := c.find(t, 1), c.upstream.calls

	last := login(1, "last")
	for range 3 {
		c.exceeds(t, last)
	}

	if after := c.find(t, 1); !reflect.DeepEqual(after, before) || c.upstream.calls != calls {
		t.Errorf("got %+v and %d calls, want as before: %+v and %d", after, c.upstream.calls, before, calls)
	}

	if spent, err := c.database.TokenSpent(t.Context(), before.ID, last.Digest); err != nil || spent {
		t.Errorf("the refused login is spent: %t, %v", spent, err)
	}
	c.connect(t, login(2, "another account"))
}

// Each call for a key is charged, including one that settles an earlier mint. A mint that cannot be paid for does not
// start, and earlier open mints stay open.
func TestSettlingIsChargedToTheBudget(t *testing.T) {
	c := limited(t, 1)
	c.upstream.on(nil, func(string) error { return upstash.ErrOutcomeUnknown })

	if _, _, err := c.Connect(t.Context(), login(1, "lost")); !errors.Is(err, keys.ErrMintUncertain) {
		t.Fatal(err)
	}
	before := c.find(t, 1)
	c.exceeds(t, login(1, "later"))

	if after := c.find(
		t, 1,
	); !reflect.DeepEqual(after, before) || len(after.Leftovers()) != 1 ||
		c.upstream.calls != 1 {
		t.Errorf("got %+v after %d calls, want as before: %+v", after, c.upstream.calls, before)
	}
}

// A call that never left is given back: an upstream that is down does not lock anybody out once it is up again.
func TestUnsentMintIsRefunded(t *testing.T) {
	c := limited(t, 1)
	for name, fault := range map[string]error{
		"no connection": &upstash.UnavailableError{}, "held back": &upstash.UnavailableError{Status: 429, RateLimit: true, Paused: true},
	} {
		c.upstream.on(func(string) error { return fault }, nil)

		if _, _, err := c.Connect(t.Context(), login(1, name)); !errors.Is(err, fault) {
			t.Fatalf("%s: got %v", name, err)
		}
	}
	c.upstream.on(nil, nil)
	c.connect(t, login(1, "up again"))
	c.disconnect(t, 1)
	c.exceeds(t, login(1, "one more"))
}

// fencedOnce is a ledger in which one disconnect happens between the charge and the intent.
type fencedOnce struct {
	keys.Ledger
	fenced bool
}

func (l *fencedOnce) OpenIntent(ctx context.Context, intent keys.Intent, lease time.Duration) error {
	if !l.fenced {
		l.fenced = true
		return keys.ErrFenced
	}

	return l.Ledger.OpenIntent(ctx, intent, lease)
}

func (l *fencedOnce) ResumeIntent(ctx context.Context, intent keys.Intent, lease time.Duration) error {
	if !l.fenced {
		l.fenced = true
		return keys.ErrFenced
	}

	return l.Ledger.ResumeIntent(ctx, intent, lease)
}

func TestFencedMintIsRefunded(t *testing.T) {
	var ledger *fencedOnce
	c := limited(t, 3, func(o *keys.Options) {
		ledger = &fencedOnce{Ledger: o.Ledger}
		o.Ledger = ledger
	})
	c.upstream.on(nil, func(string) error { return upstash.ErrOutcomeUnknown })

	// the second attempt of a new name
	if _, _, err := c.Connect(t.Context(), login(1, "lost")); !errors.Is(err, keys.ErrMintUncertain) {
		t.Fatal(err)
	}
	c.upstream.on(func(string) error { return &upstash.UnavailableError{} }, nil)
	ledger.fenced = false

	if _, _, err := c.Connect(t.Context(), login(1, "later")); err == nil { // the second attempt to settle it
		t.Fatal("connected")
	}
	c.upstream.on(nil, nil)
	c.connect(t, login(1, "once more")) // two calls: the name is in use, so another is sent

	if !ledger.fenced || c.upstream.calls == 0 {
		t.Error("nothing was fenced: this shows nothing")
	}
}

// A call counts whatever upstream responds.
func TestRejectedMintIsCharged(t *testing.T) {
	c := limited(t, 1)
	c.upstream.on(func(string) error { return &upstash.UnavailableError{Status: 429, RateLimit: true} }, nil)

	if _, _, err := c.Connect(t.Context(), login(1, "a")); err == nil {
		t.Fatal("connected")
	}
	c.exceeds(t, login(1, "b"))
}

// Row I10: the limit does not depend on the clock of this process.
//
// Threat model: I10.
func TestLimitsUseTheDatabaseClock(t *testing.T) {
	var ahead time.Duration
	c := limited(t, 1, func(o *keys.Options) {
		o.Now = func() time.Time { return time.Now().Add(ahead) }
	})
	c.connect(t, login(1, "first"))
	c.disconnect(t, 1)

	for _, jump := range []time.Duration{24 * time.Hour, 365 * 24 * time.Hour} {
		ahead = jump
		again := login(1, jump.String())
		again.IssuedAt, again.ExpiresAt = again.IssuedAt.Add(jump), again.ExpiresAt.Add(jump)
		c.exceeds(t, again)
	}

	if got := c.upstream.hasLiveIntent(); got != 1 {
		t.Errorf("got %d keys, want 1", got)
	}
}

// heard is an audit log in memory.
type heard struct{ events []keys.Event }

func (h *heard) Record(_ context.Context, event keys.Event) error {
	h.events = append(h.events, event)
	return nil
}

// A call that settled an earlier mint is recorded, even when nothing is left to pay for the next.
func TestSettlingIsAuditedWhenTheLimitStopsIt(t *testing.T) {
	audit := &heard{}
	c := limited(t, 2, func(o *keys.Options) { o.Audit = audit })
	c.upstream.on(nil, func(string) error { return upstash.ErrOutcomeUnknown })

	if _, _, err := c.Connect(t.Context(), login(1, "lost")); !errors.Is(err, keys.ErrMintUncertain) {
		t.Fatal(err)
	}
	c.upstream.on(nil, nil)
	audit.events = nil
	c.exceeds(t, login(1, "settles")) // the name is in use; a new one cannot be paid for

	name := c.find(t, 1).Leftovers()[0].Name
	if len(audit.events) != 1 || audit.events[0].Action != keys.ActionMintFailed ||
		!strings.HasPrefix(audit.events[0].Detail, name+": ") {
		t.Errorf("got %+v, want the failed call of %s", audit.events, name)
	}
	audit.events = nil
	c.exceeds(t, login(1, "again"))

	if len(audit.events) != 0 {
		t.Errorf("no call was made, and %+v written down", audit.events)
	}
}

// forgetful cannot remember a token, once.
type forgetful struct {
	keys.TokenMemory
	failed bool
}

func (f *forgetful) RememberToken(
	ctx context.Context, connectionID string, digest [32]byte, expires time.Time, events ...keys.Event,
) error {
	if !f.failed {
		f.failed = true
		return errors.New("disk full")
	}

	return f.TokenMemory.RememberToken(ctx, connectionID, digest, expires, events...)
}

func TestMintThatCouldNotStartIsRefunded(t *testing.T) {
	c := limited(t, 1, func(o *keys.Options) { o.Tokens = &forgetful{TokenMemory: o.Tokens} })
	if _, _, err := c.Connect(t.Context(), login(1, "a")); err == nil || c.upstream.calls != 0 {
		t.Fatalf("got %v after %d calls", err, c.upstream.calls)
	}
	c.connect(t, login(1, "b"))
}
