package idp

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// redeem exchanges a code for tokens. Every attempt uses the code up, even a failed one: a wrong verifier may be a
// guess.
func (p *Provider) redeem(w http.ResponseWriter, r *http.Request, clientID string, parameters map[string]string) {
	if parameters["code"] == "" {
		oauthError(w, http.StatusBadRequest, "invalid_request", "Missing required parameter: code")
		return
	}

	granted, found := p.codes.swap(hashOf(parameters["code"]), func(g grant) grant {
		g.used = true
		return g
	})
	if found && granted.used {
		// A replay may mean that the code was stolen. Its tokens are revoked (RFC 6749 section 4.1.2).
		if err := p.store.RevokeFamily(granted.family); err != nil {
			p.failToken(w, r, err)
			return
		}
	}

	if !found || granted.used || granted.clientID != clientID {
		oauthError(w, http.StatusForbidden, "invalid_grant", "Invalid authorization code")
		return
	}

	if sent := withoutFragment(parameters["redirect_uri"]); sent != granted.redirectURI {
		oauthError(w, http.StatusForbidden, "unauthorized_client", fmt.Sprintf(
			"The redirect URI is wrong. You sent %s, and we expected %s",
			originOf(sent),
			originOf(granted.redirectURI),
		))

		return
	}

	if !verified(granted.challenge, parameters["code_verifier"]) {
		oauthError(w, http.StatusForbidden, "invalid_grant", "Failed to verify code verifier")
		return
	}

	refreshToken := ""
	if slices.Contains(scopes(granted.scope), "offline_access") {
		refreshToken = randomString()

		err := p.store.AddRefreshToken(state.RefreshToken{
			Hash: hashOf(refreshToken), Family: granted.family, ClientID: clientID, Subject: granted.subject,
			Audience: granted.audience, Scope: granted.scope, AuthenticatedAt: granted.authenticatedAt,
			ExpiresAt: p.now().Add(refreshTokenLife),
		}, p.now())
		if err != nil {
			p.failToken(w, r, err)
			return
		}
	}
	p.issue(w, r, granted, refreshToken)
}

// verified checks the code verifier (RFC 7636 section 4.6). It rejects a verifier without a challenge: an attacker
// may have removed the challenge from the request (RFC 9700 section 2.1.1).
func verified(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))

	return base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}

// refresh exchanges a refresh token for tokens and a new refresh token. It does not prolong the family's lifetime.
// Using a token twice revokes its family: one of the two users stole it.
func (p *Provider) refresh(w http.ResponseWriter, r *http.Request, clientID string, parameters map[string]string) {
	if parameters["refresh_token"] == "" {
		oauthError(w, http.StatusBadRequest, "invalid_request", "Missing required parameter: refresh_token")
		return
	}
	next := randomString()

	token, err := p.store.RotateRefreshToken(hashOf(parameters["refresh_token"]), clientID, hashOf(next), p.now())
	switch {
	case errors.Is(err, state.ErrNotFound), errors.Is(err, state.ErrTokenReused):
		oauthError(w, http.StatusForbidden, "invalid_grant", "Unknown or invalid refresh token.")
	case err != nil:
		p.failToken(w, r, err)
	default:
		p.issue(w, r, grant{
			clientID: clientID, scope: token.Scope, audience: token.Audience,
			subject: token.Subject, authenticatedAt: token.AuthenticatedAt,
		}, next)
	}
}

// revoke is POST /oauth/revoke (RFC 7009): 200 with an empty body, also for an unknown token.
func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) {
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
		oauthError(w, http.StatusUnauthorized, "invalid_client", "Unauthorized")
	case parameters["token"] == "":
		oauthError(w, http.StatusBadRequest, "invalid_request", "Missing required parameter: token")
	default:
		if err := p.store.RevokeRefreshToken(hashOf(parameters["token"]), clientID); err != nil {
			p.failToken(w, r, err)
			return
		}
		w.WriteHeader(http.StatusOK)
	}
}
