package redis_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// step is one command and go-redis's result of its reply.
type step struct {
	name string
	run  func(context.Context, *redis.Client) (any, error)
	want any
}

func does[T any](name string, want T, run func(context.Context, *redis.Client) (T, error)) step {
	return step{name, func(ctx context.Context, c *redis.Client) (any, error) { return run(ctx, c) }, want}
}

// goRedisSteps run in this order.
var goRedisSteps = []step{
	does("SET", "OK", func(ctx context.Context, c *redis.Client) (string, error) {
		return c.Set(ctx, "s", "10", time.Hour).Result()
	}),
	does("GET", "10", func(ctx context.Context, c *redis.Client) (string, error) { return c.Get(ctx, "s").Result() }),
	does(
		"INCRBY",
		12,
		func(ctx context.Context, c *redis.Client) (int64, error) { return c.IncrBy(ctx, "s", 2).Result() },
	),
	does(
		"APPEND",
		3,
		func(ctx context.Context, c *redis.Client) (int64, error) { return c.Append(ctx, "s", "3").Result() },
	),
	does(
		"GETRANGE",
		"23",
		func(ctx context.Context, c *redis.Client) (string, error) { return c.GetRange(ctx, "s", 1, 2).Result() },
	),
	does(
		"SETNX",
		false,
		func(ctx context.Context, c *redis.Client) (bool, error) { return c.SetNX(ctx, "s", "x", 0).Result() },
	),
	does("MSET", "OK", func(ctx context.Context, c *redis.Client) (string, error) {
		return c.MSet(ctx, "a", "1", "b", "2").Result()
	}),
	does("MGET", []any{"1", "2", nil}, func(ctx context.Context, c *redis.Client) ([]any, error) {
		return c.MGet(ctx, "a", "b", "none").Result()
	}),
	does("TTL", time.Hour, func(ctx context.Context, c *redis.Client) (time.Duration, error) {
		return rounded(c.TTL(ctx, "s").Result())
	}),
	does("EXPIRE", true, func(ctx context.Context, c *redis.Client) (bool, error) {
		return c.Expire(ctx, "a", time.Minute).Result()
	}),
	does(
		"PERSIST",
		true,
		func(ctx context.Context, c *redis.Client) (bool, error) { return c.Persist(ctx, "a").Result() },
	),
	does(
		"GETDEL",
		"1",
		func(ctx context.Context, c *redis.Client) (string, error) { return c.GetDel(ctx, "a").Result() },
	),
	does(
		"DEL", 1, func(ctx context.Context, c *redis.Client) (int64, error) { return c.Del(ctx, "b", "none").Result() },
	),
	does(
		"RENAME",
		"OK",
		func(ctx context.Context, c *redis.Client) (string, error) { return c.Rename(ctx, "s", "t").Result() },
	),
	does(
		"TYPE",
		"string",
		func(ctx context.Context, c *redis.Client) (string, error) { return c.Type(ctx, "t").Result() },
	),

	does("HSET", 2, func(ctx context.Context, c *redis.Client) (int64, error) {
		return c.HSet(ctx, "h", "f", "1", "g", "x").Result()
	}),
	does(
		"HINCRBY",
		5,
		func(ctx context.Context, c *redis.Client) (int64, error) { return c.HIncrBy(ctx, "h", "f", 4).Result() },
	),
	does(
		"HGETALL",
		map[string]string{"f": "5", "g": "x"},
		func(ctx context.Context, c *redis.Client) (map[string]string, error) {
			return c.HGetAll(ctx, "h").Result()
		},
	),
	does("HMGET", []any{"x", nil}, func(ctx context.Context, c *redis.Client) ([]any, error) {
		return c.HMGet(ctx, "h", "g", "none").Result()
	}),
	does(
		"HDEL", 1, func(ctx context.Context, c *redis.Client) (int64, error) { return c.HDel(ctx, "h", "g").Result() },
	),

	does("RPUSH", 3, func(ctx context.Context, c *redis.Client) (int64, error) {
		return c.RPush(ctx, "l", "a", "b", "c").Result()
	}),
	does(
		"LPUSH",
		4,
		func(ctx context.Context, c *redis.Client) (int64, error) { return c.LPush(ctx, "l", "z").Result() },
	),
	does("LRANGE", []string{"z", "a", "b", "c"}, func(ctx context.Context, c *redis.Client) ([]string, error) {
		return c.LRange(ctx, "l", 0, -1).Result()
	}),
	does("LMOVE", "c", func(ctx context.Context, c *redis.Client) (string, error) {
		return c.LMove(ctx, "l", "m", "RIGHT", "LEFT").Result()
	}),
	does("BLPOP of what is there", []string{"m", "c"}, func(ctx context.Context, c *redis.Client) ([]string, error) {
		return c.BLPop(ctx, time.Second, "m").Result()
	}),

	does("SADD", 3, func(ctx context.Context, c *redis.Client) (int64, error) {
		return c.SAdd(ctx, "x", "a", "b", "c").Result()
	}),
	does("SINTER", []string{"b"}, func(ctx context.Context, c *redis.Client) ([]string, error) {
		c.SAdd(ctx, "y", "b", "d")
		return c.SInter(ctx, "x", "y").Result()
	}),
	does(
		"SISMEMBER",
		true,
		func(ctx context.Context, c *redis.Client) (bool, error) { return c.SIsMember(ctx, "x", "c").Result() },
	),
	does("SREM", 1, func(ctx context.Context, c *redis.Client) (int64, error) {
		return c.SRem(ctx, "x", "c", "none").Result()
	}),

	does("ZADD", 2, func(ctx context.Context, c *redis.Client) (int64, error) {
		return c.ZAdd(ctx, "z", redis.Z{Score: 1.5, Member: "a"}, redis.Z{Score: 2, Member: "b"}).Result()
	}),
	does("ZINCRBY", 4.0, func(ctx context.Context, c *redis.Client) (float64, error) {
		return c.ZIncrBy(ctx, "z", 2.5, "a").Result()
	}),
	does(
		"ZRANGE by score",
		[]redis.Z{{Score: 2, Member: "b"}, {Score: 4, Member: "a"}},
		func(ctx context.Context, c *redis.Client) ([]redis.Z, error) {
			return c.ZRangeWithScores(ctx, "z", 0, -1).Result()
		},
	),
	does(
		"ZRANK",
		1,
		func(ctx context.Context, c *redis.Client) (int64, error) { return c.ZRank(ctx, "z", "a").Result() },
	),

	does("XADD", "1-1", func(ctx context.Context, c *redis.Client) (string, error) {
		return c.XAdd(ctx, &redis.XAddArgs{Stream: "q", ID: "1-1", Values: []string{"k", "v"}}).Result()
	}),
	does(
		"XRANGE",
		[]redis.XMessage{{ID: "1-1", Values: map[string]any{"k": "v"}}},
		func(ctx context.Context, c *redis.Client) ([]redis.XMessage, error) {
			return c.XRange(ctx, "q", "-", "+").Result()
		},
	),
	does("XGROUP CREATE", "OK", func(ctx context.Context, c *redis.Client) (string, error) {
		return c.XGroupCreate(ctx, "q", "g", "0").Result()
	}),
	does("XREADGROUP", 1, func(ctx context.Context, c *redis.Client) (int, error) {
		read, err := c.XReadGroup(
			ctx, &redis.XReadGroupArgs{Group: "g", Consumer: "me", Streams: []string{"q", ">"}, Block: time.Second},
		).Result()

		return len(read), err
	}),
	does("XACK", 1, func(ctx context.Context, c *redis.Client) (int64, error) {
		return c.XAck(ctx, "q", "g", "1-1").Result()
	}),

	does("EVAL", []any{"t", int64(7)}, func(ctx context.Context, c *redis.Client) ([]any, error) {
		return c.Eval(ctx, "return {KEYS[1], tonumber(ARGV[1])}", []string{"t"}, 7).Slice()
	}),
	does("a script by its hash", "123", func(ctx context.Context, c *redis.Client) (string, error) {
		return redis.NewScript("return redis.call('GET', KEYS[1])").Run(ctx, c, []string{"t"}).Text()
	}),
	does("a pipeline", []string{"1", "2"}, func(ctx context.Context, c *redis.Client) ([]string, error) {
		return answers(c.Pipelined(ctx, func(p redis.Pipeliner) error { return twice(ctx, p, "p") }))
	}),
	does("a transaction", []string{"1", "2"}, func(ctx context.Context, c *redis.Client) ([]string, error) {
		return answers(c.TxPipelined(ctx, func(p redis.Pipeliner) error { return twice(ctx, p, "tx") }))
	}),
	does("WATCH, undisturbed", "2", func(ctx context.Context, c *redis.Client) (string, error) {
		err := c.Watch(ctx, func(tx *redis.Tx) error {
			_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "w", "2", 0).Err() })
			return err
		}, "w")

		return c.Get(ctx, "w").Val(), err
	}),
	does("WATCH, disturbed", "3", func(ctx context.Context, c *redis.Client) (string, error) {
		err := c.Watch(ctx, func(tx *redis.Tx) error {
			c.Set(ctx, "w", "3", 0)
			_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "w", "4", 0).Err() })
			return err
		}, "w")
		if !errors.Is(err, redis.TxFailedErr) {
			return "", fmt.Errorf("got %w, want the transaction to fail", err)
		}

		return c.Get(ctx, "w").Result()
	}),
	does("published messages", []string{"one", "two"}, subscribed),
	does("BLPOP that waits", []string{"later", "v"}, func(ctx context.Context, c *redis.Client) ([]string, error) {
		time.AfterFunc(50*time.Millisecond, func() { c.RPush(ctx, "later", "v") })
		return c.BLPop(ctx, time.Minute, "later").Result()
	}),
	does(
		"SELECT 0",
		"OK",
		func(ctx context.Context, c *redis.Client) (string, error) { return c.Do(ctx, "SELECT", 0).Text() },
	),
	does("a large value", 9<<20, func(ctx context.Context, c *redis.Client) (int, error) {
		c.Set(ctx, "large", make([]byte, 9<<20), 0)
		got, err := c.Get(ctx, "large").Bytes()
		return len(got), err
	}),
	does("a pipeline of many", 20_000, func(ctx context.Context, c *redis.Client) (int, error) {
		got, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for range 20_000 {
				p.Get(ctx, "t")
			}

			return nil
		})

		return len(got), err
	}),
	does(
		"FLUSHDB", "OK", func(ctx context.Context, c *redis.Client) (string, error) { return c.FlushDB(ctx).Result() },
	),
	does("DBSIZE", 0, func(ctx context.Context, c *redis.Client) (int64, error) { return c.DBSize(ctx).Result() }),
}

func rounded(left time.Duration, err error) (time.Duration, error) {
	return left.Round(time.Minute), err
}

func twice(ctx context.Context, p redis.Pipeliner, key string) error {
	p.Incr(ctx, key)
	return p.Incr(ctx, key).Err()
}

func answers(commands []redis.Cmder, err error) ([]string, error) {
	found := []string{}
	for _, command := range commands {
		found = append(found, fmt.Sprint(command.(*redis.IntCmd).Val()))
	}

	return found, err
}

func subscribed(ctx context.Context, c *redis.Client) ([]string, error) {
	listening := c.Subscribe(ctx, "news")
	defer listening.Close()

	if _, err := listening.Receive(ctx); err != nil {
		return nil, err
	}

	for _, message := range []string{"one", "two"} {
		if n, err := c.Publish(ctx, "news", message).Result(); err != nil || n != 1 {
			return nil, errors.Join(fmt.Errorf("%d heard it", n), err)
		}
	}

	var heard []string
	for range 2 {
		message, err := listening.ReceiveMessage(ctx)
		if err != nil {
			return heard, err
		}
		heard = append(heard, message.Payload)
	}

	return heard, nil
}

func TestGoRedisRunsEverything(t *testing.T) {
	for name, change := range map[string]func(*sandbox.Options){"plain": func(*sandbox.Options) {}, "TLS": withTLS} {
		t.Run(name, func(t *testing.T) {
			s := sandboxtest.Start(t, change)

			mine := sandboxtest.NewDatabase(t, s, "a@example.com")
			for _, protocol := range []int{2, 3} {
				// A busy machine may take longer for the largest pipeline than the three seconds that go-redis waits.
				client := sandboxtest.Dial(
					t, s, "default", mine.Password, fmt.Sprintf("?protocol=%d&read_timeout=1m", protocol),
				)
				for _, one := range goRedisSteps {
					got, err := one.run(t.Context(), client)
					if slice, ok := got.([]string); ok && one.name == "SINTER" {
						slices.Sort(slice)
					}

					if err != nil || !equal(got, one.want) {
						t.Errorf("RESP%d %s: got %v, %v, want %v", protocol, one.name, got, err, one.want)
					}
				}
			}
		})
	}
}

// equal compares numbers by value: their types are go-redis' choice.
func equal(got, want any) bool {
	return reflect.DeepEqual(got, want) || fmt.Sprint(got) == fmt.Sprint(want)
}
