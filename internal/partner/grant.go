package partner

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
)

// GrantState is whether a grant lets its service act, and if not, why.
type GrantState string

// active -> paused -> active; revoked ends it.
const (
	GrantActive  GrantState = "active"
	GrantPaused  GrantState = "paused" // Upstash rejected the connection's key, or the service is disabled
	GrantRevoked GrantState = "revoked"
)

// Who revoked a grant.
const (
	ByUser     = "user"
	ByService  = "service"
	ByOperator = "operator"
)

// State is derived from the grant and its connection.
func (g Grant) State() GrantState {
	switch {
	case !g.RevokedAt.IsZero(), g.Epoch != g.CurrentEpoch, g.ConnectionState == keys.Disconnected:
		return GrantRevoked
	case g.ConnectionState == keys.Suspect, g.ConnectionState == keys.ReconnectRequired,
		!g.Service.DisabledAt.IsZero():
		return GrantPaused
	}

	return GrantActive
}

// Changes names the fields in which after differs, with their new values; empty when there are none.
func (g Grant) Changes(after Grant) string {
	inForce := after.Effective()

	var changes []string
	for _, field := range []struct {
		name string
		of   func(Policy) any
	}{
		{"scopes", func(p Policy) any { return p.Scopes }},
		{"databases", func(p Policy) any { return p.Databases }},
		{"regions", func(p Policy) any { return p.Regions }},
		{"plans", func(p Policy) any { return p.Plans }},
		{"max_databases", func(p Policy) any { return p.MaxDatabases }},
		{"max_budget", func(p Policy) any { return p.MaxBudget }},
	} {
		same := reflect.DeepEqual(field.of(g.Asked), field.of(after.Asked)) &&
			reflect.DeepEqual(field.of(g.Consent), field.of(after.Consent))
		if !same {
			changes = append(changes, fmt.Sprintf("%s: %v", field.name, field.of(inForce)))
		}
	}

	return strings.Join(changes, "; ")
}

// Effective is what user and service agreed on, ignoring the limits of installation, service and token.
func (g Grant) Effective() Policy { return Permitted(g.Asked, g.Consent) }

// grant returns the only grant that matches; ErrGrantNotFound.
func (p *Partners) grant(ctx context.Context, filter GrantFilter) (Grant, error) {
	if !isID("grt_", filter.ID) {
		return Grant{}, ErrGrantNotFound
	}

	found, err := p.options.Store.Grants(ctx, filter)
	if err != nil {
		return Grant{}, err
	}

	if len(found) != 1 {
		return Grant{}, ErrGrantNotFound
	}

	return found[0], nil
}

// GrantsOfService lists the service's grants, of one end user if externalID is not empty.
func (p *Partners) GrantsOfService(ctx context.Context, principal Principal, externalID string) ([]Grant, error) {
	if err := principal.Require(ScopeGrants); err != nil {
		return nil, err
	}

	grants, err := p.options.Store.Grants(ctx, GrantFilter{ServiceID: principal.Service.ID, ExternalID: externalID})
	for i := range grants {
		grants[i] = forService(grants[i])
	}

	return grants, err
}

// GrantOfService returns one of the service's grants; ErrGrantNotFound, also for a grant of another service.
func (p *Partners) GrantOfService(ctx context.Context, principal Principal, id string) (Grant, error) {
	if err := principal.Require(ScopeGrants); err != nil {
		return Grant{}, err
	}

	grant, err := p.grant(ctx, GrantFilter{ID: id, ServiceID: principal.Service.ID})

	return forService(grant), err
}

// forService removes the e-mail from a grant that has ended: the service may no longer see later changes.
func forService(grant Grant) Grant {
	if grant.State() == GrantRevoked {
		grant.Email = ""
	}

	return grant
}

// NarrowByService removes what the service no longer needs from a grant. It never widens a grant: not_allowed.
func (p *Partners) NarrowByService(
	ctx context.Context, principal Principal, id string, narrowing Narrowing,
) (Grant, error) {
	if err := principal.Require(ScopeGrants); err != nil {
		return Grant{}, err
	}

	return p.narrow(ctx, GrantFilter{ID: id, ServiceID: principal.Service.ID}, actorOf(ctx, principal.Service.ID),
		func(grant *Grant) (err error) {
			grant.Asked, err = narrowed(grant.Effective(), narrowing)
			return err
		})
}

// NarrowByUser removes what the user no longer allows from a grant. It never widens a grant: not_allowed.
func (p *Partners) NarrowByUser(
	ctx context.Context, connectionID, id string, narrowing Narrowing,
) (Grant, error) {
	return p.narrow(ctx, GrantFilter{ID: id, ConnectionID: connectionID}, keys.ActorOf(ctx),
		func(grant *Grant) (err error) {
			grant.Consent, err = narrowed(grant.Effective(), narrowing)
			return err
		})
}

func narrowed(from Policy, narrowing Narrowing) (Policy, error) {
	to, fields := narrowing.apply(from)
	if len(fields) > 0 {
		return Policy{}, problem.OfFields("the grant cannot be widened", fields)
	}

	return to, nil
}

func (p *Partners) narrow(
	ctx context.Context, filter GrantFilter, actor keys.Actor, change func(*Grant) error,
) (Grant, error) {
	if !isID("grt_", filter.ID) {
		return Grant{}, ErrGrantNotFound
	}
	event := keys.Event{At: p.options.Now(), Action: keys.ActionGrantNarrowed, Actor: actor}

	if _, err := p.options.Store.NarrowGrant(ctx, filter, event, change); err != nil {
		return Grant{}, err
	}

	return p.grant(ctx, filter)
}

// RevokeByService revokes a grant for its service; ErrGrantNotFound when the service has no such grant. A revoked
// grant stays as it is.
func (p *Partners) RevokeByService(ctx context.Context, principal Principal, id string) error {
	if err := principal.Require(ScopeGrants); err != nil {
		return err
	}

	return p.revoke(ctx, GrantFilter{ID: id, ServiceID: principal.Service.ID}, ByService,
		actorOf(ctx, principal.Service.ID))
}

// RevokeByUser revokes a grant for its user. Every server rejects it from the next call on.
func (p *Partners) RevokeByUser(ctx context.Context, connectionID, id string) error {
	return p.revoke(ctx, GrantFilter{ID: id, ConnectionID: connectionID}, ByUser, keys.ActorOf(ctx))
}

func (p *Partners) revoke(ctx context.Context, filter GrantFilter, by string, actor keys.Actor) error {
	if _, err := p.grant(ctx, filter); err != nil {
		return err
	}

	filter.Active = true
	event := keys.Event{At: p.options.Now(), Action: keys.ActionGrantRevoked, Detail: "by " + by, Actor: actor}
	_, err := p.options.Store.RevokeGrants(ctx, filter, by, event)

	return err
}

// GrantsOfUser lists the grants of a connection, newest first.
func (p *Partners) GrantsOfUser(ctx context.Context, connectionID string) ([]Grant, error) {
	return p.options.Store.Grants(ctx, GrantFilter{ConnectionID: connectionID})
}
