package partner

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
)

// StatusTokenPrefix begins the token with which a service's page reads the state of one connect session.
const StatusTokenPrefix = "ucs_"

const (
	sessionLongest  = 30 * time.Minute
	sessionShortest = time.Minute
	codeLifetime    = 5 * time.Minute

	maxExternalID  = 255 // bytes
	maxDisplayName = 64  // characters
	maxLoginHint   = 320 // bytes, the longest e-mail

	// departureDelay is how long a closed page counts as open: a reload reports both within less.
	departureDelay = 3 * time.Second
)

// SelectDatabase is the value of SessionRequest.Select with which the user selects a database.
const SelectDatabase = "database"

// SessionRequest requests a connect session.
type SessionRequest struct {
	ExternalID  string
	DisplayName string
	LoginHint   string
	ReturnURL   string // empty: the service's only return URL
	Reconnect   string // id of the grant whose connection the user should repair
	ExpiresIn   *int64 // seconds; nil: 30 minutes
	Select      string // SelectDatabase: the user also selects a database; empty: nothing
	Narrowing   Narrowing
}

// OpenedSession is a new connect session with its secrets, which are returned only this once.
type OpenedSession struct {
	Session     ConnectSession
	Invitation  secret.Text
	StatusToken secret.Text
}

// OpenConnectSession invites one end user of the service. Without a narrowing it requests every operation that the
// service has, on the databases that it creates. Errors: insufficient_scope, validation_failed, not_allowed, and
// ErrGrantRequired for a reconnect of a grant that is not active.
func (p *Partners) OpenConnectSession(
	ctx context.Context, principal Principal, request SessionRequest,
) (OpenedSession, error) {
	if err := principal.Require(ScopeConnectSessions); err != nil {
		return OpenedSession{}, err
	}

	now := p.options.Now()
	session := ConnectSession{
		ID: "cs_" + rand.Text(), ServiceID: principal.Service.ID, ExternalID: request.ExternalID,
		DisplayName: request.DisplayName, LoginHint: request.LoginHint, ReconnectID: request.Reconnect,
		Select: request.Select, State: SessionOpen, CreatedAt: now, ExpiresAt: now.Add(sessionLongest),
	}
	fields := request.invalid()

	if request.ExpiresIn != nil {
		session.ExpiresAt = now.Add(time.Duration(*request.ExpiresIn) * time.Second)
	}

	var found []problem.Field
	session.ReturnURL, found = returnURL(principal.Service, request.ReturnURL)
	fields = append(fields, found...)

	if request.Reconnect == "" {
		session.Asked, found = askable(principal, request.Narrowing)
		fields = append(fields, found...)
	}

	if len(fields) > 0 {
		return OpenedSession{}, invalid(fields...)
	}

	if request.Reconnect != "" {
		if !isID("grt_", request.Reconnect) {
			return OpenedSession{}, ErrGrantRequired
		}

		grant, err := p.options.Store.ActiveGrant(ctx, principal.Service.ID, request.Reconnect, "")
		if err != nil {
			return OpenedSession{}, err
		}

		if grant.ExternalID != request.ExternalID {
			return OpenedSession{}, ErrGrantRequired
		}
		session.Asked = grant.Asked
	}

	invitation, status := newSecret("uci_"), newSecret(StatusTokenPrefix)
	session.InvitationHash, session.StatusHash = hashOf(invitation.Reveal()), hashOf(status.Reveal())

	return OpenedSession{Session: session, Invitation: invitation, StatusToken: status},
		p.options.Store.InsertConnectSession(ctx, session)
}

// askable returns the policy that a service requests: by default the default operations that it has, on the databases
// that it creates. Regions and plans are limited only by the service's own policy and the request; the
// installation's limits are checked at every create.
func askable(principal Principal, wanted Narrowing) (Policy, []problem.Field) {
	allowed := principal.Policy

	requested := allowed
	requested.Scopes = common(Operations(), allowed.Scopes)
	requested.Regions, requested.Plans = principal.Service.Policy.Regions, principal.Service.Policy.Plans

	if len(requested.Scopes) == 0 {
		return Policy{}, []problem.Field{problem.NewField(
			"/scopes", problem.FieldNotAllowed, "leaves no scope to request: the service has no operations",
		)}
	}

	if wanted.Scopes == nil { // what an operator opens later is requested by name only
		requested.Scopes = common(DefaultOperations(), allowed.Scopes)
	}

	if len(requested.Scopes) == 0 {
		return Policy{}, []problem.Field{problem.NewField(
			"/scopes", problem.FieldRequired, "is required: the service has no default operation",
		)}
	}

	if wanted.Databases == nil {
		requested.Databases = narrower(ReachCreated, allowed.Databases)
	} else {
		requested.Databases = allowed.Databases
	}

	policy, fields := wanted.apply(requested)
	if len(fields) > 0 {
		return Policy{}, fields
	}

	return policy, beyondInstallation(wanted, allowed)
}

// beyondInstallation lists the regions and plans in a request that the installation does not allow. Names that come
// from the service's own policy are no error of the request: they are checked at every create.
func beyondInstallation(wanted Narrowing, allowed Policy) []problem.Field {
	named := allowed
	if wanted.Regions != nil {
		named.Regions = *wanted.Regions
	}

	if wanted.Plans != nil {
		named.Plans = *wanted.Plans
	}

	return named.FieldsBeyond(allowed)
}

func (r SessionRequest) invalid() []problem.Field {
	var fields []problem.Field
	if !ValidExternalID(r.ExternalID) {
		fields = append(fields,
			problem.NewField("/external_id", problem.FieldFormat, "must be 1 to 255 visible ASCII characters"))
	}

	if utf8.RuneCountInString(r.DisplayName) > maxDisplayName || !printable(r.DisplayName) {
		fields = append(fields,
			problem.NewField("/display_name", problem.FieldFormat, "must be at most 64 printable characters"))
	}

	if len(r.LoginHint) > maxLoginHint || !printable(r.LoginHint) {
		fields = append(fields,
			problem.NewField("/login_hint", problem.FieldFormat, "must be at most 320 printable characters"))
	}

	shortest, longest := int64(sessionShortest.Seconds()), int64(sessionLongest.Seconds())
	if r.ExpiresIn != nil && (*r.ExpiresIn < shortest || *r.ExpiresIn > longest) {
		fields = append(fields, problem.NewField("/expires_in", problem.FieldRange, "must be 60 to 1800 seconds").
			AtLeast(shortest).AtMost(longest))
	}

	if r.Reconnect != "" && !r.Narrowing.IsZero() {
		fields = append(fields,
			problem.NewField("/reconnect", problem.FieldConflict,
				"cannot change the grant: leave out scopes, databases and limits"))
	}

	switch {
	case r.Select != "" && r.Select != SelectDatabase:
		fields = append(fields, problem.NewField("/select", problem.FieldValue, "must be database"))
	case r.Select != "" && r.Reconnect != "":
		fields = append(fields,
			problem.NewField("/select", problem.FieldConflict, "does not go with reconnect, which changes nothing in the grant"))
	}

	return fields
}

// ValidExternalID reports whether a service may use this id for one of its users. Visible ASCII passes through a
// header unchanged, and no two ids look alike.
func ValidExternalID(id string) bool {
	beyond := func(r rune) bool { return r < '!' || r > '~' }
	return id != "" && len(id) <= maxExternalID && !strings.ContainsFunc(id, beyond)
}

// printable reports whether a text is safe to display: no control or format characters, which could reorder the text
// around it (Unicode technical report 36, section 2.1).
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// returnURL selects the address to which the browser finally returns.
func returnURL(service Service, wanted string) (string, []problem.Field) {
	if wanted == "" {
		if len(service.ReturnURLs) == 1 && !strings.Contains(service.ReturnURLs[0], "*") {
			return service.ReturnURLs[0], nil
		}

		return "", []problem.Field{
			problem.NewField("/return_url", problem.FieldRequired, "is required: the service has more than one"),
		}
	}

	matches := func(registered string) bool {
		known, err := ParseReturnURL(registered)
		return err == nil && known.Matches(wanted)
	}
	if !slices.ContainsFunc(service.ReturnURLs, matches) {
		return "", []problem.Field{
			problem.NewField("/return_url", problem.FieldValue, "is not a registered return URL of this service"),
		}
	}

	return wanted, nil
}

// stateAt returns the state at that time: sessions and codes expire without a write.
func (s ConnectSession) stateAt(now time.Time) SessionState {
	switch s.State {
	case SessionOpen, SessionAuthenticating, SessionConsenting:
		if !now.Before(s.ExpiresAt) {
			return SessionExpired
		}
	case SessionAwaitingCompletion:
		if !now.Before(s.CodeUntil) {
			return SessionExpired
		}
	case SessionCompleted, SessionRefused, SessionExpired, SessionFailed:
	}

	return s.State
}

// Left reports whether the browser reported that the user closed the page without a decision, and has not come back
// since. A reload is no departure.
func (s ConnectSession) Left(now time.Time) bool {
	undecided := s.State == SessionAuthenticating || s.State == SessionConsenting

	return undecided && !s.LeftAt.IsZero() && now.Sub(s.LeftAt) >= departureDelay
}

// ConnectSession returns a connect session of the service, with its current state; ErrSessionNotFound.
func (p *Partners) ConnectSession(ctx context.Context, principal Principal, id string) (ConnectSession, error) {
	if err := principal.Require(ScopeConnectSessions); err != nil {
		return ConnectSession{}, err
	}

	if !isID("cs_", id) {
		return ConnectSession{}, ErrSessionNotFound
	}

	session, _, err := p.options.Store.FindConnectSession(ctx, SessionKey{ID: id, ServiceID: principal.Service.ID})
	session.State = session.stateAt(p.options.Now())

	return session, err
}

// ConnectSessionByStatus is ConnectSession for the holder of the status token, and also returns the service. Any other
// token is ErrInvalidToken.
func (p *Partners) ConnectSessionByStatus(ctx context.Context, id, token string) (ConnectSession, Service, error) {
	if !isID("cs_", id) {
		return ConnectSession{}, Service{}, ErrInvalidToken
	}

	session, service, err := p.options.Store.FindConnectSession(ctx, SessionKey{ID: id})
	if errors.Is(err, ErrSessionNotFound) {
		return ConnectSession{}, Service{}, ErrInvalidToken
	}

	if err != nil {
		return ConnectSession{}, Service{}, err
	}

	if subtle.ConstantTimeCompare(session.StatusHash, hashOf(token)) != 1 {
		return ConnectSession{}, Service{}, ErrInvalidToken
	}
	session.State = session.stateAt(p.options.Now())

	return session, service, nil
}

// AllowsOrigin reports whether a page of this origin may read what the server says about a connect session: the origin
// must be that of one of the service's return URLs.
//
// A session that is not stored has no service, so any page may read that: the page that waits for it could not
// distinguish its end from a network failure otherwise. ConnectSessionByStatus returns ErrInvalidToken for every such
// id and every token. So a page learns only that no session has this id, and the ids of sessions have 130 random bits.
// While the database fails, nobody knows whether a session is stored.
func (p *Partners) AllowsOrigin(ctx context.Context, id, origin string) bool {
	if !isID("cs_", id) {
		return true
	}

	_, service, err := p.options.Store.FindConnectSession(ctx, SessionKey{ID: id})
	if errors.Is(err, ErrSessionNotFound) {
		return true
	}

	if err != nil {
		return false
	}

	return slices.ContainsFunc(service.ReturnURLs, func(registered string) bool {
		known, err := ParseReturnURL(registered)
		return err == nil && known.AllowsOrigin(origin)
	})
}

func newSecret(prefix string) secret.Text { return secret.New(prefix + rand.Text() + rand.Text()) }

func hashOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

func describe(scopes []string) string { return strings.Join(scopes, ", ") }
