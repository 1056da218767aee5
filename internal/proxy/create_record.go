package proxy

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// CreateState is the progress of a create.
type CreateState string

// The states of a create.
const (
	CreatePrepared  CreateState = "prepared"  // nothing was sent
	CreateSent      CreateState = "sent"      // the call is in progress, or its process died
	CreateUncertain CreateState = "uncertain" // sent, and no response arrived
	CreateDone      CreateState = "done"
)

// UnsettledStates lists the states of a create without an outcome.
func UnsettledStates() []CreateState {
	return []CreateState{CreatePrepared, CreateSent, CreateUncertain}
}

// CreateRecord is the stored record of a create, so that it happens once.
type CreateRecord struct {
	ID            string
	ConnectionID  string
	Operation     string // the operation of the catalogue
	ResourceID    string // the resource that it changes, or in which it creates; empty for a top-level create
	Reserves      bool   // a create that counts against the create budget and the limits of its grant
	GrantID       string // the grant that it is made under; empty: the account's own create
	Budget        int64  // requested budget; 0: none
	KeyHash       []byte // nil when the caller sent no Idempotency-Key
	Fingerprint   [sha256.Size]byte
	Name          string
	PrimaryRegion string
	State         CreateState
	// KnownIDs is what the outcome is compared with: for a create, the resources that had the name before the call; for
	// a change, the digest of the secrets before it, and the values that were sent.
	KnownIDs     []string
	DatabaseID   string
	SealedAnswer []byte
	CutAt        time.Time // when the wait for the response ended; zero before
	Fence        int64
	LeaseLeft    time.Duration // rest of the previous lease when its holder went silent; 0: it had expired
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

// Claim is the result of ClaimCreate.
type Claim int

// The results of a claim.
const (
	ClaimFresh    Claim = iota // a new record, leased to the caller
	ClaimResumed               // the key's record, left open by an earlier call, leased to the caller
	ClaimReplay                // the key's record, done
	ClaimBlocking              // another open call on this target, leased to the caller, who settles it first
)

// ClaimTerms are the conditions of a claim.
type ClaimTerms struct {
	Lease     time.Duration
	Exclusive bool // only if no other create of the account is in progress
	// Grant limits what its grant may create. The record itself is the reservation: it counts from ClaimCreate until
	// it is dropped, or until FinishCreate replaces it with the grant's database.
	Grant *Grant
}

// Grant limits all creates under one grant together.
type Grant struct {
	ID           string
	MaxDatabases int   // 0: unlimited
	MaxBudget    int64 // for all its databases together; 0: unlimited
}

// Sending is the input of SendCreate.
type Sending struct {
	ID       string
	Fence    int64
	KnownIDs []string // databases that already have the name
	Lease    time.Duration
	KeyName  string // name of the key that the call uses
	Email    string // e-mail that the call uses
}

// Finished is the input of FinishCreate.
type Finished struct {
	ID           string
	GrantID      string // the record's grant; empty: none
	Operation    string // name of the record's operation
	Fence        int64
	DatabaseID   string
	SealedAnswer []byte
	Event        keys.Event
}

// CreateStore stores create records. Every method is one transaction; methods with a fence return ErrCreateFenced when
// another call has taken over the record.
type CreateStore interface {
	// ClaimCreate returns ErrKeyReused for a different body under the key; a *CreateBusyError while another call holds
	// the key, the name or, for an exclusive claim, the account; and a *CreateRecordLimitError for a new key when
	// MaxCreateRecords are stored, or MaxCreateRecordsPerGrant for the grant.
	//
	// Under a grant it returns ErrGrantRequired when the grant is no longer active, and ErrGrantDatabases or
	// ErrGrantBudget when the grant's databases leave no room. When its unsettled creates leave none, it returns
	// ClaimBlocking with one that nobody holds, or a *CreateBusyError when all are held. If the grant was narrowed and
	// the key's own create no longer fits, that create is the blocking one.
	ClaimCreate(ctx context.Context, wanted CreateRecord, terms ClaimTerms) (CreateRecord, Claim, error)
	// OpenCreates lists the creates of databases of a connection that were sent and are not settled.
	OpenCreates(ctx context.Context, connectionID string) ([]CreateRecord, error)
	// SendCreate commits, before the call, that the create is about to be sent and which databases already have the
	// name. It restarts the lease. It reports whether the connection is active with this key and e-mail; the record is
	// committed even if it is not. ErrGrantRequired when the record's grant was revoked: then nothing is committed.
	SendCreate(ctx context.Context, sending Sending) (current bool, err error)
	// SuspendCreate commits that the outcome is unknown since cutAt, and releases the lease.
	SuspendCreate(ctx context.Context, id string, fence int64, cutAt time.Time) error
	// FinishCreate commits the outcome, and adds the database to the record's grant, if any. ErrDatabaseClaimed when
	// the database belongs to another create. The audit event is committed in the same transaction; an event without
	// an action is not written.
	FinishCreate(ctx context.Context, finished Finished) error
	// DropCreate deletes the record of a create that certainly created nothing.
	DropCreate(ctx context.Context, id string, fence int64) error
}

const (
	keyLifetime = 24 * time.Hour
	// keylessLifetime is how long the record of a change without an Idempotency-Key is stored, to settle it.
	keylessLifetime = 10 * time.Minute
	// createLease is longer than a create needs between two commits: the call, a list to settle it, a probe of the
	// key, and the time that each waits in the queue.
	createLease = 75 * time.Second
	fencedPause = time.Second
)

// keyHash binds an Idempotency-Key to its route and grant: two services, or a service and the user, never get each
// other's responses. The record's connection binds the account.
func keyHash(route, key string, grant *Grant) []byte {
	if key == "" {
		return nil
	}

	bound := route + "\x00"
	if grant != nil {
		bound += grant.ID + "\x00"
	}
	sum := sha256.Sum256([]byte(bound + key))

	return sum[:]
}

// fingerprint hashes the parsed request: field order, white space and the two request dialects make no difference.
func (r CreateRequest) fingerprint() [sha256.Size]byte {
	hash := sha256.New()
	write := func(value string) { _, _ = fmt.Fprintf(hash, "%d:%s", len(value), value) }
	write(r.Name)
	write(r.Platform)
	write(r.PrimaryRegion)

	_, _ = fmt.Fprintf(hash, "%d|", len(r.ReadRegions))
	for _, region := range r.ReadRegions {
		write(region)
	}
	write(r.Plan)

	if r.Budget != nil {
		_, _ = fmt.Fprintf(hash, "b%d", *r.Budget)
	}

	if r.Eviction != nil {
		_, _ = fmt.Fprintf(hash, "e%t", *r.Eviction)
	}

	return [sha256.Size]byte(hash.Sum(nil))
}
