// Package keys keeps custody of developer keys: it connects an account, mints its key at most once, returns the key
// for one call at a time, notices when upstream rejects it, and destroys it on disconnect.
//
// Upstream shows a key once, caps an account at 37, requires unique names and has no way to delete one. The design
// follows from that. The exact name of a key is committed before the call that makes it (an intent), so that the key
// can always be named later. A lease with a fence number prevents two mints at the same time.
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

// Minter makes developer keys upstream.
type Minter interface {
	CreateKey(ctx context.Context, account string, accessToken secret.Text, name string) (secret.Text, error)
}

// Prober checks whether a credential works.
type Prober interface {
	Databases(ctx context.Context, credential upstash.Credential) ([]upstash.Database, error)
}

// Upstream is the part of the Developer API that custody needs.
type Upstream interface {
	Minter
	Prober
}

// Store stores connections. Every method is one transaction.
type Store interface {
	// FindConnection returns ErrNotFound for an unknown account.
	FindConnection(ctx context.Context, account Account) (Connection, error)
	// EnsureConnection returns the account's connection, and creates it as pending if there is none.
	EnsureConnection(ctx context.Context, account Account, id string, at time.Time) (Connection, error)
	// MoveConnection changes the state of a connection that is still in from and still has the key named keyName, and
	// records the events. It reports whether it did: either all of it is committed, or nothing.
	MoveConnection(ctx context.Context, id, keyName string, from, to State, events ...Event) (bool, error)
	// ReuseConnection makes the stored key active again under this e-mail, and records the events. Like
	// MoveConnection, it does so only if the connection is still in from and its key is still the one named keyName.
	ReuseConnection(
		ctx context.Context, id, keyName string, from State, email string, events ...Event,
	) (bool, error)
	// DisconnectConnection destroys the sealed key, marks its intent as left behind, fences running mints, marks the
	// tokens remembered so far as spent, ends every session of the account, and records the DisconnectEvents of the
	// connection as it was before. ErrNotFound for an unknown account.
	DisconnectConnection(ctx context.Context, account Account, at time.Time) (endedGrants int, err error)
}

// Ledger records mints. Every method is one transaction.
type Ledger interface {
	// TakeLease takes the mint lease of a connection for this long, by the database's clock. It returns the connection
	// as read under the lease, and the lease's fence number. ErrLeaseHeld while another caller has it.
	TakeLease(ctx context.Context, connectionID string, lease time.Duration) (under Connection, fence int64, err error)
	// ReleaseLease releases the lease; no error when it is no longer held.
	ReleaseLease(ctx context.Context, connectionID string, fence int64) error
	// OpenIntent commits the name of a key before the call that makes it, and restarts the lease's time. ErrFenced
	// when another process has taken over the lease.
	OpenIntent(ctx context.Context, intent Intent, lease time.Duration) error
	// ResumeIntent assigns an unsettled intent to this fence, so that its first holder, if still alive, can no longer
	// close it, and restarts the lease's time. ErrFenced as above, and when the intent is settled.
	ResumeIntent(ctx context.Context, intent Intent, lease time.Duration) error
	// CloseIntent records the outcome of an intent that stored no key. Only the fence that owns the intent may close
	// it as refused or uncertain; anyone may close it as left behind, which is a fact. A live intent stays live.
	CloseIntent(ctx context.Context, intent Intent, state IntentState) error
	// StoreKey checks the fence, stores the sealed key, makes the connection active and its intent live, and records
	// the events, in one transaction: if an event cannot be written, the key is not stored. It returns the connection
	// as committed. Repeating the call for a live intent records no event again. ErrFenced as above, and ErrNotFound
	// when the connection has no such intent.
	StoreKey(ctx context.Context, stored StoredKey) (Connection, error)
}

// TokenMemory recognizes access tokens that were used to connect before the last disconnect.
type TokenMemory interface {
	// RememberToken records a token that connects, and the events, in one transaction. A spent token stays spent.
	RememberToken(
		ctx context.Context, connectionID string, digest [32]byte, expires time.Time, events ...Event,
	) error
	// TokenSpent reports whether the token had been used when the account was last disconnected.
	TokenSpent(ctx context.Context, connectionID string, digest [32]byte) (bool, error)
}

// Budget limits how many keys an account may request.
type Budget interface {
	// Take charges one call, or returns a *limit.ExceededError.
	Take(ctx context.Context, caller limit.Caller) error
	// Refund returns the charge for a call that was not made.
	Refund(ctx context.Context, caller limit.Caller) error
}

// Auditor records who did what. Events never contain secrets.
type Auditor interface {
	Record(ctx context.Context, event Event) error
}

// Options configure a Custodian. All are required except those with a default.
type Options struct {
	AppName     string // prefix of key names
	Store       Store
	Ledger      Ledger
	Tokens      TokenMemory
	Audit       Auditor
	Upstream    Upstream
	Mints       Budget // default: unlimited
	Box         *seal.Box
	MaxTokenAge time.Duration     // maximum age of a token that may mint, by its iat
	Lease       time.Duration     // default 30 s
	Patience    time.Duration     // how long a connect waits for a mint in progress; default 20 s
	Observe     func(MintOutcome) // called with the outcome of every mint; optional
	Logger      *slog.Logger
	Now         func() time.Time // default time.Now
}

// Custodian stores and uses developer keys. No other type does. It is safe for concurrent use.
type Custodian struct {
	options Options
	names   namer
	mints   *mints // in progress; a mint outlives its callers
	recent  *cache.Cache[Account, Credential]
}

// maxRecent limits the decrypted keys in memory. Each stays for seconds and takes about a kilobyte.
const maxRecent = 10_000

// NewCustodian rejects incomplete options.
func NewCustodian(options Options) (*Custodian, error) {
	if options.AppName == "" || options.Store == nil || options.Ledger == nil || options.Tokens == nil ||
		options.Audit == nil ||
		options.Upstream == nil || options.Box == nil || options.MaxTokenAge <= 0 ||
		options.Logger == nil {
		return nil, errors.New("keys: a required option is missing")
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

// Drain stops new mints and waits for those in progress. When ctx ends first, it gives up keys that could not be
// stored; their intents still name them.
func (c *Custodian) Drain(ctx context.Context) error { return c.mints.drain(ctx) }
