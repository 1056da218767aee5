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

const (
	modeQuery      = "query"
	modeWebMessage = "web_message"
)

// authRequest is an authorization request (RFC 6749 section 4.1.1) that may be
// answered: its client is known and its redirect URI is that client's.
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

// redirectFault is an error the client is told of (RFC 6749 section 4.1.2.1).
type redirectFault struct{ code, description string }

// pageFault is an error only the user is told of: there is nobody we could
// safely redirect to.
type pageFault struct {
	status      int
	description string
}

// asks tells whether the client wants that kind of interaction.
func (a authRequest) asks(prompt string) bool { return slices.Contains(a.prompt, prompt) }

// parseRequest reads the parameters in the order Auth0 judges them. A pageFault
// comes before a redirectFault; with the latter the request can be answered.
func (p *Provider) parseRequest(query url.Values) (authRequest, *pageFault, *redirectFault, error) {
	a := authRequest{
		query:       query,
		redirectURI: query.Get("redirect_uri"),
		mode:        modeQuery,
		state:       query.Get("state"),
		nonce:       query.Get("nonce"),
		audience:    query.Get("audience"),
		challenge:   query.Get("code_challenge"),
		prompt:      strings.Fields(query.Get("prompt")),
		signUp:      query.Get("screen_hint") == "signup",
		loginHint:   query.Get("login_hint"),
		scope:       knownScopes(query.Get("scope")),
	}
	client, err := p.store.Client(query.Get("client_id"))
	if errors.Is(err, state.ErrNotFound) {
		return a, &pageFault{400, "Unknown client: " + query.Get("client_id")}, nil, nil
	}
	if err != nil {
		return a, nil, nil, err
	}
	a.client = client
	if !callbackAllowed(client, a.redirectURI) {
		return a, &pageFault{403, "Callback URL mismatch. " + a.redirectURI +
			" is not in the list of allowed callback URLs of this application."}, nil, nil
	}
	if query.Get("response_mode") == modeWebMessage {
		if !slices.Contains(client.Origins, originOf(a.redirectURI)) {
			return a, &pageFault{403, "The origin of the callback URL is not in the list of allowed web origins."}, nil, nil
		}
		a.mode = modeWebMessage
	}
	return a, nil, a.fault(p), nil
}

// fault finds what is wrong with a request whose sender may be told.
func (a *authRequest) fault(p *Provider) *redirectFault {
	for name, values := range a.query {
		if len(values) > 1 {
			return &redirectFault{"invalid_request", "Parameter given more than once: " + name}
		}
	}
	switch mode := a.query.Get("response_mode"); mode {
	case "", modeQuery, modeWebMessage:
	default:
		return &redirectFault{"invalid_request", "Unsupported response mode: " + mode}
	}
	switch kind := a.query.Get("response_type"); kind {
	case "code":
	case "":
		return &redirectFault{"invalid_request", "Missing required parameter: response_type"}
	default:
		return &redirectFault{"unsupported_response_type", "Unsupported response type: " + kind}
	}
	if a.challenge == "" {
		return &redirectFault{"invalid_request", "Missing required parameter: code_challenge"}
	}
	if method := a.query.Get("code_challenge_method"); method != "S256" {
		return &redirectFault{"invalid_request", "Unsupported code_challenge_method: S256 expected"}
	}
	// 32 bytes of SHA-256 in base64url (RFC 7636 section 4.2).
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`).MatchString(a.challenge) {
		return &redirectFault{"invalid_request", "Invalid code_challenge"}
	}
	if a.audience != "" && a.audience != Audience && a.audience != p.issuer+"userinfo" {
		return &redirectFault{"access_denied", "Service not found: " + a.audience}
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

// knownScopes leaves out what this provider does not know, as Auth0 does.
func knownScopes(scope string) string {
	known := slices.DeleteFunc(scopes(scope), func(s string) bool {
		return !slices.Contains([]string{"openid", "profile", "email", "offline_access"}, s)
	})
	return strings.Join(known, " ")
}

// callbackAllowed compares letter by letter, but for a native client's port.
func callbackAllowed(client state.Client, redirectURI string) bool {
	if redirectURI == "" {
		return false
	}
	if slices.Contains(client.Callbacks, redirectURI) {
		return true
	}
	if !client.AnyLoopbackPort {
		return false
	}
	asked, ok := withoutPort(redirectURI)
	return ok && slices.ContainsFunc(client.Callbacks, func(callback string) bool {
		registered, ok := withoutPort(callback)
		return ok && registered == asked
	})
}

// withoutPort reduces a loopback callback to what RFC 8252 section 7.3 says must
// match. It refuses anything a plain callback has no use for.
func withoutPort(raw string) (string, bool) {
	parsed, err := url.Parse(raw)
	if err != nil || parsed.Scheme != "http" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return "", false
	}
	switch parsed.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		return parsed.Hostname() + "/" + strings.TrimPrefix(parsed.EscapedPath(), "/"), true
	default:
		return "", false
	}
}

func originOf(raw string) string {
	parsed, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host
}
