package cloud

import (
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// renameDatabase is POST /v2/redis/rename/{id}.
func (a *API) renameDatabase(w http.ResponseWriter, r *http.Request, who caller) {
	var request struct {
		Name string `json:"name"`
	}
	if !decode(w, r, &request) {
		return
	}

	database, ok := a.change(w, r, who, didRenameDatabase, func(database *state.Database) error {
		switch {
		case request.Name == "":
			return errDatabaseName
		case len(request.Name) > maxNameLength:
			return errNameTooLong
		}
		database.Name = request.Name

		return nil
	})
	if ok {
		writeJSON(w, http.StatusOK, describe(who, database))
	}
}

// resetPassword is POST /v2/redis/reset-password/{id}: it replaces the password and both REST tokens, and disconnects
// the clients that used the old ones.
func (a *API) resetPassword(w http.ResponseWriter, r *http.Request, who caller) {
	database, ok := a.change(w, r, who, didResetPassword, func(database *state.Database) error {
		drawSecrets(database)
		return nil
	})
	if ok {
		a.redis.Disconnect(database.ID)
		writeJSON(w, http.StatusOK, describe(who, database))
	}
}

// enableTLS is POST /v2/redis/enable-tls/{id}. At Upstash TLS is always on and this changes nothing. Here the
// listener decides for all databases, so this changes nothing either. The response reports the actual state.
func (a *API) enableTLS(w http.ResponseWriter, r *http.Request, who caller) {
	database, ok := a.change(w, r, who, didEnableTLS, func(*state.Database) error { return nil })
	if ok {
		writeJSON(w, http.StatusOK, describe(who, database))
	}
}

// setEviction is POST /v2/redis/enable-eviction/{id} and its opposite.
func (a *API) setEviction(on bool, did action) handler {
	return a.toggle(
		did, on, errEvictionOn, errEvictionOff, func(database *state.Database) *bool { return &database.Eviction },
	)
}

// setAutoUpgrade is POST /v2/redis/enable-autoupgrade/{id} and its opposite.
func (a *API) setAutoUpgrade(on bool, did action) handler {
	return a.toggle(
		did,
		on,
		errAutoUpgradeOn,
		errAutoUpgradeOff,
		func(database *state.Database) *bool { return &database.AutoUpgrade },
	)
}

// toggle sets a switch of a database and rejects the value it already has.
func (a *API) toggle(did action, on bool, isOn, isOff failure, part func(*state.Database) *bool) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		_, ok := a.change(w, r, who, did, func(database *state.Database) error {
			switch field := part(database); {
			case *field != on:
				*field = on
				return nil
			case on:
				return isOn
			default:
				return isOff
			}
		})
		if ok {
			done(w)
		}
	}
}
