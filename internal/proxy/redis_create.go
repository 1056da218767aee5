package proxy

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/upstash"
)

const (
	redisCreateName  = "redis.create"
	redisCreateRoute = "POST /databases" // what stored Idempotency-Keys of databases are bound to
)

// redisCreate creates a database. Its zero value settles a create that another call began.
type redisCreate struct{ request upstash.CreateRequest }

// prepare returns the databases that already have the name.
func (redisCreate) prepare(ctx context.Context, s *Service, c *claimed) ([]string, error) {
	listing, err := s.list(ctx, c.credential)
	if err != nil {
		return nil, err
	}

	if err := s.checkDatabaseLimit(ctx, c.record, listing); err != nil {
		return nil, err
	}

	return idsNamed(listing.Databases, c.record.Name), nil
}

func (w redisCreate) call(ctx context.Context, s *Service, c *claimed) (outcome, error) {
	answer, err := callWith(ctx, s, *c.credential.current, func(auth upstash.Credential) (upstash.Database, error) {
		return s.options.Upstream.CreateDatabase(ctx, auth, w.request)
	})
	if err != nil {
		return outcome{}, err
	}

	return outcome{id: answer.ID, value: s.database(answer)}, nil
}

func (redisCreate) find(ctx context.Context, s *Service, c *claimed) (found []outcome, conclusive bool, err error) {
	listing, err := s.list(ctx, c.credential)
	if err != nil {
		return nil, false, err
	}

	for _, candidate := range listing.Databases {
		if s.mayBeOutcome(candidate, c.record) {
			found = append(found, outcome{id: candidate.ID, value: s.database(candidate)})
		}
	}

	return found, listing.Unreadable == 0, nil
}

func (redisCreate) rejected(err error) error { return rejectedCreate(err) }

func (redisCreate) decode(stored []byte) (any, error) {
	var database Database
	err := json.Unmarshal(stored, &database)

	return database, err
}

func (redisCreate) event(made outcome) (keys.Action, string) {
	return keys.ActionDatabaseCreated, made.id
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

func idsNamed(databases []upstash.Database, name string) []string {
	ids := []string{}
	for _, database := range databases {
		if database.Name == name {
			ids = append(ids, database.ID)
		}
	}

	return ids
}
