package proxy

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
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

	connection, err := s.usableConnection(ctx, caller.Account)
	if err != nil {
		return Database{}, false, err
	}
	request.Platform = upstream.Platform // so that a derived and an explicit platform have the same fingerprint
	at := s.options.Now()

	wanted := CreateRecord{
		ID:            "cre_" + rand.Text(),
		ConnectionID:  connection.ID,
		Operation:     redisCreateName,
		Reserves:      true,
		KeyHash:       keyHash(redisCreateRoute, key, caller.Grant),
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

	made, replayed, err := s.writeForCaller(ctx, claimed{
		account: caller.Account, grant: caller.Grant, record: wanted, write: redisCreate{request: upstream},
		credential: &createCredential{connection: connection, readAt: time.Now()},
	})
	if err != nil {
		return Database{}, false, err
	}

	return made.value.(Database), replayed, nil
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
