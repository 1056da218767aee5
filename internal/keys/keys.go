// Package keys keeps custody of developer keys: it connects an account, mints its key at most once, hands the key out
// for one call at a time, notices when upstream refuses it, and destroys it on disconnect.
//
// Upstream shows a key once, caps an account at 37, wants unique names and offers no way to delete one. Everything here
// follows from that: the exact name of a key is committed before the call that makes it (an intent), so that whatever
// happens afterwards the key can be named, and a lease with a fence number keeps two mints from running at once.
package keys

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/upstash-connect/bff/internal/cache"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// Minter makes a developer key upstream.
type Minter interface {
	CreateKey(ctx context.Context, account string, accessToken secret.Text, name string) (secret.Text, error)
}

// Prober finds out whether a credential works.
type Prober interface {
	Databases(ctx context.Context, credential upstash.Credential) ([]upstash.Database, error)
}

// Upstream is the part of the Developer API that custody needs.
type Upstream interface {
	Minter
	Prober
}

// Store keeps connections. Every method is one transaction.
type Store interface {
	// FindConnection returns ErrNotFound when the account was never seen.
	FindConnection(ctx context.Context, account Account) (Connection, error)
	// EnsureConnection returns the account's connection, made pending when there is none.
	EnsureConnection(ctx context.Context, account Account, id string, at time.Time) (Connection, error)
	// MoveConnection changes the state of a connection that is still in from and still holds the key named keyName, and
	// writes down the events. It reports whether it did: then all of it is committed, else nothing.
	MoveConnection(ctx context.Context, id, keyName string, from, to State, events ...Event) (bool, error)
	// ReuseConnection makes the stored key active again under this e-mail, if the connection is still in from and the
	// key still the one named keyName, and writes down the events, as MoveConnection does.
	ReuseConnection(
		ctx context.Context, id, keyName string, from State, email string, events ...Event,
	) (bool, error)
	// DisconnectConnection destroys the sealed key, turns its intent into a left-behind key, fences running mints,
	// spends the tokens remembered so far, ends every session of the account, and writes down the DisconnectEvents of
	// the connection as it was. ErrNotFound when the account was never seen.
	DisconnectConnection(ctx context.Context, account Account, at time.Time) (endedGrants int, err error)
}

// Ledger records mints. Every method is one transaction.
type Ledger interface {
	// TakeLease takes the mint lease of a connection for this long, by the database's clock. It returns the connection
	// as it is under the lease, and the lease's fence. ErrLeaseHeld while another holds it.
	TakeLease(ctx context.Context, connectionID string, lease time.Duration) (under Connection, fence int64, err error)
	// ReleaseLease gives the lease back; not an error when it is no longer held.
	ReleaseLease(ctx context.Context, connectionID string, fence int64) error
	// OpenIntent commits the name of a key that is about to be made, and starts the lease's time again. It returns
	// ErrFenced when another has taken the lease since.
	OpenIntent(ctx context.Context, intent Intent, lease time.Duration) error
	// ResumeIntent makes an unsettled intent this fence's own, so that its first holder, should it still live, can no
	// longer say how it ended, and starts the lease's time again. ErrFenced as above, and when the intent is settled.
	ResumeIntent(ctx context.Context, intent Intent, lease time.Duration) error
	// CloseIntent says how an intent that stored no key ended. Refused and uncertain are taken from the fence that the
	// intent belongs to; left behind is a fact, taken from whoever knows it. What is live stays so.
	CloseIntent(ctx context.Context, intent Intent, state IntentState) error
	// StoreKey checks the fence, stores the sealed key, makes the connection active and its intent live, and writes
	// down the events, all at once: an event that cannot be written keeps the key from being stored. It returns the
	// connection as it is then. A repeated call for an intent that is live already writes no event again. ErrFenced as
	// above, and ErrNotFound when the connection has no such intent.
	StoreKey(ctx context.Context, stored StoredKey) (Connection, error)
}

// TokenMemory recognises access tokens that were used to connect before the last disconnect.
type TokenMemory interface {
	// RememberToken notes a token that connects, and writes down the events, at once. A spent one stays spent.
	RememberToken(
		ctx context.Context, connectionID string, digest [32]byte, expires time.Time, events ...Event,
	) error
	// TokenSpent reports whether the token was remembered when the account last disconnected.
	TokenSpent(ctx context.Context, connectionID string, digest [32]byte) (bool, error)
}

// Budget bounds how many keys an account may ask for.
type Budget interface {
	// Take charges one call, or returns a *limit.ExceededError.
	Take(ctx context.Context, caller limit.Caller) error
	// Refund gives back a call that was not made.
	Refund(ctx context.Context, caller limit.Caller) error
}

// Auditor writes down who did what. It never gets a secret.
type Auditor interface {
	Record(ctx context.Context, event Event) error
}

// Options configure a Custodian. All are required but those with a default.
type Options struct {
	AppName     string // goes into key names
	Store       Store
	Ledger      Ledger
	Tokens      TokenMemory
	Audit       Auditor
	Upstream    Upstream
	Mints       Budget // default: no bound
	Box         *seal.Box
	MaxTokenAge time.Duration     // of a token that may mint, by its iat
	Lease       time.Duration     // default 30 s
	Patience    time.Duration     // how long a connect waits for the one mint under way; default 20 s
	Observe     func(MintOutcome) // hears how every mint ended; default: nobody
	Logger      *slog.Logger
	Now         func() time.Time // default time.Now
}

// Custodian is the one holder of developer keys. It is safe for concurrent use.
type Custodian struct {
	options Options
	names   namer
	mints   *mints // under way: they outlive their callers
	recent  *cache.Cache[Account, Credential]
}

// maxRecent bounds the opened keys in memory: each is there for seconds, with about a kilobyte.
const maxRecent = 10_000

// NewCustodian refuses a half-made value.
func NewCustodian(options Options) (*Custodian, error) {
	if options.AppName == "" || options.Store == nil || options.Ledger == nil || options.Tokens == nil ||
		options.Audit == nil ||
		options.Upstream == nil || options.Box == nil || options.MaxTokenAge <= 0 ||
		options.Logger == nil {
		return nil, errors.New("keys: a custodian needs all its parts")
	}

	if options.Lease == 0 {
		options.Lease = 30 * time.Second
	}

	if options.Patience == 0 {
		options.Patience = 20 * time.Second
	}

	if options.Mints == nil {
		options.Mints = limit.NewLedger("mints", limit.Rate{}, nil)
	}

	if options.Observe == nil {
		options.Observe = func(MintOutcome) {}
	}

	if options.Now == nil {
		options.Now = time.Now
	}

	return &Custodian{
		options: options, names: newNamer(options.AppName), mints: newMints(),
		recent: cache.New[Account, Credential](maxRecent, cache.MaxLife, options.Now),
	}, nil
}

// Drain lets no further mint begin and waits until none is under way. When ctx ends first, a key that could not be
// stored is given up: its intent names it.
func (c *Custodian) Drain(ctx context.Context) error { return c.mints.drain(ctx) }
