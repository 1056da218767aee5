// Package cloud is the stand-in for Upstash's Developer API. It keeps the warts
// of the real one, because a client must survive them:
//
//   - errors are sometimes a bare JSON string, sometimes an object;
//   - lists carry passwords and tokens;
//   - db_request_limit does not fit in an int64, and some booleans are strings;
//   - creation takes two dialects and is not idempotent;
//   - /apikey stands at the root and takes a JWT, all else under /v2 with Basic;
//   - the Content-Type of a request is ignored.
//
// Texts that no public source shows are our guesses; errors.go marks them.
package cloud

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// Address is where the databases are served: one for all of them.
type Address struct {
	Host string
	Port int
	TLS  bool
}

// Redis is what holds the databases' data.
type Redis interface {
	// Forget deletes a database's data and closes its connections.
	Forget(id string) error
}

// Options are what an API is made of. All are required.
type Options struct {
	Store   *state.Store
	Redis   Redis
	Address Address // of new databases
	// Subject returns whose access token this is, or an error when the token is
	// not to be believed.
	Subject func(token string) (string, error)
	Now     func() time.Time
	Logger  *slog.Logger
}

// API is the Developer API.
type API struct {
	store   *state.Store
	redis   Redis
	address Address
	subject func(token string) (string, error)
	now     func() time.Time
	log     *slog.Logger
}

// New makes the API.
func New(options Options) *API {
	return &API{
		store: options.Store, redis: options.Redis, address: options.Address, subject: options.Subject,
		now: options.Now, log: options.Logger,
	}
}

// Handler serves the API. What it does not list is 404, or 405 for a known path.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /apikey", a.createKey)
	mux.HandleFunc("POST /v2/redis/database", a.authenticated(a.createDatabase))
	mux.HandleFunc("GET /v2/redis/databases", a.authenticated(a.listDatabases))
	mux.HandleFunc("GET /v2/redis/database/{id}", a.authenticated(a.getDatabase))
	mux.HandleFunc("DELETE /v2/redis/database/{id}", a.authenticated(a.deleteDatabase))
	return mux
}
