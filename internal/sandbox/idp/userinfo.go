package idp

import (
	"net/http"
	"slices"
	"strings"
)

// userinfo returns the bearer's profile (OpenID Connect Core section 5.3). It accepts opaque tokens and JWTs, but
// only if openid was granted.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")

	subject, scope, ok := "", "", false
	if strings.EqualFold(scheme, "Bearer") {
		subject, scope, ok = p.bearer(token)
	}

	if !ok || !slices.Contains(scopes(scope), "openid") {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}

	account, err := p.store.AccountBySubject(subject)
	if err != nil {
		p.failToken(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, profileClaims(account, scope))
}

func (p *Provider) bearer(token string) (subject, scope string, ok bool) {
	if known, ok := p.opaque.get(hashOf(token)); ok {
		return known.subject, known.scope, true
	}

	claims, err := p.parse(token, p.issuer+"userinfo")
	if err != nil {
		return "", "", false
	}
	subject, _ = claims["sub"].(string)
	scope, _ = claims["scope"].(string)

	return subject, scope, subject != ""
}
