package proxy

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/upstash"
)

// CreateRequest asks for a database. Region and TLS exist because the body of Upstash's partner guide has them.
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

// creation is one create on its way.
type creation struct {
	account keys.Account
	request upstash.CreateRequest
	record  CreateRecord
}

// Create makes a database once. With an idempotency key, the same key and body answer the same database for a day, and
// replayed is true when nothing was done for it. Without a key the create is still settled if its outcome is unknown, but
// the caller cannot ask for it again. A caller that leaves does not cancel a create.
//
// Errors: *FaultsError, ErrDatabaseLimit, ErrKeyReused, *CreateBusyError, *UncertainError, and those of keys and upstash.
func (s *Service) Create(ctx context.Context, account keys.Account, key string, request CreateRequest) (database Database, replayed bool, err error) {
	upstream, faults := s.validate(request)
	if len(faults) > 0 {
		return Database{}, false, &FaultsError{Faults: faults}
	}
	connection, err := s.options.Credentials.Find(ctx, account)
	if errors.Is(err, keys.ErrNotFound) {
		return Database{}, false, keys.ErrConnectRequired
	}
	if err != nil {
		return Database{}, false, err
	}
	request.Platform = upstream.Platform // so that a derived and a given platform are the same body
	at := s.options.Now()
	wanted := CreateRecord{
		ID: "cre_" + rand.Text(), ConnectionID: connection.ID, KeyHash: keyHash(key), Fingerprint: request.fingerprint(),
		Name: upstream.Name, PrimaryRegion: upstream.PrimaryRegion, State: CreatePrepared, CreatedAt: at, ExpiresAt: at.Add(keyLifetime),
	}
	return s.createOnce(context.WithoutCancel(ctx), creation{account: account, request: upstream, record: wanted})
}

// createOnce claims the key and the name, and goes on from where an earlier call left off.
func (s *Service) createOnce(ctx context.Context, c creation) (Database, bool, error) {
	wanted := c.record
	for {
		record, claim, err := s.options.Creates.ClaimCreate(ctx, wanted, createLease)
		if err != nil {
			return Database{}, false, err
		}
		c.record = record
		switch claim {
		case ClaimReplay:
			database, err := s.openAnswer(record)
			return database, true, err
		case ClaimBlocking:
			if err := s.settleBlocking(ctx, c); err != nil {
				return Database{}, false, err
			}
			continue
		case ClaimResumed:
			if record.State != CreatePrepared {
				database, created, err := s.settle(ctx, c)
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

// send makes the call, once.
func (s *Service) send(ctx context.Context, c creation) (Database, error) {
	existing, err := s.list(ctx, c.account)
	if err == nil && s.options.Policy.MaxDatabases > 0 && len(existing) >= s.options.Policy.MaxDatabases {
		err = ErrDatabaseLimit
	}
	if err != nil {
		s.drop(ctx, c.record)
		return Database{}, err
	}
	if err := s.options.Creates.SendCreate(ctx, c.record.ID, c.record.Fence, idsNamed(existing, c.record.Name)); err != nil {
		return Database{}, err
	}
	c.record.KnownIDs = idsNamed(existing, c.record.Name)
	answer, err := with(ctx, s, c.account, func(credential upstash.Credential) (upstash.Database, error) {
		return s.options.Upstream.CreateDatabase(ctx, credential, c.request)
	})
	if errors.Is(err, upstash.ErrOutcomeUnknown) {
		return s.uncertain(ctx, c)
	}
	if err != nil {
		s.drop(ctx, c.record) // upstream said no, or nothing was sent
		return Database{}, createFault(err)
	}
	database := s.database(answer)
	if err := s.finish(ctx, c, database); err != nil {
		// The database exists, and that is what the caller is told. The record stays open; the same key finds it again.
		s.options.Logger.ErrorContext(ctx, "create not recorded; it is settled when asked for again", "create", c.record.ID, "error", err)
	}
	return database, nil
}

// uncertain remembers since when the outcome is unknown, and looks at once: upstream may have carried it out already.
func (s *Service) uncertain(ctx context.Context, c creation) (Database, error) {
	c.record.State, c.record.CutAt = CreateUncertain, s.options.Now()
	database, created, err := s.settle(ctx, c)
	if err != nil || created {
		return database, err
	}
	return Database{}, &UncertainError{RetryAfter: s.options.Settle}
}

func createFault(err error) error {
	var rejected *upstash.RejectedError
	if errors.As(err, &rejected) && rejected.Reason == upstash.ReasonDatabaseLimit {
		return ErrDatabaseLimit
	}
	return err
}

func (s *Service) drop(ctx context.Context, record CreateRecord) {
	if err := s.options.Creates.DropCreate(ctx, record.ID, record.Fence); err != nil {
		s.options.Logger.WarnContext(ctx, "create record not dropped; its lease ends by itself", "create", record.ID, "error", err)
	}
}

func (s *Service) finish(ctx context.Context, c creation, database Database) error {
	sealed, err := s.sealAnswer(c.record, database)
	if err != nil {
		return err
	}
	if err := s.options.Creates.FinishCreate(ctx, c.record.ID, c.record.Fence, database.ID, sealed); err != nil {
		return err
	}
	if err := s.record(ctx, c.account, keys.ActionDatabaseCreated, database.ID); err != nil {
		s.options.Logger.ErrorContext(ctx, "audit event not written", "action", keys.ActionDatabaseCreated, "error", err)
	}
	return nil
}

func (s *Service) list(ctx context.Context, account keys.Account) ([]upstash.Database, error) {
	return with(ctx, s, account, func(credential upstash.Credential) ([]upstash.Database, error) {
		return s.options.Upstream.Databases(ctx, credential)
	})
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

// retryAfter is how long until the outcome can be concluded, at least a second.
func (s *Service) retryAfter(cutAt time.Time) time.Duration {
	return max(cutAt.Add(s.options.Settle).Sub(s.options.Now()), time.Second)
}
