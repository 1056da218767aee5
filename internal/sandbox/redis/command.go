package redis

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/alicebob/miniredis/v2/server"
)

// command is a command of a client, a transaction or a script.
type command struct {
	name string // in capitals
	args []string
	// nested commands belong to a transaction or a script and never wait.
	nested bool
}

func newCommand(args []string) command { return command{name: strings.ToUpper(args[0]), args: args} }

func (a command) is(name, part string) bool {
	return a.name == name && len(a.args) > 1 && strings.EqualFold(a.args[1], part)
}

// writes reports whether a command may change the data.
func (a command) writes() bool { return !readers[a.name] && !dataless[a.name] && !harmless[a.name] }

// harmless commands change no data, but need permissions.
var harmless = setOf("PUBLISH", "SCRIPT")

// refused returns the error for a command that the real service does not offer. Empty for all others.
func (a command) refused() string {
	switch {
	case absent[a.name]:
		return fmt.Sprintf(textNoCommand, a.name)
	case a.name == "SELECT" && len(a.args) == 2 && a.args[1] != "0":
		if _, err := strconv.Atoi(a.args[1]); err != nil {
			return textNotInt
		}

		return textDBIndex
	}

	if why := misspelt(a.name, a.args); why != "" {
		return why
	}

	return beyond(a.name, a.args[1:])
}

// perform runs a command while the caller holds the lock. c is the client's connection; it is nil for the sandbox's
// own commands.
func (e *engine) perform(c *connection, asked command) (answer value) {
	defer e.rescue(asked.name, &answer)

	if why := asked.refused(); why != "" {
		return failure(why)
	}

	if asked.writes() && !evaluates[asked.name] {
		defer e.changed()
	}

	asked, adapted, done := e.adapt(asked)
	if done {
		return adapted
	}

	switch asked.name {
	case "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO":
		return e.evaluate(c, asked)
	case "SCRIPT":
		return e.scripts.manage(asked.args)
	case "INFO":
		return e.info(asked.args[1:])
	case "PUBLISH":
		return integerOf(e.heard.publish(asked.args[1], asked.args[2]))
	case "PUBSUB":
		return e.heard.describe(asked.args)
	case "TTL":
		return roundedTTL(e.dispatch(nil, []string{"PTTL", asked.args[1]}))
	case "XREAD":
		asked.args = e.fromNow(asked.args)
	case "CLIENT":
		return c.client(asked.args)
	case "PING":
		return c.ping(asked.args)
	case "SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE":
		return e.heard.change(c, asked)
	}

	if waitsForData[asked.name] {
		answer, _ = e.once(asked.args)
	} else {
		answer = e.dispatch(nil, asked.args)
		e.swept(asked, answer)
	}

	return e.placed(asked, shape(asked, e.worded(asked, answer)))
}

// changed is called after a change: a copy of the data made meanwhile may lack it.
func (e *engine) changed() {
	e.changes.Add(1)
	e.waiting.look.Store(true)
}

// rescue is deferred: a panic costs a command its reply, but does not end the sandbox.
func (e *engine) rescue(command string, answer *value) {
	if fault := recover(); fault != nil {
		e.log.Error("redis stand-in failed", "database", e.id, "command", command, "fault", fault)
		*answer = failure(textInternal)
	}
}

// speech is the channel to the engine: one command at a time, for the holder of the lock.
type speech struct {
	said bytes.Buffer
	peer *server.Peer
}

// maxKept is the size up to which a buffer is reused for the next reply.
const maxKept = 1 << 16

func (s *speech) renew() { *s = speech{} }

// take returns the output since the last call.
func (s *speech) take() string {
	s.peer.Flush()
	said := s.said.String()

	if s.said.Reset(); s.said.Cap() > maxKept {
		s.renew()
	}

	return said
}

// dispatch runs one command in the engine, for a client with the engine's state in state.
func (e *engine) dispatch(state *any, args []string) (answer value) {
	defer e.rescue(args[0], &answer)

	whole := false

	defer func() {
		if !whole { // this command holds the engine lock, so it left the mutex locked
			e.redis.TryLock()
			e.redis.Unlock()
			e.speech.renew()
		}
	}()

	if e.speech.peer == nil {
		e.speech.peer = server.NewPeer(bufio.NewWriter(&e.speech.said))
	}
	peer := e.speech.peer
	peer.Ctx = nil

	if state != nil {
		peer.Ctx = *state
		defer func() { *state = peer.Ctx }()
	}
	e.commands.Dispatch(peer, args)

	whole = true

	answer, err := parseReply(e.speech.take())
	if err != nil {
		e.log.Error("redis stand-in failed", "database", e.id, "command", args[0], "fault", err)
		return failure(textInternal)
	}

	return answer
}

// roundedTTL is TTL, made of PTTL: Redis rounds to the nearest second, where the engine cuts off. A key that was set
// for a minute just now would have 59 seconds left.
func roundedTTL(left value) value {
	if milliseconds, ok := left.number(); ok && milliseconds >= 0 {
		return integerOf(int((milliseconds + 500) / 1000))
	}

	return left
}
