package redis

// absent are commands that the engine has and Upstash has not.
var absent = setOf("CLUSTER", "MOVE", "SWAPDB")

// readers are the commands that only read. They are all that the read-only user may run, except for unlisted and the
// greeting. SORT and the like are not among them even where they happen to write nothing, as in Redis.
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

// dataless are the commands that touch no data, which everybody may run.
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

// whileListening are what a client of the older protocol may ask while it listens to messages.
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

// mayRead says whether the read-only user may run a command. EXEC is allowed: what it runs was judged when it was
// queued.
func mayRead(name string) bool {
	return dataless[name] || (readers[name] && !unlisted[name])
}
