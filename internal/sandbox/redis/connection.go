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
	// greetingPatience is how long a client may take to show who it is.
	greetingPatience = 30 * time.Second
	// idlePatience is how long a client may be silent; Upstash reports it as db_conn_idle_timeout.
	idlePatience = 6 * time.Hour
)

// readAhead is how many commands are read while one runs. A client that leaves is noticed while it has not sent
// more.
const readAhead = 64

// connection is one client.
type connection struct {
	cluster *Cluster
	number  int
	conn    net.Conn
	raw     net.Conn // below TLS, where closing waits for nobody
	input   *bufio.Reader
	output  *outbox
	peer    *server.Peer

	// Both are unset until the client has shown who it is. The engine stays: a client is led to one database for as
	// long as it is connected.
	session *Session
	engine  *engine

	transaction transaction
	subscribed  subscriptions // guarded by the engine's audience
	profile     profile
	readOnly    atomic.Bool

	left    chan struct{} // closed when the client sends nothing more
	leaving sync.Once
	severed atomic.Bool // nothing more of what the client sent is run
}

func (c *Cluster) newConnection(conn net.Conn, input *bufio.Reader, raw net.Conn) *connection {
	output := newOutbox(conn, raw)

	now := time.Now()

	return &connection{
		cluster: c, number: int(c.numbers.Add(1)), conn: conn, raw: raw, input: input, output: output,
		peer: server.NewPeer(bufio.NewWriter(output)), left: make(chan struct{}),
		profile: profile{begun: now, lastAt: now},
	}
}

// admit leads the client to its database.
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

// cut closes the connection from outside.
func (c *connection) cut() {
	c.severed.Store(true)
	_ = c.raw.Close()
}

// serve talks with the client until one of them ends it.
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

// request is one command, or why there is none.
type request struct {
	args []string
	err  error
}

// read runs beside the commands, so that a command that waits ends when its client leaves.
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

// leave ends a command that waits, for nobody waits for its answer. What was sent before it is answered still, as to
// clients that close only their half.
func (c *connection) leave() { c.leaving.Do(func() { close(c.left) }) }

// understood says whether the connection can continue after an error.
func understood(err error) bool {
	var large tooLarge
	return errors.As(err, &large)
}

// greet talks with a client that is not known yet, one command at a time. It is true once the client is.
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

// answer answers one request. It is false when the connection must be closed.
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
	begun := time.Now()
	name := strings.ToUpper(asked.args[0])
	c.run(name, asked.args)
	c.observe(name, time.Since(begun))

	return !c.peer.Closed()
}

// observe reports a command by its name alone. An unknown word is not reported: it may be a secret that
// somebody pasted.
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

// forbidden is why a command is neither run nor queued; empty when it is.
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

// send writes an answer, or a part of the conversation that the client did not ask for, whole.
func (c *connection) send(answer value) {
	c.peer.Block(func(w *server.Writer) { w.WriteRaw(string(answer.encode(nil, c.peer.Resp3))) })
}

// deliver sends what the client did not ask for.
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

// end lets the client go: its last answers are sent, its subscriptions ended.
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
