package proxy

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/upstash"
)

// MaxFresh bounds Options.Fresh: what is revoked is gone within five seconds, here as in every other cache.
const MaxFresh = 4 * time.Second

// listReads counts how lists were come by.
type listReads struct{ upstream, joined, memory atomic.Uint64 }

// List returns the account's databases in the vendor's order. They may be shared with other callers: read them only.
// They are at most Options.Fresh old, counted from when upstream was asked, and not older than the last create of the
// account through this Service. Errors are those of keys and upstash.
//
// Whether the account may be read is looked up for every call; only upstream is spared.
func (s *Service) List(ctx context.Context, account keys.Account) ([]Database, error) {
	held, err := s.options.Credentials.Credential(ctx, account)
	if err != nil {
		return nil, err
	}

	if s.lists == nil {
		return s.readList(ctx, held)
	}
	at := listPlace{connectionID: held.ConnectionID, binding: held.Binding}

	return s.lists.read(ctx, at, func(ctx context.Context) ([]Database, error) { return s.readList(ctx, held) })
}

// ListReads counts since the start how lists came about: asked of upstream, joined to a call under way, from memory.
// Lists that a create reads for itself are always asked of upstream and not counted.
func (s *Service) ListReads() (upstream, joined, memory uint64) {
	return s.reads.upstream.Load(), s.reads.joined.Load(), s.reads.memory.Load()
}

func (s *Service) readList(ctx context.Context, held keys.Held) ([]Database, error) {
	s.reads.upstream.Add(1)

	answer, err := lent(ctx, s, held, func(credential upstash.Credential) (upstash.Listing, error) {
		return s.options.Upstream.List(ctx, credential)
	})
	if err != nil {
		return nil, err
	}

	if answer.Odd > 0 && len(answer.Databases) == 0 {
		return nil, upstash.ErrUnexpectedAnswer // an empty list would say that there are none
	}

	if answer.Odd > 0 {
		s.options.Logger.WarnContext(
			ctx, "upstream's list has elements that are no databases; they are left out", "count", answer.Odd,
		)
	}

	databases := make([]Database, 0, len(answer.Databases))
	for _, database := range answer.Databases {
		if exists(database) {
			databases = append(databases, s.database(database))
		}
	}

	return databases, nil
}
