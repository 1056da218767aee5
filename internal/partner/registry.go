package partner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/secret"
)

// The allowed lifetime of a service token, and the default overlap of an old token with its replacement.
const (
	MinTokenTTL    = time.Hour
	MaxTokenTTL    = 366 * 24 * time.Hour
	DefaultOverlap = 24 * time.Hour
)

const maxReturnURLs = 20

// RegistryStore is the part of Store that a Registry needs; see Store for the methods.
type RegistryStore interface {
	InsertService(ctx context.Context, service Service, event keys.Event) error
	Services(ctx context.Context) ([]Service, error)
	FindService(ctx context.Context, id string) (Service, error)
	DisableService(ctx context.Context, id string, at time.Time, event keys.Event) error

	InsertToken(ctx context.Context, token Token, event keys.Event) error
	Tokens(ctx context.Context, serviceID string) ([]Token, error)
	FindToken(ctx context.Context, id string) (Token, Service, error)
	EndToken(ctx context.Context, id string, until time.Time, revoke bool, event keys.Event) error

	Grants(ctx context.Context, filter GrantFilter) ([]Grant, error)
	RevokeGrants(ctx context.Context, filter GrantFilter, by string, event keys.Event) (int, error)
	EraseConnection(ctx context.Context, connectionID string, event keys.Event) error
	ConnectionsOf(ctx context.Context, emailOrID string) ([]keys.Connection, error)
}

// ErrNoFilter means that a revocation named neither a user nor a service.
var ErrNoFilter = problem.New(problem.InvalidRequest,
	"Name a user, a service or both. No command revokes every grant.")

// Registry manages services, tokens and grants for an operator. It works directly on the store while servers run; they
// notice changes within seconds. Every change is in the audit log, with the operator as actor.
type Registry struct {
	Store       RegistryStore    // required
	Environment Environment      // environment of new tokens; default Live
	Now         func() time.Time // default time.Now
}

func (r Registry) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}

	return r.Now()
}

func (r Registry) event(action keys.Action, detail string) keys.Event {
	return keys.Event{
		At: r.now(), Action: action, Detail: detail, Actor: keys.Actor{Kind: keys.ActorOperator},
	}
}

// AddService registers a service by id, name, return URLs and policy. Scopes default to every operation, and databases
// to ReachCreated. Errors: invalid fields, ErrServiceExists.
func (r Registry) AddService(ctx context.Context, service Service) (Service, error) {
	others, err := r.Store.Services(ctx)
	if err != nil {
		return Service{}, err
	}

	names := make([]string, 0, len(others))
	for _, other := range others {
		if other.ID == service.ID {
			return Service{}, ErrServiceExists
		}
		names = append(names, other.Name)
	}

	if service.Policy.Scopes == nil {
		service.Policy.Scopes = DefaultOperations()
	}

	if service.Policy.Databases == "" {
		service.Policy.Databases = ReachCreated
	}

	if fields := serviceFieldErrors(service, names); len(fields) > 0 {
		return Service{}, invalid(fields...)
	}
	service.CreatedAt, service.DisabledAt = r.now(), time.Time{}

	return service, r.Store.InsertService(ctx, service, r.event(keys.ActionServiceAdded, "service "+service.ID))
}

func serviceFieldErrors(service Service, names []string) []problem.Field {
	var fields []problem.Field
	reject := func(pointer string, code problem.FieldCode, err error) {
		if err != nil {
			fields = append(fields, problem.NewField(pointer, code, err.Error()))
		}
	}

	reject("/id", problem.FieldFormat, CheckID(service.ID))
	reject("/name", problem.FieldFormat, CheckName(service.Name, names))

	if count := len(service.ReturnURLs); count < 1 || count > maxReturnURLs {
		reject("/return_urls", problem.FieldRange, fmt.Errorf("must be 1 to %d URLs", maxReturnURLs))
	}

	for i, registered := range service.ReturnURLs {
		_, err := ParseReturnURL(registered)
		reject("/return_urls/"+strconv.Itoa(i), problem.FieldFormat, err)
	}

	return append(fields, service.Policy.fieldErrors()...)
}

// fieldErrors lists the invalid fields of a policy.
func (p Policy) fieldErrors() []problem.Field {
	fields := unknownScopes(p.Scopes, Scopes())
	if !p.Databases.Valid() {
		fields = append(fields, problem.NewField("/databases", problem.FieldValue, "must be selected, created or all"))
	}

	regions, plans := proxy.Policy{Regions: p.Regions, Plans: p.Plans}.UnknownNames()
	for _, id := range regions {
		fields = append(fields, problem.NewField(
			"/regions", problem.FieldValue, fmt.Sprintf("has %q, which is not a region", id),
		).Listed())
	}

	for _, id := range plans {
		fields = append(fields, problem.NewField(
			"/plans", problem.FieldValue, fmt.Sprintf("has %q, which is not a plan", id),
		).Listed())
	}

	if p.MaxDatabases < 0 {
		fields = append(fields, problem.NewField("/max_databases", problem.FieldRange, "must be at least 0").AtLeast(0))
	}

	if p.MaxBudget < 0 {
		fields = append(fields, problem.NewField("/max_budget", problem.FieldRange, "must be at least 0").AtLeast(0))
	}

	return fields
}

func unknownScopes(scopes, known []string) []problem.Field {
	var fields []problem.Field
	for _, scope := range scopes {
		if !slices.Contains(known, scope) {
			detail := fmt.Sprintf("has %q, which is not one of %v", scope, known)
			fields = append(fields, problem.NewField("/scopes", problem.FieldValue, detail))
		}
	}

	return fields
}

// ListServices lists all services by id.
func (r Registry) ListServices(ctx context.Context) ([]Service, error) { return r.Store.Services(ctx) }

// DisableService disables a service permanently. Its grants remain stored, without effect. ErrServiceNotFound.
func (r Registry) DisableService(ctx context.Context, id string) error {
	return r.Store.DisableService(ctx, id, r.now(), r.event(keys.ActionServiceDisabled, "service "+id))
}

// CreateToken creates a token of a service and returns it once: only its hash is stored. Scopes default to all that
// the service may have. Errors: invalid fields, ErrServiceNotFound.
func (r Registry) CreateToken(
	ctx context.Context, serviceID string, scopes []string, ttl time.Duration,
) (secret.Text, Token, error) {
	if serviceID == BuiltInID {
		return secret.Text{}, Token{}, invalid(problem.NewField("/service", problem.FieldValue,
			"reads its tokens from BFF_SERVICE_TOKEN_FILE: create one with `bff token generate`"))
	}

	service, err := r.Store.FindService(ctx, serviceID)
	if err != nil {
		return secret.Text{}, Token{}, err
	}

	allowed := slices.Concat(service.Policy.Scopes, []string{ScopeConnectSessions, ScopeGrants})
	slices.Sort(allowed)
	allowed = slices.Compact(allowed)

	if len(scopes) == 0 {
		scopes = allowed
	}

	if fields := unknownScopes(scopes, allowed); len(fields) > 0 {
		return secret.Text{}, Token{}, invalid(fields...)
	}

	return r.insertToken(ctx, service, scopes, ttl, keys.ActionTokenCreated, "")
}

// insertToken creates a token. note is appended to the audit event's detail.
func (r Registry) insertToken(
	ctx context.Context, service Service, scopes []string, ttl time.Duration, action keys.Action, note string,
) (secret.Text, Token, error) {
	if !service.DisabledAt.IsZero() {
		return secret.Text{}, Token{}, invalid(problem.NewField("/service", problem.FieldValue, "is disabled"))
	}

	if ttl < MinTokenTTL || ttl > MaxTokenTTL {
		return secret.Text{}, Token{}, invalid(problem.NewField("/ttl", problem.FieldRange, "must be from 1 hour to 366 days"))
	}

	environment := r.Environment
	if environment == "" {
		environment = Live
	}

	text, parsed := NewToken(environment, NewTokenID())
	token := Token{
		ID: parsed.ID, ServiceID: service.ID, Hash: parsed.Hash, Scopes: scopes,
		CreatedAt: r.now(), ExpiresAt: r.now().Add(ttl),
	}

	event := r.event(action, describeToken(token)+note)
	if err := r.Store.InsertToken(ctx, token, event); err != nil {
		return secret.Text{}, Token{}, err
	}

	return text, token, nil
}

func describeToken(token Token) string { return "token " + token.ID + " of service " + token.ServiceID }

// ListTokens lists the tokens of a service, oldest first, or of all services if serviceID is empty.
// ErrServiceNotFound.
func (r Registry) ListTokens(ctx context.Context, serviceID string) ([]Token, error) {
	if err := r.knownService(ctx, serviceID); err != nil {
		return nil, err
	}

	return r.Store.Tokens(ctx, serviceID)
}

// knownService returns ErrServiceNotFound for an unknown id, so that a misspelled id does not look like an empty
// service.
func (r Registry) knownService(ctx context.Context, serviceID string) error {
	if serviceID == "" {
		return nil
	}
	_, err := r.Store.FindService(ctx, serviceID)

	return err
}

// RotateToken creates a token with the scopes of another one, which expires after the overlap. Errors: invalid fields,
// ErrTokenNotFound.
func (r Registry) RotateToken(
	ctx context.Context, id string, ttl, overlap time.Duration,
) (text secret.Text, fresh, old Token, err error) {
	old, service, err := r.Store.FindToken(ctx, id)
	if errors.Is(err, ErrInvalidToken) {
		err = ErrTokenNotFound
	}

	if err != nil {
		return secret.Text{}, Token{}, Token{}, err
	}

	if !old.RevokedAt.IsZero() || !old.ExpiresAt.After(r.now()) {
		return secret.Text{}, Token{}, Token{}, invalid(
			problem.NewField("/token", problem.FieldValue, "has expired or was revoked; create another one"))
	}

	if overlap < 0 || overlap > ttl {
		return secret.Text{}, Token{}, Token{}, invalid(
			problem.NewField("/overlap", problem.FieldRange, "must be from 0 to the new token's lifetime"))
	}

	text, fresh, err = r.insertToken(ctx, service, old.Scopes, ttl, keys.ActionTokenRotated, ", in place of "+id)
	if err != nil {
		return secret.Text{}, Token{}, Token{}, err
	}

	until := r.now().Add(overlap)
	if until.After(old.ExpiresAt) {
		until = old.ExpiresAt
	}
	old.ExpiresAt = until

	event := r.event(keys.ActionTokenRotated, describeToken(old)+" ends at "+until.UTC().Format(time.RFC3339))
	if err := r.Store.EndToken(ctx, id, until, false, event); err != nil {
		// The caller does not get the new token, so it must not stay usable.
		return secret.Text{}, Token{}, Token{}, errors.Join(err, r.RevokeToken(ctx, fresh.ID))
	}

	return text, fresh, old, nil
}

// RevokeToken revokes a token immediately. ErrTokenNotFound.
func (r Registry) RevokeToken(ctx context.Context, id string) error {
	return r.Store.EndToken(ctx, id, r.now(), true, r.event(keys.ActionTokenRevoked, "token "+id))
}

// GrantSelection selects grants for an operator.
type GrantSelection struct {
	User      string // e-mail or connection id; empty: every user
	ServiceID string // empty: every service
	Active    bool   // only those that are not revoked
}

// ListGrants lists the selected grants, newest first. Errors: keys.ErrNotFound for an unknown user,
// ErrServiceNotFound.
func (r Registry) ListGrants(ctx context.Context, of GrantSelection) ([]Grant, error) {
	filters, err := r.filters(ctx, of)
	if err != nil {
		return nil, err
	}

	var grants []Grant
	for _, filter := range filters {
		found, err := r.Store.Grants(ctx, filter)
		if err != nil {
			return nil, err
		}
		grants = append(grants, found...)
	}

	slices.SortStableFunc(grants, func(a, b Grant) int { return b.CreatedAt.Compare(a.CreatedAt) })

	return grants, nil
}

// RevokeGrants revokes the active grants of a user, of a service or of both, and returns their number. Errors:
// ErrNoFilter, and those of ListGrants.
func (r Registry) RevokeGrants(ctx context.Context, of GrantSelection) (int, error) {
	if of.User == "" && of.ServiceID == "" {
		return 0, ErrNoFilter
	}
	of.Active = true

	filters, err := r.filters(ctx, of)
	if err != nil {
		return 0, err
	}

	total := 0
	for _, filter := range filters {
		count, err := r.Store.RevokeGrants(
			ctx, filter, string(keys.ActorOperator), r.event(keys.ActionGrantRevoked, "revoked by the operator"),
		)
		total += count

		if err != nil {
			return total, err
		}
	}

	return total, nil
}

// filters returns the store's filters: one for each connection of the user.
func (r Registry) filters(ctx context.Context, of GrantSelection) ([]GrantFilter, error) {
	if err := r.knownService(ctx, of.ServiceID); err != nil {
		return nil, err
	}

	filter := GrantFilter{ServiceID: of.ServiceID, Active: of.Active}
	if of.User == "" {
		return []GrantFilter{filter}, nil
	}

	connections, err := r.connections(ctx, of.User)
	if err != nil {
		return nil, err
	}

	var filters []GrantFilter
	for _, connection := range connections {
		filter.ConnectionID = connection.ID
		filters = append(filters, filter)
	}

	return filters, nil
}

func (r Registry) connections(ctx context.Context, emailOrID string) ([]keys.Connection, error) {
	connections, err := r.Store.ConnectionsOf(ctx, emailOrID)
	if err == nil && len(connections) == 0 {
		err = keys.ErrNotFound
	}

	return connections, err
}

// EraseUser deletes the connections of an e-mail, or the connection with an id, with all related data. It returns the
// deleted connections: their developer keys stay at Upstash until the owner deletes them. keys.ErrNotFound.
func (r Registry) EraseUser(ctx context.Context, emailOrID string) ([]keys.Connection, error) {
	connections, err := r.connections(ctx, emailOrID)
	if err != nil {
		return nil, err
	}

	for i, connection := range connections {
		event := r.event(keys.ActionUserErased, "")
		event.ConnectionID = connection.ID

		if err := r.Store.EraseConnection(ctx, connection.ID, event); err != nil {
			return connections[:i], err
		}
	}

	return connections, nil
}
