package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
)

// testConcurrentWriters runs many concurrent writers. No call may fail or report a busy database. (Threat model: I13.)
func testConcurrentWriters(t *testing.T, b Backend) {
	t.Helper()
	const writers = 200
	t.Run("two hundred writers of separate rows", func(t *testing.T) {
		var group sync.WaitGroup

		errs := make(chan error, 10*writers)
		for n := range writers {
			group.Go(func() { errs <- connectAndDisconnect(t.Context(), b, n) })
		}
		group.Wait()
		close(errs)

		for err := range errs {
			if err != nil {
				t.Error(err)
			}
		}

		for n := range writers {
			if got := find(t, b, n); got.State != keys.Disconnected || len(got.Leftovers()) != 1 {
				t.Fatalf(
					"connection %d: got state %s and leftovers %v, want disconnected and one",
					n,
					got.State,
					got.Leftovers(),
				)
			}
		}
	})
	t.Run("two hundred callers get one connection and one lease", func(t *testing.T) {
		var (
			group sync.WaitGroup
			won   atomic.Int64
		)
		for n := range writers {
			group.Go(func() {
				connection, err := b.EnsureConnection(
					t.Context(), account(writers), fmt.Sprintf("con_race_%d", n), now(),
				)
				if err != nil {
					t.Error(err)
					return
				}

				switch _, _, err := b.TakeLease(t.Context(), connection.ID, lease); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, keys.ErrLeaseHeld):
					t.Error(err)
				}
			})
		}
		group.Wait()

		if got := won.Load(); got != 1 {
			t.Errorf("got %d holders of one lease, want 1", got)
		}
	})
}

func connectAndDisconnect(ctx context.Context, b Backend, n int) error {
	connection, err := b.EnsureConnection(ctx, account(n), fmt.Sprintf("con_%d", n), now())
	if err != nil {
		return err
	}

	_, fence, err := b.TakeLease(ctx, connection.ID, lease)
	if err != nil {
		return err
	}

	intent := keys.Intent{
		ID:           fmt.Sprintf("int_%d", n),
		ConnectionID: connection.ID,
		Name:         "NAME",
		Fence:        fence,
		CreatedAt:    now(),
	}
	if err := b.OpenIntent(ctx, intent, lease); err != nil {
		return err
	}
	_, storeErr := b.StoreKey(ctx, stored(intent))

	err = errors.Join(
		storeErr,
		b.RememberToken(ctx, connection.ID, digest("token"), now()),
		b.Record(ctx, keys.Event{At: now(), Action: keys.ActionMinted, ConnectionID: connection.ID}),
	)
	_, disconnectErr := b.DisconnectConnection(ctx, account(n), now())

	return errors.Join(err, disconnectErr)
}
