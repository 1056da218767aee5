package redis

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
)

// engine is one open database.
type engine struct {
	id    string
	log   *slog.Logger
	redis *miniredis.Miniredis
	// commands runs commands on redis. Its own connections are not used.
	commands *server.Server

	insider insider

	// changes counts what may have changed the data; written is the count up to which it is in the file, of size bytes.
	changes, written atomic.Uint64
	size             atomic.Int64
	usage            usage

	writing   sync.Mutex // guards the file, and the next two
	nextWrite time.Time
	forgotten bool

	mutex       sync.Mutex
	connections map[*connection]struct{}
	closed      bool

	scripts scripts
}

// newEngine opens a database with the data it was left with, if any.
func newEngine(id string, inside insider, encoded []byte, log *slog.Logger) (*engine, error) {
	redis := miniredis.NewMiniRedis()
	redis.ClockTTL(true)

	first, err := redis.Dial() // starts it without a listener
	if err != nil {
		return nil, fmt.Errorf("start a database: %w", err)
	}

	if err := first.Close(); err != nil {
		return nil, fmt.Errorf("start a database: %w", err)
	}
	redis.Server().SetPreHook(forbid)

	opened := &engine{
		id: id, log: log, redis: redis, commands: redis.Server(), insider: inside,
		connections: map[*connection]struct{}{},
	}
	if encoded == nil {
		return opened, nil
	}

	if err := opened.restore(encoded); err != nil {
		redis.Close()
		return nil, err
	}
	opened.written.Store(opened.changes.Load())
	opened.size.Store(int64(len(encoded)))

	return opened, nil
}

// forbid keeps scripts, too, from what the real service has not: other numbered databases, commands of the engine's
// own, and sizes beyond its bounds.
func forbid(peer *server.Peer, name string, args ...string) bool {
	switch {
	case absent[name]:
		peer.WriteError(fmt.Sprintf(textNoCommand, name))
	case name == "SELECT" && (len(args) != 1 || args[0] != "0"):
		peer.WriteError(textDBIndex)
	default:
		why := beyond(name, args)
		if why != "" {
			peer.WriteError(why)
		}

		return why != ""
	}

	return true
}

// run runs one command for a client. A fault in the engine costs that command its answer, not the sandbox its life.
func (e *engine) run(peer *server.Peer, args []string) {
	defer func() {
		if fault := recover(); fault != nil {
			e.log.Error("redis stand-in failed", "database", e.id, "command", args[0], "fault", fault)
			e.free()
			peer.WriteError(textInternal)
		}
	}()

	if len(args) == 2 && strings.EqualFold(args[0], "TTL") {
		ttl(e.commands, peer, args)
		return
	}
	e.scripts.run(e.commands, peer, args)
}

// lockPatience is how long somebody else may hold the engine's lock before it is taken for the lock of a command that
// failed.
const lockPatience = 200 * time.Millisecond

// free releases the lock that a failed command may have left behind.
func (e *engine) free() {
	for until := time.Now().Add(lockPatience); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if e.redis.TryLock() {
			break
		}
	}
	e.redis.Unlock()
}

// quiet is a client that nobody listens to, sharing what the engine knows of another one.
func quiet(like *server.Peer) *server.Peer {
	peer := server.NewPeer(bufio.NewWriter(io.Discard))
	if like != nil {
		peer.Ctx = like.Ctx
	}

	return peer
}

// wake makes commands that wait for data look whether their client is still there: the engine looks only when something
// happens.
func (e *engine) wake() { e.run(quiet(nil), []string{"PING"}) }

func (e *engine) add(c *connection) error {
	e.mutex.Lock()
	defer e.mutex.Unlock()

	if e.closed {
		return ErrClosed
	}
	e.connections[c] = struct{}{}

	return nil
}

func (e *engine) remove(c *connection) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	delete(e.connections, c)
}

func (e *engine) disconnect() {
	e.mutex.Lock()
	defer e.mutex.Unlock()

	for c := range e.connections {
		c.cut()
	}
}

// shut lets nobody in any more.
func (e *engine) shut() {
	e.mutex.Lock()
	e.closed = true
	e.mutex.Unlock()
	e.disconnect()
}

func (e *engine) close() {
	e.shut()
	e.redis.Close() // also ends commands that wait
}
