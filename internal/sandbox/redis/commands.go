package redis

// absent are the commands that the engine has but Upstash does not.
var absent = setOf("CLUSTER", "MOVE", "SWAPDB")

// readers are the commands that only read. The read-only user may run these, except for unlisted ones, and the
// greeting. As in Redis, SORT and similar commands are not readers, even if they write nothing.
var readers = setOf(
	"BITCOUNT", "BITPOS", "DBSIZE", "DUMP", "EXISTS", "EXPIRETIME", "GEODIST", "GEOPOS", "GEORADIUS_RO",
	"GEORADIUSBYMEMBER_RO", "GEOSEARCH", "GET", "GETBIT", "GETRANGE", "HEXISTS", "HGET", "HGETALL", "HKEYS", "HLEN",
	"HMGET", "HPTTL", "HRANDFIELD", "HSCAN", "HSTRLEN", "HTTL", "HVALS", "KEYS", "LINDEX", "LLEN", "LPOS", "LRANGE",
	"MEMORY", "MGET", "OBJECT", "PEXPIRETIME", "PFCOUNT", "PTTL", "RANDOMKEY", "SCAN", "SCARD", "SDIFF", "SINTER",
	"SINTERCARD", "SISMEMBER", "SMEMBERS", "SMISMEMBER", "SRANDMEMBER", "SSCAN", "STRLEN", "SUNION", "TOUCH", "TTL",
	"TYPE", "XINFO", "XLEN", "XPENDING", "XRANGE", "XREAD", "XREVRANGE", "ZCARD", "ZCOUNT", "ZINTER", "ZLEXCOUNT",
	"ZMSCORE", "ZRANDMEMBER", "ZRANGE", "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZRANK", "ZREVRANGE", "ZREVRANGEBYLEX",
	"ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN", "ZSCORE", "ZUNION",
)

// dataless are the commands that access no data, which everybody may run.
var dataless = setOf(
	"AUTH",
	"CLIENT",
	"COMMAND",
	"DISCARD",
	"ECHO",
	"EVALSHA_RO",
	"EVAL_RO",
	"EXEC",
	"HELLO",
	"INFO",
	"MULTI",
	"PING",
	"PSUBSCRIBE",
	"PUBSUB",
	"PUNSUBSCRIBE",
	"QUIT",
	"RESET",
	"SELECT",
	"SUBSCRIBE",
	"TIME",
	"UNSUBSCRIBE",
	"UNWATCH",
	"WAIT",
	"WATCH",
)

// whileListening are the commands that a RESP2 client may send while it has subscriptions.
var whileListening = setOf("PING", "PSUBSCRIBE", "PUNSUBSCRIBE", "QUIT", "RESET", "SUBSCRIBE", "UNSUBSCRIBE")

// unlisted are readers that Upstash's read-only users may not run: KEYS and SCAN could keep a database busy.
var unlisted = setOf("KEYS", "SCAN", "RANDOMKEY")

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}

	return set
}

// mayRead reports whether the read-only user may run a command. EXEC is allowed: its commands were checked when they
// were queued.
func mayRead(name string) bool {
	return dataless[name] || (readers[name] && !unlisted[name])
}
