package idp

import "net/http"

// discovery responds with the document of OpenID Connect Discovery 1.0 section 3 and the members and values of
// Auth0's. A partner's client is registered for few of them: a client that picks one it may not use must fail here
// too.
func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	cachePublicly(w)
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                p.issuer,
		"authorization_endpoint":                p.issuer + "authorize",
		"token_endpoint":                        p.issuer + "oauth/token",
		"device_authorization_endpoint":         p.issuer + "oauth/device/code",
		"userinfo_endpoint":                     p.issuer + "userinfo",
		"mfa_challenge_endpoint":                p.issuer + "mfa/challenge",
		"jwks_uri":                              p.issuer + ".well-known/jwks.json",
		"registration_endpoint":                 p.issuer + "oidc/register",
		"revocation_endpoint":                   p.issuer + "oauth/revoke",
		"end_session_endpoint":                  p.issuer + "oidc/logout",
		"response_types_supported":              append([]string{"code"}, implicitTypes...),
		"response_modes_supported":              []string{modeQuery, modeFragment, modeFormPost},
		"code_challenge_methods_supported":      []string{"S256", "plain"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"HS256", "RS256", "PS256"},
		"token_endpoint_auth_methods_supported": []string{
			"client_secret_basic",
			"client_secret_post",
			"private_key_jwt",
		},
		"request_uri_parameter_supported": false,
		"request_parameter_supported":     false,
		"scopes_supported": []string{
			"openid", "profile", "offline_access", "name", "given_name", "family_name", "nickname", "email",
			"email_verified", "picture", "created_at", "identities", "phone", "address",
		},
		"claims_supported": []string{
			"aud", "auth_time", "created_at", "email", "email_verified", "exp", "family_name", "given_name", "iat",
			"identities", "iss", "name", "nickname", "phone_number", "picture", "sub",
		},
	})
}

// jwks responds with the published keys.
func (p *Provider) jwks(w http.ResponseWriter, _ *http.Request) {
	cachePublicly(w)
	writeJSON(w, http.StatusOK, map[string]any{"keys": p.keys.webKeys()})
}

// cachePublicly sets Auth0's caching header: a client that obeys it learns of a rotation only from an unknown kid.
func cachePublicly(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "public, max-age=15, stale-while-revalidate=15, stale-if-error=86400")
	w.Header().Set("Access-Control-Allow-Origin", "*")
}
