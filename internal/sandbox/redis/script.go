package redis

import (
	"crypto/sha1" // the name that Redis gives a script
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"github.com/alicebob/miniredis/v2/server"
)

// shebang begins a script that has flags, as those of Upstash's own rate limiter do. The engine's Lua does not know it.
// https://redis.io/docs/latest/develop/programmability/eval-intro/#eval-flags
const shebang = "#!lua"

// guard begins every script, on its first line. It takes away what the engine's Lua has and Redis' has not, and with
// which files of this machine could be read.
const guard = "dofile=nil loadfile=nil require=nil module=nil package=nil "

// scripts lets the engine run scripts behind the guard, and scripts with flags, which it ignores: it is given the
// script with the flags commented out. Clients go on calling it by the name that the script has with them.
type scripts struct {
	mutex sync.Mutex
	names map[string]string // by the client's name of a script, the engine's
}

// run runs one command, any command.
func (s *scripts) run(commands *server.Server, peer *server.Peer, args []string) {
	name := strings.ToUpper(args[0])
	if len(args) < 2 {
		commands.Dispatch(peer, args)
		return
	}

	switch {
	case name == "EVAL" || name == "EVAL_RO":
		args = s.replaced(args, 1, s.given)
	case name == "EVALSHA" || name == "EVALSHA_RO":
		args = s.replaced(args, 1, s.named)
	case name == "SCRIPT" && strings.EqualFold(args[1], "EXISTS"):
		for i := 2; i < len(args); i++ {
			args = s.replaced(args, i, s.named)
		}
	case name == "SCRIPT" && strings.EqualFold(args[1], "LOAD") && len(args) == 3:
		s.load(commands, peer, args)
		return
	}
	commands.Dispatch(peer, args)
}

// load answers with the client's name of the script.
func (s *scripts) load(commands *server.Server, peer *server.Peer, args []string) {
	theirs := args[2]
	args = s.replaced(args, 2, s.given)
	peer.WriteRaw(strings.Replace(answered(commands, peer, args), nameOf(args[2]), nameOf(theirs), 1))
}

func (s *scripts) replaced(args []string, at int, by func(string) string) []string {
	args = slices.Clone(args)
	args[at] = by(args[at])
	return args
}

// given is the script as the engine gets it, with as many lines.
func (s *scripts) given(script string) string {
	plain := guard + script

	first, _, _ := strings.Cut(script, "\n")
	if engine, _, _ := strings.Cut(strings.TrimSpace(first), " "); engine == shebang {
		plain = guard + "--" + script
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()

	if s.names == nil {
		s.names = map[string]string{}
	}
	s.names[nameOf(script)] = nameOf(plain)

	return plain
}

// named is the engine's name of a script that a client names.
func (s *scripts) named(name string) string {
	name = strings.ToLower(name)
	s.mutex.Lock()
	defer s.mutex.Unlock()

	if ours, known := s.names[name]; known {
		return ours
	}

	return name
}

func nameOf(script string) string {
	sum := sha1.Sum([]byte(script))
	return hex.EncodeToString(sum[:])
}
