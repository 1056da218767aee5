package idp

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// logout is Auth0's GET /v2/logout: it ends the browser's session and leads to
// returnTo, when that is on the client's list.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	p.logOut(w, r, query.Get("client_id"), query.Get("returnTo"), "")
}

// oidcLogout is OpenID Connect's RP-Initiated Logout 1.0. The client is named by
// client_id, or by the audience of an ID token of ours, expired or not.
func (p *Provider) oidcLogout(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	clientID := query.Get("client_id")
	if hint := query.Get("id_token_hint"); clientID == "" && hint != "" {
		clientID = p.audienceOf(hint)
	}
	p.logOut(w, r, clientID, query.Get("post_logout_redirect_uri"), query.Get("state"))
}

func (p *Provider) logOut(w http.ResponseWriter, r *http.Request, clientID, returnTo, echoed string) {
	if returnTo == "" {
		p.endSession(w, r)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("OK"))
		return
	}
	target, err := url.Parse(returnTo)
	if err != nil {
		p.showError(w, http.StatusBadRequest, "The returnTo address cannot be read.")
		return
	}
	// The lists name addresses without query and fragment, and these two are
	// not compared.
	bare := *target
	bare.RawQuery, bare.Fragment, bare.RawFragment, bare.ForceQuery = "", "", "", false
	client, err := p.store.Client(clientID)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		p.fail(w, r, err)
		return
	}
	if err != nil || !slices.Contains(client.LogoutURLs, bare.String()) {
		p.showError(w, http.StatusBadRequest, "The returnTo address "+returnTo+
			" is not in the list of allowed logout URLs of this application.")
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
