package redis_test

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// TestAScriptMayHaveFlags has the first line of those of Upstash's own rate limiter.
func TestAScriptMayHaveFlags(t *testing.T) {
	s := sandboxtest.Start(t)
	client := sandboxtest.Dial(t, s, "default", sandboxtest.NewDatabase(t, s, "a@example.com").Password)
	const script = "#!lua flags=allow-key-locking\nreturn redis.call('INCR', KEYS[1])"
	sum := sha1.Sum([]byte(script))
	name := hex.EncodeToString(sum[:])
	want := func(want int, calling string, args ...any) {
		t.Helper()

		if got, err := client.Do(t.Context(), args...).Int(); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", calling, got, err, want)
		}
	}

	if err := client.Do(
		t.Context(), "EVALSHA", name, 1, "n",
	).Err(); err == nil ||
		!strings.HasPrefix(err.Error(), "NOSCRIPT") {
		t.Errorf("before it is known: got %v", err)
	}
	want(1, "by its text", "EVAL", script, 1, "n")
	want(2, "by its name", "EVALSHA", name, 1, "n")
	want(3, "by its name in capitals", "EVALSHA", strings.ToUpper(name), 1, "n")

	if got, err := client.ScriptExists(
		t.Context(), name, strings.Repeat("f", 40),
	).Result(); err != nil || !got[0] ||
		got[1] {
		t.Errorf("SCRIPT EXISTS: got %v, %v", got, err)
	}

	if err := client.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}

	if err := client.EvalSha(
		t.Context(), name, []string{"n"},
	).Err(); err == nil ||
		!strings.HasPrefix(err.Error(), "NOSCRIPT") {
		t.Errorf("after it was flushed: got %v", err)
	}

	if got, err := client.ScriptLoad(t.Context(), script).Result(); err != nil || got != name {
		t.Errorf("SCRIPT LOAD: got %s, %v, want %s", got, err, name)
	}
	want(4, "loaded", "EVALSHA", name, 1, "n")

	if err := client.Do(
		t.Context(), "EVAL", "\n\nreturn nosuch()", 0,
	).Err(); err == nil ||
		!strings.Contains(err.Error(), ":3") {
		t.Errorf("a script without flags is not what it was: %v", err)
	}

	if err := client.Do(
		t.Context(), "EVAL", "#!lua\n\nreturn nosuch()", 0,
	).Err(); err == nil ||
		!strings.Contains(err.Error(), ":3") {
		t.Errorf("a fault is not on the line that it is on: %v", err)
	}

	if err := client.Do(t.Context(), "EVAL", "#!js\nreturn 1", 0).Err(); err == nil {
		t.Error("another language is treated as Lua")
	}
	pipe := client.TxPipeline()
	queued := pipe.Eval(t.Context(), script, []string{"n"})

	loaded := pipe.Do(t.Context(), "SCRIPT", "LOAD", script)
	if _, err := pipe.Exec(t.Context()); err != nil || queued.Val() != int64(5) || loaded.Err() != nil {
		t.Errorf("in a transaction: %v, then %v (%v)", queued.Val(), loaded.Val(), err)
	}
}

func TestTTLIsToTheNearestSecond(t *testing.T) {
	s := sandboxtest.Start(t)

	client := sandboxtest.Dial(t, s, "default", sandboxtest.NewDatabase(t, s, "a@example.com").Password)
	for milliseconds, want := range map[int]int{60_000: 60, 60_400: 60, 59_999: 60, 3_700_000: 3700} {
		if err := client.Do(t.Context(), "SET", "k", "v", "PX", milliseconds).Err(); err != nil {
			t.Fatal(err)
		}
		// A busy machine may take a while between the two: then it is less.
		if got, err := client.Do(t.Context(), "TTL", "k").Int(); err != nil || got > want || got < want-10 {
			t.Errorf("of %d ms, %d s are left (%v), want %d", milliseconds, got, err, want)
		}
	}

	best := 0
	for range 20 {
		if err := client.Do(t.Context(), "SET", "k", "v", "EX", 60).Err(); err != nil {
			t.Fatal(err)
		}

		got, err := client.Do(t.Context(), "TTL", "k").Int()
		if err != nil {
			t.Fatal(err)
		}
		best = max(best, got)
	}

	if best != 60 {
		t.Errorf("just set for 60 s, a key never has more than %d left", best)
	}

	for key, want := range map[string]int{"nothing": -2, "kept": -1} {
		if err := client.Do(t.Context(), "SET", "kept", "v").Err(); err != nil {
			t.Fatal(err)
		}

		if got, err := client.Do(t.Context(), "TTL", key).Int(); err != nil || got != want {
			t.Errorf("TTL %s: got %d, %v, want %d", key, got, err, want)
		}
	}

	if err := client.Do(
		t.Context(), "TTL",
	).Err(); err == nil ||
		err.Error() != "ERR wrong number of arguments for 'ttl' command" {
		t.Errorf("TTL of nothing: got %v", err)
	}
	pipe := client.TxPipeline()

	left := pipe.Do(t.Context(), "TTL", "k")
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}

	if got, err := left.Int(); err != nil || got < 50 || got > 60 {
		t.Errorf("in a transaction: got %d, %v", got, err)
	}
}
