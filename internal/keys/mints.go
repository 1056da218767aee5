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

// mints are those under way in this process, by connection. Two of one account never run at once here, so that those
// who wait need not ask the database over and over, and so that a key which is in memory but could not be stored yet
// keeps its turn even when its lease has run out.
type mints struct {
	inflight.Group[string, struct{}, mintResult]

	storeRetries context.Context // ends when the process cannot wait any longer
	stopRetries  context.CancelFunc
}

func newMints() *mints {
	storeRetries, stopRetries := context.WithCancel(context.Background())
	return &mints{storeRetries: storeRetries, stopRetries: stopRetries}
}

// drain lets no further mint begin and waits for those under way. When ctx ends first, what they still wait for is
// given up.
func (m *mints) drain(ctx context.Context) error {
	defer m.stopRetries()
	return m.Drain(ctx)
}

// joinMint mints on a context of its own: once a key may exist upstream, a caller that leaves must not keep it from being
// stored. The caller waits as long as its ctx allows, and so do those who come meanwhile. Who has left is not told
// apart from who is to look again: Connect looks at its own context first.
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
		return Connection{}, false, err // asking upstream again at once would bring the same
	}

	return Connection{}, false, errConnectionChanged
}

// observedMint mints, and tells how it ended.
func (c *Custodian) observedMint(ctx context.Context, connection Connection, login Login) (mintResult, error) {
	result, err := inflight.Guard(func() (mintResult, error) {
		stored, minted, err := c.mint(ctx, connection, login)
		return mintResult{connection: stored, minted: minted}, err
	})

	var broke *inflight.PanicError
	if errors.As(err, &broke) {
		c.options.Logger.ErrorContext(ctx, "panic in a mint",
			"connection", connection.ID, "type", broke.Type, "stack", string(broke.Stack))
		err = fmt.Errorf("%w: the mint broke off", ErrMintUncertain)
	}

	c.options.Observe(mintOutcome(result.minted, err))

	return result, err
}
