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

// mint takes the lease, checks the connection again now that nobody else can mint, settles earlier mints that are
// still open, and makes a key.
//
// It reads the connection's row twice, each time within a transaction that runs anyway. TakeLease reads it because the
// row that attempt read may be out of date: a disconnect or another process's connect may have changed it, and the
// list of unsettled intents is stable only under the lease. StoreKey reads it because the caller gets the committed
// connection with its current leftovers: an earlier holder of the lease may still report one.
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
		return // no call was made
	}

	detail := err.Error()
	if intent.Name != "" {
		detail = intent.Name + ": " + detail
	}
	c.audit(ctx, Event{At: c.options.Now(), Action: ActionMintFailed, ConnectionID: connectionID, Detail: detail})
}

func (c *Custodian) release(ctx context.Context, id string, fence int64) {
	if err := c.options.Ledger.ReleaseLease(ctx, id, fence); err != nil {
		c.options.Logger.WarnContext(
			ctx, "mint lease not released; it expires automatically", "connection", id, "error", err,
		)
	}
}

// obtain returns a key: from an unsettled intent whose first call never arrived, else under a new name. With an error
// it returns the intent that failed, if there is one.
func (c *Custodian) obtain(
	ctx context.Context, connection Connection, login Login, fence int64,
) (secret.Text, Intent, error) {
	for _, intent := range connection.unsettled() {
		intent.Fence = fence

		key, err := c.settle(ctx, intent, login)
		if !errors.Is(err, ErrMintRefused) {
			return key, intent, err
		}
		c.auditFailure(ctx, connection.ID, intent, err) // audited even if the next call succeeds
	}

	key, intent, err := c.mintNewName(ctx, connection.ID, login, fence)
	if errors.Is(err, errNameTaken) {
		// A new random name collides only with somebody else's key. One more name is tried.
		c.auditFailure(ctx, connection.ID, intent, err)
		key, intent, err = c.mintNewName(ctx, connection.ID, login, fence)
	}

	return key, intent, err
}

// settle sends the name of an earlier mint again. Success shows that the first call never arrived; if it arrives late,
// upstream rejects it as a duplicate. "Name taken", or a 4xx we do not know, means that a key with that name exists or
// may exist, and we have no copy. Any other failure says nothing about the first call.
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

// mintNewName commits a new name and requests its key.
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
	case err != nil: // rejected, or never sent
		c.close(ctx, intent, IntentRefused)
	}

	return key, intent, err
}

// charge takes one call from the account's budget, before the mint is recorded: a rejected call leaves no trace. Calls
// that settle an earlier mint are charged too.
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

// refund returns the charge for a call that was not made: an unreachable upstream, or a disconnect meanwhile, must not
// use up the user's budget.
func (c *Custodian) refund(ctx context.Context, login Login, name string) {
	if err := c.options.Mints.Refund(ctx, login.Account.Caller()); err != nil {
		c.options.Logger.WarnContext(ctx, "mint not refunded to the budget", "name", name, "error", err)
	}
}

func (c *Custodian) close(ctx context.Context, intent Intent, state IntentState) {
	if err := c.options.Ledger.CloseIntent(ctx, intent, state); err != nil {
		// It stays open, which counts as uncertain: it is listed, and settled later.
		c.options.Logger.ErrorContext(ctx, "mint intent not closed", "name", intent.Name, "state", state, "error", err)
	}
}

// withLeftovers adds our leftover keys to a key limit error. It reads the row again, because this mint may have closed
// intents since it took the lease.
func (c *Custodian) withLeftovers(ctx context.Context, account Account, err error) error {
	var keyLimit *KeyLimitError
	if !errors.As(err, &keyLimit) {
		return err
	}

	connection, findErr := c.options.Store.FindConnection(ctx, account)
	if findErr != nil {
		return fmt.Errorf("%w (cannot list the leftover keys of an account at its key limit: %w)", findErr, err)
	}
	connection.LeaseHeld = false // the lease is this mint's, which has ended

	return &KeyLimitError{Leftovers: connection.Leftovers()}
}
