package keys

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// Login is a verified log-in that asks to be connected.
type Login struct {
	Account   Account
	Email     string // of the token's claim or a verified ID token; may be unusable
	Token     secret.Text
	Digest    [32]byte // of the token
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Connect makes sure that the account has a working key and returns its connection and whether this call minted. A
// working key is reused: connecting again mints nothing. A caller that leaves does not cancel a mint.
//
// Errors: ErrEmailUnusable, ErrTokenAlreadyUsed, ErrTokenTooOld, ErrAccountType, ErrMintTokenRefused, ErrMintRefused,
// ErrMintUncertain, *KeyLimitError, *InProgressError, and upstream's when a probe says nothing.
func (c *Custodian) Connect(ctx context.Context, login Login) (Connection, bool, error) {
	if !usableEmail(login.Email) {
		return Connection{}, false, ErrEmailUnusable
	}
	deadline := c.options.Now().Add(c.options.Patience)
	for {
		connection, minted, err := c.attempt(ctx, login)
		if !errors.Is(err, ErrLeaseHeld) && !errors.Is(err, ErrFenced) {
			return connection, minted, err
		}
		if !c.options.Now().Before(deadline) {
			return Connection{}, false, &InProgressError{RetryAfter: 2 * time.Second}
		}
		if err := pause(ctx); err != nil {
			return Connection{}, false, err
		}
	}
}

// pause waits a little, unevenly, so that those who wait for one mint do not all ask the database at once.
func pause(ctx context.Context) error {
	timer := time.NewTimer(50*time.Millisecond + mathrand.N(100*time.Millisecond)) //nolint:gosec // spreads load, guards nothing
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refuseReplay keeps a token that was issued before the last disconnect from bringing the account back. Its date has
// whole seconds, so within the second of the disconnect only a token seen before is refused.
func (c *Custodian) refuseReplay(ctx context.Context, connection Connection, login Login) error {
	if connection.DisconnectedAt.IsZero() {
		return nil
	}
	cut := connection.DisconnectedAt.Truncate(time.Second)
	if login.IssuedAt.Before(cut) {
		return ErrTokenAlreadyUsed
	}
	if !login.IssuedAt.Equal(cut) {
		return nil
	}
	known, err := c.options.Tokens.KnowsToken(ctx, connection.ID, login.Digest)
	if err == nil && known {
		err = ErrTokenAlreadyUsed
	}
	return err
}

// attempt reuses the key, or mints one; ErrLeaseHeld when another is minting.
func (c *Custodian) attempt(ctx context.Context, login Login) (Connection, bool, error) {
	connection, err := c.options.Store.FindConnection(ctx, login.Account)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Connection{}, false, err
	}
	if err := c.refuseReplay(ctx, connection, login); err != nil {
		return Connection{}, false, err
	}
	if reused, ok, err := c.reuse(ctx, connection, login); err != nil || ok {
		return reused, false, err
	}
	if c.options.Now().Sub(login.IssuedAt) > c.options.MaxTokenAge {
		return Connection{}, false, ErrTokenTooOld
	}
	if connection.ID == "" {
		connection, err = c.options.Store.EnsureConnection(ctx, login.Account, "con_"+rand.Text(), c.options.Now())
		if err != nil {
			return Connection{}, false, err
		}
	}
	return c.mintDetached(ctx, connection, login)
}

// reuse keeps the stored key when it works. An active key under the same e-mail counts as working: if it is not, the
// next call finds out. A changed e-mail, or a key that was refused before, is tried upstream first.
func (c *Custodian) reuse(ctx context.Context, connection Connection, login Login) (Connection, bool, error) {
	if !connection.hasKey() {
		return Connection{}, false, nil
	}
	same := connection.Email == login.Email
	if same && connection.State == Active {
		return c.connected(ctx, connection, login)
	}
	held, err := c.open(ctx, connection)
	if err != nil {
		return Connection{}, false, nil //nolint:nilerr // a key that does not open is replaced, not an error of this connect
	}
	err = c.probe(ctx, upstash.Credential{Email: login.Email, Key: held.Key})
	switch {
	case refused(err):
		return Connection{}, false, nil
	case err != nil:
		return Connection{}, false, err
	}
	kept, err := c.options.Store.ReuseConnection(ctx, connection.ID, connection.KeyName, login.Email)
	if err != nil || !kept {
		return Connection{}, false, err
	}
	if connection.State != Active {
		c.changed(ctx, connection.ID, connection.State, Active)
	}
	connection, err = c.options.Store.FindConnection(ctx, login.Account)
	if err != nil {
		return Connection{}, false, err
	}
	return c.connected(ctx, connection, login)
}

func (c *Custodian) connected(ctx context.Context, connection Connection, login Login) (Connection, bool, error) {
	if err := c.options.Tokens.RememberToken(ctx, connection.ID, login.Digest, login.ExpiresAt); err != nil {
		return Connection{}, false, err
	}
	c.record(ctx, ActionConnected, connection.ID, "reused "+connection.KeyName)
	return connection, true, nil
}

// Find returns the account's connection; ErrNotFound when it was never connected.
func (c *Custodian) Find(ctx context.Context, account Account) (Connection, error) {
	return c.options.Store.FindConnection(ctx, account)
}

// Disconnect destroys our copy of the key and ends every session of the account. What it returns lists the keys that stay
// upstream until their owner deletes them. ErrNotFound when the account was never connected.
func (c *Custodian) Disconnect(ctx context.Context, account Account) (Connection, error) {
	before, err := c.options.Store.FindConnection(ctx, account)
	if err != nil {
		return Connection{}, err
	}
	if err := c.options.Store.DisconnectConnection(ctx, account, c.options.Now()); err != nil {
		return Connection{}, err
	}
	if before.State != Disconnected {
		c.changed(ctx, before.ID, before.State, Disconnected)
		c.record(ctx, ActionDisconnected, before.ID, before.KeyName)
	}
	return c.options.Store.FindConnection(ctx, account)
}
