package cloud

import (
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
)

// listDatabases is GET /v2/redis/databases, including secrets and without pagination.
func (a *API) listDatabases(w http.ResponseWriter, r *http.Request, who caller) {
	databases, err := a.store.Databases(who.owner)
	if err != nil {
		a.fail(w, r, err)
		return
	}

	described := make([]Description, 0, len(databases))
	for _, database := range databases {
		described = append(described, describe(who, database))
	}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, described)
}

// getDatabase is GET /v2/redis/database/{id}; ?credentials=hide omits the secrets.
func (a *API) getDatabase(w http.ResponseWriter, r *http.Request, who caller) {
	database, ok := a.database(w, r, who)
	if !ok {
		return
	}

	described := describe(who, database)
	if r.URL.Query().Get("credentials") == "hide" {
		described.Password, described.RESTToken, described.ReadOnlyRESTToken = "", "", ""
	}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, described)
}

// deleteDatabase is DELETE /v2/redis/database/{id}; it returns a string.
func (a *API) deleteDatabase(w http.ResponseWriter, r *http.Request, who caller) {
	database, ok := a.database(w, r, who)
	if !ok {
		return
	}

	err := a.store.DeleteDatabase(who.owner, database.ID)
	if err == nil {
		err = a.redis.Forget(database.ID)
	}

	if err != nil {
		a.refuseFor(w, r, err, errDatabaseNotFound)
		return
	}
	a.did(r, who, didDeleteDatabase, database.Name, database.ID)
	done(w)
}
