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
// database takes nothing that a retired one has sealed. The key exists upstream and nowhere else, so a failed commit is
// repeated as long as the process lives; one whose outcome is unknown is re-read before it is repeated. A fenced commit
// leaves the key behind, by name. The audit log says in the same transaction what was done: no key is stored of which
// it knows nothing.
func (c *Custodian) store(
	ctx context.Context, connection Connection, login Login, intent Intent, key secret.Text,
) (Connection, error) {
	defer c.recent.Drop(login.Account)

	at := c.options.Now()
	events := []Event{{At: at, Action: ActionMinted, ConnectionID: connection.ID, Detail: intent.Name}}
	events = append(events, edgeEvents(at, connection.ID, connection.State, Active)...)
	events = append(events, Event{
		At: at, Action: ActionConnected, ConnectionID: connection.ID, Detail: "made " + intent.Name,
	})
	storing := StoredKey{
		ConnectionID: connection.ID, IntentID: intent.ID, Fence: intent.Fence, Email: login.Email, Name: intent.Name,
		At: at, Events: events,
	}

	for wait := storeRetryFirst; ; wait = min(2*wait, storeRetryMost) {
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
			return found, nil // the commit landed although its answer did not
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
