package sandbox_test

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"testing"
)

// TestAScriptMayHaveFlags has the first line of those of Upstash's own rate limiter.
func TestAScriptMayHaveFlags(t *testing.T) {
	s := start(t)
	client := dial(t, s, "default", newDatabase(t, s, "a@example.com").password)
	const script = "#!lua flags=allow-key-locking\nreturn redis.call('INCR', KEYS[1])"
	sum := sha1.Sum([]byte(script))
	name := hex.EncodeToString(sum[:])
	want := func(want int, calling string, args ...any) {
		t.Helper()
		if got, err := client.Do(t.Context(), args...).Int(); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", calling, got, err, want)
		}
	}
	if err := client.Do(t.Context(), "EVALSHA", name, 1, "n").Err(); err == nil || !strings.HasPrefix(err.Error(), "NOSCRIPT") {
		t.Errorf("before it is known: got %v", err)
	}
	want(1, "by its text", "EVAL", script, 1, "n")
	want(2, "by its name", "EVALSHA", name, 1, "n")
	want(3, "by its name in capitals", "EVALSHA", strings.ToUpper(name), 1, "n")
	if got, err := client.ScriptExists(t.Context(), name, strings.Repeat("f", 40)).Result(); err != nil || !got[0] || got[1] {
		t.Errorf("SCRIPT EXISTS: got %v, %v", got, err)
	}
	if err := client.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.EvalSha(t.Context(), name, []string{"n"}).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOSCRIPT") {
		t.Errorf("after it was flushed: got %v", err)
	}
	if got, err := client.ScriptLoad(t.Context(), script).Result(); err != nil || got != name {
		t.Errorf("SCRIPT LOAD: got %s, %v, want %s", got, err, name)
	}
	want(4, "loaded", "EVALSHA", name, 1, "n")
	if err := client.Do(t.Context(), "EVAL", "\n\nreturn nosuch()", 0).Err(); err == nil || !strings.Contains(err.Error(), ":3") {
		t.Errorf("a script without flags is not what it was: %v", err)
	}
	if err := client.Do(t.Context(), "EVAL", "#!lua\n\nreturn nosuch()", 0).Err(); err == nil || !strings.Contains(err.Error(), ":3") {
		t.Errorf("a fault is not on the line that it is on: %v", err)
	}
	if err := client.Do(t.Context(), "EVAL", "#!js\nreturn 1", 0).Err(); err == nil {
		t.Error("another language is taken for Lua")
	}
	pipe := client.TxPipeline()
	queued := pipe.Eval(t.Context(), script, []string{"n"})
	loaded := pipe.Do(t.Context(), "SCRIPT", "LOAD", script)
	if _, err := pipe.Exec(t.Context()); err != nil || queued.Val() != int64(5) || loaded.Err() != nil {
		t.Errorf("in a transaction: %v, then %v (%v)", queued.Val(), loaded.Val(), err)
	}
}
