package proxy

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

// CreateRequest requests a database. Region and TLS exist because the body in Upstash's partner guide has them.
type CreateRequest struct {
	Name          string
	Platform      string // derived from the primary region when empty
	PrimaryRegion string
	ReadRegions   []string
	Plan          string // chosen upstream by the kind of account when empty
	Budget        *int64
	Eviction      *bool
	Region        string // empty or "global"
	TLS           *bool  // nil or true
}

// creation is one create in progress.
type creation struct {
	account    keys.Account
	grant      *Grant // nil: the account's own create
	request    upstash.CreateRequest
	record     CreateRecord
	credential *createCredential
}

// Caller identifies for whom a database is created.
type Caller struct {
	Account keys.Account
	Grant   *Grant // nil: the account's own session or token
}

// Create is CreateFor for the account itself.
func (s *Service) Create(
	ctx context.Context, account keys.Account, key string, validated Validated,
) (database Database, replayed bool, err error) {
	return s.CreateFor(ctx, Caller{Account: account}, key, validated)
}

// CreateFor creates a database once. With an idempotency key, the same key and body return the same database for a
// day; replayed is then true and nothing is sent. Without a key, a create with an unknown outcome is still settled,
// but the caller cannot request its result again. A create continues when its caller leaves.
//
// A grant's limits apply to all its creates together, across servers. Errors: *ValidationError, ErrGrantDatabases,
// ErrGrantBudget, ErrGrantRequired, ErrDatabaseLimit, ErrKeyReused, *CreateBusyError, *UncertainError,
// *limit.ExceededError, and those of keys and upstash.
func (s *Service) CreateFor(
	ctx context.Context, caller Caller, key string, validated Validated,
) (database Database, replayed bool, err error) {
	defer func() { s.options.Observe(createOutcome(replayed, err)) }()

	if fields := validated.FieldErrors(); len(fields) > 0 {
		return Database{}, false, &ValidationError{Fields: fields}
	}

	request, upstream := validated.request, validated.upstream
	if upstream.Name == "" {
		return Database{}, false, errors.New("proxy: the request of a create was not validated")
	}

	connection, err := s.options.Credentials.Find(ctx, caller.Account)
	if errors.Is(err, keys.ErrNotFound) {
		return Database{}, false, keys.ErrConnectRequired
	}

	if err == nil { // before the claim, so that this caller does not learn the result of another create
		err = connection.Usable()
	}

	if err != nil {
		return Database{}, false, err
	}
	request.Platform = upstream.Platform // so that a derived and an explicit platform have the same fingerprint
	at := s.options.Now()

	wanted := CreateRecord{
		ID:            "cre_" + rand.Text(),
		ConnectionID:  connection.ID,
		KeyHash:       keyHash(key, caller.Grant),
		Fingerprint:   request.fingerprint(),
		Name:          upstream.Name,
		PrimaryRegion: upstream.PrimaryRegion,
		State:         CreatePrepared,
		CreatedAt:     at,
		ExpiresAt:     at.Add(keyLifetime),
	}
	if caller.Grant != nil {
		wanted.GrantID = caller.Grant.ID
	}

	if upstream.Budget != nil {
		wanted.Budget = *upstream.Budget
	}

	defer s.lists.forget(connection.ID) // lists returned from now on are read after the create

	database, replayed, err = s.createOnce(context.WithoutCancel(ctx), creation{
		account: caller.Account, grant: caller.Grant, request: upstream, record: wanted,
		credential: &createCredential{connection: connection, readAt: time.Now()},
	})
	// this call was delayed so long that another took over; the other call decides the outcome
	if errors.Is(err, ErrCreateFenced) {
		err = &CreateBusyError{RetryAfter: fencedPause}
	}

	return database, replayed, err
}

// Validated is a create request with its validation errors. Create rejects its zero value.
type Validated struct {
	request  CreateRequest
	upstream upstash.CreateRequest
	fields   []problem.Field
}

// FieldErrors lists every field that Create would reject.
func (v Validated) FieldErrors() []problem.Field { return v.fields }

// Request returns the validated request, as the caller sent it.
func (v Validated) Request() CreateRequest { return v.request }

// Validate checks a request against the catalog and this installation's policy.
func (s *Service) Validate(request CreateRequest) Validated {
	upstream, fields := s.validate(request)
	return Validated{request: request, upstream: upstream, fields: fields}
}

// createOnce claims the key and the name, and continues where an earlier call stopped.
func (s *Service) createOnce(ctx context.Context, c creation) (Database, bool, error) {
	wanted := c.record

	terms := ClaimTerms{
		Lease: s.options.Lease, Grant: c.grant,
		Exclusive: s.options.Policy.MaxDatabases > 0, // one create at a time counts the databases
	}
	for {
		record, claim, err := s.options.Creates.ClaimCreate(ctx, wanted, terms)
		if err != nil {
			return Database{}, false, err
		}

		c.record = record
		switch claim {
		case ClaimReplay:
			database, err := s.replay(ctx, c)

			return database, err == nil, err
		case ClaimBlocking:
			if err := s.settleBlocking(ctx, c); err != nil {
				return Database{}, false, err
			}
			continue
		case ClaimResumed:
			if record.State != CreatePrepared {
				database, created, err := s.settle(ctx, c, nil)
				if err != nil || created {
					return database, false, err
				}
			}
		case ClaimFresh:
		}
		database, err := s.send(ctx, c)

		return database, false, err
	}
}

// replay returns the stored response to a caller who could make the call now: like a new create, it needs the
// account's key. An account that has disconnected, or must reconnect, gets an error.
func (s *Service) replay(ctx context.Context, c creation) (Database, error) {
	if _, err := s.credential(ctx, c.credential); err != nil {
		return Database{}, err
	}

	database, err := s.openAnswer(c.record)
	if err != nil { // moved, damaged, or sealed by a missing key
		s.options.Logger.ErrorContext(
			ctx, "the stored response of a create cannot be decrypted", "create", c.record.ID, "error", err,
		)

		return Database{}, &UncertainError{RetryAfter: s.options.Settle, Cause: err}
	}

	return database, nil
}

// send sends the create once.
func (s *Service) send(ctx context.Context, c creation) (Database, error) {
	killpoint.Reach(killpoint.CreateClaimed)

	known, err := s.prepare(ctx, c)
	if err != nil {
		s.drop(ctx, c.record) // nothing was sent
		return Database{}, err
	}
	c.record.KnownIDs, c.record.CutAt = known, time.Time{}
	killpoint.Reach(killpoint.CreateIntended)

	answer, err := callWith(ctx, s, *c.credential.current, func(auth upstash.Credential) (upstash.Database, error) {
		return s.options.Upstream.CreateDatabase(ctx, auth, c.request)
	})
	if errors.Is(err, upstash.ErrOutcomeUnknown) {
		return s.uncertain(ctx, c, err)
	}

	if err != nil {
		if upstash.NotSent(err) {
			s.refund(ctx, c)
		}
		s.drop(ctx, c.record) // upstream rejected it, or nothing was sent

		return Database{}, rejectedCreate(err)
	}
	killpoint.Reach(killpoint.CreateAnswered)

	database := s.database(answer)
	if err := s.finishWithRetries(ctx, c, database); err != nil {
		// The database exists, so the caller gets it. The record stays open; a repeat with the same key finds the
		// database.
		s.options.Logger.ErrorContext(
			ctx, "create not recorded; the next request with the same key settles it", "create", c.record.ID, "error", err,
		)
	}
	killpoint.Reach(killpoint.CreateRecorded)

	return database, nil
}

// prepare runs the checks before the call, and returns the databases that already have the name. The account is
// charged last: only for the call, not for a create over the limit and not for the list.
func (s *Service) prepare(ctx context.Context, c creation) ([]string, error) {
	if err := s.options.CreateBudget.Check(ctx, c.account.Caller()); err != nil {
		return nil, err // before a needless list request
	}

	listing, err := s.list(ctx, c.credential)
	if err != nil {
		return nil, err
	}

	if err := s.checkDatabaseLimit(ctx, c.record, listing); err != nil {
		return nil, err
	}

	if err := s.options.CreateBudget.Take(ctx, c.account.Caller()); err != nil {
		return nil, err
	}
	known := idsNamed(listing.Databases, c.record.Name)

	current, err := s.options.Creates.SendCreate(ctx, Sending{
		ID: c.record.ID, Fence: c.record.Fence, KnownIDs: known, Lease: s.options.Lease,
		KeyName: c.credential.current.KeyName, Email: c.credential.current.Email,
	})
	if err == nil && !current {
		_, err = s.credential(ctx, c.credential)
	}

	if err != nil {
		s.refund(ctx, c)
	}

	return known, err
}

// refund returns the charge for a call that was not sent: an unreachable upstream must not use up the user's budget.
func (s *Service) refund(ctx context.Context, c creation) {
	if err := s.options.CreateBudget.Refund(ctx, c.account.Caller()); err != nil {
		s.options.Logger.WarnContext(ctx, "create not refunded to the budget", "create", c.record.ID, "error", err)
	}
}

// checkDatabaseLimit rejects a create that could exceed this installation's database limit. A create with an unknown
// outcome counts as a database, unless the list already contains its result.
func (s *Service) checkDatabaseLimit(ctx context.Context, record CreateRecord, listing upstash.Listing) error {
	limit := s.options.Policy.MaxDatabases
	if limit <= 0 {
		return nil
	}

	open, err := s.options.Creates.OpenCreates(ctx, record.ConnectionID)
	if err != nil {
		return err
	}

	count := listing.Unreadable
	for _, database := range listing.Databases {
		if exists(database) {
			count++
		}
	}

	for _, other := range open {
		listed := slices.ContainsFunc(
			listing.Databases, func(d upstash.Database) bool { return s.mayBeOutcome(d, other) },
		)
		if other.ID != record.ID && !listed && s.mayStillAppear(other) {
			count++
		}
	}

	if count >= limit {
		return ErrDatabaseLimit
	}

	return nil
}

// uncertain records when the response was lost, and settles immediately: upstream may already have created the
// database.
func (s *Service) uncertain(ctx context.Context, c creation, cause error) (Database, error) {
	c.record.State, c.record.CutAt = CreateUncertain, s.options.Now()

	database, created, err := s.settle(ctx, c, cause)
	if err != nil || created {
		return database, err
	}
	s.suspend(ctx, c.record)

	return Database{}, s.uncertainError(c.record, cause)
}

func (s *Service) drop(ctx context.Context, record CreateRecord) {
	if err := s.options.Creates.DropCreate(ctx, record.ID, record.Fence); err != nil {
		s.options.Logger.WarnContext(
			ctx, "create record not dropped; its lease expires automatically", "create", record.ID, "error", err,
		)
	}
}

// finishWithRetries retries for a few seconds: a database that is not recorded is not covered by its grant.
func (s *Service) finishWithRetries(ctx context.Context, c creation, database Database) error {
	for pause := 50 * time.Millisecond; ; pause *= 4 {
		err := s.finish(ctx, c, database)
		if err == nil || pause > time.Second || errors.Is(err, ErrCreateFenced) || errors.Is(err, ErrDatabaseClaimed) {
			return err
		}
		time.Sleep(pause)
	}
}

func (s *Service) finish(ctx context.Context, c creation, database Database) error {
	sealed, err := s.sealAnswer(c.record, database)
	if err != nil {
		return err
	}

	ctx = c.record.actor(ctx)

	return s.options.Creates.FinishCreate(ctx, Finished{
		ID: c.record.ID, Fence: c.record.Fence, DatabaseID: database.ID, SealedAnswer: sealed,
		Event: keys.Event{
			At: s.options.Now(), Action: keys.ActionDatabaseCreated, ConnectionID: c.record.ConnectionID,
			Detail: database.ID,
		},
	})
}

// actor sets who created the database. A caller who settles another caller's create is not its actor.
func (r CreateRecord) actor(ctx context.Context) context.Context {
	actor := keys.ActorOf(ctx)
	if actor.GrantID == r.GrantID {
		return ctx
	}

	return keys.WithActor(ctx, keys.Actor{Kind: keys.ActorServer, GrantID: r.GrantID, RequestID: actor.RequestID})
}

func idsNamed(databases []upstash.Database, name string) []string {
	ids := []string{}
	for _, database := range databases {
		if database.Name == name {
			ids = append(ids, database.ID)
		}
	}

	return ids
}
