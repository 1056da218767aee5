package proxy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/internal/cache"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/upstash"
)

// MaxFresh limits Options.Fresh: a revocation takes effect within five seconds, as in every other cache.
const MaxFresh = 4 * time.Second

// listReads counts lists by source.
type listReads struct{ upstream, joined, memory atomic.Uint64 }

// Listing is an account's databases, in Upstash's order. Callers share it and must not modify it.
type Listing struct {
	Databases []Database

	once    sync.Once
	encoded Encoded
}

// Encoded is a Listing as clients receive it.
type Encoded struct {
	Body []byte
	Tag  string // entity tag of the body (RFC 9110 section 8.8.3)
}

// Encoded returns the result of encode. All callers of a Listing share one result, so all must pass the same encode.
func (l *Listing) Encoded(encode func([]Database) Encoded) Encoded {
	l.once.Do(func() { l.encoded = encode(l.Databases) })
	return l.encoded
}

// List returns the account's databases. The list is at most Options.Fresh old, measured from the request to upstream,
// and newer than the account's last create through this Service. Errors are those of keys and upstash.
//
// Each call checks whether the account may be read, from a connection read at most cache.MaxLife ago. Only the request
// to upstream is saved for longer.
func (s *Service) List(ctx context.Context, account keys.Account) (*Listing, error) {
	return withRecentCredential(ctx, s, account, func(credential keys.Credential) (*Listing, error) {
		if s.lists == nil {
			return s.readList(ctx, credential)
		}
		at := listKey{connectionID: credential.ConnectionID, binding: credential.Binding}

		return s.lists.read(ctx, at, func(ctx context.Context) (*Listing, error) { return s.readList(ctx, credential) })
	})
}

// withRecentCredential reads with a recently read key. If another server has replaced that key meanwhile, it reads
// again with the new one.
func withRecentCredential[T any](
	ctx context.Context, s *Service, account keys.Account, read func(keys.Credential) (T, error),
) (T, error) {
	var none T

	credential, err := s.options.Credentials.Recent(ctx, account)
	if err != nil {
		return none, err
	}

	answer, err := read(credential)
	if replaced, ok := errors.AsType[*keys.InProgressError](err); !ok || replaced == nil {
		return answer, err
	}

	credential, err = s.options.Credentials.Credential(ctx, account)
	if err != nil {
		return none, err
	}

	return read(credential)
}

// ListReads counts lists since the start by source: requested from upstream, shared with a call in progress, or from
// the cache. Lists that a create reads for itself always go to upstream and are not counted.
func (s *Service) ListReads() (upstream, joined, memory uint64) {
	return s.reads.upstream.Load(), s.reads.joined.Load(), s.reads.memory.Load()
}

// ListCache counts the cached lists, and the hits and misses.
func (s *Service) ListCache() cache.Stats {
	if s.lists == nil {
		return cache.Stats{}
	}

	return s.lists.stats()
}

func (s *Service) readList(ctx context.Context, credential keys.Credential) (*Listing, error) {
	s.reads.upstream.Add(1)

	answer, err := callWith(ctx, s, credential, func(auth upstash.Credential) (upstash.Listing, error) {
		return s.options.Upstream.List(ctx, auth)
	})
	if err != nil {
		return nil, err
	}

	if answer.Unreadable > 0 && len(answer.Databases) == 0 {
		return nil, upstash.ErrUnexpectedResponse // an empty list would mean that the account has none
	}

	if answer.Unreadable > 0 {
		s.options.Logger.WarnContext(
			ctx, "upstream's list has elements that are not databases; they are omitted", "count", answer.Unreadable,
		)
	}

	databases := make([]Database, 0, len(answer.Databases))
	for _, database := range answer.Databases {
		if exists(database) {
			databases = append(databases, s.database(database))
		}
	}

	return &Listing{Databases: databases}, nil
}
