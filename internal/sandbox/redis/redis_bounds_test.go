package redis_test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// TestNoCommandAsksForMoreThanThereIs: each of these once took the whole sandbox, or the database permanently.
func TestNoCommandAsksForMoreThanThereIs(t *testing.T) {
	s := sandboxtest.Start(t)
	client := sandboxtest.Dial(t, s, "default", sandboxtest.NewDatabase(t, s, "a@example.com").Password)

	do := func(args ...any) error { return client.Do(t.Context(), args...).Err() }
	for _, made := range [][]any{{"SADD", "set", "a"}, {"HSET", "hash", "a", "1"}, {"ZADD", "sorted", "1", "a"}} {
		if err := do(made...); err != nil {
			t.Fatal(err)
		}
	}

	for _, refused := range []struct {
		why  string
		args []any
	}{
		{"max single record size exceeded", []any{"SETRANGE", "k", "9223372036854775807", "x"}},
		{"max single record size exceeded", []any{"SETRANGE", "k", "536870912", "x"}},
		{"bit offset is not an integer or out of range", []any{"SETBIT", "k", "4294967296", "1"}},
		{"max single record size exceeded", []any{"SETBIT", "k", "838860800", "1"}},
		{"bit offset is not an integer or out of range", []any{"GETBIT", "k", "4294967296"}},
		{"value is out of range", []any{"SRANDMEMBER", "set", "-9223372036854775808"}},
		{"value is out of range", []any{"HRANDFIELD", "hash", "-9223372036854775808"}},
		{"value is out of range", []any{"ZRANDMEMBER", "sorted", "-9223372036854775808"}},
		{"value is out of range", []any{"EVAL", "return redis.call('SRANDMEMBER', 'set', '-9223372036854775808')", "0"}},
	} {
		if err := do(refused.args...); err == nil || !strings.Contains(err.Error(), refused.why) {
			t.Errorf("%v: got %v, want %s", refused.args, err, refused.why)
		}
	}

	if n, err := client.Exists(t.Context(), "k").Result(); err != nil || n != 0 {
		t.Errorf("what was refused made something: %d, %v", n, err)
	}

	if drawn, err := client.SRandMemberN(t.Context(), "set", -3).Result(); err != nil || len(drawn) != 3 {
		t.Errorf("drawn with repetition: %v, %v, want three", drawn, err)
	}

	if length, err := client.SetRange(t.Context(), "k", 5, "x").Result(); err != nil || length != 6 {
		t.Errorf("a string within the bounds: %d, %v", length, err)
	}
}
