package keys_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

// held blocks calls for a key until it is released.
func (c *custody) credential(t *testing.T) (entered <-chan string, release func()) {
	t.Helper()
	in, out := make(chan string, 10), make(chan struct{})
	c.upstream.on(func(name string) error { in <- name; <-out; return nil }, nil)
	var released bool
	release = func() {
		if !released {
			released = true
			c.upstream.on(nil, nil)
			close(out)
		}
	}
	t.Cleanup(release)

	return in, release
}

func TestConnectWaitsForTheMintUpToItsPatience(t *testing.T) {
	c := newCustody(t, func(o *keys.Options) { o.Patience = 200 * time.Millisecond })
	entered, release := c.credential(t)

	results := make(chan error, 2)
	for _, token := range []string{"one", "two"} {
		go func() {
			_, _, err := c.Connect(t.Context(), login(1, token))
			results <- err
		}()
	}
	<-entered

	for range 2 {
		var busy *keys.InProgressError
		if err := <-results; !errors.As(err, &busy) || busy.RetryAfter <= 0 {
			t.Errorf("got %v, want InProgressError with a time to come back", err)
		}
	}
	release()
	eventually(t, "the mint continues without its callers", func() bool { return c.find(t, 1).State == keys.Active })

	if c.upstream.calls != 1 {
		t.Errorf("got %d calls upstream, want 1", c.upstream.calls)
	}
}

func TestLeavingCallerDoesNotCancelTheMint(t *testing.T) {
	c := newCustody(t)
	entered, release := c.credential(t)
	leaving, leave := context.WithCancel(t.Context())

	result := make(chan error, 1)
	go func() {
		_, _, err := c.Connect(leaving, login(1, "one"))
		result <- err
	}()
	<-entered
	leave()

	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the caller's own cancellation", err)
	}
	release()

	stop, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()

	if err := c.Drain(stop); err != nil { // as SIGTERM does
		t.Fatal(err)
	}

	if got := c.find(t, 1); got.State != keys.Active || len(got.Leftovers()) != 0 {
		t.Errorf("got state %s and leftovers %v, want active and none", got.State, got.Leftovers())
	}
}

// flaky fails to store keys, before or after the commit.
type flaky struct {
	*db.DB
	failures int
	landed   bool
}

var errDisk = errors.New("the disk is full")

func (f *flaky) StoreKey(ctx context.Context, stored keys.StoredKey) (keys.Connection, error) {
	if f.failures == 0 {
		return f.DB.StoreKey(ctx, stored)
	}

	f.failures--
	if f.landed {
		if _, err := f.DB.StoreKey(ctx, stored); err != nil {
			return keys.Connection{}, err
		}
	}

	return keys.Connection{}, errDisk
}

func TestFailedCommitIsRetriedAndLostResponseReadBack(t *testing.T) {
	tests := map[string]*flaky{
		"it fails twice, then takes the key": {failures: 2},
		"it landed, its answer did not":      {failures: 1, landed: true},
	}
	for name, store := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCustody(t, func(o *keys.Options) { store.DB = o.Ledger.(*db.DB); o.Ledger = store })

			connection := c.connect(t, login(1, "one"))
			if connection.State != keys.Active || len(connection.Leftovers()) != 0 || c.upstream.hasLiveIntent() != 1 {
				t.Errorf(
					"got state %s, leftovers %v, %d keys upstream; want active, none, 1",
					connection.State,
					connection.Leftovers(),
					c.upstream.hasLiveIntent(),
				)
			}

			if _, err := c.Credential(t.Context(), accountOf(1)); err != nil {
				t.Errorf("the stored key does not open: %v", err)
			}
		})
	}
}

func TestUnstoredKeyIsNamedAtShutdown(t *testing.T) {
	store := &flaky{failures: 1 << 30}
	c := newCustody(t, func(o *keys.Options) {
		o.Patience = 100 * time.Millisecond
		store.DB, o.Ledger = o.Ledger.(*db.DB), store
	})

	var busy *keys.InProgressError
	if _, _, err := c.Connect(t.Context(), login(1, "one")); !errors.As(err, &busy) {
		t.Fatalf("got %v, want InProgressError: the key is kept and tried again", err)
	}

	stop, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()

	if err := c.Drain(stop); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("drain: got %v, want DeadlineExceeded", err)
	}
	left := func() []problem.Leftover { return c.find(t, 1).Leftovers() }
	eventually(t, "once the lease is given back, the key is left over", func() bool { return len(left()) > 0 })

	if got := left(); len(got) != 1 || got[0].Certain {
		t.Errorf("got leftovers %+v, want one that is uncertain", got)
	}
	// The lease is given back a moment before the mint itself has ended: a caller in between shares its outcome.
	eventually(t, "after the end nobody mints here", func() bool {
		_, _, err := c.Connect(t.Context(), login(1, "two"))
		return errors.As(err, &busy)
	})

	if got := left(); len(got) != 1 {
		t.Errorf("got leftovers %+v, want still the one", got)
	}
}

func TestPanicInAMintAffectsNoOtherMint(t *testing.T) {
	c := newCustody(t)
	c.upstream.on(func(string) error { panic("secret in a panic") }, nil)

	if _, _, err := c.Connect(t.Context(), login(1, "one")); !errors.Is(err, keys.ErrMintUncertain) {
		t.Errorf("got %v, want ErrMintUncertain", err)
	}
	c.upstream.on(nil, nil)

	if got := c.connect(t, login(1, "two")); got.State != keys.Active || c.upstream.hasLiveIntent() != 1 {
		t.Errorf("got state %s and %d keys, want active and 1", got.State, c.upstream.hasLiveIntent())
	}

	if bytesHold(c, "secret in a panic") {
		t.Error("the panic's value is in the log")
	}
}

func bytesHold(c *custody, text string) bool { return bytes.Contains(c.log.Bytes(), []byte(text)) }

// Each response of upstream to a mint, and the resulting state of the intent.
func TestMintOutcomeByResponse(t *testing.T) {
	reject := func(reason upstash.Reason) error { return &upstash.RejectedError{Status: 400, Reason: reason} }

	tests := []struct {
		name   string
		answer error
		want   error
		left   int // names reported
	}{
		{"429", &upstash.UnavailableError{Status: 429, RateLimit: true}, nil, 0},
		{"never sent", &upstash.UnavailableError{}, nil, 0},
		{"401", upstash.ErrCredentialRefused, keys.ErrMintTokenRefused, 0},
		{"403", upstash.ErrForbidden, keys.ErrMintTokenRefused, 0},
		{"404", upstash.ErrNotFound, keys.ErrMintRefused, 0},
		{"a 4xx we do not know", reject(upstash.ReasonUnknown), keys.ErrMintRefused, 0},
		{"P20 account made elsewhere", reject(upstash.ReasonAccountType), keys.ErrAccountType, 0},
		{"P19 name taken, twice", reject(upstash.ReasonNameTaken), keys.ErrMintRefused, 0},
		{"cut or 5xx", upstash.ErrOutcomeUnknown, keys.ErrMintUncertain, 1},
		{"redirect", upstash.ErrRedirect, keys.ErrMintUncertain, 1},
		{"unusable 200", upstash.ErrUnexpectedResponse, keys.ErrMintUncertain, 1},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			c := newCustody(t)
			c.upstream.on(func(string) error { return tc.answer }, nil)

			_, _, err := c.Connect(t.Context(), login(1, "one"))
			if want := tc.want; err == nil || (want != nil && !errors.Is(err, want)) ||
				(want == nil && !errors.Is(err, tc.answer)) {
				t.Errorf("got %v, want %v", err, want)
			}

			connection := c.find(t, 1)
			if got := connection.Leftovers(); len(got) != tc.left || connection.State != keys.Pending {
				t.Errorf("got leftovers %+v in state %s, want %d in pending", got, connection.State, tc.left)
			}
			c.upstream.on(nil, nil)

			after := c.connect(t, login(1, "two"))
			if len(after.Leftovers()) != 0 || c.upstream.hasLiveIntent() != 1 {
				t.Errorf("then: got leftovers %+v and %d keys, want none and 1", after.Leftovers(), c.upstream.hasLiveIntent())
			}
		})
	}
}

// Each response of upstream when an uncertain name is sent again.
func TestSettlingOutcomeByResponse(t *testing.T) {
	tests := []struct {
		name   string
		answer error // to the name sent again; nil: as upstream would
		keys   int   // upstream at the end
		left   bool  // the first name is reported as left behind
		fails  bool  // that connect fails, and the name stays uncertain
	}{
		{"it is taken", nil, 2, true, false},
		{"a 4xx we do not know", &upstash.RejectedError{Status: 418, Reason: upstash.ReasonUnknown}, 2, true, false},
		{"429", &upstash.UnavailableError{Status: 429, RateLimit: true}, 1, false, true},
		{"401", upstash.ErrCredentialRefused, 1, false, true},
		{"cut again", upstash.ErrOutcomeUnknown, 1, false, true},
		{"P19 key limit", &upstash.RejectedError{Status: 400, Reason: upstash.ReasonKeyLimit}, 1, false, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			c := newCustody(t)
			c.upstream.on(nil, func(string) error { return upstash.ErrOutcomeUnknown }) // minted, then cut

			if _, _, err := c.Connect(t.Context(), login(1, "one")); !errors.Is(err, keys.ErrMintUncertain) {
				t.Fatalf("got %v, want ErrMintUncertain", err)
			}
			first := c.find(t, 1).Leftovers()[0].Name
			c.upstream.on(func(name string) error {
				if name == first {
					return tc.answer
				}

				return nil
			}, nil)

			connection, _, err := c.Connect(t.Context(), login(1, "two"))
			if (err != nil) != tc.fails {
				t.Errorf("got %v, want failure: %t", err, tc.fails)
			}

			if tc.fails {
				connection = c.find(t, 1)
			}

			got := connection.Leftovers()
			if len(got) != 1 || got[0].Name != first || got[0].Certain != tc.left {
				t.Errorf("got leftovers %+v, want %s, certain: %t", got, first, tc.left)
			}

			var limit *keys.KeyLimitError
			if errors.As(err, &limit) && (len(limit.Leftovers) != 1 || limit.Leftovers[0].Name != first) {
				t.Errorf("the key limit lists %+v, want %s", limit.Leftovers, first)
			}

			if c.upstream.hasLiveIntent() != tc.keys {
				t.Errorf("got %d keys upstream, want %d", c.upstream.hasLiveIntent(), tc.keys)
			}
		})
	}
}

// reading counts how often the row of a connection is read separately, and within a transaction that has to run anyway.
type reading struct {
	keys.Store
	keys.Ledger
	alone, within int
}

func (r *reading) FindConnection(ctx context.Context, account keys.Account) (keys.Connection, error) {
	r.alone++
	return r.Store.FindConnection(ctx, account)
}

func (r *reading) TakeLease(ctx context.Context, id string, lease time.Duration) (keys.Connection, int64, error) {
	r.within++
	return r.Ledger.TakeLease(ctx, id, lease)
}

func (r *reading) StoreKey(ctx context.Context, stored keys.StoredKey) (keys.Connection, error) {
	r.within++
	return r.Ledger.StoreKey(ctx, stored)
}

func TestMintReadsTheConnectionOncePerStep(t *testing.T) {
	r := &reading{}
	c := newCustody(t, func(o *keys.Options) {
		r.Store, r.Ledger = o.Store, o.Ledger
		o.Store, o.Ledger = r, r
	})

	made := c.connect(t, login(1, "one"))
	if r.alone != 1 || r.within != 2 {
		t.Errorf("a mint: got %d reads alone and %d within transactions, want 1 and 2", r.alone, r.within)
	}

	if diff := cmp.Diff(c.find(t, 1), made); diff != "" {
		t.Errorf("what the mint returned (-want +got):\n%s", diff)
	}
	r.alone, r.within = 0, 0
	c.connect(t, login(1, "two"))

	if r.alone != 1 || r.within != 0 {
		t.Errorf(
			"a key that is there: got %d reads alone and %d within transactions, want 1 and none", r.alone, r.within,
		)
	}
}
