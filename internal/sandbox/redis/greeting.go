package redis

import (
	"fmt"
	"strings"

	"github.com/alicebob/miniredis/v2/server"
)

// version is the Redis version that Upstash says it is compatible with.
const version = "8.4.0"

// auth is AUTH [user] password.
func (c *connection) auth(args []string) {
	switch len(args) {
	case 1:
		c.logIn(UserDefault, args[0])
	case 2:
		c.logIn(args[0], args[1])
	case 0:
		c.peer.WriteError(fmt.Sprintf(textArity, "auth"))
	default:
		c.peer.WriteError(textSyntax)
	}
}

func (c *connection) logIn(user, password string) {
	if why := c.enter(user, password); why != "" {
		c.peer.WriteError(why)
		return
	}
	c.peer.WriteOK()
}

// enter leads the client to the database that its password belongs to, or says why not. A client that is at a database
// already stays there: the real thing has an address for each, where the others' passwords mean nothing.
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
	resp3, name := c.peer.Resp3, ""
	if len(args) > 0 {
		switch args[0] {
		case "2", "3":
			resp3 = args[0] == "3"
		default:
			c.peer.WriteError(textProtocol)
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
			c.peer.WriteError(fmt.Sprintf(textHelloOpt, clip(args[0])))
			return
		}
	}

	if login {
		if why := c.enter(user, password); why != "" {
			c.peer.WriteError(why)
			return
		}
	}

	if c.session == nil {
		c.peer.WriteError(textHelloAuth)
		return
	}
	c.speak(resp3)

	if name != "" {
		c.peer.ClientName = name
	}
	c.describe()
}

// speak sets the version of the protocol. Messages that are published meanwhile are written by others, under the peer's
// lock.
func (c *connection) speak(resp3 bool) {
	c.peer.Block(func(*server.Writer) { c.peer.Resp3 = resp3 })
}

func (c *connection) describe() {
	protocol := 2
	if c.peer.Resp3 {
		protocol = 3
	}
	c.peer.WriteMapLen(7)
	c.peer.WriteBulk("server")
	c.peer.WriteBulk("redis")
	c.peer.WriteBulk("version")
	c.peer.WriteBulk(version)
	c.peer.WriteBulk("proto")
	c.peer.WriteInt(protocol)
	c.peer.WriteBulk("id")
	c.peer.WriteInt(c.number)
	c.peer.WriteBulk("mode")
	c.peer.WriteBulk("standalone")
	c.peer.WriteBulk("role")
	c.peer.WriteBulk("master")
	c.peer.WriteBulk("modules")
	c.peer.WriteLen(0)
}

// reset makes the connection as it was when it was new, and the client unknown.
func (c *connection) reset() {
	if c.engine != nil {
		c.unsubscribe()
		c.peer.Ctx = nil // the open transaction and what is watched
	}
	c.speak(false)
	c.session, c.peer.ClientName = nil, ""
	c.peer.WriteInline("RESET")
}
