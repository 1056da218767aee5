package redis

import (
	"context"
	"crypto/sha1" // the name that Redis gives a script
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"github.com/upstash-connect/bff/internal/sandbox/lualib"
)

// shebang begins a script that has flags, as those of Upstash's own rate limiter do. Lua does not know it.
// https://redis.io/docs/latest/develop/programmability/eval-intro/#eval-flags
const shebang = "#!"

// evaluates are the commands that run scripts. The commands inside a script report its changes.
var evaluates = setOf("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO")

// bounds limit a script's time and memory.
type bounds struct {
	// slow is the time after which other clients receive a busy error and no longer wait.
	slow time.Duration
	// limit is the time after which the script is stopped.
	limit time.Duration
	// memory is how many bytes the complete sandbox may grow by meanwhile. A script's own memory cannot be measured.
	memory uint64
}

// measureEvery is how often the memory is checked while a script runs.
const measureEvery = 10 * time.Millisecond

// heap returns the bytes in use or not yet freed.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)

	return sample[0].Value.Uint64()
}

// grace is how long a stopped script may take to stop. One in a single long step of Lua continues without its
// database: its further commands fail.
const grace = 100 * time.Millisecond

// maxStrays is how many such scripts may continue at once. Beyond it, no script starts.
const maxStrays = 4

// scripts are the scripts that a database knows.
type scripts struct {
	bounds bounds
	strays atomic.Int32

	mutex sync.Mutex
	known map[string]script
	// passing are the scripts known from EVAL only. Like Redis, we forget the least recently run.
	passing names
}

// maxPassing is how many scripts of EVAL are retained, as in Redis 8.
const maxPassing = 500

type script struct {
	sha      string
	proto    *lua.FunctionProto
	readOnly bool // by its flags
}

func nameOf(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// learn compiles a script, or finds a known one. The script stays known until SCRIPT FLUSH or, if it is passing,
// until it is forgotten.
func (s *scripts) learn(text string, passing bool) (script, error) {
	sha := nameOf(text)

	if found, ok := s.find(sha); ok {
		s.keep(found, passing)
		return found, nil
	}
	made := script{sha: sha}

	plain, err := made.withoutFlags(text)
	if err != nil {
		return script{}, err
	}

	made.proto, err = lualib.Compile(plain, chunkName)
	if err != nil {
		return script{}, fmt.Errorf("ERR Error compiling script (new function): %s", syntaxError(err))
	}
	s.keep(made, passing)

	return made, nil
}

func (s *scripts) keep(one script, passing bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()

	if s.known == nil {
		s.known = map[string]script{}
	}
	_, was := s.known[one.sha]
	loaded := was && !s.passing.has(one.sha)
	s.known[one.sha] = one
	s.passing.remove(one.sha)

	if !passing || loaded {
		return
	}
	s.passing.add(one.sha)

	if oldest := s.passing.first(); s.passing.len() > maxPassing {
		s.passing.remove(oldest)
		delete(s.known, oldest)
	}
}

// withoutFlags empties the first line if it has flags. The line itself stays, so that line numbers in errors are
// right.
func (s *script) withoutFlags(text string) (string, error) {
	if !strings.HasPrefix(text, shebang) {
		return text, nil
	}
	line, rest, more := strings.Cut(text, "\n")
	words := strings.Fields(line)

	if !more {
		return "", errors.New("ERR Invalid script shebang")
	}

	if words[0] != shebang+"lua" {
		return "", errors.New("ERR Unexpected engine in script shebang: " + words[0])
	}

	for _, word := range words[1:] {
		flags, ok := strings.CutPrefix(word, "flags=")
		if !ok {
			return "", errors.New("ERR Unknown lua shebang option: " + word)
		}

		for flag := range strings.SplitSeq(flags, ",") {
			s.readOnly = s.readOnly || flag == "no-writes"
		}
	}

	return "\n" + rest, nil
}

func syntaxError(err error) string {
	var bad *parse.Error
	if errors.As(err, &bad) {
		if bad.Pos.Line == parse.EOF {
			return fmt.Sprintf("%s: %s near '<eof>'", chunkName, bad.Message)
		}

		return fmt.Sprintf("%s:%d: %s near '%s'", chunkName, bad.Pos.Line, bad.Message, bad.Token)
	}

	return err.Error()
}

func (s *scripts) find(sha string) (script, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, ok := s.known[strings.ToLower(sha)]

	return found, ok
}

// manage is SCRIPT, except for KILL.
func (s *scripts) manage(args []string) value {
	switch strings.ToUpper(args[1]) {
	case "LOAD":
		made, err := s.learn(args[2], false)
		if err != nil {
			return failure(err.Error())
		}

		return bulk(made.sha)
	case "EXISTS":
		answers := []value{}
		for _, sha := range args[2:] {
			known := 0
			if _, ok := s.find(sha); ok {
				known = 1
			}
			answers = append(answers, integerOf(known))
		}

		return array(answers...)
	case "FLUSH":
		if len(args) > 3 || (len(args) == 3 && !strings.EqualFold(args[2], "SYNC") && !strings.EqualFold(args[2], "ASYNC")) {
			return failure("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
		}
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.known, s.passing = nil, names{}

		return status("OK")
	case "KILL":
		return failure(textNotBusy) // this client holds the lock: nothing runs
	default:
		return help("SCRIPT")
	}
}

// running is a running script; its client holds the lock.
type running struct {
	engine *engine
	client *connection
	script
	keys, args []string
	readOnly   bool

	cancel context.CancelCauseFunc
	slow   chan struct{} // closed when the script has run for too long
	wrote  atomic.Bool
	resp3  bool         // the script's choice by setresp
	made   *lualib.Work // of its reply

	mutex   sync.Mutex // held while it calls a command
	revoked bool       // its client lost the lock
}

// ending is why a script was stopped, in Redis' words.
type ending string

func (e ending) Error() string { return string(e) }

// kill stops the script that holds the lock.
func (l *engineLock) kill() value {
	script := l.running.Load()
	switch {
	case script == nil:
		return failure(textNotBusy)
	case script.wrote.Load():
		return failure(textUnkillable)
	}
	script.cancel(ending(textKilled))

	return status("OK")
}

// stop stops the script that holds the lock, even if it has written.
func (l *engineLock) stop() {
	if script := l.running.Load(); script != nil {
		script.cancel(ending(textOverdue))
	}
}

// evaluate runs a script.
func (e *engine) evaluate(c *connection, asked command) value {
	count, err := strconv.Atoi(asked.args[2])
	switch {
	case err != nil:
		return failure(textNotInt)
	case count > len(asked.args)-3:
		return failure("ERR Number of keys can't be greater than number of args")
	case count < 0:
		return failure("ERR Number of keys can't be negative")
	case e.scripts.strays.Load() >= maxStrays:
		return failure(textBusy)
	}

	var found script
	if strings.HasPrefix(asked.name, "EVALSHA") {
		var ok bool
		if found, ok = e.scripts.find(asked.args[1]); !ok {
			return failure("NOSCRIPT No matching script. Please use EVAL.")
		}
	} else if found, err = e.scripts.learn(asked.args[1], true); err != nil {
		return failure(err.Error())
	}

	return e.bounded(&running{
		engine: e, client: c, script: found, keys: asked.args[3 : 3+count], args: asked.args[3+count:],
		readOnly: found.readOnly || strings.HasSuffix(asked.name, "_RO"),
	})
}

// bounded runs a script within its limits. When it returns, the script has ended or can no longer call commands.
func (e *engine) bounded(r *running) value {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)

	r.cancel = cancel

	shared := e.lock.scripts
	if shared == nil {
		shared = newAllowance()
	}
	r.slow = shared.slow

	if shared.ended != nil {
		return failure(r.located(shared.ended.Error(), ""))
	}
	e.lock.running.Store(r)

	defer e.lock.running.Store(nil)

	select {
	case <-e.closing: // nobody would stop the script
		return failure(textOverdue)
	default:
	}

	answer := e.watched(ctx, r, shared)
	shared.ended = context.Cause(ctx)

	return answer
}

// watched runs a script until it ends or is stopped.
func (e *engine) watched(ctx context.Context, r *running, shared *allowance) value {
	done := make(chan value, 1)

	go func() { done <- r.run(ctx) }()

	allowed := e.scripts.bounds

	slow, limit := time.NewTimer(shared.left(allowed.slow)), time.NewTimer(shared.left(allowed.limit))
	defer slow.Stop()
	defer limit.Stop()

	measure := time.NewTicker(measureEvery)
	defer measure.Stop()

	for {
		select {
		case answer := <-done:
			return answer
		case <-slow.C:
			shared.slowed()
		case <-limit.C:
			r.cancel(ending(textOverdue))
		case <-measure.C:
			now := heap()
			if shared.most == 0 {
				shared.most = now + allowed.memory
			}

			if now > shared.most {
				r.cancel(ending(textMemory))
			}
		case <-ctx.Done():
			return e.ended(r, done, context.Cause(ctx))
		}
	}
}

// ended waits briefly for a script that is being stopped.
func (e *engine) ended(r *running, done <-chan value, why error) value {
	late := time.NewTimer(grace)
	defer late.Stop()

	select {
	case answer := <-done:
		return answer
	case <-late.C:
	}
	r.mutex.Lock() // waits for the command that it calls
	r.revoked = true
	r.mutex.Unlock()
	e.log.Warn("a script still runs without its database", "database", e.id, "script", r.sha)
	e.scripts.strays.Add(1)

	go func() {
		<-done
		e.scripts.strays.Add(-1)
	}()

	return failure(r.located(why.Error(), ""))
}
