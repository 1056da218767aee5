package proxy

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// CreateState is how far a create has come.
type CreateState string

// How far a create has come.
const (
	CreatePrepared  CreateState = "prepared"  // nothing was sent
	CreateSent      CreateState = "sent"      // the call is under way, or its process died
	CreateUncertain CreateState = "uncertain" // sent, and no answer came
	CreateDone      CreateState = "done"
)

// UnsettledStates lists those of a create that has no outcome yet.
func UnsettledStates() []CreateState {
	return []CreateState{CreatePrepared, CreateSent, CreateUncertain}
}

// CreateRecord is what is remembered of a create, so that it happens once.
type CreateRecord struct {
	ID            string
	ConnectionID  string
	GrantID       string // of the grant that it is made under; empty: the account's own
	Budget        int64  // that it asks for; 0: none
	KeyHash       []byte // nil when the caller sent no Idempotency-Key
	Fingerprint   [sha256.Size]byte
	Name          string
	PrimaryRegion string
	State         CreateState
	KnownIDs      []string // databases that bore the name before the call: never its outcome
	DatabaseID    string
	SealedAnswer  []byte
	CutAt         time.Time // when the answer was given up; zero before
	Fence         int64
	LeaseLeft     time.Duration // of the lease before, when its holder had gone silent; 0: it had ended by itself
	CreatedAt     time.Time
	ExpiresAt     time.Time
}

// Claim says what a caller got hold of.
type Claim int

// What a caller got hold of.
const (
	ClaimFresh    Claim = iota // a new record, leased
	ClaimResumed               // the same key's record, left open by an earlier call, leased
	ClaimReplay                // the same key's record, done
	ClaimBlocking              // another create of this name, left open, leased: it is settled first
)

// ClaimTerms say how a claim is held.
type ClaimTerms struct {
	Lease time.Duration
	Alone bool // not while any other create of the account is under way
	// Grant bounds what its grant may create. The record itself is the reservation: it counts from ClaimCreate on,
	// until it is dropped or the grant's database takes its place in FinishCreate.
	Grant *Grant
}

// Grant bounds what may be created under one grant, all its creates together.
type Grant struct {
	ID           string
	MaxDatabases int   // 0: no bound
	MaxBudget    int64 // of all its databases together; 0: no bound
}

// Sending is what SendCreate commits of a create that is about to be sent.
type Sending struct {
	ID       string
	Fence    int64
	KnownIDs []string // databases that bear the name already
	Lease    time.Duration
	KeyName  string // of the key that the call is to bear
	Email    string // and its e-mail
}

// Finished is what FinishCreate commits of a create that made a database.
type Finished struct {
	ID           string
	Fence        int64
	DatabaseID   string
	SealedAnswer []byte
	Event        keys.Event
}

// CreateStore remembers creates. Every method is one transaction; those that take a fence return ErrCreateFenced when
// another has taken the record over.
type CreateStore interface {
	// ClaimCreate returns ErrKeyReused for another body under the key, and a *CreateBusyError while another call holds
	// the key, the name or, if the claim is to be alone, the account; a *CreateRecordLimitError for a new key where
	// MaxCreateRecords are kept, or MaxCreateRecordsPerGrant of the grant.
	//
	// Under a grant it returns ErrGrantRequired when the grant no longer stands, and ErrGrantDatabases or
	// ErrGrantBudget when the grant's databases leave no room. Where its creates that are not settled leave none, it
	// returns the claim ClaimBlocking on one that nobody holds, and a *CreateBusyError when all are held. A create of
	// the same key that has no room any more, for the grant was narrowed, is itself the one that blocks.
	ClaimCreate(ctx context.Context, wanted CreateRecord, terms ClaimTerms) (CreateRecord, Claim, error)
	// OpenCreates lists the creates of a connection that were sent and not settled.
	OpenCreates(ctx context.Context, connectionID string) ([]CreateRecord, error)
	// SendCreate commits, before the call, that it is about to be sent, and which databases bear the name already. The
	// lease begins anew. It reports whether the connection is active with this key under this e-mail; what is sent is
	// committed even when it is not. ErrGrantRequired when the record's grant was taken back: nothing is committed
	// then.
	SendCreate(ctx context.Context, sending Sending) (current bool, err error)
	// SuspendCreate commits that the outcome is unknown since cutAt, and gives the lease back.
	SuspendCreate(ctx context.Context, id string, fence int64, cutAt time.Time) error
	// FinishCreate commits the outcome, and with it that the record's grant, if any, covers the database.
	// ErrDatabaseClaimed when the database is another create's.
	// Its audit event is committed with it, or neither is; an event without an action is not written.
	FinishCreate(ctx context.Context, finished Finished) error
	// DropCreate forgets a create that certainly made nothing.
	DropCreate(ctx context.Context, id string, fence int64) error
}

const (
	keyLifetime = 24 * time.Hour
	// createLease outlasts what one create does between two commits: the call, a list to settle it, and a probe of the
	// key, and the wait for the turn of each.
	createLease = 75 * time.Second
	fencedPause = time.Second
)

// keyHash binds an Idempotency-Key to its route and to the grant that it is used under: two services, or a service and
// the user, never see each other's answers. The account is bound by the record's connection.
func keyHash(key string, grant *Grant) []byte {
	if key == "" {
		return nil
	}

	bound := "POST /databases\x00"
	if grant != nil {
		bound += grant.ID + "\x00"
	}
	sum := sha256.Sum256([]byte(bound + key))

	return sum[:]
}

// fingerprint is of the request as it is understood: order, white space and the two dialects make no difference.
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
