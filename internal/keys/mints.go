package keys

import (
	"context"
	"errors"
	"fmt"

	"github.com/upstash-connect/bff/internal/inflight"
)

// minting is what one mint brings.
type minting struct {
	connection Connection
	minted     bool
}

// mints are those under way in this process, by connection. Two of one account never run at once here, so that those
// who wait need not ask the database over and over, and so that a key which is in memory but could not be stored yet
// keeps its turn even when its lease has run out.
type mints struct {
	inflight.Group[string, struct{}, minting]

	giveUp  context.Context // ends when the process cannot wait any longer
	abandon context.CancelFunc
}

func newMints() *mints {
	giveUp, abandon := context.WithCancel(context.Background())
	return &mints{giveUp: giveUp, abandon: abandon}
}

// drain lets no further mint begin and waits for those under way. When ctx ends first, what they still wait for is
// given up.
func (m *mints) drain(ctx context.Context) error {
	defer m.abandon()
	return m.Drain(ctx)
}

// fly mints on a context of its own: once a key may exist upstream, a caller that leaves must not keep it from being
// stored. The caller waits as long as its ctx allows, and so do those who come meanwhile. Who has left is not told
// apart from who is to look again: Connect looks at its own context first.
func (c *Custodian) fly(ctx context.Context, connection Connection, login Login) (Connection, bool, error) {
	call, first := c.mints.Join(context.WithoutCancel(ctx), connection.ID, struct{}{}, nil,
		func(ctx context.Context, _ *inflight.Call[string, struct{}, minting]) (minting, error) {
			return c.watched(ctx, connection, login)
		})
	if call == nil {
		return Connection{}, false, &InProgressError{RetryAfter: stoppingRetry}
	}

	brought, err := call.Wait(ctx)
	switch {
	case first:
		return brought.connection, brought.minted, err
	case sharedByAccount(err):
		return Connection{}, false, err // asking upstream again at once would bring the same
	}

	return Connection{}, false, errLookAgain
}

// watched mints, and tells how it ended.
func (c *Custodian) watched(ctx context.Context, connection Connection, login Login) (minting, error) {
	brought, err := inflight.Guard(func() (minting, error) {
		stored, minted, err := c.mint(ctx, connection, login)
		return minting{connection: stored, minted: minted}, err
	})

	var broke *inflight.PanicError
	if errors.As(err, &broke) {
		c.options.Logger.ErrorContext(ctx, "panic in a mint",
			"connection", connection.ID, "type", broke.Type, "stack", string(broke.Stack))
		err = fmt.Errorf("%w: the mint broke off", ErrMintUncertain)
	}

	c.options.Observe(mintOutcome(brought.minted, err))

	return brought, err
}
