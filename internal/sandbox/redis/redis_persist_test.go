package redis_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// every byte there is, as a key and as a value.
func everyByte() string {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}

	return string(all)
}

// fill writes a key of each type.
func fill(t *testing.T, c *redis.Client) {
	t.Helper()
	ctx, odd := t.Context(), everyByte()

	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, odd, odd, 0)
		p.Set(ctx, "empty", "", 0)
		p.Set(ctx, "soon", "gone", 300*time.Millisecond)
		p.Set(ctx, "later", "here", time.Hour)
		p.HSet(ctx, "hash", "a", "1", odd, odd)
		p.HExpire(ctx, "hash", time.Hour, "a")
		p.RPush(ctx, "list", "c", "a", odd, "a", "")
		p.SAdd(ctx, "set", "x", odd, "")
		p.ZAdd(
			ctx,
			"zset",
			redis.Z{Score: 0.1, Member: "a"},
			redis.Z{Score: -1e300, Member: odd},
			redis.Z{Score: 3, Member: ""},
		)
		p.XAdd(ctx, &redis.XAddArgs{Stream: "stream", ID: "1-1", Values: []string{"f", odd}})
		p.XAdd(ctx, &redis.XAddArgs{Stream: "stream", ID: "2-1", Values: []string{"f", "two", "g", ""}})
		p.XGroupCreate(ctx, "stream", "group", "0")
		p.XReadGroup(
			ctx, &redis.XReadGroupArgs{Group: "group", Consumer: "me", Streams: []string{"stream", ">"}, Count: 1},
		)
		p.XGroupCreateMkStream(ctx, "nothing yet", "group", "$")

		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// content is what fill wrote, read back.
func content(t *testing.T, c *redis.Client) map[string]any {
	t.Helper()
	ctx, odd := t.Context(), everyByte()
	left := func(ttl time.Duration) bool { return ttl > 59*time.Minute && ttl <= time.Hour }

	found := map[string]any{
		"keys":   sorted(c.Keys(ctx, "*").Val()),
		"odd":    c.Get(ctx, odd).Val(),
		"empty":  c.Get(ctx, "empty").Val(),
		"later":  left(c.TTL(ctx, "later").Val()),
		"hash":   c.HGetAll(ctx, "hash").Val(),
		"field":  left(time.Duration(c.HTTL(ctx, "hash", "a").Val()[0]) * time.Second),
		"list":   c.LRange(ctx, "list", 0, -1).Val(),
		"set":    sorted(c.SMembers(ctx, "set").Val()),
		"zset":   c.ZRangeWithScores(ctx, "zset", 0, -1).Val(),
		"stream": c.XRange(ctx, "stream", "-", "+").Val(),
	}
	for _, group := range c.XInfoGroups(ctx, "stream").Val() {
		found["group"] = []any{group.Name, group.LastDeliveredID, group.Pending}
	}

	for _, p := range c.XPendingExt(ctx, &redis.XPendingExtArgs{Stream: "stream", Group: "group", Start: "-", End: "+", Count: 10}).Val() {
		found["pending"] = []any{p.ID, p.Consumer, p.RetryCount}
	}

	return found
}

func TestDataSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	run := func() *sandbox.Sandbox {
		s, err := sandbox.Start(t.Context(), sandboxtest.Options(t, func(o *sandbox.Options) { o.DataDir = dir }))
		if err != nil {
			t.Fatal(err)
		}

		return s
	}
	s := run()
	mine, idle := sandboxtest.NewDatabase(t, s, "a@example.com"), sandboxtest.NewDatabase(t, s, "b@example.com")
	client := sandboxtest.Dial(t, s, "default", mine.Password)
	fill(t, client)

	before := content(t, client)
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // "soon" expires while nothing runs

	s = run()
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	after := content(t, sandboxtest.Dial(t, s, "default", mine.Password))

	before["keys"] = without(before["keys"].([]string), "soon")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("before and after: %s", diff)
	}

	if len(after["list"].([]string)) != 5 || after["pending"] == nil {
		t.Errorf("nothing was compared: %v", after)
	}

	file := filepath.Join(dir, "sandbox", "redis", mine.ID+".data")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want a file of the user's own", info, err)
	}

	if _, err := os.Stat(filepath.Join(dir, "sandbox", "redis", idle.ID+".data")); err == nil {
		t.Error("a database that was never used has a file")
	}
}

func TestADeletedDatabaseLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	s := sandboxtest.Start(t, func(o *sandbox.Options) { o.DataDir = dir })
	key := sandboxtest.MustMint(t, s, "a@example.com")
	made := sandboxtest.Upstash(
		t,
		s,
		"a@example.com",
		key,
		"POST",
		"/v2/redis/database",
		`{"database_name":"mine","platform":"aws","primary_region":"us-east-1"}`,
	)

	file := filepath.Join(dir, "sandbox", "redis", made.Text(t, "database_id")+".data")
	if err := sandboxtest.Dial(
		t, s, "default", made.Text(t, "password"),
	).Set(
		t.Context(), "k", "v", 0,
	).Err(); err != nil {
		t.Fatal(err)
	}

	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(file); err == nil {
			break
		}

		if time.Since(start) > time.Minute {
			t.Fatal("what was written reached no file")
		}
	}
	sandboxtest.Upstash(t, s, "a@example.com", key, "DELETE", "/v2/redis/database/"+made.Text(t, "database_id"), "")

	if _, err := os.Stat(file); err == nil {
		t.Error("the data is still there")
	}
}
