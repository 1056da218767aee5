package keys

import (
	"context"
	"errors"
	"fmt"

	"github.com/upstash-connect/bff/internal/inflight"
)

// mintResult is the result of one mint.
type mintResult struct {
	connection Connection
	minted     bool
}

// mints holds the mints in progress in this process, by connection. Two mints of one account never run at the same
// time in one process. Waiting callers therefore need not poll the database, and a key that is in memory but not yet
// stored keeps its place even after its lease expired.
type mints struct {
	inflight.Group[string, struct{}, mintResult]

	storeRetries context.Context // canceled when the process cannot wait any longer
	stopRetries  context.CancelFunc
}

func newMints() *mints {
	storeRetries, stopRetries := context.WithCancel(context.Background())
	return &mints{storeRetries: storeRetries, stopRetries: stopRetries}
}

// drain stops new mints and waits for those in progress. When ctx ends first, it cancels their retries.
func (m *mints) drain(ctx context.Context) error {
	defer m.stopRetries()
	return m.Drain(ctx)
}

// joinMint starts the connection's mint, or joins the one in progress. The mint runs on its own context: once a key
// may exist upstream, it must be stored even if the caller leaves. The caller waits until its own ctx ends. A caller
// that joined gets errConnectionChanged, whether the mint ended or the caller's ctx did: Connect checks its own
// context first.
func (c *Custodian) joinMint(ctx context.Context, connection Connection, login Login) (Connection, bool, error) {
	call, first := c.mints.Join(context.WithoutCancel(ctx), connection.ID, struct{}{}, nil,
		func(ctx context.Context, _ *inflight.Call[string, struct{}, mintResult]) (mintResult, error) {
			return c.observedMint(ctx, connection, login)
		})
	if call == nil {
		return Connection{}, false, &InProgressError{RetryAfter: stoppingRetry}
	}

	result, err := call.Wait(ctx)
	switch {
	case first:
		return result.connection, result.minted, err
	case sharedByAccount(err):
		return Connection{}, false, err // an immediate retry would fail in the same way
	}

	return Connection{}, false, errConnectionChanged
}

// observedMint mints and reports the outcome.
func (c *Custodian) observedMint(ctx context.Context, connection Connection, login Login) (mintResult, error) {
	result, err := inflight.Guard(func() (mintResult, error) {
		stored, minted, err := c.mint(ctx, connection, login)
		return mintResult{connection: stored, minted: minted}, err
	})

	var broke *inflight.PanicError
	if errors.As(err, &broke) {
		c.options.Logger.ErrorContext(ctx, "panic in a mint",
			"connection", connection.ID, "type", broke.Type, "stack", string(broke.Stack))
		err = fmt.Errorf("%w: the mint panicked", ErrMintUncertain)
	}

	c.options.Observe(mintOutcome(result.minted, err))

	return result, err
}
