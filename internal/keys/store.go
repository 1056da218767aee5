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
	minStoreRetry = 100 * time.Millisecond
	maxStoreRetry = 5 * time.Second
)

// store seals the key and commits it. It seals again for each try: the sealing key may have been rotated meanwhile,
// and the database rejects values sealed by a retired key. The key exists only upstream and here, so a failed commit
// is repeated while the process lives; a commit with an unknown outcome is read back first. A fenced commit leaves the
// key behind, by name. The audit event is in the same transaction: no key is stored without one.
func (c *Custodian) store(
	ctx context.Context, connection Connection, login Login, intent Intent, key secret.Text,
) (Connection, error) {
	defer c.recent.Drop(login.Account)

	at := c.options.Now()
	events := []Event{{At: at, Action: ActionMinted, ConnectionID: connection.ID, Detail: intent.Name}}
	events = append(events, edgeEvents(at, connection.ID, connection.State, Active)...)
	events = append(events, Event{
		At: at, Action: ActionConnected, ConnectionID: connection.ID, Detail: "Created developer key " + intent.Name,
	})
	storing := StoredKey{
		ConnectionID: connection.ID, IntentID: intent.ID, Fence: intent.Fence, Email: login.Email, Name: intent.Name,
		At: at, Events: events,
	}

	for wait := minStoreRetry; ; wait = min(2*wait, maxStoreRetry) {
		var err error
		if storing.Sealed, err = c.options.Box.Seal([]byte(key.Reveal()), keyCell(connection.ID)); err != nil {
			c.close(ctx, intent, IntentLeftBehind)
			return Connection{}, err
		}
		killpoint.Reach(killpoint.KeySealed)

		stored, err := c.options.Ledger.StoreKey(ctx, storing)
		if err == nil {
			return stored, nil
		}

		if found, findErr := c.options.Store.FindConnection(
			ctx, login.Account,
		); findErr == nil &&
			found.hasLiveIntent(intent.ID) {
			return found, nil // the commit succeeded although its response was lost
		}

		if errors.Is(err, ErrFenced) {
			c.close(ctx, intent, IntentLeftBehind)
			return Connection{}, err
		}

		c.options.Logger.ErrorContext(
			ctx, "minted key not stored yet", "name", intent.Name, "retry_in", wait, "error", err,
		)

		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.mints.storeRetries.Done():
			timer.Stop()
			return Connection{}, fmt.Errorf("%w: the key could not be stored: %w", ErrMintUncertain, err)
		}
	}
}
