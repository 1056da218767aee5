// Package cloud is the stand-in for Upstash's Developer API. It has the quirks of the real one, because a client must
// survive them:
//
//   - errors are sometimes a bare JSON string, sometimes an object;
//   - lists contain passwords and tokens;
//   - db_request_limit does not fit in an int64, and some booleans are strings;
//   - creation accepts two dialects and is not idempotent;
//   - most changes of an index return "OK" where the same change of a database returns the database;
//   - /apikey is at the root and accepts a JWT; all other paths are under /v2 and use Basic;
//   - the Content-Type of a request is ignored.
//
// Texts without a public source are our guesses; errors.go marks them.
package cloud

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/redis"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// Address is where the databases are served; all share one.
type Address struct {
	Host string
	Port int
	TLS  bool
}

// Redis stores the databases' data.
type Redis interface {
	// Forget deletes a database's data and closes its connections.
	Forget(id string) error
	// Disconnect closes a database's connections.
	Disconnect(id string)
	// Usage returns what a database holds and how much it was used.
	Usage(id string) redis.Usage
}

// Options configure an API. All are required.
type Options struct {
	Store   *state.Store
	Redis   Redis
	Backups Backups
	Address Address // of new databases
	// Subject returns the subject of an access token, or an error when the token is invalid.
	Subject func(token string) (string, error)
	Now     func() time.Time
	Logger  *slog.Logger
}

// API is the Developer API.
type API struct {
	store   *state.Store
	redis   Redis
	backups Backups
	address Address
	subject func(token string) (string, error)
	now     func() time.Time
	started time.Time
	log     *slog.Logger
}

// New makes the API.
func New(options Options) *API {
	return &API{
		store:   options.Store,
		redis:   options.Redis,
		backups: options.Backups,
		address: options.Address,
		subject: options.Subject,
		now:     options.Now,
		started: options.Now(),
		log:     options.Logger,
	}
}

// Handler serves the API. Any other path returns 404; a wrong method for a known path returns 405.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /apikey", a.createKey)
	mux.HandleFunc("GET /auditlogs", a.reads(a.listAuditLogs))

	mux.HandleFunc("GET /v2/redis/databases", a.reads(a.listDatabases))
	mux.HandleFunc("POST /v2/redis/database", a.writes(a.createDatabase))
	mux.HandleFunc("GET /v2/redis/database/{id}", a.reads(a.getDatabase))
	mux.HandleFunc("DELETE /v2/redis/database/{id}", a.writes(a.deleteDatabase))
	mux.HandleFunc("GET /v2/redis/stats/{id}", a.reads(a.databaseStats))

	mux.HandleFunc("POST /v2/redis/rename/{id}", a.writes(a.renameDatabase))
	mux.HandleFunc("POST /v2/redis/reset-password/{id}", a.writes(a.resetPassword))
	mux.HandleFunc("POST /v2/redis/enable-tls/{id}", a.writes(a.enableTLS))
	mux.HandleFunc("POST /v2/redis/enable-eviction/{id}", a.writes(a.setEviction(true, didEnableEviction)))
	mux.HandleFunc("POST /v2/redis/disable-eviction/{id}", a.writes(a.setEviction(false, didDisableEviction)))
	mux.HandleFunc("POST /v2/redis/enable-autoupgrade/{id}", a.writes(a.setAutoUpgrade(true, didEnableAutoUpgrade)))
	mux.HandleFunc("POST /v2/redis/disable-autoupgrade/{id}", a.writes(a.setAutoUpgrade(false, didDisableAutoUpgrade)))
	mux.HandleFunc("POST /v2/redis/change-plan/{id}", a.writes(a.changePlan))
	mux.HandleFunc("PATCH /v2/redis/update-budget/{id}", a.writes(a.updateBudget))
	mux.HandleFunc("POST /v2/redis/update-regions/{id}", a.writes(a.updateRegions))
	mux.HandleFunc("POST /v2/redis/move-to-team", a.writes(a.moveToTeam))

	mux.HandleFunc("GET /v2/redis/list-backup/{id}", a.reads(a.listBackups))
	mux.HandleFunc("POST /v2/redis/create-backup/{id}", a.writes(a.createBackup))
	mux.HandleFunc("DELETE /v2/redis/delete-backup/{id}/{backup}", a.writes(a.deleteBackup))
	mux.HandleFunc("POST /v2/redis/restore-backup/{id}", a.writes(a.restoreBackup))
	// The document uses PATCH, as does Upstash's MCP server; Upstash's command line uses POST.
	for _, method := range []string{http.MethodPatch, http.MethodPost} {
		mux.HandleFunc(
			method+" /v2/redis/enable-dailybackup/{id}", a.writes(a.setDailyBackup(true, didEnableDailyBackup)),
		)
		mux.HandleFunc(
			method+" /v2/redis/disable-dailybackup/{id}", a.writes(a.setDailyBackup(false, didDisableDailyBackup)),
		)
	}

	mux.HandleFunc("GET /v2/teams", a.reads(a.listTeams))
	mux.HandleFunc("POST /v2/team", a.writes(a.createTeam))
	mux.HandleFunc("DELETE /v2/team/{id}", a.writes(a.deleteTeam))
	mux.HandleFunc("GET /v2/teams/{id}", a.reads(a.listMembers))
	mux.HandleFunc("POST /v2/teams/member", a.writes(a.addMember))
	mux.HandleFunc("DELETE /v2/teams/member", a.writes(a.removeMember))

	a.handleIndexes(mux)
	a.handleQStash(mux)

	return samePlanPath(mux)
}

// handleIndexes adds the sections of Vector and Search.
func (a *API) handleIndexes(mux *http.ServeMux) {
	vector, search := vectorProduct(), searchProduct()
	mux.HandleFunc("POST /v2/vector/index", a.writes(a.createVector))
	mux.HandleFunc("POST /v2/vector/index/{id}/setplan", a.writes(a.setIndexPlan(vector)))
	mux.HandleFunc("POST /v2/search", a.writes(a.createSearch))

	for path, p := range map[string]product{"/v2/vector/index": vector, "/v2/search": search} {
		mux.HandleFunc("GET "+path, a.reads(a.listIndexes(p)))
		mux.HandleFunc("GET "+path+"/stats", a.reads(a.globalStats))
		mux.HandleFunc("GET "+path+"/{id}", a.reads(a.getIndex(p)))
		mux.HandleFunc("DELETE "+path+"/{id}", a.writes(a.deleteIndex(p)))
		mux.HandleFunc("GET "+path+"/{id}/stats", a.reads(a.indexStats(p)))
		mux.HandleFunc("POST "+path+"/{id}/rename", a.writes(a.renameIndex(p)))
		mux.HandleFunc("POST "+path+"/{id}/reset-password", a.writes(a.resetIndex(p)))
		mux.HandleFunc("POST "+path+"/{id}/transfer", a.writes(a.transferIndex(p)))
	}
}

// handleQStash adds the section of QStash.
func (a *API) handleQStash(mux *http.ServeMux) {
	mux.HandleFunc("GET /v2/qstash/users", a.reads(a.listQStash))
	mux.HandleFunc("GET /v2/qstash/user/{id}", a.reads(a.getQStash))
	mux.HandleFunc("GET /v2/qstash/stats/{id}", a.reads(a.qstashStats))
	mux.HandleFunc("GET /v2/qstash/ipv4", a.qstashIPv4)
	mux.HandleFunc("POST /v2/qstash/rotate-token/{id}", a.writes(a.rotateQStashToken))
	mux.HandleFunc("POST /v2/qstash/set-plan/{id}", a.writes(a.setQStashPlan))
	mux.HandleFunc("POST /v2/qstash/move-to-team", a.writes(a.moveQStash))
	mux.HandleFunc("PATCH /v2/qstash/update-budget/{id}", a.writes(a.updateQStashBudget))
	mux.HandleFunc("POST /v2/qstash/enable-prodpack/{id}", a.writes(a.setProdPack(true, didEnableProdPack)))
	mux.HandleFunc("POST /v2/qstash/disable-prodpack/{id}", a.writes(a.setProdPack(false, didDisableProdPack)))
}
