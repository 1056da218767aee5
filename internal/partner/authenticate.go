package partner

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Principal is an authenticated service, with the intersection of what installation, service and token allow.
type Principal struct {
	Service Service
	TokenID string
	Policy  Policy
}

// Require returns nil when the principal has the scope, else 403 insufficient_scope.
func (p Principal) Require(scope string) error {
	if !p.Policy.Allows(scope) {
		return InsufficientScope(scope)
	}

	return nil
}

// lastUsedPrecision is the precision of the time when a token or a grant was last used.
const lastUsedPrecision = time.Minute

// Authenticate returns the service that the token belongs to; ErrInvalidToken otherwise. A malformed token is rejected
// without a query. Nothing is cached: a revoked token or disabled service is rejected from the next call on.
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
		if err := p.options.Store.RecordTokenUse(ctx, token.ID, now.Truncate(lastUsedPrecision)); err != nil {
			return Principal{}, err
		}
	}
	ofToken := unbounded(token.Scopes)

	return p.principal(service, token.ID, ofToken), nil
}

// authenticateBuiltIn authenticates a token from the configuration: it has no row, no expiry and all scopes.
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

// principal combines the layers. The service's policy limits only operations; whether a token may open connect
// sessions and read grants depends on the token alone.
func (p *Partners) principal(service Service, tokenID string, ofToken Policy) Principal {
	ofService := service.Policy
	ofService.Scopes = append(slices.Clone(ofService.Scopes), ScopeConnectSessions, ScopeGrants)

	return Principal{
		Service: service, TokenID: tokenID,
		Policy: Permitted(p.options.Installation, ofService, ofToken),
	}
}

// unbounded is a policy without limits except the scopes.
func unbounded(scopes []string) Policy { return Policy{Scopes: scopes, Databases: ReachAll} }

// RegisterBuiltIn creates or updates the operator's own service. A disabled one stays disabled.
func (p *Partners) RegisterBuiltIn(ctx context.Context, name string, returnURLs []string) error {
	err := p.options.Store.PutService(ctx, Service{
		ID: BuiltInID, Name: name, Policy: unbounded(Scopes()), ReturnURLs: returnURLs, CreatedAt: p.options.Now(),
	})
	if errors.Is(err, ErrServiceExists) {
		return fmt.Errorf("the application's name %q is that of a registered service (bff service list): change one", name)
	}

	return err
}

// HasBuiltIn reports whether the configuration has a token for the built-in service.
func (p *Partners) HasBuiltIn() bool { return len(p.builtIn) > 0 }
