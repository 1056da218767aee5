// Package rest serves Redis commands over HTTP as the data plane of Upstash does: one command in the body or in the
// path, pipelines, transactions and subscriptions, with its encodings, statuses and error texts.
//
// It has no databases of its own. The program that uses it provides the database of a token, and a connection that
// speaks the Redis protocol.
package rest

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// defaultMaxRequest is the limit of Upstash's free and pay-as-you-go plans.
const defaultMaxRequest = 10 << 20

// Access is the database that a token opens, and what the token may do there.
type Access struct {
	// Dial opens an authenticated connection to the database that speaks RESP2. Required.
	Dial func() (net.Conn, error)
	// ReadOnly is set for the read-only token: it may run reads, except those that iterate over all keys.
	ReadOnly bool
	// Refusal, if not empty, is the error that every command returns, for example because the database is suspended.
	Refusal string
}

// Options are what New needs.
type Options struct {
	// Authenticate returns the access of a token, and whether the token is valid. Required.
	Authenticate func(token string) (Access, bool)
	// MaxRequest limits one command and one reply, in bytes. Default 10 MB.
	MaxRequest int
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Logger logs databases that could not be reached. Default slog.Default.
	Logger *slog.Logger
}

type api struct {
	authenticate func(token string) (Access, bool)
	maxRequest   int
	log          *slog.Logger
	synced       atomic.Uint64 // incremented by each write; the value of a sync token
}

// New returns the handler of all databases: the token alone selects the database. It panics without Authenticate.
func New(options Options) http.Handler {
	if options.Authenticate == nil {
		panic("rest: Authenticate is required")
	}

	if options.MaxRequest == 0 {
		options.MaxRequest = defaultMaxRequest
	}

	if options.Now == nil {
		options.Now = time.Now
	}

	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	a := &api{authenticate: options.Authenticate, maxRequest: options.MaxRequest, log: options.Logger}
	a.synced.Store(uint64(options.Now().UnixMilli())) // never decreases at a restart

	return a
}

// ServeHTTP checks in the order of the real service: the method, the token, the headers, the request, the commands.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowOrigin(w, r)

	switch r.Method {
	case http.MethodHead, http.MethodGet, http.MethodPost, http.MethodPut:
	case http.MethodOptions:
		preflight(w, r)
		return
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}

	access, known := a.authenticate(tokenOf(r))
	if !known {
		refuse(w, http.StatusUnauthorized, errUnauthorized)
		return
	}
	a.markSynced(w)

	if err := a.serve(w, r, access); err != nil {
		var text refusal
		if !errors.As(err, &text) {
			a.log.Warn("a sandbox database could not be reached over REST", "error", err)
			refuse(w, http.StatusInternalServerError, errUnreachable)
			return
		}
		refuse(w, http.StatusBadRequest, text)
	}
}

// serve responds, or returns the reason it did not: a refusal is the caller's error, any other error is ours.
func (a *api) serve(w http.ResponseWriter, r *http.Request, access Access) error {
	if access.Refusal != "" {
		return refusal(access.Refusal)
	}

	form, err := formOf(r.Header)
	if err != nil {
		return err
	}

	call, err := a.read(r)
	if err != nil {
		return err
	}

	if call.kind == stream {
		return a.stream(w, r, access, call)
	}

	replies, err := a.run(r.Context(), access, call)
	if err != nil {
		return err
	}

	if call.writes() {
		a.synced.Add(1)
		a.markSynced(w)
	}
	form.write(w, call, replies)

	return nil
}

// markSynced returns the read-your-writes token. Here reads always see all writes, so a token from the client is
// accepted without a check.
func (a *api) markSynced(w http.ResponseWriter) {
	w.Header().Set("Upstash-Sync-Token", strconv.FormatUint(a.synced.Load(), 32))
}
