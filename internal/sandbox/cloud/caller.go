package cloud

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

type accountHandler func(w http.ResponseWriter, r *http.Request, account state.Account)

// authenticated lets a request through that carries Basic EMAIL:KEY. The e-mail
// must be the account's present one, letter for letter.
func (a *API) authenticated(next accountHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		email, secret, ok := r.BasicAuth()
		if !ok {
			unauthorized(w, r)
			return
		}
		account, err := a.store.AccountByEmail(email)
		switch {
		case errors.Is(err, state.ErrNotFound):
			unauthorized(w, r)
			return
		case err != nil:
			a.fail(w, r, err)
			return
		case account.Email != email || !holdsKey(account, secret):
			unauthorized(w, r)
			return
		}
		journal.From(r.Context()).Account(account.Email)
		next(w, r, account)
	}
}

func holdsKey(account state.Account, secret string) bool {
	for _, key := range account.Keys {
		if subtle.ConstantTimeCompare([]byte(key.Secret), []byte(secret)) == 1 {
			return true
		}
	}
	return false
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, found && strings.EqualFold(scheme, "Bearer")
}

// CallerEmail reads whose request this claims to be: the Basic user, or the
// token's claim of that name. Nothing is verified; it only picks the requests a
// fault is meant for.
func CallerEmail(r *http.Request, claim string) string {
	if email, _, ok := r.BasicAuth(); ok {
		return email
	}
	token, _ := bearer(r)
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims map[string]any
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	email, _ := claims[claim].(string)
	return email
}
