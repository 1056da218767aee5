package rest

import "strconv"

// maxKey is the longest key in bytes, as documented.
const maxKey = 32 << 10

// keys returns the arguments that are keys; of a malformed command it may return only some. For an unknown command,
// it returns the first argument.
func (c command) keys() []string {
	arguments := []string(c[1:])
	switch c.name() {
	case "PING",
		"ECHO",
		"TIME",
		"DBSIZE",
		"RANDOMKEY",
		"KEYS",
		"SCAN",
		"FLUSHALL",
		"FLUSHDB",
		"SWAPDB",
		"INFO",
		"CONFIG",
		"ACL",
		"COMMAND",
		"MEMORY",
		"SCRIPT",
		"FUNCTION",
		"PUBLISH",
		"SPUBLISH",
		"PUBSUB",
		"WAIT":
		return nil
	case "DEL", "UNLINK", "EXISTS", "TOUCH", "MGET", "PFCOUNT", "PFMERGE",
		"SDIFF", "SINTER", "SUNION", "SDIFFSTORE", "SINTERSTORE", "SUNIONSTORE":
		return arguments
	case "MSET", "MSETNX":
		return everySecond(arguments)
	case "RENAME", "RENAMENX", "COPY", "SMOVE", "LMOVE", "RPOPLPUSH", "LCS", "GEOSEARCHSTORE", "ZRANGESTORE":
		return upTo(arguments, 2)
	case "OBJECT", "XGROUP", "XINFO":
		return upTo(from(arguments, 1), 1)
	case "BITOP":
		return from(arguments, 1)
	case "ZUNION", "ZINTER", "ZDIFF", "ZINTERCARD", "SINTERCARD", "LMPOP", "ZMPOP":
		return counted(arguments)
	case "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE":
		return append(upTo(arguments, 1), counted(from(arguments, 1))...)
	case "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO":
		return counted(from(arguments, 1))
	case "XREAD", "XREADGROUP":
		pairs := from(arguments, indexOf(arguments, "STREAMS")+1) // all keys, then as many ids
		return upTo(pairs, len(pairs)/2)
	default:
		return upTo(arguments, 1)
	}
}

// counted reads the number of keys and then the keys.
func counted(arguments []string) []string {
	if len(arguments) == 0 {
		return nil
	}

	count, err := strconv.Atoi(arguments[0])
	if err != nil || count < 0 {
		return nil
	}

	return upTo(arguments[1:], count)
}

func everySecond(words []string) []string {
	var taken []string
	for i := 0; i < len(words); i += 2 {
		taken = append(taken, words[i])
	}

	return taken
}

// upTo limits the capacity of its result, so that appending to it does not overwrite the following words.
func upTo(words []string, count int) []string {
	end := min(count, len(words))
	return words[:end:end]
}

func from(words []string, start int) []string { return words[min(start, len(words)):] }
