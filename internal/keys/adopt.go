package keys

import (
	"context"
	"crypto/rand"
	"slices"

	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// LocalKey is a key of the account that its owner keeps outside of custody. When custody has lost its own copy, and
// upstream takes this one, no other is made.
type LocalKey struct {
	Email string // the one it worked with so far
	Name  string
	Key   secret.Text
}

// adoptLocalKey puts the kept key into custody, if none is there, nobody has disconnected the account, and upstream takes
// the key. It goes the way of a mint, less the call: lease, intent, and the key with its row, so that whatever is cut
// off finds its name. It is no mint for the budget, and needs no fresh login: nothing is asked of upstream that could
// be spent.
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

	if connection.hasKey() || connection.State != Pending { // another came between
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

	stored, err := c.options.Ledger.StoreKey(ctx, StoredKey{ // tried once: the key is kept elsewhere too
		ConnectionID: connection.ID, IntentID: intent.ID, Fence: fence, Email: email, Name: intent.Name, Sealed: sealed,
		At: at, Events: edgeEvents(at, connection.ID, connection.State, Active),
	})
	if err != nil {
		return Connection{}, false, err
	}
	c.logEdge(ctx, connection.ID, connection.State, Active)

	return c.connected(ctx, stored, login)
}

// settled reports whether the name's key has been given up, or was refused.
func (c Connection) settled(name string) bool {
	return slices.ContainsFunc(c.Intents, func(i Intent) bool {
		return i.Name == name && i.State != IntentOpen && i.State != IntentUncertain
	})
}

// openLocalKeyIntent commits the name of the kept key, or resumes its intent where an earlier run was cut off after it.
func (c *Custodian) openLocalKeyIntent(ctx context.Context, connection Connection, name string, fence int64) (Intent, error) {
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
