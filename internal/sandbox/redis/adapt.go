package redis

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// adapt runs commands that the engine handles differently from Redis: it rejects what the engine wrongly accepts, and
// rewrites what the engine cannot parse.
func (e *engine) adapt(asked command) (command, value, bool) {
	if change, ok := adapters[asked.name]; ok {
		return change(e, asked)
	}

	return asked, value{}, false
}

// adapter returns the command to run, or its reply and true.
type adapter = func(*engine, command) (command, value, bool)

var adapters = map[string]adapter{
	"SET": adaptSet, "GETEX": adaptExpiry("EX", "PX", "EXAT", "PXAT"),
	"EXPIRE": adaptExpire, "PEXPIRE": adaptExpire, "EXPIREAT": adaptExpire, "PEXPIREAT": adaptExpire,
	"SETEX": adaptExpire, "PSETEX": adaptExpire,
	"DECRBY":   refuseWhen(func(a []string) bool { return a[2] == "-9223372036854775808" }, "ERR decrement would overflow"),
	"FLUSHALL": withoutSync, "FLUSHDB": withoutSync,
	"BITCOUNT": adaptBitCount, "BITPOS": adaptBitPos,
	"OBJECT": func(e *engine, a command) (command, value, bool) { return a, e.object(a.args), true },
	"MEMORY": adaptMemory,
	"ZADD":   adaptZAdd,
	"ZRANGE": refuseWhen(
		func(a []string) bool { return has(a[4:], "BYLEX") && has(a[4:], "WITHSCORES") },
		"ERR syntax error, WITHSCORES not supported in combination with BYLEX",
	),
	"ZRANDMEMBER": refuseWhen(
		func(a []string) bool { return len(a) > 4 || (len(a) == 4 && !strings.EqualFold(a[3], "WITHSCORES")) },
		textSyntax,
	),
	"GEORADIUS": adaptRadius(4), "GEORADIUS_RO": adaptRadius(4),
	"GEORADIUSBYMEMBER": adaptRadius(3), "GEORADIUSBYMEMBER_RO": adaptRadius(3),
	"XGROUP": adaptXGroup, "XINFO": helped,
	"XREAD": adaptXRead, "XREADGROUP": adaptXRead,
	"PFADD": adaptPFAdd,
	"DUMP":  func(e *engine, a command) (command, value, bool) { return a, e.dump(a.args[1]), true },
	"RESTORE": func(e *engine, a command) (command, value, bool) {
		return a, e.restoreKey(a.args), true
	},
}

func refuseWhen(wrong func(args []string) bool, text string) adapter {
	return func(_ *engine, a command) (command, value, bool) {
		if wrong(a.args) {
			return a, failure(text), true
		}

		return a, value{}, false
	}
}

func refuse(a command, text string) (command, value, bool) { return a, failure(text), true }

func pass(a command) (command, value, bool) { return a, value{}, false }

func helped(_ *engine, a command) (command, value, bool) {
	if a.is(a.name, "HELP") {
		return a, help(a.name), true
	}

	return pass(a)
}

// withoutSync drops ASYNC and SYNC: clients cannot observe when the memory is freed.
func withoutSync(_ *engine, a command) (command, value, bool) {
	if len(a.args) == 2 && (strings.EqualFold(a.args[1], "SYNC") || strings.EqualFold(a.args[1], "ASYNC")) {
		a.args = a.args[:1]
	}

	return pass(a)
}

// adaptSet checks the options together: the engine accepts contradictory ones.
func adaptSet(e *engine, a command) (command, value, bool) {
	given := map[string]bool{}
	for i := 3; i < len(a.args); i++ {
		option := strings.ToUpper(a.args[i])

		group := map[string]string{
			"NX": "when", "XX": "when", "EX": "expiry", "PX": "expiry", "EXAT": "expiry", "PXAT": "expiry",
			"KEEPTTL": "expiry", "GET": "get",
		}[option]
		if group == "" || (given[group] && option != "GET") {
			return refuse(a, textSyntax)
		}
		given[group] = true

		if group == "expiry" && option != "KEEPTTL" {
			if i++; i >= len(a.args) {
				return refuse(a, textSyntax)
			}
		}
	}

	return adaptExpiry("EX", "PX", "EXAT", "PXAT")(e, a)
}

// furthest is the latest expiry: the engine counts nanoseconds, and a later one would overflow into the past.
const furthest = 250 * 365 * 24 * time.Hour

// checkExpiry checks the number after one of the options.
func adaptExpiry(options ...string) adapter {
	return func(_ *engine, a command) (command, value, bool) {
		for i := 2; i+1 < len(a.args); i++ {
			for _, option := range options {
				if !strings.EqualFold(a.args[i], option) {
					continue
				}

				return adaptMoment(a, i+1, strings.HasPrefix(option, "P"), strings.HasSuffix(option, "AT"))
			}
		}

		return pass(a)
	}
}

func adaptExpire(_ *engine, a command) (command, value, bool) {
	return adaptMoment(a, 2, strings.HasPrefix(a.name, "P"), strings.HasSuffix(a.name, "AT"))
}

func adaptMoment(a command, at int, milliseconds, absolute bool) (command, value, bool) {
	number, err := strconv.ParseInt(a.args[at], 10, 64)
	if err != nil {
		return pass(a)
	}
	unit, wrong := time.Second, fmt.Sprintf("ERR invalid expire time in '%s' command", strings.ToLower(a.name))

	if milliseconds {
		unit = time.Millisecond
	}
	inOne := int64(unit / time.Millisecond)

	sets := a.name != "EXPIRE" && a.name != "PEXPIRE" && a.name != "EXPIREAT" && a.name != "PEXPIREAT"
	if sets && number <= 0 {
		return refuse(a, wrong)
	}

	most, now := int64(math.MaxInt64)/inOne, time.Now().UnixMilli()/inOne
	if !absolute {
		most -= now
	}

	if number > most {
		return refuse(a, wrong)
	}
	last := int64(furthest / unit)

	if absolute {
		last += now
	}

	if number > last {
		a.args = slices.Clone(a.args)
		a.args[at] = strconv.FormatInt(last, 10)
	}

	return pass(a)
}

func adaptMemory(_ *engine, a command) (command, value, bool) {
	if a.is("MEMORY", "USAGE") && len(a.args) == 5 && strings.EqualFold(a.args[3], "SAMPLES") {
		if _, err := strconv.Atoi(a.args[4]); err != nil {
			return refuse(a, textNotInt)
		}
		a.args = a.args[:3]
	}

	return helped(nil, a)
}

// adaptZAdd rejects NaN scores, which break the engine's order, and removes the sign of a zero.
func adaptZAdd(_ *engine, a command) (command, value, bool) {
	at := 2
	for at < len(a.args) && zaddOptions[strings.ToUpper(a.args[at])] {
		at++
	}
	args := slices.Clone(a.args)

	for ; at < len(args); at += 2 {
		score, err := strconv.ParseFloat(args[at], 64)
		switch {
		case err != nil:
		case math.IsNaN(score):
			return refuse(a, "ERR value is not a valid float")
		case score == 0:
			args[at] = "0"
		}
	}
	a.args = args

	return pass(a)
}

var zaddOptions = setOf("NX", "XX", "GT", "LT", "CH", "INCR")

var streamID = regexp.MustCompile(`^[0-9]+(-[0-9]+)?$`)

const textStreamID = "ERR Invalid stream ID specified as stream command argument"

func adaptXGroup(e *engine, a command) (command, value, bool) {
	if a.is("XGROUP", "CREATE") && a.args[4] != "$" && a.args[4] != "-" && a.args[4] != "+" && !streamID.MatchString(a.args[4]) {
		return refuse(a, textStreamID)
	}

	return helped(e, a)
}

func adaptXRead(e *engine, a command) (command, value, bool) {
	name := strings.ToLower(a.name)
	at := 1

	for ; at < len(a.args) && !strings.EqualFold(a.args[at], "STREAMS"); at++ {
		option := strings.ToUpper(a.args[at])

		switch {
		case option == "GROUP" && a.name == "XREADGROUP" && at+2 < len(a.args):
			at += 2
		case option == "NOACK" && a.name == "XREADGROUP":
		case (option == "COUNT" || option == "BLOCK") && at+1 < len(a.args):
			at++
			if number, err := strconv.ParseInt(a.args[at], 10, 64); err != nil {
				return refuse(a, map[string]string{"COUNT": textNotInt, "BLOCK": "ERR timeout is not an integer or out of range"}[option])
			} else if option == "BLOCK" && number < 0 {
				return refuse(a, "ERR timeout is negative")
			}
		default:
			return refuse(a, textSyntax)
		}
	}

	count := len(a.args) - at - 1
	switch {
	case count < 1:
		return refuse(a, textSyntax)
	case count%2 != 0:
		return refuse(a, fmt.Sprintf(
			"ERR Unbalanced %s list of streams: for each stream key an ID or '$' must be specified.", strings.ToUpper(name),
		))
	}

	for i := at + 1; i < at+1+count/2; i++ {
		if id := a.args[i+count/2]; id == "$" && a.name == "XREADGROUP" {
			return refuse(a, textMeaningless)
		}
		kind := e.dispatch(nil, []string{"TYPE", a.args[i]}).text

		if kind != "none" && kind != "stream" {
			return refuse(a, textWrongType)
		}
	}

	return pass(a)
}

const (
	textWrongType   = "WRONGTYPE Operation against a key holding the wrong kind of value"
	textMeaningless = "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."
)

// adaptPFAdd handles PFADD without elements, which makes an empty key. The engine requires elements, but makes an
// empty key when it merges nothing.
func adaptPFAdd(e *engine, a command) (command, value, bool) {
	if len(a.args) > 2 {
		return pass(a)
	}

	if kind := e.dispatch(nil, []string{"TYPE", a.args[1]}).text; kind != "none" {
		return a, integerOf(0), true
	}
	a.args = []string{"PFMERGE", a.args[1], a.args[1]}

	if made := e.dispatch(nil, a.args); made.failed() {
		return a, made, true
	}

	return a, integerOf(1), true
}

// reworded are the engine's error texts that differ from Redis'.
var reworded = []struct {
	pattern *regexp.Regexp
	by      string // the replacement; %s is the command's name
}{
	{regexp.MustCompile(`^ERR invalid expire time in (set|setex|psetex)$`), "ERR invalid expire time in '%s' command"},
	{regexp.MustCompile(`^ERR wrong number of arguments for MSET$`), "ERR wrong number of arguments for '%s' command"},
	{regexp.MustCompile(`^ERR at least 1 input key is needed for Z.*$`), "ERR at least 1 input key is needed for '%s' command"},
	{regexp.MustCompile(`^ERR unsupported XTRIM strategy.*$`), textSyntax},
	{regexp.MustCompile(`^strconv\..*$`), textNotInt},
}

// rewordedBy are the replacements for single commands.
var rewordedBy = map[string]map[string]string{
	"HINCRBY":      {textNotInt: "ERR hash value is not an integer"},
	"HINCRBYFLOAT": {"ERR value is not a valid float": "ERR hash value is not a float"},
	"LPOP":         {"ERR index out of range": textNotPositive, textNotInt: textNotPositive},
	"RPOP":         {"ERR index out of range": textNotPositive, textNotInt: textNotPositive},
	"SPOP":         {"ERR index out of range": textNotPositive, textNotInt: textNotPositive},
}

const textNotPositive = "ERR value is out of range, must be positive"

// worded returns an error of the engine in Redis' words.
func (e *engine) worded(asked command, reply value) value {
	if reply.kind == kindSeveral && reply.items[0].failed() {
		reply = reply.items[0] // it continued after the error
	}

	if !reply.failed() {
		return reply
	}

	if by, ok := rewordedBy[asked.name][reply.text]; ok && !notTheIncrement(asked) {
		reply.text = by
		return reply
	}

	for _, one := range reworded {
		if one.pattern.MatchString(reply.text) {
			reply.text = strings.ReplaceAll(one.by, "%s", strings.ToLower(asked.name))
			return reply
		}
	}

	if strings.HasPrefix(asked.name, "PF") && strings.HasPrefix(reply.text, "WRONGTYPE") {
		return e.wrongTypeOf(asked)
	}

	return reply
}

// notTheIncrement: the increment is not a number; the stored value may be one.
func notTheIncrement(asked command) bool {
	switch asked.name {
	case "HINCRBY":
		_, err := strconv.ParseInt(asked.args[3], 10, 64)
		return err != nil
	case "HINCRBYFLOAT":
		_, err := strconv.ParseFloat(asked.args[3], 64)
		return err != nil
	}

	return false
}

// wrongTypeOf: a string that is not a HyperLogLog has its own error text.
func (e *engine) wrongTypeOf(asked command) value {
	for _, key := range asked.args[1:] {
		switch e.dispatch(nil, []string{"TYPE", key}).text {
		case "string":
			return failure("WRONGTYPE Key is not a valid HyperLogLog string value.")
		case "none", "hll":
		default:
			return failure(textWrongType)
		}

		if asked.name == "PFADD" {
			break
		}
	}

	return failure(textWrongType)
}

// stores are the commands that delete the destination key when the result is empty.
var stores = map[string]int{
	"SINTERSTORE": 1, "SUNIONSTORE": 1, "SDIFFSTORE": 1, "ZINTERSTORE": 1, "ZUNIONSTORE": 1, "BITOP": 2,
}

// swept deletes the key of an empty result.
func (e *engine) swept(asked command, reply value) {
	if at, ok := stores[asked.name]; ok && reply.kind == kindInteger && reply.text == "0" {
		e.dispatch(nil, []string{"DEL", asked.args[at]})
	}
}
