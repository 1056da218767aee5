package rest

import (
	"slices"
	"strings"
)

// command is a command's name and its arguments. It is never empty.
type command []string

func (c command) name() string { return strings.ToUpper(c[0]) }

// check rejects commands that the data plane does not run, whatever the database holds.
func (c command) check(readOnly bool, maxRequest int) error {
	name := c.name()
	switch {
	case name == "CLUSTER":
		return notAvailable(name)
	case c.needsConnection():
		return notInREST(name)
	case readOnly && !c.reads():
		return notPermitted(name)
	}

	size := 0
	for _, word := range c {
		size += len(word)
	}

	if size > maxRequest {
		return requestTooLarge(maxRequest, int64(size))
	}

	for _, key := range c.keys() {
		if len(key) > maxKey {
			return keyTooLong(len(key))
		}
	}

	return nil
}

// needsConnection reports whether a command makes no sense over HTTP. Of the connection commands only PING and ECHO
// work there: transactions and subscriptions have their own paths, and no command blocks.
func (c command) needsConnection() bool {
	switch c.name() {
	case "AUTH", "HELLO", "RESET", "SELECT", "QUIT", "CLIENT", "READONLY", "READWRITE", "ASKING",
		"MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "MONITOR",
		"SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE",
		"BLPOP", "BRPOP", "BRPOPLPUSH", "BLMOVE", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP":
		return true
	case "XREAD", "XREADGROUP":
		options := c[1:]
		if streams := indexOf(options, "STREAMS"); streams >= 0 {
			options = options[:streams]
		}

		return indexOf(options, "BLOCK") >= 0
	default:
		return false
	}
}

// reads reports whether a read-only token may run the command. SCAN, KEYS and RANDOMKEY are reads too, but it may not
// run them: they could keep a database busy.
func (c command) reads() bool {
	switch c.name() {
	case "PING", "ECHO", "TIME", "INFO", "COMMAND", "WAIT", "PUBSUB", "EVAL_RO", "EVALSHA_RO",
		"DBSIZE", "EXISTS", "TYPE", "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "TOUCH", "OBJECT", "MEMORY", "DUMP",
		"GET", "MGET", "STRLEN", "GETRANGE", "SUBSTR", "LCS", "GETBIT", "BITCOUNT", "BITPOS", "BITFIELD_RO", "PFCOUNT",
		"HGET", "HMGET", "HGETALL", "HKEYS", "HVALS", "HLEN", "HEXISTS", "HSTRLEN", "HRANDFIELD", "HSCAN",
		"HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME",
		"LRANGE", "LINDEX", "LLEN", "LPOS",
		"SMEMBERS", "SISMEMBER", "SMISMEMBER", "SCARD", "SRANDMEMBER", "SSCAN", "SINTER", "SINTERCARD", "SUNION", "SDIFF",
		"ZRANGE", "ZRANGEBYSCORE", "ZRANGEBYLEX", "ZREVRANGE", "ZREVRANGEBYSCORE", "ZREVRANGEBYLEX", "ZRANK", "ZREVRANK",
		"ZSCORE", "ZMSCORE", "ZCARD", "ZCOUNT", "ZLEXCOUNT", "ZRANDMEMBER", "ZSCAN", "ZINTER", "ZINTERCARD", "ZUNION", "ZDIFF",
		"XRANGE", "XREVRANGE", "XLEN", "XREAD", "XINFO", "XPENDING",
		"GEOPOS", "GEODIST", "GEOHASH", "GEOSEARCH", "GEORADIUS_RO", "GEORADIUSBYMEMBER_RO":
		return true
	default:
		return false
	}
}

func indexOf(words []string, wanted string) int {
	return slices.IndexFunc(words, func(word string) bool { return strings.EqualFold(word, wanted) })
}
