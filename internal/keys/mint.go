package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// mintDetached mints on a context of its own: once a key may exist upstream, a caller that leaves must not keep it from
// being stored. The caller waits, up to its patience.
func (c *Custodian) mintDetached(ctx context.Context, connection Connection, login Login) (Connection, bool, error) {
	fence, err := c.options.Ledger.TakeLease(ctx, connection.ID, c.options.Lease)
	if err != nil {
		return Connection{}, false, err
	}
	type result struct {
		connection Connection
		minted     bool
		err        error
	}
	done := make(chan result, 1)
	c.working.Go(func() {
		own := context.WithoutCancel(ctx)
		connection, minted, err := c.mintLeased(own, connection.ID, login, fence)
		done <- result{connection, minted, err}
	})
	timer := time.NewTimer(c.options.Patience)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.connection, r.minted, r.err
	case <-timer.C:
		return Connection{}, false, &InProgressError{RetryAfter: 2 * time.Second}
	case <-ctx.Done():
		return Connection{}, false, ctx.Err()
	}
}

// mintLeased looks again now that nobody else can mint, settles what earlier mints left open, and mints.
func (c *Custodian) mintLeased(ctx context.Context, id string, login Login, fence int64) (Connection, bool, error) {
	defer c.release(ctx, id, fence)
	connection, err := c.options.Store.FindConnection(ctx, login.Account)
	if err != nil {
		return Connection{}, false, err
	}
	if connection.State == Active && connection.Email == login.Email { // another connect was faster
		reused, _, err := c.connected(ctx, connection, login)
		return reused, false, err
	}
	if err := c.options.Tokens.RememberToken(ctx, id, login.Digest, login.ExpiresAt); err != nil {
		return Connection{}, false, err
	}
	key, intent, err := c.obtain(ctx, connection, login, fence)
	if err != nil {
		c.record(ctx, ActionMintFailed, id, err.Error())
		return Connection{}, false, c.withLeftovers(ctx, login.Account, err)
	}
	if err := c.store(ctx, connection, login, intent, key, fence); err != nil {
		return Connection{}, false, err
	}
	c.record(ctx, ActionMinted, id, intent.Name)
	c.changed(ctx, id, connection.State, Active)
	stored, err := c.options.Store.FindConnection(ctx, login.Account)
	return stored, true, err
}

func (c *Custodian) release(ctx context.Context, id string, fence int64) {
	if err := c.options.Ledger.ReleaseLease(ctx, id, fence); err != nil {
		c.options.Logger.WarnContext(ctx, "mint lease not released; it ends by itself", "connection", id, "error", err)
	}
}

// obtain returns a key: of an open intent whose first call never landed, else of a new name.
func (c *Custodian) obtain(ctx context.Context, connection Connection, login Login, fence int64) (secret.Text, Intent, error) {
	for _, intent := range connection.unsettled() {
		intent.Fence = fence
		key, err := c.call(ctx, intent, login)
		if err == nil {
			return key, intent, nil
		}
		if !c.isStranded(ctx, intent, err) {
			return secret.Text{}, Intent{}, err
		}
	}
	for attempt := 0; ; attempt++ {
		intent := Intent{
			ID: "int_" + rand.Text(), ConnectionID: connection.ID, Name: c.names.name(c.options.Now()),
			State: IntentOpen, Fence: fence, CreatedAt: c.options.Now(),
		}
		if err := c.options.Ledger.OpenIntent(ctx, intent); err != nil {
			return secret.Text{}, Intent{}, err
		}
		key, err := c.call(ctx, intent, login)
		// A fresh random name that is taken is a clash with somebody else's key: one more name, no more.
		if errors.Is(err, errNameTaken) && attempt == 0 {
			continue
		}
		return key, intent, err
	}
}

// errNameTaken is the refusal of a name: for a settled intent, the sign that its first call had landed.
var errNameTaken = fmt.Errorf("%w: the name is taken", ErrMintRefused)

// isStranded reports whether a settling call showed that the intent's key exists, or may exist, and is lost to us.
// "Taken" and any 4xx we do not know say so; then a new name may be tried.
func (c *Custodian) isStranded(ctx context.Context, intent Intent, err error) bool {
	if !errors.Is(err, ErrMintRefused) {
		return false
	}
	c.close(ctx, intent, IntentLeftBehind)
	return true
}

// call asks upstream for a key of the intent's name and closes the intent when the answer is a plain no.
func (c *Custodian) call(ctx context.Context, intent Intent, login Login) (secret.Text, error) {
	if err := c.options.Ledger.ExtendLease(ctx, intent.ConnectionID, intent.Fence, c.options.Lease); err != nil {
		return secret.Text{}, err
	}
	key, err := c.options.Upstream.CreateKey(ctx, login.Token, intent.Name)
	if err == nil {
		return key, nil
	}
	var (
		rejected    *upstash.RejectedError
		unavailable *upstash.UnavailableError
	)
	switch {
	case errors.Is(err, upstash.ErrOutcomeUnknown):
		c.close(ctx, intent, IntentUncertain)
		return secret.Text{}, fmt.Errorf("%w: %w", ErrMintUncertain, err)
	case errors.As(err, &rejected) && rejected.Reason == upstash.ReasonKeyLimit:
		c.refusedIfNew(ctx, intent)
		return secret.Text{}, &KeyLimitError{}
	case errors.As(err, &rejected) && rejected.Reason == upstash.ReasonAccountType:
		c.refusedIfNew(ctx, intent)
		return secret.Text{}, ErrAccountType
	case errors.Is(err, upstash.ErrCredentialRefused), errors.Is(err, upstash.ErrForbidden):
		c.refusedIfNew(ctx, intent)
		return secret.Text{}, ErrMintTokenRefused
	case errors.As(err, &unavailable): // 429, or never sent
		c.refusedIfNew(ctx, intent)
		return secret.Text{}, err
	case errors.As(err, &rejected) && rejected.Reason == upstash.ReasonNameTaken:
		c.refusedIfNew(ctx, intent)
		return secret.Text{}, errNameTaken
	}
	c.refusedIfNew(ctx, intent)
	return secret.Text{}, ErrMintRefused
}

// refusedIfNew closes an intent of this very call as refused. One that is being settled stays as it was: upstream's no to
// the second call says nothing about the first.
func (c *Custodian) refusedIfNew(ctx context.Context, intent Intent) {
	current, err := c.options.Ledger.FindIntent(ctx, intent.ID)
	if err == nil && current.Fence == intent.Fence && current.State == IntentOpen {
		c.close(ctx, intent, IntentRefused)
	}
}

func (c *Custodian) close(ctx context.Context, intent Intent, state IntentState) {
	if err := c.options.Ledger.CloseIntent(ctx, intent.ID, state); err != nil {
		// It stays open, which is read as uncertain: reported and settled later.
		c.options.Logger.ErrorContext(ctx, "mint intent not closed", "name", intent.Name, "state", state, "error", err)
	}
}

// withLeftovers tells a caller at the key limit which keys are ours to name.
func (c *Custodian) withLeftovers(ctx context.Context, account Account, err error) error {
	var limit *KeyLimitError
	if !errors.As(err, &limit) {
		return err
	}
	if connection, findErr := c.options.Store.FindConnection(ctx, account); findErr == nil {
		return &KeyLimitError{Leftovers: connection.Leftovers()}
	}
	return err
}
