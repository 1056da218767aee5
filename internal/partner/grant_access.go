package partner

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// GrantAccess is a service's access to one end user's account under a grant.
type GrantAccess struct {
	Principal Principal
	Grant     Grant
	Policy    Policy // intersection of installation, service, token, grant and consent

	partners *Partners
}

// Authorize finds the service's active grant for an end user, by external id or by the grant's id (exactly one of the
// two). ErrGrantRequired when there is none, ErrGrantPaused when the user must repair the connection.
func (p *Partners) Authorize(
	ctx context.Context, principal Principal, externalID, grantID string,
) (GrantAccess, error) {
	if grantID != "" && !isID("grt_", grantID) {
		return GrantAccess{}, ErrGrantRequired
	}

	grant, err := p.options.Store.ActiveGrant(ctx, principal.Service.ID, grantID, externalID)
	if err != nil {
		return GrantAccess{}, err
	}

	if grant.ConnectionState == keys.ReconnectRequired {
		return GrantAccess{}, ErrGrantPaused
	}

	return GrantAccess{
		Principal: principal, Grant: grant, partners: p,
		Policy: Permitted(principal.Policy, grant.Asked, grant.Consent),
	}, nil
}

// checkScope checks the scope and records, to the minute, when and for what the grant was last used.
func (a GrantAccess) checkScope(ctx context.Context, scope string) error {
	if !a.Policy.Allows(scope) {
		return InsufficientScope(scope)
	}

	now := a.partners.options.Now()
	if now.Sub(a.Grant.LastUsedAt) < lastUsedPrecision { // at most one write a minute
		return nil
	}

	return a.partners.options.Store.RecordGrantUse(ctx, a.Grant.ID, scope, now.Truncate(lastUsedPrecision))
}

// covered lists the ids of the databases that the grant covers; all is true when it covers every database of the
// account.
func (a GrantAccess) covered(ctx context.Context) (ids []string, all bool, err error) {
	if a.Policy.Databases == ReachAll {
		return nil, true, nil
	}

	found, err := a.partners.options.Store.GrantDatabases(ctx, a.Grant.ID)
	if err != nil {
		return nil, false, err
	}

	for _, database := range found {
		if database.Selected || a.Policy.Databases == ReachCreated {
			ids = append(ids, database.ID)
		}
	}

	return ids, false, nil
}

// covers returns nil when the grant covers the database. Any other database looks absent, and no request goes to
// Upstash.
func (a GrantAccess) covers(ctx context.Context, id string) error {
	ids, all, err := a.covered(ctx)
	if err == nil && !all && !slices.Contains(ids, id) {
		err = proxy.ErrDatabaseNotFound
	}

	return err
}

// List returns the account's databases that the grant covers.
func (a GrantAccess) List(ctx context.Context) (*proxy.Listing, error) {
	if err := a.checkScope(ctx, ScopeList); err != nil {
		return nil, err
	}

	ids, all, err := a.covered(ctx)
	if err != nil {
		return nil, err
	}

	listing, err := a.partners.options.Databases.List(ctx, a.Grant.Account)
	if err != nil {
		return nil, forServiceCaller(err)
	}

	// Always a new Listing: the cached one is shared by callers whose responses have other entity tags.
	if all {
		return &proxy.Listing{Databases: listing.Databases}, nil
	}

	covered := &proxy.Listing{Databases: []proxy.Database{}}
	for _, database := range listing.Databases {
		if slices.Contains(ids, database.ID) {
			covered.Databases = append(covered.Databases, database)
		}
	}

	return covered, nil
}

// Database returns one database that the grant covers; proxy.ErrDatabaseNotFound for any other.
func (a GrantAccess) Database(ctx context.Context, id string) (proxy.Database, error) {
	if err := a.checkScope(ctx, ScopeGet); err != nil {
		return proxy.Database{}, err
	}

	if err := a.covers(ctx, id); err != nil {
		return proxy.Database{}, err
	}

	database, err := a.partners.options.Databases.Database(ctx, a.Grant.Account, id)

	return database, forServiceCaller(err)
}

// Credentials returns the credentials of one database that the grant covers; proxy.ErrDatabaseNotFound for any other.
func (a GrantAccess) Credentials(ctx context.Context, id string) (proxy.Credentials, error) {
	if err := a.checkScope(ctx, ScopeCredentials); err != nil {
		return proxy.Credentials{}, err
	}

	if err := a.covers(ctx, id); err != nil {
		return proxy.Credentials{}, err
	}

	revealed, err := a.partners.options.Databases.Credentials(ctx, a.Grant.Account, id)

	return revealed, forServiceCaller(err)
}

// Create creates a database within the grant's limits; otherwise grant_limit. The result of a repeated key is checked
// again: the grant may have been narrowed meanwhile.
func (a GrantAccess) Create(ctx context.Context, key string, request proxy.Validated) (proxy.Database, bool, error) {
	if err := a.checkScope(ctx, ScopeCreate); err != nil {
		return proxy.Database{}, false, err
	}

	if fields := a.exceeded(request.Request()); len(fields) > 0 {
		return proxy.Database{}, false, LimitReached(fields...)
	}

	database, replayed, err := a.partners.options.Databases.CreateFor(ctx, proxy.Caller{
		Account: a.Grant.Account,
		Grant: &proxy.Grant{
			ID: a.Grant.ID, MaxDatabases: a.Policy.MaxDatabases, MaxBudget: a.Policy.MaxBudget,
		},
	}, key, request)
	if err != nil {
		return proxy.Database{}, false, forServiceCaller(err)
	}

	if replayed {
		if err := a.covers(ctx, database.ID); err != nil {
			return proxy.Database{}, false, err
		}
	}

	return database, replayed, nil
}

// Catalog returns the values that a create under the grant may use.
func (a GrantAccess) Catalog(full proxy.Catalog) proxy.Catalog {
	return full.Within(a.Policy.Regions, a.Policy.Plans)
}

// exceeded lists the fields of a create that the grant does not allow, not counting its other creates. Upstash chooses
// the plan of a create without one, so only a grant that limits the plans requires a plan.
func (a GrantAccess) exceeded(request proxy.CreateRequest) []problem.Field {
	var fields []problem.Field
	reject := func(pointer, detail string) {
		fields = append(fields, problem.NewField(pointer, problem.FieldNotAllowed, detail))
	}

	bounds := Permitted(a.Principal.Service.Policy, a.Grant.Asked, a.Grant.Consent)
	regions := append([]string{request.PrimaryRegion}, request.ReadRegions...)

	if bounds.Regions != nil && !within(regions, bounds.Regions) {
		reject("/primary_region", "names, with the read regions, a region that the grant does not allow")
	}

	if bounds.Plans != nil && !slices.Contains(bounds.Plans, request.Plan) {
		reject("/plan", "must be a plan that the grant allows; name one")
	}

	switch {
	case a.Policy.MaxBudget == 0:
	case request.Plan == "free":
	case strings.HasPrefix(request.Plan, "fixed_"):
		reject("/plan", "has a fixed price, which no budget bounds: the grant bounds the budget")
	case request.Budget == nil || *request.Budget < 1:
		reject("/budget", "is required, and at least 1: the grant bounds the budget")
	case *request.Budget > a.Policy.MaxBudget:
		reject("/budget", "is higher than the grant allows")
	}

	return fields
}

// forServiceCaller replaces errors that only the connection's user can fix, because a service cannot connect an
// account.
func forServiceCaller(err error) error {
	switch {
	case errors.Is(err, keys.ErrReconnectRequired):
		return ErrGrantPaused
	case errors.Is(err, keys.ErrConnectRequired):
		return ErrGrantRequired
	}

	return err
}
