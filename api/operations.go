package api

import (
	"context"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
)

// operations are the database operations that one caller may use.
type operations interface {
	List(ctx context.Context) (*proxy.Listing, error)
	Database(ctx context.Context, id string) (proxy.Database, error)
	Credentials(ctx context.Context, id string) (proxy.Credentials, error)
	Create(
		ctx context.Context, idempotencyKey string, request proxy.Validated,
	) (database proxy.Database, replayed bool, err error)
	Catalog() proxy.Catalog
	// Run calls any other operation of the catalogue.
	Run(ctx context.Context, call proxy.Call) (proxy.Result, error)
}

// own are the operations of a user on the user's own account.
type own struct {
	account   keys.Account
	databases Databases
}

func (o own) List(ctx context.Context) (*proxy.Listing, error) {
	return o.databases.List(ctx, o.account)
}

func (o own) Database(ctx context.Context, id string) (proxy.Database, error) {
	return o.databases.Database(ctx, o.account, id)
}

func (o own) Credentials(ctx context.Context, id string) (proxy.Credentials, error) {
	return o.databases.Credentials(ctx, o.account, id)
}

func (o own) Create(ctx context.Context, key string, request proxy.Validated) (proxy.Database, bool, error) {
	return o.databases.Create(ctx, o.account, key, request)
}

func (o own) Catalog() proxy.Catalog { return o.databases.Catalog() }

func (o own) Run(ctx context.Context, call proxy.Call) (proxy.Result, error) {
	return o.databases.Run(ctx, proxy.Caller{Account: o.account}, call)
}

// granted are the operations of a service, limited by its grant.
type granted struct {
	partner.GrantAccess
	full func() proxy.Catalog
}

func (g granted) Catalog() proxy.Catalog { return g.GrantAccess.Catalog(g.full()) }

// principal identifies the service's grant in entity tags, so that two principals never share a tag. It is empty for a
// user.
func (c Caller) principal() string {
	if c.acting == nil {
		return ""
	}

	return c.acting.Grant.ID + "\x00"
}
