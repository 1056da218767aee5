package idp

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

const (
	opaqueTokenLife  = 24 * time.Hour
	refreshTokenLife = 30 * 24 * time.Hour
)

// tokenResponse is RFC 6749 section 5.1, with OpenID Connect's id_token.
type tokenResponse struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    int64  `json:"expires_in"`
	TokenType    string `json:"token_type"`
}

// token is POST /oauth/token. Statuses and texts are Auth0's, which responds 403 where RFC 6749 section 5.2 requires
// 400.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	parameters, err := readParameters(r)
	if err != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request", "The body could not be read")
		return
	}

	clientID, known, err := p.publicClient(r, parameters)
	switch {
	case err != nil:
		p.failToken(w, r, err)
	case !known:
		oauthError(w, http.StatusUnauthorized, "access_denied", "Unauthorized")
	case parameters["grant_type"] == "authorization_code":
		p.redeem(w, r, clientID, parameters)
	case parameters["grant_type"] == "refresh_token":
		p.refresh(w, r, clientID, parameters)
	case parameters["grant_type"] == "":
		oauthError(w, http.StatusBadRequest, "invalid_request", "Missing required parameter: grant_type")
	case slices.Contains(otherGrants, parameters["grant_type"]):
		oauthError(w, http.StatusForbidden, "unauthorized_client", notAllowed(parameters["grant_type"]))
	default:
		oauthError(w, http.StatusForbidden, "unsupported_grant_type",
			"Unsupported grant type: "+parameters["grant_type"])
	}
}

// otherGrants are the grants Auth0 knows but a partner's client is not registered for.
var otherGrants = []string{
	"implicit", "password", "client_credentials", "http://auth0.com/oauth/grant-type/password-realm",
	"urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange",
}

// publicClient finds the client named in the body. All clients here are public, so a client that authenticates with
// Basic is not the client it claims to be.
func (p *Provider) publicClient(r *http.Request, parameters map[string]string) (id string, known bool, err error) {
	if _, _, basic := r.BasicAuth(); basic {
		return "", false, nil
	}

	client, err := p.store.Client(parameters["client_id"])
	if errors.Is(err, state.ErrNotFound) {
		return "", false, nil
	}

	return client.ID, err == nil, err
}

// readParameters reads a form or a JSON object of strings.
func readParameters(r *http.Request) (map[string]string, error) {
	parameters := map[string]string{}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		return parameters, json.NewDecoder(r.Body).Decode(&parameters)
	}

	if err := r.ParseForm(); err != nil {
		return nil, err
	}

	for name, values := range r.PostForm {
		if len(values) > 1 {
			return nil, fmt.Errorf("parameter given more than once: %s", name)
		}
		parameters[name] = values[0]
	}

	return parameters, nil
}

// userGone is Auth0's text for a refresh token; using it for a code too is our guess.
const userGone = "The refresh_token was generated for a user who doesn't exist anymore."

// issue responds with tokens for the grant. refreshToken may be empty.
func (p *Provider) issue(w http.ResponseWriter, r *http.Request, granted grant, refreshToken string) {
	account, err := p.store.AccountBySubject(granted.subject)
	if errors.Is(err, state.ErrNotFound) {
		oauthError(w, http.StatusForbidden, "invalid_grant", userGone)
		return
	}

	if err != nil {
		p.failToken(w, r, err)
		return
	}

	response := tokenResponse{
		RefreshToken: refreshToken,
		Scope:        granted.scope,
		ExpiresIn:    int64(AccessTokenLife.Seconds()),
		TokenType:    "Bearer",
	}
	if granted.audience == Audience {
		response.AccessToken, err = p.sign(p.AccessClaims(account, granted.clientID, granted.scope))
	} else {
		response.AccessToken = randomString()
		response.ExpiresIn = int64(opaqueTokenLife.Seconds())
		p.opaque.put(hashOf(response.AccessToken), opaqueToken{account.Subject, granted.scope}, opaqueTokenLife)
	}

	if err == nil && slices.Contains(scopes(granted.scope), "openid") {
		response.IDToken, err = p.sign(p.idClaims(account, granted))
	}

	if err != nil {
		p.failToken(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, response)
}

func (p *Provider) failToken(w http.ResponseWriter, r *http.Request, err error) {
	p.log.Error("identity provider stand-in failed", "method", r.Method, "path", r.URL.Path, "error", err)
	oauthError(w, http.StatusInternalServerError, "server_error", "Internal error")
}
