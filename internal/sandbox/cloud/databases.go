package cloud

import (
	"errors"
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// listDatabases is GET /v2/redis/databases, secrets and all, without pages.
func (a *API) listDatabases(w http.ResponseWriter, r *http.Request, account state.Account) {
	databases, err := a.store.Databases(account.Subject)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	described := make([]Description, 0, len(databases))
	for _, database := range databases {
		described = append(described, Describe(account, database))
	}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, described)
}

// getDatabase is GET /v2/redis/database/{id}; ?credentials=hide leaves the
// secrets out.
func (a *API) getDatabase(w http.ResponseWriter, r *http.Request, account state.Account) {
	database, err := a.store.Database(account.Subject, r.PathValue("id"))
	if errors.Is(err, state.ErrNotFound) {
		refuse(w, r, errDatabaseNotFound)
		return
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	described := Describe(account, database)
	if r.URL.Query().Get("credentials") == "hide" {
		described.Password, described.RESTToken, described.ReadOnlyRESTToken = "", "", ""
	}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, described)
}

// deleteDatabase is DELETE /v2/redis/database/{id}; it answers a string.
func (a *API) deleteDatabase(w http.ResponseWriter, r *http.Request, account state.Account) {
	id := r.PathValue("id")
	err := a.store.DeleteDatabase(account.Subject, id)
	if err == nil {
		err = a.redis.Forget(id)
	}
	switch {
	case errors.Is(err, state.ErrNotFound):
		refuse(w, r, errDatabaseNotFound)
	case err != nil:
		a.fail(w, r, err)
	default:
		journal.From(r.Context()).Outcome("database_deleted")
		writeJSON(w, http.StatusOK, "OK")
	}
}
