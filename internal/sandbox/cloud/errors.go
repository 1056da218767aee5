package cloud

import (
	"encoding/json"
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// failure is a rejection: its status, its text, and its outcome in the journal.
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

// Public sources show some words of these texts; the rest of each, and its status, is our guess.
var (
	errReadOnlyKey = failure{
		http.StatusForbidden,
		"Readonly API key can not be used for this operation",
		"read_only_key",
	}
	errAutoUpgradeOn  = failure{http.StatusBadRequest, "auto upgrade is already enabled", "unchanged"}
	errAutoUpgradeOff = failure{http.StatusBadRequest, "auto upgrade is already disabled", "unchanged"}
	// The status was seen.
	errMaintenance = failure{http.StatusInternalServerError, "database is in maintenance mode", "maintenance"}
)

// We invented these texts in the style of the others: the real ones are not public.
var (
	errBody         = failure{http.StatusBadRequest, "invalid request body", "invalid"}
	errNameRequired = failure{http.StatusBadRequest, "name is required", "invalid"}
	errKeyName      = failure{http.StatusBadRequest, "api key with this name already exists", "key_name_taken"}
	errKeyLimit     = failure{http.StatusBadRequest, "api key limit exceeded", "key_limit"}
	errNotNative    = failure{
		http.StatusForbidden,
		"developer api is only available for native accounts",
		"not_native",
	}
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
	errSuspended      = failure{http.StatusForbidden, "account is suspended", "suspended"}
	errEvictionOn     = failure{http.StatusBadRequest, "eviction is already enabled", "unchanged"}
	errEvictionOff    = failure{http.StatusBadRequest, "eviction is already disabled", "unchanged"}
	errBackupName     = failure{http.StatusBadRequest, "invalid backup name", "invalid"}
	errBackupNotFound = failure{http.StatusNotFound, "backup not found", "not_found"}
	errBackupLimit    = failure{http.StatusBadRequest, "backup limit exceeded", "backup_limit"}
	errTeamNotFound   = failure{http.StatusNotFound, "team not found", "not_found"}
	errTeamName       = failure{http.StatusBadRequest, "invalid team name", "invalid"}
	errTeamLimit      = failure{http.StatusBadRequest, "team limit exceeded", "team_limit"}
	errTeamNotEmpty   = failure{http.StatusBadRequest, "team has databases", "team_not_empty"}
	errTeamRole       = failure{http.StatusForbidden, "you are not allowed to manage this team", "not_allowed"}
	errRole           = failure{http.StatusBadRequest, "invalid member role", "invalid"}
	errMemberEmail    = failure{http.StatusBadRequest, "invalid member email", "invalid"}
	errMemberTaken    = failure{http.StatusBadRequest, "user is already a member of the team", "member_taken"}
	errMemberLimit    = failure{http.StatusBadRequest, "team member limit exceeded", "member_limit"}
	errNoMember       = failure{http.StatusNotFound, "team member not found", "not_found"}
	errTeamHasIndexes = failure{http.StatusBadRequest, "team has indexes", "team_not_empty"}
	errInternal       = failure{http.StatusInternalServerError, "internal error", "error"}
)

// We invented all texts of Vector, Search and QStash: no response of theirs is public.
var (
	errIndexNotFound    = failure{http.StatusNotFound, "index not found", "not_found"}
	errIndexName        = failure{http.StatusBadRequest, "index name is required", "invalid"}
	errIndexNameTooLong = failure{http.StatusBadRequest, "index name is too long", "invalid"}
	errIndexRegion      = failure{http.StatusBadRequest, "invalid region", "invalid"}
	errIndexLimit       = failure{http.StatusBadRequest, "index limit exceeded", "index_limit"}
	errIndexType        = failure{http.StatusBadRequest, "invalid index type", "invalid"}
	errSimilarity       = failure{http.StatusBadRequest, "invalid similarity function", "invalid"}
	errEmbeddingModel   = failure{http.StatusBadRequest, "invalid embedding model", "invalid"}
	errSparseModel      = failure{http.StatusBadRequest, "invalid sparse embedding model", "invalid"}
	errDimensions       = failure{http.StatusBadRequest, "invalid dimension count", "invalid"}
	errModelDimensions  = failure{http.StatusBadRequest, "dimension count does not match the embedding model", "invalid"}
	errQStashNotFound   = failure{http.StatusNotFound, "qstash user not found", "not_found"}
	errQStashTaken      = failure{http.StatusBadRequest, "team already has qstash in this region", "qstash_taken"}
	errProdPackOn       = failure{http.StatusBadRequest, "production pack is already enabled", "unchanged"}
	errProdPackOff      = failure{http.StatusBadRequest, "production pack is already disabled", "unchanged"}
)

// Error makes a failure an error, so that a change of a database can return it.
func (f failure) Error() string { return f.text }

// stateFailures maps the errors of the store to failures. The failure for a missing record depends on the request, so
// each call names its own.
func stateFailures() map[error]failure {
	return map[error]failure{
		state.ErrDatabaseLimit:    errFreeLimit,
		state.ErrKeyNameTaken:     errKeyName,
		state.ErrKeyLimit:         errKeyLimit,
		state.ErrBackupLimit:      errBackupLimit,
		state.ErrTeamLimit:        errTeamLimit,
		state.ErrTeamHasDatabases: errTeamNotEmpty,
		state.ErrTeamHasIndexes:   errTeamHasIndexes,
		state.ErrIndexLimit:       errIndexLimit,
		state.ErrQStashTaken:      errQStashTaken,
		state.ErrNotAllowed:       errTeamRole,
		state.ErrEmailInvalid:     errMemberEmail,
		state.ErrMemberTaken:      errMemberTaken,
		state.ErrMemberLimit:      errMemberLimit,
		state.ErrNoMember:         errNoMember,
	}
}

// refuse responds with the text as a bare JSON string, the real service's most common error format.
func refuse(w http.ResponseWriter, r *http.Request, why failure) {
	journal.From(r.Context()).Outcome(why.outcome)
	writeJSON(w, why.status, why.text)
}

// unauthorized responds with the other error format, an object.
func unauthorized(w http.ResponseWriter, r *http.Request) {
	journal.From(r.Context()).Outcome("unauthorized")
	writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "Unauthorized"})
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	a.log.Error("developer api stand-in failed", "method", r.Method, "path", r.URL.Path, "error", err)
	refuse(w, r, errInternal)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	content, err := json.Marshal(value)
	if err != nil {
		panic(err) // only values of this package's own types get here
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// No line break follows: Upstash's command line compares the complete response with "OK". Ignore the error: the
	// client may have disconnected.
	_, _ = w.Write(content)
}
