package redis

import (
	"fmt"
	"log/slog"
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

	lock    *engineLock
	speech  speech // for the holder of the lock
	waiting waiters
	heard   audience
	scripts scripts

	// changes counts what may have changed the data; written is the count up to which it is in the file, of size bytes.
	changes, written atomic.Uint64
	size, keys       atomic.Int64
	usage            usage

	writing   sync.Mutex // guards the file, and the next two
	nextWrite time.Time
	forgotten bool

	mutex       sync.Mutex
	connections map[*connection]struct{}
	closed      bool

	start    time.Time
	admitted atomic.Int64 // number of clients

	closing chan struct{} // closed when no more clients are admitted
	shutOne sync.Once
}

// newEngine opens a database with its stored data, if any.
func newEngine(id string, encoded []byte, bounds bounds, log *slog.Logger) (*engine, error) {
	redis := miniredis.NewMiniRedis()
	redis.ClockTTL(true)

	first, err := redis.Dial() // starts it without a listener
	if err != nil {
		return nil, fmt.Errorf("start a database: %w", err)
	}

	if err := first.Close(); err != nil {
		return nil, fmt.Errorf("start a database: %w", err)
	}

	opened := &engine{
		id: id, log: log, redis: redis, commands: redis.Server(), lock: newEngineLock(),
		connections: map[*connection]struct{}{}, closing: make(chan struct{}), start: time.Now(),
	}
	opened.scripts.bounds = bounds

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

// run runs one command of a client, including its wait.
func (e *engine) run(c *connection, asked command) value {
	if asked.is("SCRIPT", "KILL") {
		return e.lock.kill()
	}

	if !e.lock.acquire() {
		return failure(textBusy)
	}
	answer, waits := e.first(c, asked)

	if waits == nil {
		return answer
	}

	return e.wait(c, waits)
}

// first runs a command until it is done or waits.
func (e *engine) first(c *connection, asked command) (answer value, waits *waiter) {
	defer e.releaseLock()

	if !waitsForData[asked.name] {
		return e.perform(c, asked), nil
	}

	return e.attempt(asked)
}

// releaseLock releases the lock. Commands that wait for the changed data run before any other client gets the lock.
func (e *engine) releaseLock() {
	defer e.lock.release()

	e.waiting.serve(e)
}

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

// shut stops admitting clients, and ends all running and waiting commands.
func (e *engine) shut() {
	e.mutex.Lock()
	e.closed = true
	e.mutex.Unlock()
	e.shutOne.Do(func() { close(e.closing) })
	e.disconnect()
	e.lock.stop()
}

func (e *engine) close() {
	e.shut()

	e.lock.acquireAlways()
	defer e.lock.release()

	e.redis.Close()
}
