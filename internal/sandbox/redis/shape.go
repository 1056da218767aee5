package redis

import (
	"slices"
	"strings"
)

// shape converts the engine's reply to Redis' reply: the engine speaks RESP2, which has no maps, sets and doubles.
// https://redis.io/docs/latest/develop/reference/protocol-spec/
func shape(asked command, reply value) value {
	if reply.failed() {
		return reply
	}

	if change, ok := shapes[asked.name]; ok {
		return change(asked.args, reply)
	}

	return reply
}

type reshape = func(args []string, reply value) value

var shapes = map[string]reshape{
	"HGETALL": toMap, "SMEMBERS": toSet, "SINTER": toSet, "SUNION": toSet, "SDIFF": toSet, "SPOP": toSet,

	"ZSCORE": toDouble, "ZINCRBY": toDouble, "ZADD": toDouble, "ZMSCORE": each(toDouble),
	"ZRANGE": scored, "ZREVRANGE": scored, "ZRANGEBYSCORE": scored, "ZREVRANGEBYSCORE": scored, "ZINTER": scored,
	"ZUNION": scored, "ZRANDMEMBER": scored,
	"HRANDFIELD": paired,
	"ZPOPMIN":    popped, "ZPOPMAX": popped, "BZPOPMIN": poppedOfKey, "BZPOPMAX": poppedOfKey,
	"ZMPOP": poppedOfMany, "BZMPOP": poppedOfMany,

	"GEOPOS": each(each(toDouble)), "GEORADIUS": located, "GEORADIUS_RO": located, "GEORADIUSBYMEMBER": located,
	"GEORADIUSBYMEMBER_RO": located, "GEOSEARCH": located,

	"TYPE": func(_ []string, reply value) value {
		if reply.text == "hll" {
			reply.text = "string" // the engine distinguishes them
		}

		return reply
	},

	"XREAD": byStream, "XREADGROUP": byStream, "XINFO": streamInfo,
}

func as(k kind, reply value) value {
	if reply.kind == kindArray {
		reply.kind = k
	}

	return reply
}

func toMap(_ []string, reply value) value { return as(kindMap, reply) }

func toSet(_ []string, reply value) value { return as(kindSet, reply) }

func toDouble(_ []string, reply value) value {
	if reply.kind == kindBulk {
		reply.kind = kindDouble
	}

	return reply
}

func each(change reshape) reshape {
	return func(args []string, reply value) value {
		for i, one := range reply.items {
			reply.items[i] = change(args, one)
		}

		return reply
	}
}

func has(args []string, option string) bool {
	return slices.ContainsFunc(args, func(one string) bool { return strings.EqualFold(one, option) })
}

// pairs are names and values: arrays of two in RESP3, a flat list in RESP2.
func pairs(reply value, change func(value) value) value {
	list := value{kind: kindPairs}
	for i := 0; i+1 < len(reply.items); i += 2 {
		list.items = append(list.items, array(reply.items[i], change(reply.items[i+1])))
	}

	return list
}

func double(reply value) value { return toDouble(nil, reply) }

func scored(args []string, reply value) value {
	if !has(args, "WITHSCORES") || reply.kind != kindArray {
		return reply
	}

	return pairs(reply, double)
}

func paired(args []string, reply value) value {
	if !has(args, "WITHVALUES") || reply.kind != kindArray {
		return reply
	}

	return pairs(reply, func(one value) value { return one })
}

// popped is one member and its score, or, where a count was given, as many as that.
func popped(args []string, reply value) value {
	if len(args) > 2 {
		return pairs(reply, double)
	}

	for i := 1; i < len(reply.items); i += 2 {
		reply.items[i] = double(reply.items[i])
	}

	return reply
}

func poppedOfKey(_ []string, reply value) value {
	if len(reply.items) == 3 {
		reply.items[2] = double(reply.items[2])
	}

	return reply
}

func poppedOfMany(_ []string, reply value) value {
	if len(reply.items) != 2 {
		return reply
	}

	for _, pair := range reply.items[1].items {
		if len(pair.items) == 2 {
			pair.items[1] = double(pair.items[1])
		}
	}

	return reply
}

// located are places; their coordinates are the only arrays in them.
func located(_ []string, reply value) value {
	for _, place := range reply.items {
		for _, part := range place.items {
			for i, coordinate := range part.items {
				part.items[i] = double(coordinate)
			}
		}
	}

	return reply
}

// byStream are streams and their entries: a map in RESP3, and in RESP2 an array of pairs.
func byStream(_ []string, reply value) value {
	if reply.kind == kindArray {
		reply.kind = kindMapOfPairs
	}

	return reply
}

func streamInfo(args []string, reply value) value {
	if has(args[1:2], "STREAM") {
		return as(kindMap, reply)
	}

	return each(toMap)(args, reply)
}
