package partner

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Principal is a service that has authenticated, and what installation, service and token allow together.
type Principal struct {
	Service Service
	TokenID string
	Policy  Policy
}

// Require is nil when the principal holds a scope, else 403 insufficient_scope.
func (p Principal) Require(scope string) error {
	if !p.Policy.Allows(scope) {
		return InsufficientScope(scope)
	}

	return nil
}

// lastUsedPrecision is how exactly it is known when a token or a grant was last used.
const lastUsedPrecision = time.Minute

// Authenticate returns who a service token belongs to; ErrInvalidToken otherwise. A malformed one is rejected before
// the store is asked. What was revoked or disabled is rejected from the next call on: nothing is cached.
func (p *Partners) Authenticate(ctx context.Context, text string) (Principal, error) {
	parsed, err := ParseToken(text, p.options.Environment)
	if err != nil {
		return Principal{}, err
	}

	if _, ok := p.builtIn[parsed.Hash]; ok {
		return p.authenticateBuiltIn(ctx, parsed)
	}

	token, service, err := p.options.Store.FindToken(ctx, parsed.ID)
	if err != nil {
		return Principal{}, err
	}

	now := p.options.Now()
	if subtle.ConstantTimeCompare(token.Hash[:], parsed.Hash[:]) != 1 || !token.RevokedAt.IsZero() ||
		!now.Before(token.ExpiresAt) || !service.DisabledAt.IsZero() {
		return Principal{}, ErrInvalidToken
	}

	if now.Sub(token.LastUsedAt) >= lastUsedPrecision {
		if err := p.options.Store.TouchToken(ctx, token.ID, now.Truncate(lastUsedPrecision)); err != nil {
			return Principal{}, err
		}
	}
	ofToken := unbounded(token.Scopes)

	return p.principal(service, token.ID, ofToken), nil
}

// authenticateBuiltIn is for a token of the configuration: it has no row, no expiry and all scopes.
func (p *Partners) authenticateBuiltIn(ctx context.Context, parsed ParsedToken) (Principal, error) {
	service, err := p.options.Store.FindService(ctx, BuiltInID)
	if errors.Is(err, ErrServiceNotFound) || (err == nil && !service.DisabledAt.IsZero()) {
		return Principal{}, ErrInvalidToken
	}

	if err != nil {
		return Principal{}, err
	}

	return p.principal(service, parsed.ID, unbounded(Scopes())), nil
}

// principal puts the layers together. A service's policy bounds the operations; whether a token may open connect
// sessions and read grants is the token's affair.
func (p *Partners) principal(service Service, tokenID string, ofToken Policy) Principal {
	ofService := service.Policy
	ofService.Scopes = append(slices.Clone(ofService.Scopes), ScopeConnectSessions, ScopeGrants)

	return Principal{
		Service: service, TokenID: tokenID,
		Policy: Permitted(p.options.Installation, ofService, ofToken),
	}
}

// unbounded is a layer that bounds nothing except the scopes.
func unbounded(scopes []string) Policy { return Policy{Scopes: scopes, Databases: ReachAll} }

// RegisterBuiltIn makes, or brings up to date, the operator's own service. Of one that was disabled, that stays so.
func (p *Partners) RegisterBuiltIn(ctx context.Context, name string, returnURLs []string) error {
	err := p.options.Store.PutService(ctx, Service{
		ID: BuiltInID, Name: name, Policy: unbounded(Scopes()), ReturnURLs: returnURLs, CreatedAt: p.options.Now(),
	})
	if errors.Is(err, ErrServiceExists) {
		return fmt.Errorf("the application's name %q is that of a registered service (bff service list): change one", name)
	}

	return err
}

// HasBuiltIn reports whether the configuration names a token of the built-in service.
func (p *Partners) HasBuiltIn() bool { return len(p.builtIn) > 0 }
