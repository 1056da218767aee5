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

// caller is the sender of a request and the owner of the databases it concerns: the account itself, or the team for
// which the key was made.
type caller struct {
	account state.Account
	key     state.Key
	owner   string
	plan    string // of the owner
}

type handler func(w http.ResponseWriter, r *http.Request, who caller)

// reads accepts requests with Basic EMAIL:KEY. The e-mail must be exactly the account's current one.
func (a *API) reads(next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, err := a.caller(r)

		var why failure
		switch {
		case errors.Is(err, state.ErrNotFound):
			unauthorized(w, r)
		case errors.As(err, &why):
			refuse(w, r, why)
		case err != nil:
			a.fail(w, r, err)
		default:
			next(w, r, who)
		}
	}
}

// writes is reads for requests that change something. It rejects a read-only key before any other check, including
// whether the thing exists.
func (a *API) writes(next handler) http.HandlerFunc {
	return a.reads(func(w http.ResponseWriter, r *http.Request, who caller) {
		if who.key.ReadOnly {
			refuse(w, r, errReadOnlyKey)
			return
		}
		next(w, r, who)
	})
}

// caller returns state.ErrNotFound when no account has this e-mail and key.
func (a *API) caller(r *http.Request) (caller, error) {
	email, secret, ok := r.BasicAuth()
	if !ok {
		return caller{}, state.ErrNotFound
	}

	account, err := a.store.AccountByEmail(email)
	if err != nil {
		return caller{}, err
	}

	key, ok := heldKey(account, secret)
	if account.Email != email || !ok {
		return caller{}, state.ErrNotFound
	}
	journal.From(r.Context()).Account(account.Email)

	if err := usable(account); err != nil {
		return caller{}, err
	}

	who := caller{account: account, key: key, owner: account.Subject, plan: account.Plan}
	if key.Team == "" {
		return who, nil
	}

	team, err := a.store.Team(account, key.Team)
	if err != nil {
		return caller{}, err
	}

	payer, err := a.store.AccountBySubject(team.Owner)
	if err != nil {
		return caller{}, err
	}

	if payer.Suspended {
		return caller{}, errSuspended
	}

	who.owner, who.plan = state.TeamOwner(team.ID), state.PlanFree
	if team.CopyCC {
		who.plan = payer.Plan
	}

	return who, nil
}

// usable reports whether the Developer API serves the account.
func usable(account state.Account) error {
	switch {
	case account.Marketplace != "":
		return errNotNative
	case account.Suspended:
		return errSuspended
	default:
		return nil
	}
}

func heldKey(account state.Account, secret string) (state.Key, bool) {
	for _, key := range account.Keys {
		if subtle.ConstantTimeCompare([]byte(key.Secret), []byte(secret)) == 1 {
			return key, true
		}
	}

	return state.Key{}, false
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, found && strings.EqualFold(scheme, "Bearer")
}

// CallerEmail returns the e-mail that the request claims: the Basic user, or the token's e-mail claim. It verifies
// nothing; it only selects the requests for a fault.
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
