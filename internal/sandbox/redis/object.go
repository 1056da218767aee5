package redis

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const textNoLFU = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."

// object is OBJECT. The engine does not have Redis' encodings, so it returns the one that Redis would choose.
func (e *engine) object(args []string) value {
	part := strings.ToUpper(args[1])
	if part == "HELP" {
		return help("OBJECT")
	}

	kind := e.dispatch(nil, []string{"TYPE", args[2]}).text
	switch {
	case kind == "none":
		return value{kind: kindNull}
	case part == "FREQ":
		return failure(textNoLFU)
	case part == "REFCOUNT":
		return integerOf(1)
	case part == "ENCODING":
		return bulk(e.encoding(kind, args[2]))
	}

	return e.dispatch(nil, args)
}

// The sizes up to which Redis stores a value in one piece.
const (
	maxEmbedded = 44  // bytes of a string
	maxPacked   = 128 // members or fields
	maxIntegers = 512 // members of a set that are numbers
	maxElement  = 64  // bytes of one of them
)

func (e *engine) encoding(kind, key string) string {
	switch kind {
	case "string", "hll":
		text := e.dispatch(nil, []string{"GET", key}).text
		if number, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(number, 10) == text {
			return "int"
		}

		if len(text) <= maxEmbedded {
			return "embstr"
		}

		return "raw"
	case "list":
		return e.packed("quicklist", "LRANGE", key, "0", "-1")
	case "set":
		return e.packed("hashtable", "SMEMBERS", key)
	case "hash":
		return e.packed("hashtable", "HGETALL", key)
	case "zset":
		return e.packed("skiplist", "ZRANGE", key, "0", "-1")
	default:
		return kind
	}
}

func (e *engine) packed(otherwise string, read ...string) string {
	all := e.dispatch(nil, read).items

	numbers, long := true, false
	for _, one := range all {
		_, err := strconv.ParseInt(one.text, 10, 64)
		numbers = numbers && err == nil
		long = long || len(one.text) > maxElement
	}

	most := maxPacked
	if read[0] == "HGETALL" {
		most *= 2
	}

	switch {
	case read[0] == "SMEMBERS" && numbers && len(all) <= maxIntegers:
		return "intset"
	case long || len(all) > most:
		return otherwise
	default:
		return "listpack"
	}
}

// dump is DUMP, in this package's own format.
func (e *engine) dump(key string) value {
	one, kept, err := dumpKey(e.do, key, time.Now())
	if err != nil {
		return failure(textInternal)
	}

	if !kept {
		return value{kind: kindNull}
	}
	one.Name, one.Expires = "", time.Time{}

	encoded, err := image{Keys: []keyImage{one}}.encode()
	if err != nil {
		return failure(textInternal)
	}

	return bulk(string(encoded))
}

// do runs one command in the engine; the caller holds the lock.
func (e *engine) do(args ...string) (value, error) {
	answer := e.dispatch(nil, args)
	if answer.failed() {
		return answer, fmt.Errorf("%s: %s", args[0], answer.text)
	}

	return answer, nil
}

// restoreKey is RESTORE key ttl value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency].
func (e *engine) restoreKey(args []string) value {
	options := map[string]bool{}
	for i := 4; i < len(args); i++ {
		option := strings.ToUpper(args[i])
		options[option] = true

		switch option {
		case "REPLACE", "ABSTTL":
		case "IDLETIME", "FREQ":
			if i++; i >= len(args) {
				return failure(textSyntax)
			}
		default:
			return failure(textSyntax)
		}
	}

	if !options["REPLACE"] && e.dispatch(nil, []string{"EXISTS", args[1]}).text != "0" {
		return failure("BUSYKEY Target key name already exists.")
	}

	left, err := strconv.ParseInt(args[2], 10, 64)
	switch {
	case err != nil:
		return failure(textNotInt)
	case left < 0:
		return failure("ERR Invalid TTL value, must be >= 0")
	}

	kept, err := decodeImage([]byte(args[3]))
	if err != nil || len(kept.Keys) != 1 {
		return failure("ERR DUMP payload version or checksum are wrong")
	}
	one, now := kept.Keys[0], time.Now()
	one.Name = args[1]

	if left > 0 && options["ABSTTL"] {
		one.Expires = time.UnixMilli(left)
	} else if left > 0 {
		one.Expires = now.Add(time.Duration(min(left, int64(furthest/time.Millisecond))) * time.Millisecond)
	}
	e.dispatch(nil, []string{"DEL", one.Name})

	if !one.Expires.IsZero() && !one.Expires.After(now) {
		return status("OK")
	}

	if err := one.restore(e.do, now); err != nil {
		e.dispatch(nil, []string{"DEL", one.Name})
		return failure("ERR Bad data format")
	}

	return status("OK")
}
