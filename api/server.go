// Package api is the HTTP API: routes, request and response types, problems and middleware. It contains no SQL, no
// upstream calls and no policy.
package api

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/brand"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/locale"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/session"
	"github.com/upstash-connect/bff/internal/webhook"
)

// Tokens verifies access tokens.
type Tokens interface {
	Verify(ctx context.Context, token string) (auth.Claims, error)
	// Login returns the login of a verified access token, as Connections.Connect needs it. idToken may be empty; it is
	// read only if the claims have no e-mail. Login returns keys.ErrEmailUnusable if the ID token belongs to another
	// login.
	Login(ctx context.Context, access secret.Text, claims auth.Claims, idToken string) (keys.Login, error)
}

// Connections manages the connections of accounts and their developer keys.
type Connections interface {
	Connect(ctx context.Context, login keys.Login) (keys.Connection, bool, error)
	Find(ctx context.Context, account keys.Account) (keys.Connection, error)
	Disconnect(ctx context.Context, account keys.Account) (keys.Connection, error)
}

// Sessions manages cookie sessions.
type Sessions interface {
	Start(ctx context.Context, connectionID string, login session.Login) (secret.Text, session.Session, error)
	Find(ctx context.Context, token string) (session.Session, error)
	End(ctx context.Context, tokens ...string) error
	EndAll(ctx context.Context, connectionID string) error
	// Forget drops the cached sessions of an account, after a disconnect has ended them in the store.
	Forget(issuer, subject string)
}

// Databases performs the database operations of an account.
type Databases interface {
	List(ctx context.Context, account keys.Account) (*proxy.Listing, error)
	Database(ctx context.Context, account keys.Account, id string) (proxy.Database, error)
	Credentials(ctx context.Context, account keys.Account, id string) (proxy.Credentials, error)
	Ping(ctx context.Context, account keys.Account, id string) (proxy.Ping, error)
	Validate(request proxy.CreateRequest) proxy.Validated
	Create(
		ctx context.Context, account keys.Account, idempotencyKey string, request proxy.Validated,
	) (database proxy.Database, replayed bool, err error)
	Catalog() proxy.Catalog

	// Operations lists the operations that this installation offers.
	Operations() []*operation.Operation
	// CheckOpen returns an error for an operation that this installation does not offer.
	CheckOpen(called *operation.Operation) error
	CheckFields(called *operation.Operation, sent operation.Values) []problem.Field
	Run(ctx context.Context, caller proxy.Caller, call proxy.Call) (proxy.Result, error)
}

// Partners authenticates services, runs connect sessions and enforces grants.
type Partners interface {
	Authenticate(ctx context.Context, token string) (partner.Principal, error)
	Authorize(ctx context.Context, principal partner.Principal, externalID, grantID string) (partner.GrantAccess, error)

	OpenConnectSession(
		ctx context.Context, principal partner.Principal, request partner.SessionRequest,
	) (partner.OpenedSession, error)
	ConnectSession(ctx context.Context, principal partner.Principal, id string) (partner.ConnectSession, error)
	ConnectSessionByStatus(ctx context.Context, id, token string) (partner.ConnectSession, partner.Service, error)
	AllowsOrigin(ctx context.Context, id, origin string) bool
	Complete(ctx context.Context, principal partner.Principal, id, code, externalID string) (partner.Completion, error)

	OpenInvitation(ctx context.Context, invitation, earlierCookie string) (secret.Text, partner.Transaction, error)
	Transaction(ctx context.Context, cookie string) (partner.Transaction, error)
	ChooseAccount(ctx context.Context, cookie string, account keys.Account) (partner.Transaction, error)
	Approve(ctx context.Context, cookie string, account keys.Account, approval partner.Approval) (string, error)
	Leave(ctx context.Context, cookie, sessionID string) error
	Refuse(ctx context.Context, cookie string) (string, error)

	GrantsOfService(ctx context.Context, principal partner.Principal, externalID string) ([]partner.Grant, error)
	GrantOfService(ctx context.Context, principal partner.Principal, id string) (partner.Grant, error)
	NarrowByService(
		ctx context.Context, principal partner.Principal, id string, narrowing partner.Narrowing,
	) (partner.Grant, error)
	RevokeByService(ctx context.Context, principal partner.Principal, id string) error

	GrantsOfUser(ctx context.Context, connectionID string) ([]partner.Grant, error)
	NarrowByUser(ctx context.Context, connectionID, id string, narrowing partner.Narrowing) (partner.Grant, error)
	RevokeByUser(ctx context.Context, connectionID, id string) error
	History(ctx context.Context, connectionID string) ([]partner.PastEvent, error)
}

// Events returns what happened to the grants of a service.
type Events interface {
	After(ctx context.Context, principal partner.Principal, position string, wait time.Duration) (webhook.Page, error)
}

// Requests is a rate limit for callers.
type Requests interface {
	// Take counts one call, or returns a *limit.ExceededError.
	Take(ctx context.Context, caller limit.Caller) error
}

// Readiness checks one part of the server.
type Readiness struct {
	Name  string
	Check func(context.Context) error // nil: State is reported, but does not affect readiness
	State func() string
}

// Options configure a Server. All are required except Brand, Language, CORSOrigins, Limits, TrustedProxies, Observe and
// Now.
type Options struct {
	PublicURL *url.URL // origin and optional base path of the server
	Page      PageConfig
	Brand     brand.Brand
	Language  string // of the page, in every browser; empty: the one that the browser prefers
	Tokens    Tokens
	Conns     Connections
	Sessions  Sessions
	Databases Databases
	Requests  Requests
	Partners  Partners
	Events    Events
	// ServiceRequests limits the calls of one service. Requests limits those of one account, one grant or one connect
	// session's status token.
	ServiceRequests Requests
	Limits          []Limit // rate limits that responses report in their headers
	Readiness       []Readiness
	Assets          fs.FS  // the built page
	Contract        []byte // the OpenAPI document, in YAML
	// TrustedProxies are the peers whose X-Forwarded-For the server trusts, for the client address in the log. The
	// server reads no other header of proxies: scheme and host come from PublicURL.
	TrustedProxies []netip.Prefix
	// CORSOrigins are the origins, as browsers write them, whose pages may call the API with an access token.
	CORSOrigins []string
	// HSTSSubdomains extends Strict-Transport-Security to every name below PublicURL's.
	HSTSSubdomains bool
	Version        string
	// Observe is called after every request, in the goroutine of the request, so it must be quick.
	Observe func(context.Context, CompletedRequest)
	Logger  *slog.Logger
	Now     func() time.Time // default time.Now; it decides how old a login is
}

// PageConfig is the public configuration of the page, without secrets.
type PageConfig struct {
	Issuer, ClientID, Audience, Scope, AppName string
	Sandbox                                    bool
	ConsoleURL                                 string // root of the Upstash console
	RedisCAFile                                string // set only in a sandbox with TLS databases
}

// Server is the HTTP handler of the product.
type Server struct {
	options Options
	echo    *echo.Echo
	page    *singlePage
	pages   *htmlPages
	brand   *branding
	cookie  cookie
	// transaction is the cookie that binds a connect session to the browser that opened the invitation.
	transaction cookie
	base        basePath
	origin      string
	host        string
	policies    policies
	// contractYAML adds the server's address to the OpenAPI document, once, at the first request. contractJSON converts
	// the result.
	contractJSON func() (document, error)
	contractYAML func() (document, error)
	// reference renders the OpenAPI document for people, once, at the first request.
	reference func() (document, error)
}

// NewServer creates a Server. It returns an error if a required option is missing.
func NewServer(options Options) (*Server, error) {
	if options.PublicURL == nil || options.Tokens == nil || options.Conns == nil || options.Sessions == nil ||
		options.Databases == nil || options.Requests == nil || options.Partners == nil || options.Events == nil ||
		options.ServiceRequests == nil || options.Assets == nil ||
		len(options.Contract) == 0 || options.Logger == nil {
		return nil, errors.New("api: a required option is missing")
	}

	if options.Now == nil {
		options.Now = time.Now
	}

	issuer, err := url.Parse(options.Page.Issuer)
	if err != nil || issuer.Host == "" {
		return nil, errors.New("api: the issuer is not a URL")
	}

	base := baseOf(options.PublicURL)
	look := newBranding(options.Brand, options.Page.AppName, options.Page.Sandbox, base)

	page, err := newSinglePage(options.Assets, look, locale.NewChoice(options.Language))
	if err != nil {
		return nil, err
	}

	pages, err := newHTMLPages(look)
	if err != nil {
		return nil, err
	}
	secure := options.PublicURL.Scheme == "https"
	s := &Server{
		options: options, page: page, pages: pages, brand: look,
		cookie:      newCookie("session", secure, base),
		transaction: newCookie("connect", secure, base),
		base:        base,
		origin:      options.PublicURL.Scheme + "://" + bareHost(options.PublicURL.Scheme, options.PublicURL.Host),
		host:        bareHost(options.PublicURL.Scheme, options.PublicURL.Host),
	}
	s.prepareDocuments()
	s.echo = echo.New()
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.Logger.SetOutput(io.Discard) // the server logs with slog only
	s.echo.HTTPErrorHandler = s.handleError
	s.echo.IPExtractor = clientAddress(options.TrustedProxies)
	s.routes(issuer.Scheme + "://" + issuer.Host)
	s.policies = policiesOf(options.Limits, s.routeNames())

	return s, nil
}

// prepareDocuments defines the documents that are created at their first request.
func (s *Server) prepareDocuments() {
	s.contractYAML = sync.OnceValues(func() (document, error) {
		content, err := servedAt(s.publicURL("/api/v1"), s.options.Contract)
		return gzippedDocument(content), err
	})
	s.contractJSON = sync.OnceValues(func() (document, error) {
		content, err := s.contractYAML()
		if err != nil {
			return nil, err
		}

		converted, err := asJSON(content[identity])

		return gzippedDocument(converted), err
	})
	s.reference = sync.OnceValues(s.newReferencePage)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.echo.ServeHTTP(w, headAsGet(s.base.strip(r)))
}

// publicURL returns the absolute public URL of a path.
func (s *Server) publicURL(path string) string { return s.origin + string(s.base) + path }

// bareHost lower-cases a host and drops the port that its scheme implies, as browsers do in Origin and Host.
func bareHost(scheme, host string) string {
	host = strings.ToLower(host)
	implied := map[string]string{"http": ":80", "https": ":443"}[scheme]
	return strings.TrimSuffix(host, implied)
}
