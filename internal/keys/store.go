package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/secret"
)

const (
	storeRetryFirst = 100 * time.Millisecond
	storeRetryMost  = 5 * time.Second
)

// store seals the key and commits it, anew each time it tries: the sealing key may have been rotated meanwhile, and the
// database takes nothing that a retired one has sealed. The key exists upstream and nowhere else, so a failed commit is repeated as long as
// the process lives; one whose outcome is unknown is re-read by its intent before it is repeated. A fenced commit leaves the
// key behind, by name.
func (c *Custodian) store(ctx context.Context, connection Connection, login Login, intent Intent, key secret.Text) error {
	stored := StoredKey{
		ConnectionID: connection.ID, IntentID: intent.ID, Fence: intent.Fence, Email: login.Email, Name: intent.Name, At: c.options.Now(),
	}
	for wait := storeRetryFirst; ; wait = min(2*wait, storeRetryMost) {
		var err error
		if stored.Sealed, err = c.options.Box.Seal([]byte(key.Reveal()), place(connection.ID)); err != nil {
			c.close(ctx, intent, IntentLeftBehind)
			return err
		}
		killpoint.Reach(killpoint.KeySealed)
		err = c.options.Ledger.StoreKey(ctx, stored)
		if err == nil {
			return nil
		}
		if current, findErr := c.options.Ledger.FindIntent(ctx, intent.ID); findErr == nil && current.State == IntentLive {
			return nil // the commit landed although its answer did not
		}
		if errors.Is(err, ErrFenced) {
			c.close(ctx, intent, IntentLeftBehind)
			return err
		}
		c.options.Logger.ErrorContext(ctx, "minted key not stored yet", "name", intent.Name, "retry_in", wait, "error", err)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.flights.giveUp.Done():
			timer.Stop()
			return fmt.Errorf("%w: the key could not be stored: %w", ErrMintUncertain, err)
		}
	}
}
