package native

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/egress"
)

// Provider describes the identity provider and the authorization request. All fields except Proxies are required.
type Provider struct {
	Issuer   string // with its trailing slash
	ClientID string
	Audience string
	Scope    string
	Proxies  *egress.Proxies // forward proxies to its token endpoint; default: none
}

// attempt is one login.
type attempt struct {
	provider Provider
	redirect string // the redirect URI, exactly as sent to the provider
	state    string
	verifier string // of PKCE; sent only to the token endpoint
}

// newAttempt generates state and verifier with 256 random bits each (RFC 7636 section 7.1, RFC 9700 section 4.7).
func newAttempt(provider Provider, redirect string) (attempt, error) {
	if provider.Issuer == "" || provider.ClientID == "" || provider.Audience == "" || provider.Scope == "" {
		return attempt{}, errors.New("native: issuer, client id, audience and scope are required")
	}

	if !strings.HasSuffix(provider.Issuer, "/") {
		return attempt{}, fmt.Errorf("native: issuer %q does not end in /", provider.Issuer)
	}

	return attempt{provider: provider, redirect: redirect, state: random(), verifier: random()}, nil
}

func random() string {
	var bytes [32]byte
	_, _ = rand.Read(bytes[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(bytes[:])
}

// scope omits offline_access: a refresh token would be a long-lived secret that nothing uses (RFC 9700 section 2.2.2).
func (a attempt) scope() string {
	scopes := strings.Fields(a.provider.Scope)
	return strings.Join(slices.DeleteFunc(scopes, func(scope string) bool { return scope == "offline_access" }), " ")
}

// url returns the address that the browser opens. It contains only the verifier's hash (RFC 7636 section 4.2).
func (a attempt) url() string {
	challenge := sha256.Sum256([]byte(a.verifier))

	return a.provider.Issuer + "authorize?" + url.Values{
		"response_type":         {"code"},
		"client_id":             {a.provider.ClientID},
		"redirect_uri":          {a.redirect},
		"audience":              {a.provider.Audience},
		"scope":                 {a.scope()},
		"state":                 {a.state},
		"code_challenge":        {base64.RawURLEncoding.EncodeToString(challenge[:])},
		"code_challenge_method": {"S256"},
	}.Encode()
}
