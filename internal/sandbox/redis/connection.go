package redis

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2/server"
)

const (
	// greetingPatience is how long a client may take to authenticate.
	greetingPatience = 30 * time.Second
	// idlePatience is how long a client may be silent; Upstash reports it as db_conn_idle_timeout.
	idlePatience = 6 * time.Hour
)

// readAhead is how many commands are read while one runs. A disconnect is noticed only until that many are waiting.
const readAhead = 64

// connection is one client.
type connection struct {
	cluster *Cluster
	number  int
	conn    net.Conn
	raw     net.Conn // below TLS, where closing does not block
	input   *bufio.Reader
	output  *outbox
	peer    *server.Peer

	// Both are unset until the client has authenticated. The engine does not change: a client stays at one database
	// while it is connected.
	session *Session
	engine  *engine

	transaction transaction
	subscribed  subscriptions // guarded by the engine's audience
	profile     profile
	readOnly    atomic.Bool

	left    chan struct{} // closed when the client sends no more data
	leaving sync.Once
	severed atomic.Bool // no further command of the client runs
}

func (c *Cluster) newConnection(conn net.Conn, input *bufio.Reader, raw net.Conn) *connection {
	output := newOutbox(conn, raw)

	now := time.Now()

	return &connection{
		cluster: c, number: int(c.numbers.Add(1)), conn: conn, raw: raw, input: input, output: output,
		peer: server.NewPeer(bufio.NewWriter(output)), left: make(chan struct{}),
		profile: profile{start: now, lastAt: now},
	}
}

// admit connects the client to its database.
func (c *connection) admit(session Session) error {
	if c.engine == nil {
		opened, err := c.cluster.engine(session.Database.ID)
		if err != nil {
			return err
		}

		if err := opened.add(c); err != nil {
			return err
		}
		c.engine = opened
		opened.admitted.Add(1)
	}
	c.session = &session
	c.readOnly.Store(session.ReadOnly)

	return nil
}

// cut closes the connection from another goroutine.
func (c *connection) cut() {
	c.severed.Store(true)
	_ = c.raw.Close()
}

// serve serves the client until either side closes the connection.
func (c *connection) serve() {
	defer c.end()

	if !c.greet() {
		return
	}
	requests := make(chan request, readAhead)

	done := make(chan struct{})

	defer close(done)
	go c.read(requests, done)

	for asked := range requests {
		if !c.answer(asked) {
			return
		}
	}
}

// request is one command, or the error that prevented it.
type request struct {
	args []string
	err  error
}

// read runs concurrently with the commands, so that a waiting command ends when its client disconnects.
func (c *connection) read(requests chan<- request, done <-chan struct{}) {
	defer close(requests)

	for {
		_ = c.conn.SetReadDeadline(time.Now().Add(idlePatience))

		args, err := readRequest(c.input, clientLimits)
		if err != nil && !understood(err) {
			c.leave()
		}

		select {
		case requests <- request{args, err}:
		case <-done:
			return
		}

		if err != nil && !understood(err) {
			return
		}
	}
}

// leave ends a waiting command after its client has disconnected. Earlier commands still receive replies, for clients
// that close only their sending half.
func (c *connection) leave() { c.leaving.Do(func() { close(c.left) }) }

// understood reports whether the connection can continue after an error.
func understood(err error) bool {
	var large tooLarge
	return errors.As(err, &large)
}

// greet serves an unauthenticated client, one command at a time. It returns true once the client has authenticated.
func (c *connection) greet() bool {
	_ = c.conn.SetReadDeadline(time.Now().Add(greetingPatience))
	for c.session == nil {
		args, err := readRequest(c.input, strangerLimits)
		if !c.answer(request{args, err}) {
			return false
		}
	}

	return true
}

// answer replies to one request. It returns false when the connection must be closed.
func (c *connection) answer(asked request) bool {
	defer c.peer.Flush()

	if c.severed.Load() {
		return false
	}

	if asked.err != nil {
		var bad malformed
		if errors.As(asked.err, &bad) || understood(asked.err) {
			c.send(failure(asked.err.Error()))
		}

		return understood(asked.err)
	}
	start := time.Now()
	name := strings.ToUpper(asked.args[0])
	c.run(name, asked.args)
	c.observe(name, time.Since(start))

	return !c.peer.Closed()
}

// observe reports a command by name. It does not report an unknown word, which may be a secret that somebody pasted.
func (c *connection) observe(name string, took time.Duration) {
	if c.cluster.options.Observe == nil || c.engine == nil {
		return
	}

	if name != "RESET" && !c.offered(name) {
		name = "unknown"
	}
	c.cluster.options.Observe(name, c.engine.id, took)
}

func (c *connection) run(name string, args []string) {
	switch name {
	case "AUTH":
		c.auth(args[1:])
		return
	case "HELLO":
		c.hello(args[1:])
		return
	case "QUIT":
		c.send(status("OK"))
		c.peer.Close()

		return
	case "RESET":
		c.reset()
		return
	}

	if c.session == nil {
		c.send(failure(textNoAuth))
		return
	}
	asked := command{name: name, args: args}
	c.asks(name, args)

	if why := c.forbidden(asked); why != "" {
		if name == "EXEC" {
			c.transaction.end()
			why = "EXECABORT Transaction discarded because of: " + strings.TrimPrefix(why, "ERR ")
		}
		c.transaction.broken = c.transaction.open
		c.send(failure(why))

		return
	}
	c.count(name)

	answer, ours := c.transact(asked)
	if !ours {
		answer = c.engine.run(c, asked)
	}
	c.send(answer)
}

// forbidden returns why a command neither runs nor is queued; empty if it may.
func (c *connection) forbidden(asked command) string {
	switch {
	case absent[asked.name] || !c.offered(asked.name):
		return fmt.Sprintf(textNoCommand, clip(asked.args[0]))
	case c.session.ReadOnly && !mayRead(asked.name):
		return fmt.Sprintf(textNoPerm, strings.ToLower(asked.name))
	case asked.name == "COMMAND":
		return fmt.Sprintf(textArity, "command")
	}

	if why := asked.refused(); why != "" {
		return why
	}

	if !whileListening[asked.name] && c.listens() && !c.speaksRESP3() {
		return fmt.Sprintf(textListening, strings.ToLower(asked.name))
	}

	return ""
}

func (c *connection) offered(name string) bool {
	_, ok := catalogue[name]
	return ok
}

// count counts a command for the database's statistics.
func (c *connection) count(name string) {
	used := &c.engine.usage
	switch {
	case readers[name]:
		used.reads.Add(1)
	case dataless[name]:
		used.others.Add(1)
	default:
		used.writes.Add(1)
	}
}

// send writes a complete reply, or a message that the client did not request.
func (c *connection) send(answer value) {
	c.peer.Block(func(w *server.Writer) { w.WriteRaw(string(answer.encode(nil, c.peer.Resp3))) })
}

// deliver sends a message that the client did not request.
func (c *connection) deliver(message value) {
	c.send(message)
	c.peer.Flush()
}

func (c *connection) listens() bool { return c.engine.heard.listens(c) }

func (c *connection) speaksRESP3() bool {
	c.profile.mutex.Lock()
	defer c.profile.mutex.Unlock()

	return c.profile.resp3
}

// end disconnects the client: it sends the last replies and ends its subscriptions.
func (c *connection) end() {
	if c.engine != nil {
		c.engine.remove(c)
		c.engine.heard.leave(c)
	}
	c.peer.Flush()
	c.output.close()
}

func clip(text string) string {
	if len(text) > 64 {
		return text[:64]
	}

	return text
}
