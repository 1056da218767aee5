package cloud

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// change makes one change to the database in the path and adds it to the audit log. If the change is rejected, change
// responds itself and returns false. The callback rejects by returning a failure.
func (a *API) change(
	w http.ResponseWriter, r *http.Request, who caller, did action, change func(*state.Database) error,
) (state.Database, bool) {
	database, err := a.store.UpdateDatabase(who.owner, r.PathValue("id"), change)
	if err != nil {
		a.refuseFor(w, r, err, errDatabaseNotFound)
		return state.Database{}, false
	}
	a.did(r, who, did, database.Name, database.ID)

	return database, true
}

// database reads the database in the path, or responds and returns false.
func (a *API) database(w http.ResponseWriter, r *http.Request, who caller) (state.Database, bool) {
	database, err := a.store.Database(who.owner, r.PathValue("id"))
	if err != nil {
		a.refuseFor(w, r, err, errDatabaseNotFound)
	}

	return database, err == nil
}

// refuseFor responds to an error; absent is the failure for a missing record.
func (a *API) refuseFor(w http.ResponseWriter, r *http.Request, err error, absent failure) {
	var why failure
	switch {
	case errors.As(err, &why):
		refuse(w, r, why)
	case errors.Is(err, state.ErrNotFound):
		refuse(w, r, absent)
	default:
		for known, why := range stateFailures() {
			if errors.Is(err, known) {
				refuse(w, r, why)
				return
			}
		}
		a.fail(w, r, err)
	}
}

// decode reads the body regardless of its Content-Type, or responds and returns false.
func decode(w http.ResponseWriter, r *http.Request, target any) bool {
	if err := json.NewDecoder(r.Body).Decode(target); err != nil {
		refuse(w, r, errBody)
		return false
	}

	return true
}

// done sends the usual response to a change.
func done(w http.ResponseWriter) { writeJSON(w, http.StatusOK, "OK") }

// describe shows a database as this caller may see it. A read-only key sees only the read-only token. This is
// inferred from Upstash's MCP server, which uses that token when it has such a key.
func describe(who caller, database state.Database) Description {
	described := Describe(who.account, database)
	if who.key.ReadOnly {
		described.Password, described.RESTToken = "", ""
	}

	return described
}
