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

// MaxFresh bounds Options.Fresh: what is revoked is gone within five seconds, here as in every other cache.
const MaxFresh = 4 * time.Second

// listReads counts how lists were come by.
type listReads struct{ upstream, joined, memory atomic.Uint64 }

// Listing is an account's databases, in the vendor's order. Callers share it: they read it only.
type Listing struct {
	Databases []Database

	once    sync.Once
	encoded Encoded
}

// Encoded is a Listing as its callers are answered.
type Encoded struct {
	Body []byte
	Tag  string // names the body (RFC 9110 section 8.8.3)
}

// Encoded returns what encode makes of the databases. It is made once for everyone who shares the Listing, so they all
// pass the same encode.
func (l *Listing) Encoded(encode func([]Database) Encoded) Encoded {
	l.once.Do(func() { l.encoded = encode(l.Databases) })
	return l.encoded
}

// List returns the account's databases. They are at most Options.Fresh old, counted from when upstream was asked, and
// not older than the last create of the account through this Service. Errors are those of keys and upstash.
//
// Whether the account may be read is looked up for every call, with what is known of its connection for at most
// cache.MaxLife. Only upstream is spared for longer.
func (s *Service) List(ctx context.Context, account keys.Account) (*Listing, error) {
	return withRecentCredential(ctx, s, account, func(credential keys.Credential) (*Listing, error) {
		if s.lists == nil {
			return s.readList(ctx, credential)
		}
		at := listKey{connectionID: credential.ConnectionID, binding: credential.Binding}

		return s.lists.read(ctx, at, func(ctx context.Context) (*Listing, error) { return s.readList(ctx, credential) })
	})
}

// withRecentCredential makes a read with the key as it was a moment ago. When it turns out that the key has been replaced since, on
// another server, it makes the read again with the new one.
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

// ListReads counts since the start how lists came about: asked of upstream, joined to a call under way, from memory.
// Lists that a create reads for itself are always asked of upstream and not counted.
func (s *Service) ListReads() (upstream, joined, memory uint64) {
	return s.reads.upstream.Load(), s.reads.joined.Load(), s.reads.memory.Load()
}

// ListCache says how many lists are remembered, and how often one was there that was fresh enough.
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
		return nil, upstash.ErrUnexpectedAnswer // an empty list would say that there are none
	}

	if answer.Unreadable > 0 {
		s.options.Logger.WarnContext(
			ctx, "upstream's list has elements that are no databases; they are left out", "count", answer.Unreadable,
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
