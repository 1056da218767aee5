// Package control is the control API of the sandbox: it issues tokens of any shape, injects faults, rotates keys, and
// shows the sandbox's state. Its listener is separate from the listeners that stand in for Auth0 and Upstash, so that
// those offer only what the real services do. It has no login: it listens on loopback only and rejects what a web page
// could send.
package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/fault"
	"github.com/upstash-connect/bff/internal/sandbox/idp"
	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/lifecycle"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// Options configure a Control. All but ProofKey are required.
type Options struct {
	Store       *state.Store
	Provider    *idp.Provider
	Journal     *journal.Journal
	Faults      *fault.Set
	Lifecycle   *lifecycle.Manager
	SPAClientID string
	ProofKey    string // proves which sandbox this is; if empty, GET /proof is not available
	URL         string // of this listener, for the help text and the Host check
	Now         func() time.Time
	Logger      *slog.Logger
}

// Control serves the control API.
type Control struct {
	Options
	streams atomic.Int64 // open streams
}

// New makes a control API.
func New(options Options) *Control { return &Control{Options: options} }

// Handler serves the calls listed at GET /help.
func (c *Control) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", c.front)
	mux.HandleFunc("GET /help", c.help)
	mux.HandleFunc("GET /proof", c.proof)
	mux.HandleFunc("POST /tokens", c.createToken)
	mux.HandleFunc("POST /faults", c.createFault)
	mux.HandleFunc("GET /faults", c.listFaults)
	mux.HandleFunc("GET /faults/presets", c.listPresets)
	mux.HandleFunc("DELETE /faults", c.clearFaults)
	mux.HandleFunc("DELETE /faults/{id}", c.removeFault)
	mux.HandleFunc("POST /jwks/rotate", c.rotateKeys)
	mux.HandleFunc("POST /clients", c.registerClient)
	mux.HandleFunc("GET /journal", c.readJournal)
	mux.HandleFunc("GET /journal/stream", c.streamJournal)
	mux.HandleFunc("GET /journal.html", c.journalPage)
	mux.HandleFunc("GET /journal.css", c.journalFile)
	mux.HandleFunc("GET /journal.js", c.journalFile)
	mux.HandleFunc("POST /accounts", c.createAccount)
	mux.HandleFunc("GET /accounts/{email}", c.readAccount)
	mux.HandleFunc("PATCH /accounts/{email}", c.changeAccount)
	mux.HandleFunc("DELETE /accounts/{email}", c.deleteAccount)
	mux.HandleFunc("POST /accounts/{email}/archive", c.archive)
	mux.HandleFunc("PATCH /accounts/{email}/databases/{id}", c.changeDatabase)
	mux.HandleFunc("POST /accounts/{email}/keys", c.createKey)
	mux.HandleFunc("DELETE /accounts/{email}/keys/{name}", c.deleteKey)
	mux.HandleFunc("DELETE /accounts/{email}/consents/{client}", c.revokeConsent)

	return c.guard(mux)
}

// decode reads one JSON object into target and rejects unknown fields: a typo in a test must not silently select the
// default. An empty body counts as an empty object.
func decode(r *http.Request, target any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	decoder.UseNumber()

	switch err := decoder.Decode(target); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("body: %w", err)
	}

	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("body: one JSON object expected, more found")
	}

	return nil
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// Ignore the error: the client may have disconnected.
	_ = json.NewEncoder(w).Encode(value)
}

func refuse(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, map[string]string{"error": text})
}

// refuseFor responds to a store error with the matching status.
func (c *Control) refuseFor(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, state.ErrNotFound):
		refuse(w, http.StatusNotFound, err.Error())
	case errors.Is(err, state.ErrEmailTaken),
		errors.Is(err, state.ErrSubjectTaken),
		errors.Is(err, state.ErrHasDatabases),
		errors.Is(err, state.ErrHasIndexes),
		errors.Is(err, state.ErrHasTeams),
		errors.Is(err, state.ErrAccountSuspended),
		errors.Is(err, state.ErrKeyNameTaken),
		errors.Is(err, state.ErrKeyLimit):
		refuse(w, http.StatusConflict, err.Error())
	case errors.Is(err, state.ErrEmailInvalid), errors.Is(err, state.ErrPartyFixed):
		refuse(w, http.StatusBadRequest, err.Error())
	default:
		c.Logger.Error("control call failed", "method", r.Method, "path", r.URL.Path, "error", err)
		refuse(w, http.StatusInternalServerError, "internal error")
	}
}
