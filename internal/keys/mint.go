package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// mint takes the lease, looks again now that nobody else can mint, settles what earlier mints left open, and makes a
// key.
//
// It reads the connection's row twice, each time within a transaction that has to run anyway. TakeLease reads it
// because what attempt saw may be out of date: a disconnect, or another process's connect, may have come between, and
// only under the lease does the list of unsettled intents stay as it is. StoreKey reads it because the caller is told
// what was committed, with the leftovers as they are then: an older holder of the lease may still report one.
func (c *Custodian) mint(ctx context.Context, seen Connection, login Login) (Connection, bool, error) {
	connection, fence, err := c.options.Ledger.TakeLease(ctx, seen.ID, c.options.Lease)
	if err != nil {
		return Connection{}, false, err
	}
	defer c.release(ctx, seen.ID, fence)
	killpoint.Reach(killpoint.LeaseTaken)

	if err := c.rejectReplay(ctx, connection, login); err != nil {
		return Connection{}, false, err
	}

	if connection.KeyName != seen.KeyName || connection.State != seen.State {
		if reused, ok, err := c.reuse(ctx, connection, login); err != nil || ok {
			return reused, false, err
		}
	}

	key, intent, err := c.obtain(ctx, connection, login, fence)

	var stored Connection
	if err == nil {
		killpoint.Reach(killpoint.AnswerRead)
		stored, err = c.store(ctx, connection, login, intent, key)
	}

	if err != nil {
		c.auditFailure(ctx, connection.ID, intent, err)
		return Connection{}, false, c.withLeftovers(ctx, login.Account, err)
	}
	killpoint.Reach(killpoint.RowCommitted)

	c.logEdge(ctx, connection.ID, connection.State, Active)

	return stored, true, nil
}

func (c *Custodian) auditFailure(ctx context.Context, connectionID string, intent Intent, err error) {
	var exceeded *limit.ExceededError
	if errors.As(err, &exceeded) {
		return // not a call that failed, but one that was not made
	}

	detail := err.Error()
	if intent.Name != "" {
		detail = intent.Name + ": " + detail
	}
	c.audit(ctx, Event{At: c.options.Now(), Action: ActionMintFailed, ConnectionID: connectionID, Detail: detail})
}

func (c *Custodian) release(ctx context.Context, id string, fence int64) {
	if err := c.options.Ledger.ReleaseLease(ctx, id, fence); err != nil {
		c.options.Logger.WarnContext(ctx, "mint lease not released; it ends by itself", "connection", id, "error", err)
	}
}

// obtain returns a key: of an unsettled intent whose first call never landed, else of a new name. The intent it returns
// with an error is the one that failed, if it got that far.
func (c *Custodian) obtain(
	ctx context.Context, connection Connection, login Login, fence int64,
) (secret.Text, Intent, error) {
	for _, intent := range connection.unsettled() {
		intent.Fence = fence

		key, err := c.settle(ctx, intent, login)
		if !errors.Is(err, ErrMintRefused) {
			return key, intent, err
		}
		c.auditFailure(ctx, connection.ID, intent, err) // whatever comes of the next call, this one was made
	}

	key, intent, err := c.mintNewName(ctx, connection.ID, login, fence)
	if errors.Is(err, errNameTaken) {
		// A fresh random name that is taken is a clash with somebody else's key: one more name, no more.
		c.auditFailure(ctx, connection.ID, intent, err)
		key, intent, err = c.mintNewName(ctx, connection.ID, login, fence)
	}

	return key, intent, err
}

// settle sends the name of an earlier mint again. Success shows that its call never landed, and a late one will be
// rejected as a duplicate: the name's key is the one now in hand. "Taken", and any 4xx we do not know, mean that a key
// of that name is upstream, or may be, and lost to us. Any other failure says nothing about the first call.
func (c *Custodian) settle(ctx context.Context, intent Intent, login Login) (secret.Text, error) {
	if err := c.charge(ctx, intent.ConnectionID, login); err != nil {
		return secret.Text{}, err
	}

	if err := c.options.Ledger.ResumeIntent(ctx, intent, c.options.Lease); err != nil {
		c.refund(ctx, login, intent.Name)
		return secret.Text{}, err
	}

	key, err := c.callUpstream(ctx, intent, login)
	switch {
	case errors.Is(err, ErrMintUncertain):
		c.close(ctx, intent, IntentUncertain)
	case errors.Is(err, ErrMintRefused):
		c.close(ctx, intent, IntentLeftBehind)
	}

	return key, err
}

// mintNewName commits a new name and asks for its key.
func (c *Custodian) mintNewName(
	ctx context.Context, connectionID string, login Login, fence int64,
) (secret.Text, Intent, error) {
	if err := c.charge(ctx, connectionID, login); err != nil {
		return secret.Text{}, Intent{}, err
	}

	intent := Intent{
		ID: "int_" + rand.Text(), ConnectionID: connectionID, Name: c.names.name(c.options.Now()),
		State: IntentOpen, Fence: fence, CreatedAt: c.options.Now(),
	}
	if err := c.options.Ledger.OpenIntent(ctx, intent, c.options.Lease); err != nil {
		c.refund(ctx, login, intent.Name)
		return secret.Text{}, Intent{}, err
	}

	key, err := c.callUpstream(ctx, intent, login)
	switch {
	case errors.Is(err, ErrMintUncertain):
		c.close(ctx, intent, IntentUncertain)
	case err != nil: // a plain no, or never sent
		c.close(ctx, intent, IntentRefused)
	}

	return key, intent, err
}

// charge takes one call out of the account's budget, before anything of the mint is written down: a refused one leaves
// no trace. What is charged is the call, whether it makes a key or settles an earlier one.
func (c *Custodian) charge(ctx context.Context, connectionID string, login Login) error {
	if err := c.options.Mints.Take(ctx, login.Account.Caller()); err != nil {
		return err
	}

	err := c.options.Tokens.RememberToken(ctx, connectionID, login.Digest, login.ExpiresAt)
	if err != nil {
		c.refund(ctx, login, "")
	}

	return err
}

func (c *Custodian) callUpstream(ctx context.Context, intent Intent, login Login) (secret.Text, error) {
	killpoint.Reach(killpoint.IntentCommitted)

	key, err := c.options.Upstream.CreateKey(ctx, string(login.Account.Caller()), login.Token, intent.Name)
	if upstash.NotSent(err) {
		c.refund(ctx, login, intent.Name)
	}

	return key, mintError(err)
}

// refund gives back a call that was not made: an upstream that cannot be reached, or a disconnect that came between,
// must not use up the budget of those who try.
func (c *Custodian) refund(ctx context.Context, login Login, name string) {
	if err := c.options.Mints.Refund(ctx, login.Account.Caller()); err != nil {
		c.options.Logger.WarnContext(ctx, "mint not given back to the budget", "name", name, "error", err)
	}
}

func (c *Custodian) close(ctx context.Context, intent Intent, state IntentState) {
	if err := c.options.Ledger.CloseIntent(ctx, intent, state); err != nil {
		// It stays open, which is read as uncertain: reported and settled later.
		c.options.Logger.ErrorContext(ctx, "mint intent not closed", "name", intent.Name, "state", state, "error", err)
	}
}

// withLeftovers tells a caller at the key limit which keys are ours to name. It reads the row for that: this mint may
// have closed intents since it took the lease.
func (c *Custodian) withLeftovers(ctx context.Context, account Account, err error) error {
	var keyLimit *KeyLimitError
	if !errors.As(err, &keyLimit) {
		return err
	}

	connection, findErr := c.options.Store.FindConnection(ctx, account)
	if findErr != nil {
		return fmt.Errorf("%w (the leftovers of an account that is full are not known: %w)", findErr, err)
	}
	connection.LeaseHeld = false // it is ours, and the mint is over

	return &KeyLimitError{Leftovers: connection.Leftovers()}
}
