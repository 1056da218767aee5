package cloud

import (
	"encoding/json"
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
)

// failure is a refusal: its status, its text, and the word for the journal.
type failure struct {
	status  int
	text    string
	outcome string
}

// Texts seen in public sources.
var (
	errRegional         = failure{http.StatusBadRequest, "regional db creation is deprecated", "invalid"}
	errDatabaseNotFound = failure{http.StatusNotFound, "database not found", "not_found"}
)

// Texts we made up in the style of the others: the real ones are not public.
var (
	errBody           = failure{http.StatusBadRequest, "invalid request body", "invalid"}
	errNameRequired   = failure{http.StatusBadRequest, "name is required", "invalid"}
	errKeyName        = failure{http.StatusBadRequest, "api key with this name already exists", "key_name_taken"}
	errKeyLimit       = failure{http.StatusBadRequest, "api key limit exceeded", "key_limit"}
	errNotNative      = failure{http.StatusForbidden, "developer api is only available for native accounts", "not_native"}
	errDatabaseName   = failure{http.StatusBadRequest, "database name is required", "invalid"}
	errNameTooLong    = failure{http.StatusBadRequest, "database name is too long", "invalid"}
	errPlatform       = failure{http.StatusBadRequest, "invalid platform", "invalid"}
	errPrimaryRegion  = failure{http.StatusBadRequest, "invalid primary region", "invalid"}
	errRegionPlatform = failure{http.StatusBadRequest, "primary region is not available on this platform", "invalid"}
	errReadRegion     = failure{http.StatusBadRequest, "invalid read region", "invalid"}
	errPrimaryAsRead  = failure{http.StatusBadRequest, "primary region can not be a read region", "invalid"}
	errPlan           = failure{http.StatusBadRequest, "invalid plan", "invalid"}
	errPlanNotAllowed = failure{http.StatusBadRequest, "plan is not available for free accounts", "plan_not_allowed"}
	errBudget         = failure{http.StatusBadRequest, "invalid budget", "invalid"}
	errFreeLimit      = failure{http.StatusBadRequest, "free accounts can have only one database", "database_limit"}
	errInternal       = failure{http.StatusInternalServerError, "internal error", "error"}
)

// refuse answers with the text as a bare JSON string, which is the most common
// of the error shapes of the real service.
func refuse(w http.ResponseWriter, r *http.Request, why failure) {
	journal.From(r.Context()).Outcome(why.outcome)
	writeJSON(w, why.status, why.text)
}

// unauthorized answers with the other shape, an object.
func unauthorized(w http.ResponseWriter, r *http.Request) {
	journal.From(r.Context()).Outcome("unauthorized")
	writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "Unauthorized"})
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	a.log.Error("developer api stand-in failed", "method", r.Method, "path", r.URL.Path, "error", err)
	refuse(w, r, errInternal)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(value)
}
