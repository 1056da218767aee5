// Package redis makes the stand-in's databases live: each is its own Redis (miniredis, in this process), opened at
// its first use. One listener serves all of them over TCP; user and password, or a REST token, select the client's
// database.
//
// Connections are served by this package, not by miniredis: it bounds what a client may send, checks what its
// user may do, and never lets a client that does not read block a database.
package redis

import (
	"bufio"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// The users of a database.
const (
	// UserDefault may do everything; its password is the database's.
	UserDefault = "default"
	// UserReadOnly may only read; its password is the read-only REST token.
	UserReadOnly = "default_ro"
)

// A script is slow after Redis' default time (busy-reply-threshold), and is stopped after twice that.
const (
	slowScript  = 5 * time.Second
	scriptLimit = 2 * slowScript
	// scriptMemory is more than any script needs with a reply that Upstash would send, and less than most machines
	// have.
	scriptMemory = 1 << 30
)

// Options configure a Cluster. All but NoSync and Observe are required.
type Options struct {
	Store *state.Store
	// Dir is the directory of the data, with one file per database. It may be missing.
	Dir string
	// NoSync lets the operating system decide when writes reach the disk.
	NoSync bool
	Logger *slog.Logger
	// Observe receives each command: its name, the database's id, and its duration. It is called before the client
	// receives the reply.
	Observe func(command, database string, took time.Duration)
}

// Cluster is all databases of a sandbox. It is safe for concurrent use.
type Cluster struct {
	options Options
	numbers atomic.Int64 // of connections

	mutex   sync.Mutex
	engines map[string]*engine
	// gone are the deleted databases: a client that was admitted just before must not open one again.
	gone   map[string]bool
	closed bool

	files   files
	bounds  bounds
	closing chan struct{}
	kept    chan struct{} // closed when the background writes have ended
}

// New makes a cluster; Close ends it. Databases are read when they are first used.
func New(options Options) (*Cluster, error) {
	kept, err := newFiles(options.Dir, options.NoSync)
	if err != nil {
		return nil, err
	}

	ids, err := options.Store.DatabaseIDs()
	if err != nil {
		return nil, fmt.Errorf("list the databases: %w", err)
	}

	if err := kept.prune(func(id string) bool { return ids[id] }); err != nil {
		return nil, fmt.Errorf("clean the databases' directory: %w", err)
	}

	c := &Cluster{
		options: options, engines: map[string]*engine{}, gone: map[string]bool{}, files: kept,
		bounds:  bounds{slow: slowScript, limit: scriptLimit, memory: scriptMemory},
		closing: make(chan struct{}), kept: make(chan struct{}),
	}
	go c.keep()

	return c, nil
}

// ErrClosed is returned once the cluster is closing.
var ErrClosed = errors.New("the sandbox is shutting down")

// Session is an authenticated client.
type Session struct {
	Database state.Database
	ReadOnly bool
	// Refusal is the reason why the database serves nobody now, as a Redis error; empty when it serves.
	Refusal string

	cluster *Cluster
}

// Dial opens a connection to the database that is already authenticated: it needs no AUTH. It speaks RESP2 until
// HELLO changes that.
func (s Session) Dial() (net.Conn, error) {
	if s.Refusal != "" {
		return nil, errors.New(s.Refusal)
	}
	near, far := net.Pipe()

	c := s.cluster.newConnection(far, bufio.NewReader(far), far)

	if err := c.admit(s); err != nil {
		return nil, errors.Join(err, far.Close())
	}
	go c.serve()

	return near, nil
}

// Authenticate returns the session of a database user; an empty user is the default one. It returns false when no
// database has this user and password.
func (c *Cluster) Authenticate(user, password string) (Session, bool) {
	database, ok := c.bySecret(password)
	if !ok {
		return Session{}, false
	}

	switch user {
	case "", UserDefault:
		return c.session(database, false), same(database.Password, password)
	case UserReadOnly:
		return c.session(database, true), same(database.ReadOnlyRESTToken, password)
	default:
		return Session{}, false
	}
}

// AuthenticateToken returns the session of a REST token. It returns false when no database has this token.
func (c *Cluster) AuthenticateToken(token string) (Session, bool) {
	database, ok := c.bySecret(token)
	switch {
	case !ok:
		return Session{}, false
	case same(database.RESTToken, token):
		return c.session(database, false), true
	default:
		return c.session(database, true), same(database.ReadOnlyRESTToken, token)
	}
}

func (c *Cluster) bySecret(secret string) (state.Database, bool) {
	database, err := c.options.Store.DatabaseBySecret(secret)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		c.options.Logger.Error("redis stand-in failed to look a client up", "error", err)
	}

	return database, err == nil
}

func (c *Cluster) session(database state.Database, readOnly bool) Session {
	return Session{Database: database, ReadOnly: readOnly, Refusal: refusal(database.State), cluster: c}
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// engine returns the database's engine, and opens it if necessary.
func (c *Cluster) engine(id string) (*engine, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()

	if c.closed {
		return nil, ErrClosed
	}

	if c.gone[id] {
		return nil, state.ErrNotFound
	}

	if open, ok := c.engines[id]; ok {
		return open, nil
	}

	encoded, err := c.files.read(id)
	if err != nil {
		return nil, fmt.Errorf("read a database: %w", err)
	}

	opened, err := newEngine(id, encoded, c.bounds, c.options.Logger)
	if err != nil {
		return nil, err
	}
	c.engines[id] = opened

	return opened, nil
}

// open returns the engine if it is open.
func (c *Cluster) open(id string) (*engine, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found, ok := c.engines[id]

	return found, ok
}

// Forget closes the connections of a deleted database and deletes its data. An unknown database is no error.
func (c *Cluster) Forget(id string) error {
	c.mutex.Lock()
	c.gone[id] = true
	gone, ok := c.engines[id]
	delete(c.engines, id)
	c.mutex.Unlock()

	if !ok {
		return c.files.remove(id)
	}
	gone.close()
	gone.writing.Lock()
	defer gone.writing.Unlock()
	gone.forgotten = true

	return c.files.remove(id)
}

// Snapshot returns a copy of a database's current data, for Restore.
func (c *Cluster) Snapshot(id string) ([]byte, error) {
	open, err := c.engine(id)
	if err != nil {
		return nil, err
	}

	return open.snapshot()
}

// Restore replaces a database's data with a snapshot, of this or another database. It leaves out keys that have since
// expired. An invalid snapshot changes nothing.
func (c *Cluster) Restore(id string, data []byte) error {
	open, err := c.engine(id)
	if err != nil {
		return err
	}
	// restore deletes the current data first, so check the snapshot on a scratch database.
	tried, err := newEngine(id, data, c.bounds, c.options.Logger)
	if err != nil {
		return err
	}
	tried.close()

	return open.restore(data)
}

// Disconnect closes the connections of a database after its password changed or it stopped serving. Its data stays.
func (c *Cluster) Disconnect(id string) {
	if open, ok := c.open(id); ok {
		open.disconnect()
	}
}

// Close closes all connections, writes the remaining data and closes all engines. The context limits the wait for
// engines, not the writes.
func (c *Cluster) Close(ctx context.Context) error {
	c.mutex.Lock()
	if c.closed {
		c.mutex.Unlock()
		return nil
	}
	c.closed = true
	engines := maps.Clone(c.engines)
	c.mutex.Unlock()
	close(c.closing)
	<-c.kept

	for _, open := range engines {
		open.shut()
	}
	c.keepChanges(true)

	done := make(chan struct{})
	go func() {
		defer close(done)

		for _, open := range engines {
			open.close()
		}
	}()

	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
