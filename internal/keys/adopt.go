package keys

import (
	"context"
	"crypto/rand"
	"slices"

	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// LocalKey is a developer key that the account's owner stores outside of custody. When custody has lost its own copy
// and upstream accepts this key, Connect adopts it instead of minting another.
type LocalKey struct {
	Email string // the e-mail that the key has worked with
	Name  string
	Key   secret.Text
}

// adoptLocalKey stores the local key if custody has none, nobody disconnected the account, and upstream accepts the
// key. It takes the steps of a mint except the call: the lease, the intent, and the key with its row. An adoption that
// is cut off therefore leaves the key's name on record. It does not count against the mint budget and needs no fresh
// login, because it consumes nothing upstream.
func (c *Custodian) adoptLocalKey(ctx context.Context, connection Connection, login Login) (Connection, bool, error) {
	if login.LocalKey.Key.IsZero() || connection.hasKey() || (connection.ID != "" && connection.State != Pending) ||
		connection.settled(login.LocalKey.Name) {
		return Connection{}, false, nil
	}
	credential := Credential{
		Credential: upstash.Credential{
			Email:   login.LocalKey.Email,
			Key:     login.LocalKey.Key,
			Account: string(login.Account.Caller()),
		},
	}

	email, err := c.workingEmail(ctx, credential, login.Email)
	if err != nil || email == "" {
		return Connection{}, false, err
	}

	connection, err = c.options.Store.EnsureConnection(ctx, login.Account, "con_"+rand.Text(), c.options.Now())
	if err != nil {
		return Connection{}, false, err
	}

	connection, fence, err := c.options.Ledger.TakeLease(ctx, connection.ID, c.options.Lease)
	if err != nil {
		return Connection{}, false, err
	}
	defer c.release(context.WithoutCancel(ctx), connection.ID, fence)

	if connection.hasKey() || connection.State != Pending { // another connect changed it meanwhile
		return Connection{}, false, errConnectionChanged
	}

	intent, err := c.openLocalKeyIntent(ctx, connection, login.LocalKey.Name, fence)
	if err != nil {
		return Connection{}, false, err
	}

	sealed, err := c.options.Box.Seal([]byte(login.LocalKey.Key.Reveal()), keyCell(connection.ID))
	if err != nil {
		return Connection{}, false, err
	}
	at := c.options.Now()

	defer c.recent.Drop(login.Account)

	stored, err := c.options.Ledger.StoreKey(ctx, StoredKey{ // tried once: the owner still has the key
		ConnectionID: connection.ID, IntentID: intent.ID, Fence: fence, Email: email, Name: intent.Name, Sealed: sealed,
		At: at, Events: edgeEvents(at, connection.ID, connection.State, Active),
	})
	if err != nil {
		return Connection{}, false, err
	}
	c.logEdge(ctx, connection.ID, connection.State, Active)

	return c.connected(ctx, stored, login)
}

// settled reports whether the intent of this name has ended: its key was left behind, refused or lost.
func (c Connection) settled(name string) bool {
	return slices.ContainsFunc(c.Intents, func(i Intent) bool {
		return i.Name == name && i.State != IntentOpen && i.State != IntentUncertain
	})
}

// openLocalKeyIntent commits the name of the local key, or resumes the intent of an earlier run that was cut off.
func (c *Custodian) openLocalKeyIntent(
	ctx context.Context, connection Connection, name string, fence int64,
) (Intent, error) {
	for _, intent := range connection.unsettled() {
		if intent.Name == name {
			intent.Fence = fence
			return intent, c.options.Ledger.ResumeIntent(ctx, intent, c.options.Lease)
		}
	}
	intent := Intent{
		ID:           "int_" + rand.Text(),
		ConnectionID: connection.ID,
		Name:         name,
		State:        IntentOpen,
		Fence:        fence,
		CreatedAt:    c.options.Now(),
	}

	return intent, c.options.Ledger.OpenIntent(ctx, intent, c.options.Lease)
}
