package redis

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/alicebob/miniredis/v2/server"
)

// version is the Redis version that Upstash says it is compatible with.
const version = "8.4.0"

// versionNumber is the version as scripts compare it: a byte for each part.
const versionNumber = 8<<16 | 4<<8

// auth is AUTH [user] password.
func (c *connection) auth(args []string) {
	switch len(args) {
	case 1:
		c.logIn(UserDefault, args[0])
	case 2:
		c.logIn(args[0], args[1])
	case 0:
		c.send(failure(fmt.Sprintf(textArity, "auth")))
	default:
		c.send(failure(textSyntax))
	}
}

func (c *connection) logIn(user, password string) {
	if why := c.enter(user, password); why != "" {
		c.send(failure(why))
		return
	}
	c.send(status("OK"))
}

// enter connects the client to the database of its password, or returns the error. A connected client stays at its
// database: the real service has an address for each, where other databases' passwords are invalid.
func (c *connection) enter(user, password string) (refusal string) {
	session, ok := c.cluster.Authenticate(user, password)
	if !ok || (c.engine != nil && c.engine.id != session.Database.ID) {
		return textWrongPass
	}

	if session.Refusal != "" {
		c.peer.Close()
		return session.Refusal
	}

	if err := c.admit(session); err != nil {
		c.cluster.options.Logger.Error(
			"redis stand-in could not open a database", "database", session.Database.ID, "error", err,
		)
		c.peer.Close()

		return textInternal
	}

	return ""
}

// hello is HELLO [version [AUTH user password] [SETNAME name]].
func (c *connection) hello(args []string) {
	resp3, name := c.speaksRESP3(), ""
	if len(args) > 0 {
		switch args[0] {
		case "2", "3":
			resp3 = args[0] == "3"
		default:
			if _, err := strconv.Atoi(args[0]); err != nil {
				c.send(failure("ERR Protocol version is not an integer or out of range"))
				return
			}
			c.send(failure(textProtocol))

			return
		}
		args = args[1:]
	}

	user, password, login := "", "", false
	for len(args) > 0 {
		switch option := strings.ToUpper(args[0]); {
		case option == "AUTH" && len(args) >= 3:
			user, password, login, args = args[1], args[2], true, args[3:]
		case option == "SETNAME" && len(args) >= 2:
			name, args = args[1], args[2:]
		default:
			c.send(failure(fmt.Sprintf(textHelloOpt, clip(args[0]))))
			return
		}
	}

	if login {
		if why := c.enter(user, password); why != "" {
			c.send(failure(why))
			return
		}
	}

	if c.session == nil {
		c.send(failure(textHelloAuth))
		return
	}

	if name != "" {
		if answer := c.setName(name); answer.failed() {
			c.send(answer)
			return
		}
	}
	c.speak(resp3)
	c.describe()
}

// speak sets the version of the protocol under the peer's lock: other goroutines write published messages at the same
// time.
func (c *connection) speak(resp3 bool) {
	c.peer.Block(func(*server.Writer) { c.peer.Resp3 = resp3 })
	c.profile.mutex.Lock()
	defer c.profile.mutex.Unlock()
	c.profile.resp3 = resp3
}

func (c *connection) describe() {
	protocol := 2
	if c.speaksRESP3() {
		protocol = 3
	}
	c.send(value{kind: kindMap, items: []value{
		bulk("server"), bulk("redis"), bulk("version"), bulk(version), bulk("proto"), integerOf(protocol),
		bulk("id"), integerOf(c.number), bulk("mode"), bulk("standalone"), bulk("role"), bulk("master"),
		bulk("modules"), array(),
	}})
}

// reset returns the connection to its initial, unauthenticated state.
func (c *connection) reset() {
	if c.engine != nil {
		c.engine.heard.leave(c)
		c.transaction.end()
	}
	c.speak(false)
	c.session = nil
	c.setName("")
	c.send(status("RESET"))
}
