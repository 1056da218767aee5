package idp

import "net/http"

// discovery answers the document of OpenID Connect Discovery 1.0 section 3, with
// the keys Auth0 lists and only endpoints that exist here.
func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	cachePublicly(w)
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                p.issuer,
		"authorization_endpoint":                p.issuer + "authorize",
		"token_endpoint":                        p.issuer + "oauth/token",
		"userinfo_endpoint":                     p.issuer + "userinfo",
		"jwks_uri":                              p.issuer + ".well-known/jwks.json",
		"revocation_endpoint":                   p.issuer + "oauth/revoke",
		"end_session_endpoint":                  p.issuer + "oidc/logout",
		"scopes_supported":                      []string{"openid", "profile", "offline_access", "email"},
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query", "web_message"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported":      []string{"S256"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"none"},
		"claims_supported": []string{
			"aud", "auth_time", "email", "email_verified", "exp", "iat", "iss", "name", "nickname", "picture", "sub",
		},
		"request_uri_parameter_supported": false,
	})
}

// jwks answers the published keys.
func (p *Provider) jwks(w http.ResponseWriter, _ *http.Request) {
	cachePublicly(w)
	writeJSON(w, http.StatusOK, map[string]any{"keys": p.keys.webKeys()})
}

// cachePublicly copies Auth0's header: a client that obeys it learns of a
// rotation only by meeting an unknown kid.
func cachePublicly(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "public, max-age=15, stale-while-revalidate=15, stale-if-error=86400")
	w.Header().Set("Access-Control-Allow-Origin", "*")
}
