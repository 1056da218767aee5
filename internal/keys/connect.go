package keys

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"time"

	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// Login is a verified login that requests a connection.
type Login struct {
	Account   Account
	Email     string // from the access token's claim or a verified ID token; may be unusable
	Token     secret.Text
	Digest    [32]byte // hash of the access token
	IssuedAt  time.Time
	ExpiresAt time.Time
	LocalKey  LocalKey // zero: the owner stores no key
}

// Connect makes sure that the account has a working key. It returns the connection and whether this call minted. A
// working key is reused: connecting again mints nothing. A mint continues when its caller leaves.
//
// Errors: ErrEmailUnusable, ErrTokenAlreadyUsed, ErrTokenTooOld, ErrAccountType, ErrMintTokenRefused, ErrMintRefused,
// ErrMintUncertain, *KeyLimitError, *InProgressError, *limit.ExceededError, and upstream's error when a probe is
// inconclusive.
func (c *Custodian) Connect(ctx context.Context, login Login) (Connection, bool, error) {
	if !usableEmail(login.Email) {
		return Connection{}, false, ErrEmailUnusable
	}

	waiting, cancel := context.WithTimeoutCause(ctx, c.options.Patience, &InProgressError{RetryAfter: 2 * time.Second})
	defer cancel()

	for {
		connection, minted, err := c.attempt(waiting, login)
		if err == nil {
			return connection, minted, nil
		}

		if errors.Is(err, ErrLeaseHeld) || errors.Is(err, ErrFenced) {
			pause(waiting)
			err = errConnectionChanged
		}

		if waiting.Err() != nil {
			return Connection{}, false, context.Cause(waiting)
		}

		if !errors.Is(err, errConnectionChanged) {
			return Connection{}, false, err
		}
	}
}

// errConnectionChanged means that the connection changed since it was read: another caller's mint in this process has
// ended, so there may be a key to reuse, or the state is another. Connect reads it again.
var errConnectionChanged = errors.New("the connection changed meanwhile")

// pause waits a short random time, so that callers who wait for another process's mint do not all retry together.
func pause(ctx context.Context) {
	jitter := mathrand.N(100 * time.Millisecond) //nolint:gosec // need not be unpredictable

	timer := time.NewTimer(50*time.Millisecond + jitter)
	defer timer.Stop()

	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// rejectReplay returns ErrTokenAlreadyUsed for a token from before the last disconnect: such a token must not restore
// the connection. It rejects tokens that were issued, or used, before the disconnect. A token's date has whole
// seconds, so a token from the second of the disconnect passes unless it was used.
func (c *Custodian) rejectReplay(ctx context.Context, connection Connection, login Login) error {
	if connection.DisconnectedAt.IsZero() {
		return nil
	}

	if login.IssuedAt.Before(connection.DisconnectedAt.Truncate(time.Second)) {
		return ErrTokenAlreadyUsed
	}
	// The date alone is not enough: the issuer's clock may be ahead of ours.
	spent, err := c.options.Tokens.TokenSpent(ctx, connection.ID, login.Digest)
	if err == nil && spent {
		err = ErrTokenAlreadyUsed
	}

	return err
}

// attempt reuses the key or mints one. It returns ErrLeaseHeld when another process is minting or has just minted.
//
// It reads the connection's row without a lease: most connects find a working key and write nothing. Before a mint,
// the row is checked again under the lease.
func (c *Custodian) attempt(ctx context.Context, login Login) (Connection, bool, error) {
	connection, err := c.options.Store.FindConnection(ctx, login.Account)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Connection{}, false, err
	}

	if err := c.rejectReplay(ctx, connection, login); err != nil {
		return Connection{}, false, err
	}

	if reused, ok, err := c.reuse(ctx, connection, login); err != nil || ok {
		return reused, false, err
	}

	if adopted, ok, err := c.adoptLocalKey(ctx, connection, login); err != nil || ok {
		return adopted, false, err
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

	return c.joinMint(ctx, connection, login)
}

// reuse returns the connection if its stored key works. An active key under the same e-mail counts as working; if it
// does not work, the next call finds out. After a change of e-mail or a rejected key, it probes the key first.
func (c *Custodian) reuse(ctx context.Context, connection Connection, login Login) (Connection, bool, error) {
	if !connection.hasKey() {
		return Connection{}, false, nil
	}

	credential, err := c.open(ctx, connection)
	if errors.Is(err, seal.ErrCannotOpen) {
		return Connection{}, false, nil // mint a new key instead of failing this connect
	}

	if err != nil {
		return Connection{}, false, err
	}

	if connection.State == Active && connection.Email == login.Email {
		return c.connected(ctx, connection, login)
	}

	email, err := c.workingEmail(ctx, credential, login.Email)
	if err != nil || email == "" {
		return Connection{}, false, err
	}

	defer c.recent.Drop(login.Account)

	events := edgeEvents(c.options.Now(), connection.ID, connection.State, Active)

	updated, err := c.options.Store.ReuseConnection(
		ctx, connection.ID, connection.KeyName, connection.State, email, events...,
	)
	if err == nil && !updated {
		err = errConnectionChanged // another caller changed the state or the key during the probe
	}

	if err != nil {
		return Connection{}, false, err
	}
	c.logEdge(ctx, connection.ID, connection.State, Active)

	connection, err = c.options.Store.FindConnection(ctx, login.Account)
	if err != nil {
		return Connection{}, false, err
	}

	return c.connected(ctx, connection, login)
}

// workingEmail probes the key with the login's e-mail, then with the e-mail it has worked with: a login from before a
// change of e-mail must not cost a key. It returns "" when upstream rejects both.
func (c *Custodian) workingEmail(ctx context.Context, credential Credential, email string) (string, error) {
	for _, candidate := range []string{email, credential.Email} {
		err := c.probe(ctx, upstash.Credential{Email: candidate, Key: credential.Key, Account: credential.Account})
		switch {
		case err == nil:
			return candidate, nil
		case !rejected(err):
			return "", err
		case email == credential.Email:
			return "", nil
		}
	}

	return "", nil
}

// connected records that the login connected with the existing key.
func (c *Custodian) connected(ctx context.Context, connection Connection, login Login) (Connection, bool, error) {
	event := Event{
		At: c.options.Now(), Action: ActionConnected, ConnectionID: connection.ID,
		Detail: "Reused developer key " + connection.KeyName,
	}

	err := c.options.Tokens.RememberToken(ctx, connection.ID, login.Digest, login.ExpiresAt, event)
	if err != nil {
		return Connection{}, false, err
	}

	return connection, true, nil
}

// Find returns the account's connection; ErrNotFound when it was never connected.
func (c *Custodian) Find(ctx context.Context, account Account) (Connection, error) {
	return c.options.Store.FindConnection(ctx, account)
}

// Disconnect destroys our copy of the key and ends every session of the account. The returned connection lists the
// keys that stay upstream until their owner deletes them. A mint in progress no longer stores its key, which is listed
// too. ErrNotFound when the account was never connected.
func (c *Custodian) Disconnect(ctx context.Context, account Account) (Connection, error) {
	return c.DisconnectAsOf(ctx, account, c.options.Now())
}

// DisconnectAsOf is Disconnect with the time of the user's request. Tokens issued before that time can no longer
// connect; later ones can, unless they were already used.
func (c *Custodian) DisconnectAsOf(ctx context.Context, account Account, at time.Time) (Connection, error) {
	before, err := c.options.Store.FindConnection(ctx, account)
	if err != nil {
		return Connection{}, err
	}

	defer c.recent.Drop(account)

	ended, err := c.options.Store.DisconnectConnection(ctx, account, at)
	if err != nil {
		return Connection{}, err
	}
	c.logEdge(ctx, before.ID, before.State, Disconnected)

	after, err := c.options.Store.FindConnection(ctx, account)
	after.EndedGrants = ended

	return after, err
}
