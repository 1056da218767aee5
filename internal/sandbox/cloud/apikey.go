package cloud

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// createKey is POST /apikey: it makes a developer key for a JWT. The response has the key only, not the e-mail that
// must be sent along with it later.
func (a *API) createKey(w http.ResponseWriter, r *http.Request) {
	token, ok := bearer(r)
	if !ok {
		unauthorized(w, r)
		return
	}

	subject, err := a.subject(token)
	if err != nil {
		unauthorized(w, r)
		return
	}

	account, err := a.store.AccountBySubject(subject)
	if errors.Is(err, state.ErrNotFound) {
		unauthorized(w, r)
		return
	}

	if err != nil {
		a.fail(w, r, err)
		return
	}
	journal.From(r.Context()).Account(account.Email)

	if err := usable(account); err != nil {
		a.refuseFor(w, r, err, errInternal)
		return
	}

	var body struct {
		Name string `json:"name"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		refuse(w, r, errBody)
		return
	}

	if body.Name == "" {
		refuse(w, r, errNameRequired)
		return
	}

	key := state.Key{Name: body.Name, Secret: state.NewUUID(), CreatedAt: a.now()}
	if err := a.store.AddKey(account.Subject, key); err != nil {
		a.refuseFor(w, r, err, errInternal)
		return
	}
	a.did(r, caller{account: account, owner: account.Subject}, didCreateKey, key.Name, "")
	writeJSON(w, http.StatusOK, map[string]string{"api_key": key.Secret})
}
