package redis

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/upstash-connect/bff/internal/sandbox/lualib"
)

// chunkName is what Redis calls a script in its errors.
const chunkName = "user_script"

// The maximum stack sizes of a script: enough for what Redis' own Lua accepts, but within a machine's memory.
const (
	maxCalls    = 20_000
	firstValues = 4 << 10
	maxValues   = 1 << 20
)

// globals are the Lua functions that scripts may use. The others read files or access things outside the script.
var globals = setOf(
	"_G", "_VERSION", "assert", "collectgarbage", "coroutine", "error", "getmetatable", "ipairs", "load", "loadstring",
	"math", "next", "pairs", "pcall", "rawequal", "rawget", "rawset", "select", "setmetatable", "string", "table",
	"tonumber", "tostring", "type", "unpack", "xpcall",
)

// run runs the script to its end, or until the context ends.
func (r *running) run(ctx context.Context) (answer value) {
	l := lua.NewState(lua.Options{
		SkipOpenLibs: true, CallStackSize: maxCalls, MinimizeStackMemory: true,
		RegistrySize: firstValues, RegistryMaxSize: maxValues, RegistryGrowStep: firstValues,
	})
	defer l.Close()
	defer func() {
		if fault := recover(); fault != nil {
			r.engine.log.Error("redis stand-in failed", "database", r.engine.id, "command", "EVAL", "fault", fault)

			answer = failure(textInternal)
		}
	}()

	l.SetContext(ctx)
	r.open(l)
	at := ""
	locate := l.NewFunction(func(l *lua.LState) int {
		at = where(l)
		return 1
	})

	l.Push(l.NewFunctionFromProto(r.proto))

	if err := l.PCall(0, 1, locate); err != nil {
		if ctx.Err() != nil {
			return failure(r.located(context.Cause(ctx).Error(), at))
		}

		return failure(r.failed(err, at))
	}

	r.made = lualib.NewWork(l, lualib.MaxMade)

	answer = r.toReply(l.Get(-1), 0)

	switch {
	case r.made.Make(0):
	case ctx.Err() != nil:
		return failure(r.located(context.Cause(ctx).Error(), ""))
	default:
		return failure(r.located(textReplyLarge, ""))
	}

	return answer
}

func (r *running) open(l *lua.LState) {
	for name, library := range map[string]lua.LGFunction{
		lua.BaseLibName: lua.OpenBase, lua.CoroutineLibName: lua.OpenCoroutine, lua.TabLibName: lua.OpenTable,
		lua.StringLibName: lua.OpenString, lua.MathLibName: lua.OpenMath,
	} {
		l.Push(l.NewFunction(library))
		l.Push(lua.LString(name))
		l.Call(1, 0)
	}
	all := l.Get(lua.GlobalsIndex).(*lua.LTable)

	var gone []lua.LValue
	all.ForEach(func(name, _ lua.LValue) {
		if !globals[name.String()] {
			gone = append(gone, name)
		}
	})

	for _, name := range gone {
		all.RawSet(name, lua.LNil)
	}
	lualib.Open(l)
	lualib.OpenText(l)
	lualib.OpenLoad(l)
	lualib.OpenCoroutines(l)
	l.GetGlobal("math").(*lua.LTable).RawSetString("huge", lua.LNumber(math.Inf(1)))
	l.SetGlobal("pcall", l.NewFunction(protected(l.GetGlobal("pcall").(*lua.LFunction).GFunction)))
	l.SetGlobal("os", l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{"clock": clock(time.Now())}))
	l.SetGlobal("redis", r.library(l))
	l.SetGlobal("collectgarbage", l.NewFunction(collect))
	l.SetGlobal("server", l.GetGlobal("redis"))
	l.SetGlobal("KEYS", strings2table(l, r.keys))
	l.SetGlobal("ARGV", strings2table(l, r.args))

	guard := l.NewTable()
	guard.RawSetString("__index", l.NewFunction(func(l *lua.LState) int {
		l.RaiseError("Script attempted to access nonexistent global variable '%s'", l.Get(2).String())
		return 0
	}))
	guard.RawSetString("__newindex", l.NewFunction(func(l *lua.LState) int {
		l.RaiseError("Attempt to modify a readonly table")
		return 0
	}))
	all.Metatable = guard
}

// protected is pcall, which returns a Redis error as its text.
func protected(pcall lua.LGFunction) lua.LGFunction {
	return func(l *lua.LState) int {
		returned := pcall(l)

		if returned == 2 && l.Get(-2) == lua.LFalse {
			if table, ok := l.Get(-1).(*lua.LTable); ok {
				if text, ok := table.RawGetString("err").(lua.LString); ok {
					l.Pop(1)
					l.Push(text)
				}
			}
		}

		return returned
	}
}

// collect is collectgarbage. It does nothing: it would collect the complete process's garbage.
func collect(l *lua.LState) int {
	l.Push(lua.LNumber(0))
	return 1
}

func clock(start time.Time) lua.LGFunction {
	return func(l *lua.LState) int {
		l.Push(lua.LNumber(time.Since(start).Seconds()))
		return 1
	}
}

func strings2table(l *lua.LState, texts []string) *lua.LTable {
	table := l.CreateTable(len(texts), 0)
	for _, text := range texts {
		table.Append(lua.LString(text))
	}

	return table
}

// library is what scripts have of Redis.
// https://redis.io/docs/latest/develop/programmability/lua-api/#redis_object
func (r *running) library(l *lua.LState) *lua.LTable {
	library := l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"call":         func(l *lua.LState) int { return r.called(l, true) },
		"pcall":        func(l *lua.LState) int { return r.called(l, false) },
		"error_reply":  errorReply,
		"status_reply": statusReply,
		"sha1hex": func(l *lua.LState) int {
			if l.GetTop() != 1 {
				r.raise(l, "ERR wrong number of arguments")
			}
			l.Push(lua.LString(nameOf(lua.LVAsString(l.Get(1)))))

			return 1
		},
		"setresp": func(l *lua.LState) int {
			version := l.CheckInt(1)
			if version != 2 && version != 3 {
				r.raise(l, "ERR RESP version must be 2 or 3.")
			}
			r.resp3 = version == 3

			return 0
		},
		"log":                func(*lua.LState) int { return 0 },
		"set_repl":           func(*lua.LState) int { return 0 },
		"replicate_commands": yes,
		"breakpoint":         no,
		"debug":              func(*lua.LState) int { return 0 },
		"acl_check_cmd":      yes,
	})

	for i, name := range []string{"LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"} {
		library.RawSetString(name, lua.LNumber(i))
	}

	for name, number := range map[string]int{
		"REPL_NONE": 0, "REPL_AOF": 1, "REPL_SLAVE": 2, "REPL_REPLICA": 2, "REPL_ALL": 3, "REDIS_VERSION_NUM": versionNumber,
	} {
		library.RawSetString(name, lua.LNumber(number))
	}
	library.RawSetString("REDIS_VERSION", lua.LString(version))

	return library
}

func yes(l *lua.LState) int { l.Push(lua.LTrue); return 1 }

func no(l *lua.LState) int { l.Push(lua.LFalse); return 1 }

func errorReply(l *lua.LState) int {
	text, ok := l.Get(1).(lua.LString)
	if !ok || l.GetTop() != 1 {
		l.Push(errorTable(l, "ERR wrong number or type of arguments"))
		return 1
	}

	plain := strings.TrimPrefix(string(text), "-")
	if !strings.Contains(plain, " ") {
		plain = "ERR " + plain
	}
	l.Push(errorTable(l, plain))

	return 1
}

func errorTable(l *lua.LState, text string) *lua.LTable {
	table := l.NewTable()
	table.RawSetString("err", lua.LString(text))

	return table
}

func statusReply(l *lua.LState) int {
	table := l.NewTable()

	text, ok := l.Get(1).(lua.LString)
	if !ok || l.GetTop() != 1 {
		table.RawSetString("err", lua.LString("ERR wrong number or type of arguments"))
	} else {
		table.RawSetString("ok", text)
	}
	l.Push(table)

	return 1
}

// where returns the script's current line.
func where(l *lua.LState) string {
	for level := 1; level < maxWhere; level++ {
		at := strings.TrimSuffix(l.Where(level), ":")
		if at == "" || strings.HasPrefix(at, chunkName) {
			return at
		}
	}

	return ""
}

// maxWhere is how many of the engine's own functions may be on the stack before it.
const maxWhere = 20

// raise ends the script with a Redis error, as a table: Lua's own errors are strings.
func (r *running) raise(l *lua.LState, text string) {
	table := errorTable(l, text)
	if source, line, ok := strings.Cut(where(l), ":"); ok {
		table.RawSetString("source", lua.LString("@"+source))
		table.RawSetString("line", lua.LString(line))
	}
	l.Error(table, 1)
}

// called is redis.call, which raises errors, and redis.pcall, which returns them.
func (r *running) called(l *lua.LState, raises bool) int {
	args, why := words(l)

	answer := failure(why)
	if why == "" {
		answer = r.call(args)
	}

	if answer.failed() && raises {
		r.raise(l, answer.text)
	}
	l.Push(r.toLua(l, answer))

	return 1
}

// words are a call's arguments: numbers are sent as Redis' Lua writes them.
func words(l *lua.LState) (args []string, why string) {
	if l.GetTop() == 0 {
		return nil, "ERR Please specify at least one argument for this redis lib call"
	}

	for i := 1; i <= l.GetTop(); i++ {
		switch argument := l.Get(i).(type) {
		case lua.LString:
			args = append(args, string(argument))
		case lua.LNumber:
			args = append(args, written(float64(argument)))
		default:
			return nil, "ERR Lua redis lib command arguments must be strings or integers"
		}
	}

	return args, ""
}

func written(number float64) string {
	if number == math.Trunc(number) && math.Abs(number) < 1<<63 {
		return strconv.FormatInt(int64(number), 10)
	}

	return strconv.FormatFloat(number, 'g', -1, 64)
}

// call runs a command while the client of the script holds the lock.
func (r *running) call(args []string) value {
	asked := newCommand(args)
	asked.nested = true
	known, ok := catalogue[asked.name]

	switch {
	case !ok || absent[asked.name]:
		return failure("ERR Unknown Redis command called from script")
	case !known.takes(len(args)):
		return failure("ERR Wrong number of args calling Redis command from script")
	case divided[asked.name] && !isPart(asked):
		return failure("ERR Unknown Redis command called from script")
	case (asked.name == "XREAD" || asked.name == "XREADGROUP") && blocks(args):
		return failure("ERR " + strings.ToLower(args[0]) + " command is not allowed with BLOCK option from scripts")
	case known.noScript || asked.name == "COMMAND":
		return failure("ERR This Redis command is not allowed from script")
	case r.readOnly && asked.writes():
		return failure("ERR Write commands are not allowed from read-only scripts.")
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()

	if r.revoked {
		return failure(textOverdue)
	}

	if asked.writes() {
		r.wrote.Store(true)
	}

	return r.engine.perform(r.client, asked)
}

// badArgument is how Lua's words differ from Redis' own Lua: the name has no quotes.
var badArgument = regexp.MustCompile(`(bad argument #\d+ to )(\w+) \(`)

func isPart(asked command) bool {
	_, ok := subcommands[asked.name+"|"+strings.ToUpper(asked.args[1])]
	return ok
}

func blocks(args []string) bool {
	for _, word := range args {
		if strings.EqualFold(word, "STREAMS") {
			return false
		}

		if strings.EqualFold(word, "BLOCK") {
			return true
		}
	}

	return false
}

// failed returns why the script failed, in Redis' words.
func (r *running) failed(err error, at string) string {
	var fault *lua.ApiError
	if !errors.As(err, &fault) || fault.Object == nil {
		return r.located("ERR "+err.Error(), at)
	}

	table, ok := fault.Object.(*lua.LTable)
	if !ok {
		text := badArgument.ReplaceAllString(lua.LVAsString(fault.Object), "$1'$2' (")
		return r.located("ERR "+text, at)
	}

	if source, line := table.RawGetString("source"), table.RawGetString("line"); line != lua.LNil {
		at = strings.TrimPrefix(source.String(), "@") + ":" + line.String()
	}

	if text, ok := table.RawGetString("err").(lua.LString); ok {
		return r.located(string(text), at)
	}

	return r.located("ERR unknown error", at)
}

func (r *running) located(text, at string) string {
	text = fmt.Sprintf("%s script: %s", text, r.sha)
	if at != "" {
		text += ", on @" + at
	}

	return text + "."
}

// maxNested is the maximum depth of a script's tables in a reply.
const maxNested = 1000

// toReply converts a script's result to a reply.
// https://redis.io/docs/latest/develop/programmability/lua-api/#data-type-conversion
func (r *running) toReply(returned lua.LValue, depth int) value {
	text, _ := returned.(lua.LString)
	if !r.made.Make(lualib.NodeBytes + len(text)) {
		return value{kind: kindNull}
	}

	switch returned := returned.(type) {
	case lua.LBool:
		switch {
		case r.resp3:
			return value{kind: kindBoolean, text: map[bool]string{true: "t", false: "f"}[bool(returned)]}
		case bool(returned):
			return integerOf(1)
		}
	case lua.LNumber:
		return value{kind: kindInteger, text: strconv.FormatInt(truncated(float64(returned)), 10)}
	case lua.LString:
		return bulk(string(returned))
	case *lua.LTable:
		if depth >= maxNested {
			return failure("ERR reached lua stack limit")
		}

		return r.tableToReply(returned, depth)
	}

	return value{kind: kindNull}
}

func truncated(number float64) int64 {
	switch {
	case number >= math.MaxInt64 || number <= math.MinInt64 || math.IsNaN(number):
		return math.MinInt64 // as on the processors that Redis runs on
	default:
		return int64(number)
	}
}

func (r *running) tableToReply(table *lua.LTable, depth int) value {
	if text, ok := table.RawGetString("err").(lua.LString); ok {
		return failure(strings.TrimPrefix(string(text), "-"))
	}

	if text, ok := table.RawGetString("ok").(lua.LString); ok {
		return status(string(text))
	}

	if number, ok := table.RawGetString("double").(lua.LNumber); ok {
		return value{kind: kindDouble, text: written(float64(number))}
	}

	if number, ok := table.RawGetString("big_number").(lua.LString); ok {
		return value{kind: kindBigNumber, text: string(number)}
	}

	if text, ok := table.RawGetString("verbatim_string").(*lua.LTable); ok {
		format, _ := text.RawGetString("format").(lua.LString)
		content, _ := text.RawGetString("string").(lua.LString)

		return value{kind: kindVerbatim, text: string(format) + ":" + string(content)}
	}
	answer := value{kind: kindArray}

	if pairs, ok := table.RawGetString("map").(*lua.LTable); ok {
		answer.kind = kindMap

		pairs.ForEach(func(name, one lua.LValue) {
			answer.items = append(answer.items, r.toReply(name, depth+1), r.toReply(one, depth+1))
		})

		return answer
	}

	if members, ok := table.RawGetString("set").(*lua.LTable); ok {
		answer.kind = kindSet

		members.ForEach(func(member, _ lua.LValue) {
			answer.items = append(answer.items, r.toReply(member, depth+1))
		})

		return answer
	}

	for i := 1; table.RawGetInt(i) != lua.LNil && r.made.Make(0); i++ {
		answer.items = append(answer.items, r.toReply(table.RawGetInt(i), depth+1))
	}

	return answer
}

// toLua converts a command's reply to a Lua value.
func (r *running) toLua(l *lua.LState, reply value) lua.LValue {
	if !r.resp3 {
		reply = reply.resp2()
	}

	if reply.kind == kindMapOfPairs {
		reply = reply.flat(kindMap)
	}
	table := l.NewTable()

	switch reply.kind {
	case kindNull, kindNullArray:
		if r.resp3 {
			return lua.LNil
		}

		return lua.LFalse
	case kindBulk:
		return lua.LString(reply.text)
	case kindInteger:
		number, _ := strconv.ParseInt(reply.text, 10, 64)
		return lua.LNumber(number)
	case kindBoolean:
		return lua.LBool(reply.text == "t")
	case kindStatus:
		table.RawSetString("ok", lua.LString(reply.text))
	case kindError:
		table.RawSetString("err", lua.LString(reply.text))
	case kindDouble:
		number, _ := strconv.ParseFloat(reply.text, 64)
		table.RawSetString("double", lua.LNumber(number))
	case kindVerbatim:
		format, text, _ := strings.Cut(reply.text, ":")
		inner := l.NewTable()
		inner.RawSetString("format", lua.LString(format))
		inner.RawSetString("string", lua.LString(text))
		table.RawSetString("verbatim_string", inner)
	case kindMap:
		pairs := l.NewTable()
		for i := 0; i+1 < len(reply.items); i += 2 {
			pairs.RawSet(r.toLua(l, reply.items[i]), r.toLua(l, reply.items[i+1]))
		}
		table.RawSetString("map", pairs)
	case kindSet:
		members := l.NewTable()
		for _, member := range reply.items {
			members.RawSet(r.toLua(l, member), lua.LTrue)
		}
		table.RawSetString("set", members)
	default:
		for i, item := range reply.items {
			table.RawSetInt(i+1, r.toLua(l, item))
		}
	}

	return table
}
