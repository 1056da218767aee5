package idp

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// logout is Auth0's GET /v2/logout: it ends the browser's session and redirects to returnTo, if the client's list has
// it.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) {
	p.logOut(w, r, r.FormValue("client_id"), r.FormValue("returnTo"), "")
}

// oidcLogout is OpenID Connect's RP-Initiated Logout 1.0, by GET or POST. client_id names the client, or the audience
// of an ID token issued here, expired or not; if both are present they must agree (section 2).
func (p *Provider) oidcLogout(w http.ResponseWriter, r *http.Request) {
	clientID := r.FormValue("client_id")
	if hint := r.FormValue("id_token_hint"); hint != "" {
		named := p.audienceOf(hint)
		if named == "" || (clientID != "" && clientID != named) {
			p.showFailure(
				w,
				r.Form,
				pageFault{
					http.StatusBadRequest,
					"invalid_request",
					"The id_token_hint is not an ID token of this client.",
				},
			)

			return
		}
		clientID = named
	}
	p.logOut(w, r, clientID, r.FormValue("post_logout_redirect_uri"), r.FormValue("state"))
}

func (p *Provider) logOut(w http.ResponseWriter, r *http.Request, clientID, returnTo, echoed string) {
	client, err := p.store.Client(clientID)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		p.fail(w, r, err)
		return
	}

	if client.ThirdParty {
		p.showFailure(w, r.Form, pageFault{
			http.StatusBadRequest, "invalid_request",
			"A third-party application cannot log the user out. Revoke its tokens at /oauth/revoke.",
		})

		return
	}

	if returnTo == "" && len(client.LogoutURLs) > 0 {
		returnTo = client.LogoutURLs[0]
	}

	if returnTo == "" {
		p.endSession(w, r)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("OK"))

		return
	}

	target, err := url.Parse(returnTo)
	if err != nil || !logoutAllowed(client, *target) {
		p.showFailure(w, r.Form, pageFault{
			http.StatusBadRequest, "invalid_request",
			"The address " + returnTo + " is not in the list of allowed logout URLs of this application.",
		})

		return
	}
	p.endSession(w, r)

	if echoed != "" {
		query := target.Query()
		query.Set("state", echoed)
		target.RawQuery = query.Encode()
	}
	http.Redirect(w, r, target.String(), http.StatusFound)
}

// logoutAllowed compares without query and fragment, which the lists do not contain.
func logoutAllowed(client state.Client, target url.URL) bool {
	target.RawQuery, target.Fragment, target.RawFragment, target.ForceQuery = "", "", "", false
	return slices.Contains(client.LogoutURLs, target.String())
}

func (p *Provider) audienceOf(idToken string) string {
	claims := jwt.MapClaims{}

	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Name}), jwt.WithoutClaimsValidation(),
	).ParseWithClaims(idToken, claims, p.keyOf)
	if err != nil {
		return ""
	}

	audience, err := claims.GetAudience()
	if err != nil || len(audience) != 1 {
		return ""
	}

	return audience[0]
}
