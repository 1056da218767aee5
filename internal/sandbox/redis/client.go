package redis

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// profile is what a client reports about itself and what others may read about it.
type profile struct {
	mutex                    sync.Mutex
	name, library, libraryOf string
	last                     string // the command
	lastAt                   time.Time
	start                    time.Time
	resp3                    bool
}

// client is CLIENT.
func (c *connection) client(args []string) value {
	switch strings.ToUpper(args[1]) {
	case "SETNAME":
		return c.setName(args[2])
	case "GETNAME":
		c.profile.mutex.Lock()
		defer c.profile.mutex.Unlock()

		if c.profile.name == "" {
			return value{kind: kindNull}
		}

		return bulk(c.profile.name)
	case "ID":
		return integerOf(c.number)
	case "SETINFO":
		return c.setInfo(args[2], args[3])
	case "INFO":
		return value{kind: kindVerbatim, text: "txt:" + c.describeClient()}
	case "LIST":
		if len(args) > 2 {
			return failure(textSyntax)
		}

		return value{kind: kindVerbatim, text: "txt:" + c.engine.clients()}
	case "NO-EVICT", "NO-TOUCH":
		return onOff(args[2], "ON", "OFF")
	case "REPLY":
		return onOff(args[2], "ON") // the other modes would leave a client without replies
	default:
		return help("CLIENT")
	}
}

// onOff accepts one of the words; none of them changes anything here.
func onOff(word string, words ...string) value {
	for _, one := range words {
		if strings.EqualFold(word, one) {
			return status("OK")
		}
	}

	return failure(textSyntax)
}

// printable reports whether a name has no spaces or other characters that CLIENT LIST cannot contain.
func printable(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r < '!' || r > '~' })
}

func (c *connection) setName(name string) value {
	if !printable(name) {
		return failure("ERR Client names cannot contain spaces, newlines or special characters.")
	}
	c.profile.mutex.Lock()
	defer c.profile.mutex.Unlock()
	c.profile.name = name

	return status("OK")
}

func (c *connection) setInfo(what, text string) value {
	at := map[string]*string{"LIB-NAME": &c.profile.library, "LIB-VER": &c.profile.libraryOf}[strings.ToUpper(what)]
	switch {
	case at == nil:
		return failure("ERR Unrecognized option '" + clip(what) + "'")
	case !printable(text):
		return failure("ERR " + strings.ToLower(what) + " cannot contain spaces, newlines or special characters.")
	}
	c.profile.mutex.Lock()
	defer c.profile.mutex.Unlock()
	*at = text

	return status("OK")
}

// asks records a command for CLIENT LIST.
func (c *connection) asks(name string, args []string) {
	name = strings.ToLower(name)
	if divided[strings.ToUpper(name)] && len(args) > 1 {
		name += "|" + strings.ToLower(clip(args[1]))
	}
	c.profile.mutex.Lock()
	defer c.profile.mutex.Unlock()
	c.profile.last, c.profile.lastAt = name, time.Now()
}

// describeClient is a line of CLIENT LIST. https://redis.io/docs/latest/commands/client-list/
func (c *connection) describeClient() string {
	c.engine.heard.mutex.Lock()
	channels, patterns := c.subscribed.channels.len(), c.subscribed.patterns.len()
	c.engine.heard.mutex.Unlock()

	c.profile.mutex.Lock()
	defer c.profile.mutex.Unlock()
	p := &c.profile

	protocol := 2
	if p.resp3 {
		protocol = 3
	}

	return fmt.Sprintf(
		"id=%d addr=%s laddr=%s fd=%d name=%s age=%d idle=%d flags=N db=0 sub=%d psub=%d ssub=0 multi=-1 watch=0 qbuf=0"+
			" qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r cmd=%s user=%s redir=-1"+
			" resp=%d lib-name=%s lib-ver=%s\n",
		c.number, address(c.conn.RemoteAddr()), address(c.conn.LocalAddr()), c.number, p.name,
		int(time.Since(p.start).Seconds()), int(time.Since(p.lastAt).Seconds()), channels, patterns, p.last, c.user(),
		protocol, p.library, p.libraryOf,
	)
}

func (c *connection) user() string {
	if c.readOnly.Load() {
		return UserReadOnly
	}

	return UserDefault
}

// address returns the network address; REST's own connections have none.
func address(at net.Addr) string {
	if _, ok := at.(*net.TCPAddr); ok {
		return at.String()
	}

	return "127.0.0.1:0"
}

// clients is CLIENT LIST.
func (e *engine) clients() string {
	e.mutex.Lock()
	defer e.mutex.Unlock()

	var list strings.Builder
	for c := range e.connections {
		list.WriteString(c.describeClient())
	}

	return list.String()
}

// ping is PING. A RESP2 client with subscriptions receives an array.
func (c *connection) ping(args []string) value {
	switch {
	case len(args) > 2:
		return failure(fmt.Sprintf(textArity, "ping"))
	case c != nil && c.listens() && !c.speaksRESP3():
		return bulks("pong", append(args, "")[1])
	case len(args) == 2:
		return bulk(args[1])
	default:
		return status("PONG")
	}
}

// help is a short reply to HELP.
func help(name string) value {
	return array(status(name + " <subcommand> [<arg> [value] [opt] ...]. Subcommands: see https://redis.io/docs/latest/commands/"))
}
