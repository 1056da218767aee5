package redis

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
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

// readAhead is how many commands are read while one runs. A client that leaves is noticed as long as it has not sent
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

	subscribed bool // at some time

	gone    atomic.Bool // the client sends nothing more
	waiting atomic.Bool // a command runs that may wait for data
	severed atomic.Bool // nothing more of what the client sent is run
}

func (c *Cluster) newConnection(conn net.Conn, input *bufio.Reader, raw net.Conn) *connection {
	output := newOutbox(conn, raw)

	return &connection{
		cluster: c, number: int(c.numbers.Add(1)), conn: conn, raw: raw, input: input, output: output,
		peer: server.NewPeer(bufio.NewWriter(output)),
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
	}
	c.session = &session

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
func (c *connection) leave() {
	c.gone.Store(true)

	if c.waiting.Load() {
		c.peer.Close()
		c.engine.wake()
	}
}

// understood says whether the connection can go on after an error.
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

// answer answers one request. It is false when the connection is to be closed.
func (c *connection) answer(asked request) bool {
	defer c.peer.Flush()

	if c.severed.Load() {
		return false
	}

	if asked.err != nil {
		var bad malformed
		if errors.As(asked.err, &bad) || understood(asked.err) {
			c.peer.WriteError(asked.err.Error())
		}

		return understood(asked.err)
	}
	begun := time.Now()
	name := strings.ToUpper(asked.args[0])
	c.run(name, asked.args)
	c.observe(name, time.Since(begun))

	return !c.peer.Closed()
}

// observe tells of a command by its name alone. Of a word that is none nothing is told: it may be a secret that
// somebody pasted.
func (c *connection) observe(name string, took time.Duration) {
	if c.cluster.options.Observe == nil || c.engine == nil {
		return
	}

	if name != "AUTH" && name != "HELLO" && name != "QUIT" && name != "RESET" &&
		!c.engine.commands.IsRegisteredCommand(name) {
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
		c.peer.WriteOK()
		c.peer.Close()
		return
	case "RESET":
		c.reset()
		return
	}

	switch {
	case c.session == nil:
		c.peer.WriteError(textNoAuth)
	case absent[name] || !c.engine.commands.IsRegisteredCommand(name):
		c.refuse(fmt.Sprintf(textNoCommand, clip(args[0])))
	case c.session.ReadOnly && !mayRead(name):
		c.refuse(fmt.Sprintf(textNoPerm, strings.ToLower(name)))
	case name == "SELECT":
		c.selectDB(args[1:])
	case name == "COMMAND":
		c.refuse(fmt.Sprintf(textArity, "command"))
	default:
		c.execute(name, args)
	}
}

func (c *connection) execute(name string, args []string) {
	used := &c.engine.usage
	switch {
	case readers[name]:
		used.reads.Add(1)
	case dataless[name]:
		used.others.Add(1)
	default:
		used.writes.Add(1)
	}

	c.subscribed = c.subscribed || name == "SUBSCRIBE" || name == "PSUBSCRIBE"
	if waits[name] {
		c.waiting.Store(true)
		defer c.waiting.Store(false)

		if c.gone.Load() {
			c.peer.Close()
			return
		}
	}
	c.engine.run(c.peer, args)

	if name == "EXEC" || (!readers[name] && !dataless[name]) {
		c.engine.changes.Add(1) // afterwards: a copy made meanwhile may lack it
	}
}

// refuse answers with an error, which also spoils an open transaction. The engine spoils one when a command in it is
// short of arguments.
func (c *connection) refuse(text string) {
	c.engine.run(quiet(c.peer), []string{"GET"})
	c.peer.WriteError(text)
}

// selectDB takes 0 alone: there is no other database.
func (c *connection) selectDB(args []string) {
	switch {
	case len(args) != 1:
		c.refuse(fmt.Sprintf(textArity, "select"))
	case args[0] != "0":
		c.refuse(textDBIndex)
	default:
		c.execute("SELECT", []string{"SELECT", "0"})
	}
}

// end lets the client go: its last answers are sent, its subscriptions ended.
func (c *connection) end() {
	if c.engine != nil {
		c.engine.remove(c)
		c.unsubscribe()
	}
	c.peer.Flush()
	c.output.close()
}

func (c *connection) unsubscribe() {
	if !c.subscribed {
		return
	}
	silent := quiet(c.peer)
	c.engine.run(silent, []string{"UNSUBSCRIBE"})
	c.engine.run(silent, []string{"PUNSUBSCRIBE"})
	c.subscribed = false
}

func clip(text string) string {
	if len(text) > 64 {
		return text[:64]
	}

	return text
}
