// Package idp is the stand-in for the identity provider at auth.upstash.com. It behaves like Auth0 wherever a client
// can see a difference: parameters, error bodies and statuses, token shapes. It serves one developer's machine and
// has none of the defences of the real one (rate limits, breach detection).
package idp

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// Audience is the identifier of the Developer API, the only API this provider issues tokens for.
const Audience = "upstash-api"

// EmailClaim is the namespaced claim with the account's e-mail.
const EmailClaim = "https://user.io/email"

// Options configure a Provider. All are required.
type Options struct {
	Store  *state.Store
	Issuer string // ends with a slash, as Auth0's issuers do
	Now    func() time.Time
	Logger *slog.Logger
}

// Provider is the identity provider.
type Provider struct {
	store    *state.Store
	issuer   string
	now      func() time.Time
	log      *slog.Logger
	keys     *keyRing
	sessions *expiring[session]
	codes    *expiring[grant]
	opaque   *expiring[opaqueToken]
	pages    pages
	csrfKey  []byte
}

// New makes a provider and, in a new store, its first signing key.
func New(options Options) (*Provider, error) {
	keys, err := openKeyRing(options.Store, options.Now)
	if err != nil {
		return nil, err
	}

	parsed, err := parsePages()
	if err != nil {
		return nil, fmt.Errorf("parse pages: %w", err)
	}

	return &Provider{
		store:    options.Store,
		issuer:   options.Issuer,
		now:      options.Now,
		log:      options.Logger,
		keys:     keys,
		sessions: newExpiring[session](options.Now),
		codes:    newExpiring[grant](options.Now),
		opaque:   newExpiring[opaqueToken](options.Now),
		pages:    parsed,
		csrfKey:  []byte(randomString()),
	}, nil
}

// Issuer returns the issuer's URL, with its trailing slash.
func (p *Provider) Issuer() string { return p.issuer }

// Handler serves the provider's endpoints.
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /.well-known/jwks.json", p.jwks)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /authorize", p.authorize)
	mux.HandleFunc("GET /u/login", p.universalLogin)
	mux.HandleFunc("GET /u/signup", p.universalLogin)
	mux.HandleFunc("POST /oauth/token", p.token)
	mux.HandleFunc("POST /oauth/revoke", p.revoke)
	mux.HandleFunc("GET /userinfo", p.userinfo)
	mux.HandleFunc("POST /userinfo", p.userinfo)
	mux.HandleFunc("GET /v2/logout", p.logout)
	mux.HandleFunc("GET /oidc/logout", p.oidcLogout)
	mux.HandleFunc("POST /oidc/logout", p.oidcLogout)
	mux.HandleFunc("POST /oauth/device/code", refuseDevice)
	mux.HandleFunc("POST /mfa/challenge", refuseChallenge)
	mux.HandleFunc("POST /oidc/register", refuseRegistration)

	return mux
}

// randomString returns 256 random bits, safe for URLs and cookies.
func randomString() string {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails: crypto/rand aborts the program instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

func hashOf(value string) string {
	sum := sha256.Sum256([]byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// Ignore the error: the client may have disconnected.
	_ = json.NewEncoder(w).Encode(value)
}

// oauthError writes an error in the form of RFC 6749 section 5.2.
func oauthError(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

func scopes(scope string) []string { return strings.Fields(scope) }
