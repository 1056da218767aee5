package idp

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// authRequest is an authorization request (RFC 6749 section 4.1.1) that may be answered: its client is known and the
// redirect URI belongs to that client.
type authRequest struct {
	query       url.Values
	client      state.Client
	redirectURI string
	mode        string
	state       string
	nonce       string
	scope       string
	audience    string
	challenge   string
	prompt      []string
	signUp      bool
	loginHint   string
	maxAge      time.Duration
	hasMaxAge   bool
}

// redirectFault is an error that the client receives by redirect (RFC 6749 section 4.1.2.1).
type redirectFault struct{ code, description string }

// pageFault is an error that only the user sees: there is no safe redirect.
type pageFault struct {
	status            int
	code, description string
}

// asks reports whether the client requests that kind of interaction.
func (a authRequest) asks(prompt string) bool { return slices.Contains(a.prompt, prompt) }

// parseRequest reads the parameters in the order in which Auth0 checks them. A pageFault precedes a redirectFault;
// after the latter, the request can be answered.
func (p *Provider) parseRequest(query url.Values) (authRequest, *pageFault, *redirectFault, error) {
	a := authRequest{
		query:       query,
		redirectURI: withoutFragment(query.Get("redirect_uri")),
		mode:        responseMode(query),
		state:       query.Get("state"),
		nonce:       query.Get("nonce"),
		audience:    query.Get("audience"),
		challenge:   query.Get("code_challenge"),
		prompt:      strings.Fields(query.Get("prompt")),
		signUp:      query.Get("screen_hint") == "signup",
		loginHint:   query.Get("login_hint"),
	}
	if query.Get("client_id") == "" {
		return a, &pageFault{400, "invalid_request", "Missing required parameter: client_id"}, nil, nil
	}

	client, err := p.store.Client(query.Get("client_id"))
	if errors.Is(err, state.ErrNotFound) {
		return a, &pageFault{400, "invalid_request", "Unknown client: " + query.Get("client_id")}, nil, nil
	}

	if err != nil {
		return a, nil, nil, err
	}
	a.client = client

	a.scope = knownScopes(query.Get("scope"), client)
	if !callbackAllowed(client, a.redirectURI) {
		return a, &pageFault{403, "unauthorized_client", "Callback URL mismatch. " + a.redirectURI +
			" is not in the list of allowed callback URLs"}, nil, nil
	}

	if a.mode == modeWebMessage && !client.ThirdParty && !slices.Contains(client.Origins, originOf(a.redirectURI)) {
		return a, &pageFault{
			403,
			"unauthorized_client",
			"The origin of the callback URL is not in the list of allowed web origins",
		}, nil, nil
	}

	return a, nil, a.fault(p), nil
}

// fault finds an error that a redirect may report to the client.
func (a *authRequest) fault(p *Provider) *redirectFault {
	for name, values := range a.query {
		if len(values) > 1 {
			return &redirectFault{"invalid_request", "Parameter given more than once: " + name}
		}
	}

	if a.client.ThirdParty {
		if fault := strictFault(a.query); fault != nil {
			return fault
		}
	}

	if a.mode == "" {
		a.mode = modeQuery
		return &redirectFault{"invalid_request", "Unsupported response mode: " + a.query.Get("response_mode")}
	}

	if fault := a.responseTypeFault(); fault != nil {
		return fault
	}

	if fault := a.challengeFault(); fault != nil {
		return fault
	}

	if a.audience != "" && a.audience != Audience && a.audience != p.issuer+"userinfo" {
		return &redirectFault{"access_denied", "Service not found: " + a.audience}
	}

	if connection := a.query.Get("connection"); connection != "" && !slices.Contains(connections, connection) {
		return &redirectFault{"invalid_request", "the connection was not found"}
	}

	if a.asks("none") && len(a.prompt) > 1 {
		return &redirectFault{"invalid_request", "prompt=none cannot be combined with another prompt"}
	}

	if raw := a.query.Get("max_age"); raw != "" {
		seconds, err := strconv.Atoi(raw)
		if err != nil || seconds < 0 {
			return &redirectFault{"invalid_request", "Invalid max_age"}
		}
		a.maxAge, a.hasMaxAge = time.Duration(seconds)*time.Second, true
	}

	return nil
}

// connections are the ways to log in to an Upstash account. The stand-in has one form for all of them.
var connections = []string{"Username-Password-Authentication", "google-oauth2", "github", "amazon"}

// implicitTypes are the response types Auth0 knows but a partner's client is not registered for.
var implicitTypes = []string{
	"token",
	"id_token",
	"code token",
	"code id_token",
	"token id_token",
	"code token id_token",
}

func (a *authRequest) responseTypeFault() *redirectFault {
	switch kind := a.query.Get("response_type"); {
	case kind == "code":
		return nil
	case kind == "":
		return &redirectFault{"invalid_request", "Missing required parameter: response_type"}
	case slices.Contains(implicitTypes, kind) && !a.client.ThirdParty:
		return &redirectFault{"unauthorized_client", "Grant type 'implicit' not allowed for the client."}
	default:
		return &redirectFault{"unsupported_response_type", "Unsupported response type: " + kind}
	}
}

// challengeFault allows a first-party client to omit PKCE, as the vendor's own example does. Auth0 accepts S256 only,
// although its discovery document lists plain.
func (a *authRequest) challengeFault() *redirectFault {
	method := a.query.Get("code_challenge_method")
	switch {
	case a.challenge == "" && method == "" && !a.client.ThirdParty:
		return nil
	case a.challenge == "":
		return &redirectFault{"invalid_request", "Missing required parameter: code_challenge"}
	case method != "S256":
		return &redirectFault{"invalid_request", "Unsupported code_challenge_method: S256 expected"}
	// 32 bytes of SHA-256 in base64url (RFC 7636 section 4.2).
	case !regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`).MatchString(a.challenge):
		return &redirectFault{"invalid_request", "Invalid code_challenge"}
	}

	return nil
}

// knownScopes drops the scopes that this provider does not know, as Auth0 does, and those that a third-party client
// may not have.
func knownScopes(scope string, client state.Client) string {
	known := slices.DeleteFunc(scopes(scope), func(s string) bool {
		if client.ThirdParty {
			return s != "offline_access"
		}

		return !slices.Contains([]string{"openid", "profile", "email", "offline_access"}, s)
	})

	return strings.Join(known, " ")
}
