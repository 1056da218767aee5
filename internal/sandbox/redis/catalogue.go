package redis

import (
	"fmt"
	"strconv"
	"strings"
)

// arities are the offered commands as COMMAND lists them: the number of words including the command's own, negative
// for a minimum; then "s" for a command that scripts may not call.
const arities = `
	APPEND:3 AUTH:-2s BITCOUNT:-2 BITOP:-4 BITPOS:-3 BLMOVE:6s BLPOP:-3s BRPOP:-3s BRPOPLPUSH:4s BZMPOP:-5
	BZPOPMAX:-3s BZPOPMIN:-3s CLIENT:-2 COMMAND:-1 COPY:-3 DBSIZE:1 DECR:2 DECRBY:3 DEL:-2 DELEX:-2 DISCARD:1s
	DUMP:2 ECHO:2 EVAL:-3s EVALSHA:-3s EVALSHA_RO:-3s EVAL_RO:-3s EXEC:1s EXISTS:-2 EXPIRE:-3 EXPIREAT:-3
	EXPIRETIME:2 FLUSHALL:-1 FLUSHDB:-1 GEOADD:-5 GEODIST:-4 GEOPOS:-2 GEORADIUS:-6 GEORADIUSBYMEMBER:-5
	GEORADIUSBYMEMBER_RO:-5 GEORADIUS_RO:-6 GEOSEARCH:-7 GET:2 GETBIT:3 GETDEL:2 GETEX:-2 GETRANGE:4 GETSET:3
	HDEL:-3 HELLO:-1s HEXISTS:3 HEXPIRE:-6 HGET:3 HGETALL:2 HINCRBY:4 HINCRBYFLOAT:4 HKEYS:2 HLEN:2 HMGET:-3
	HMSET:-4 HPERSIST:-5 HPTTL:-5 HRANDFIELD:-2 HSCAN:-3 HSET:-4 HSETEX:-6 HSETNX:4 HSTRLEN:3 HTTL:-5 HVALS:2
	INCR:2 INCRBY:3 INCRBYFLOAT:3 INFO:-1 KEYS:2 LINDEX:3 LINSERT:5 LLEN:2 LMOVE:5 LMPOP:-4 LPOP:-2 LPOS:-3
	LPUSH:-3 LPUSHX:-3 LRANGE:4 LREM:4 LSET:4 LTRIM:4 MEMORY:-2 MGET:-2 MSET:-3 MSETNX:-3 MULTI:1s OBJECT:-2
	PERSIST:2 PEXPIRE:-3 PEXPIREAT:-3 PEXPIRETIME:2 PFADD:-2 PFCOUNT:-2 PFMERGE:-2 PING:-1 PSETEX:4 PSUBSCRIBE:-2s
	PTTL:2 PUBLISH:3 PUBSUB:-2 PUNSUBSCRIBE:-1s QUIT:-1s RANDOMKEY:1 RENAME:3 RENAMENX:3 RESTORE:-4 RPOP:-2
	RPOPLPUSH:3 RPUSH:-3 RPUSHX:-3 SADD:-3 SCAN:-2 SCARD:2 SCRIPT:-2 SDIFF:-2 SDIFFSTORE:-3 SELECT:2 SET:-3
	SETBIT:4 SETEX:4 SETNX:3 SETRANGE:4 SINTER:-2 SINTERCARD:-3 SINTERSTORE:-3 SISMEMBER:3 SMEMBERS:2
	SMISMEMBER:-3 SMOVE:4 SPOP:-2 SRANDMEMBER:-2 SREM:-3 SSCAN:-3 STRLEN:2 SUBSCRIBE:-2s SUNION:-2 SUNIONSTORE:-3
	TIME:1 TOUCH:-2 TTL:2 TYPE:2 UNLINK:-2 UNSUBSCRIBE:-1s UNWATCH:1s WAIT:3s WATCH:-2s XACK:-4 XADD:-5
	XAUTOCLAIM:-6 XCLAIM:-6 XDEL:-3 XGROUP:-2 XINFO:-2 XLEN:2 XPENDING:-3 XRANGE:-4 XREAD:-4 XREADGROUP:-7
	XREVRANGE:-4 XTRIM:-4 ZADD:-4 ZCARD:2 ZCOUNT:4 ZINCRBY:4 ZINTER:-3 ZINTERSTORE:-4 ZLEXCOUNT:4 ZMPOP:-4
	ZMSCORE:-3 ZPOPMAX:-2 ZPOPMIN:-2 ZRANDMEMBER:-2 ZRANGE:-4 ZRANGEBYLEX:-4 ZRANGEBYSCORE:-4 ZRANK:3 ZREM:-3
	ZREMRANGEBYLEX:4 ZREMRANGEBYRANK:4 ZREMRANGEBYSCORE:4 ZREVRANGE:-4 ZREVRANGEBYLEX:-4 ZREVRANGEBYSCORE:-4
	ZREVRANK:3 ZSCAN:-3 ZSCORE:3 ZUNION:-3 ZUNIONSTORE:-4
`

// parts are the offered subcommands, by command.
const parts = `
	CLIENT|GETNAME:2 CLIENT|HELP:2 CLIENT|ID:2 CLIENT|INFO:2 CLIENT|LIST:-2 CLIENT|NO-EVICT:3 CLIENT|NO-TOUCH:3
	CLIENT|REPLY:3 CLIENT|SETINFO:4 CLIENT|SETNAME:3 MEMORY|HELP:2 MEMORY|USAGE:-3 OBJECT|ENCODING:3 OBJECT|FREQ:3
	OBJECT|HELP:2 OBJECT|IDLETIME:3 OBJECT|REFCOUNT:3 PUBSUB|CHANNELS:-2 PUBSUB|HELP:2 PUBSUB|NUMPAT:2
	PUBSUB|NUMSUB:-2 SCRIPT|EXISTS:-3 SCRIPT|FLUSH:-2 SCRIPT|HELP:2 SCRIPT|KILL:2 SCRIPT|LOAD:3 XGROUP|CREATE:-5
	XGROUP|CREATECONSUMER:5 XGROUP|DELCONSUMER:5 XGROUP|DESTROY:4 XGROUP|HELP:2 XINFO|CONSUMERS:4 XINFO|GROUPS:3
	XINFO|HELP:2 XINFO|STREAM:-3
`

// entry describes a command or a subcommand.
type entry struct {
	arity    int
	noScript bool
}

var catalogue, subcommands = entries(arities), entries(parts)

func entries(list string) map[string]entry {
	found := map[string]entry{}
	for word := range strings.FieldsSeq(list) {
		name, said, _ := strings.Cut(word, ":")
		number, noScript := strings.CutSuffix(said, "s")

		arity, err := strconv.Atoi(number)
		if err != nil {
			panic(err) // the lists above are constants of this file
		}
		found[name] = entry{arity, noScript}
	}

	return found
}

// divided are the commands with subcommands.
var divided = setOf("CLIENT", "MEMORY", "OBJECT", "PUBSUB", "SCRIPT", "XGROUP", "XINFO")

func (e entry) takes(words int) bool {
	return words == e.arity || (e.arity < 0 && words >= -e.arity)
}

// misspelt returns Redis' error for a wrong number of words; empty if the number is right.
func misspelt(name string, args []string) string {
	known, ok := catalogue[name]
	if !ok {
		return fmt.Sprintf(textNoCommand, clip(args[0]))
	}

	if !known.takes(len(args)) {
		return fmt.Sprintf(textArity, strings.ToLower(name))
	}

	if !divided[name] {
		return ""
	}

	part, ok := subcommands[name+"|"+strings.ToUpper(args[1])]
	switch {
	case !ok:
		return fmt.Sprintf(textNoPart, clip(args[1]), name)
	case !part.takes(len(args)):
		return fmt.Sprintf(textArity, strings.ToLower(name+"|"+args[1]))
	}

	return ""
}
