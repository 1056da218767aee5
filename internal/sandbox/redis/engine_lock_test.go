package redis

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"
)

// eager is a cluster with a short limit for scripts.
func eager(t *testing.T) *Cluster {
	t.Helper()

	c := newCluster(t)
	c.bounds = bounds{slow: 50 * time.Millisecond, limit: 400 * time.Millisecond, memory: scriptMemory}

	return c
}

// TestAFailedCommandReleasesNoOtherLock: a command that fails may leave the engine's lock behind. Somebody else's, who
// has it for long, is not freed in its place.
func TestAFailedCommandReleasesNoOtherLock(t *testing.T) {
	c := newCluster(t)
	session(t, c, "one-token").ask("PING")
	e, _ := c.open("one")

	var inside atomic.Int32

	register := func(name string, then func()) {
		t.Helper()

		if err := e.commands.Register(name, func(peer *server.Peer, _ string, _ []string) {
			e.redis.Lock()
			then()
			e.redis.Unlock()
			peer.WriteOK()
		}); err != nil {
			t.Fatal(err)
		}
	}
	register("SLOW", func() {
		if inside.Add(1) != 1 {
			t.Error("two are inside at once")
		}
		time.Sleep(250 * time.Millisecond)
		inside.Add(-1)
	})
	register("FAIL", func() { panic("a fault") })

	var all sync.WaitGroup
	for _, name := range []string{"SLOW", "FAIL", "SLOW", "FAIL", "FAIL"} {
		all.Go(func() {
			err := e.atomically(func(do runner) error {
				_, err := do(name)
				return err
			})
			if (err != nil) != (name == "FAIL") {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()

	if !e.redis.TryLock() {
		t.Fatal("the lock was left behind")
	}
	e.redis.Unlock()

	if got := session(t, c, "one-token").ask("SET k v"); got != "+OK" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestAScriptWithoutAnEndIsEnded(t *testing.T) {
	for name, script := range map[string]string{
		"a loop":                 "while true do end",
		"one that catches":       "while true do pcall(function() while true do end end) end",
		"one in a coroutine":     "coroutine.wrap(function() while true do end end)()",
		"one that writes":        "while true do redis.call('set', 'k', 'v') end",
		"one that calls itself":  "local function f() return f() end f()",
		"one that does not hear": "('a'):rep(26):find(('a?'):rep(26) .. ('a'):rep(27))",
	} {
		t.Run(name, func(t *testing.T) {
			c := eager(t)
			mine, other := dialOurs(t, c, "one-token"), dialOurs(t, c, "one-token")
			mine.send("EVAL", script, "0")
			other.waitFor("BUSY", "GET", "none")

			reply, err := readValue(mine.input)
			if err != nil || !strings.HasPrefix(reply.text, textOverdue) {
				t.Errorf("the script: %s, %v", reply, err)
			}

			for _, each := range []speaker{mine, other} {
				if got := each.ask("SET", "k", "mine"); len(got) != 1 || got[0].text != "OK" {
					t.Errorf("afterwards: %s", got)
				}
			}

			if got := other.ask("GET", "k"); got[0].text != "mine" {
				t.Errorf("the script continued writing: %s", got)
			}
		})
	}
}

// waitFor repeats the command until its reply has this prefix.
func (s speaker) waitFor(begins string, args ...string) {
	s.tb.Helper()

	for until := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		s.send(args...)

		reply, err := readValue(s.input)
		if err != nil || time.Now().After(until) {
			s.tb.Fatalf("%v: %s, %v, want %s", args, reply, err, begins)
		}

		if strings.HasPrefix(reply.text, begins) {
			return
		}
	}
}

// TestAnEndedScriptCannotWrite: a script that does not hear that it was ended loses its database, also when it
// continues later.
func TestAnEndedScriptCannotWrite(t *testing.T) {
	c := eager(t)
	mine := dialOurs(t, c, "one-token")
	mine.ask("SET", "k", "before")
	e, _ := c.open("one")
	held := &running{engine: e, script: script{sha: "sha"}}

	held.revoked = true
	if got := held.call([]string{"SET", "k", "late"}); !got.failed() {
		t.Errorf("it wrote: %s", got)
	}

	if got := mine.ask("GET", "k"); got[0].text != "before" {
		t.Errorf("got %s", got)
	}
}

func TestAScriptDoesNotTakeAllMemory(t *testing.T) {
	c := newCluster(t)
	c.bounds = bounds{slow: time.Minute, limit: time.Minute, memory: 64 << 20}
	mine := dialOurs(t, c, "one-token")

	for name, script := range map[string]string{
		"a string": "local s = ('x'):rep(1024) while true do s = s .. s end",
		"a table":  "local t = {} while true do t[#t+1] = {} end",
		"at once":  "return #('x'):rep(2^40)",
	} {
		if got := mine.ask("EVAL", script, "0"); !got[0].failed() || strings.HasPrefix(got[0].text, textOverdue) {
			t.Errorf("%s: got %s", name, got)
		}
	}

	if got := mine.ask("PING"); got[0].text != "PONG" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestAScriptIsKilled(t *testing.T) {
	c := newCluster(t)
	c.bounds = bounds{slow: 20 * time.Millisecond, limit: time.Minute, memory: scriptMemory}
	mine, other := dialOurs(t, c, "one-token"), dialOurs(t, c, "one-token")

	if got := other.ask("SCRIPT", "KILL"); got[0].text != textNotBusy {
		t.Errorf("nothing runs: %s", got)
	}
	mine.send("EVAL", "while true do end", "0")
	other.waitFor("BUSY", "PING")
	other.send("SCRIPT", "KILL")

	if got, err := readValue(other.input); err != nil || got.text != "OK" {
		t.Errorf("kill: %s, %v", got, err)
	}

	if got, err := readValue(mine.input); err != nil || !strings.HasPrefix(got.text, textKilled) {
		t.Errorf("the script: %s, %v", got, err)
	}

	if got := other.ask("PING"); got[0].text != "PONG" {
		t.Errorf("afterwards: %s", got)
	}
	mine.send("EVAL", "redis.call('set', 'k', 'v') while true do end", "0")
	other.waitFor("BUSY", "PING")
	other.waitFor("UNKILLABLE", "SCRIPT", "KILL")

	start := time.Now()
	if err := c.Close(context.Background()); err != nil || time.Since(start) > 30*time.Second {
		t.Errorf("the sandbox ends in spite of it: %v after %s", err, time.Since(start))
	}
}

func TestThoseWhoWaitAreServedInTheirOrder(t *testing.T) {
	c := newCluster(t)
	pusher := dialOurs(t, c, "one-token")

	waiting := pusher.blocked
	first, second := dialOurs(t, c, "one-token"), dialOurs(t, c, "one-token")
	first.send("BLPOP", "list", "0")
	waiting("1")
	second.send("BLMOVE", "list", "other", "LEFT", "LEFT", "0")
	waiting("2")

	third, left := dialOurs(t, c, "one-token"), dialOurs(t, c, "one-token")
	third.send("BRPOP", "other", "0")
	waiting("3")
	left.send("BLPOP", "gone", "0")
	waiting("4")

	_ = left.conn.Close()
	pusher.blocked("3")
	pusher.ask("RPUSH", "list", "a", "b")

	for name, one := range map[string]struct {
		speaker
		want string
	}{
		"the first": {first, "list a"}, "the second": {second, "b"}, "who waits for the second": {third, "other b"},
	} {
		got, err := readValue(one.input)
		if all := strings.TrimSpace(got.text + " " + strings.Join(texts(got), " ")); err != nil || all != one.want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, one.want)
		}
	}

	if got := pusher.ask("RPUSH", "gone", "a"); got[0].text != "1" {
		t.Errorf("of who left: %s", got)
	}
	first.send("XREAD", "BLOCK", "0", "STREAMS", "s", "$")
	waiting("1")
	pusher.ask("EVAL", "for i = 1, 2 do redis.call('xadd', 's', i .. '-1', 'f', 'v') end", "0")

	if got, err := readValue(first.input); err != nil || len(got.items) != 1 || len(got.items[0].items[1].items) != 2 {
		t.Errorf("a stream: %s, %v, want both entries of the script", got, err)
	}
}

// blocked waits until so many wait.
func (s speaker) blocked(number string) {
	s.tb.Helper()

	for until := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if strings.Contains(s.ask("INFO", "clients")[0].text, "blocked_clients:"+number+"\r\n") {
			return
		}

		if time.Now().After(until) {
			s.tb.Fatalf("%s do not wait", number)
		}
	}
}

// TestAReplyHasAnEnd: a table that has another twice within, and so on, is small for Lua alone.
func TestAReplyHasAnEnd(t *testing.T) {
	mine := dialOurs(t, newCluster(t), "one-token")

	for name, script := range map[string]string{
		"lists":      "local t = {1} for i = 1, 40 do t = {t, t} end return t",
		"sets":       "local t = {1} for i = 1, 40 do t = {set = {[t] = true, [{t}] = true}} end return t",
		"maps":       "local t = {1} for i = 1, 40 do t = {map = {a = t, b = t}} end return t",
		"long texts": "local s, t = ('x'):rep(1e6), {} for i = 1, 1000 do t[i] = s end return t",
	} {
		if got := mine.ask("EVAL", script, "0"); !strings.HasPrefix(got[0].text, textReplyLarge) {
			t.Errorf("%s: got %.200s", name, got)
		}
	}

	if got := mine.ask("EVAL", "local t = {} for i = 1, 100000 do t[i] = i end return t", "0"); len(got[0].items) != 100_000 {
		t.Errorf("a long list: got %.200s", got)
	}
}

// TestATransactionsScriptsHaveOneTime: otherwise they could block the database for the sum of their limits.
func TestATransactionsScriptsHaveOneTime(t *testing.T) {
	const many = 100

	for name, one := range map[string]struct {
		bounds
		kill bool
		want string
	}{
		"by the time": {bounds: bounds{slow: 20 * time.Millisecond, limit: 300 * time.Millisecond}, want: textOverdue},
		"by a client": {bounds: bounds{slow: 20 * time.Millisecond, limit: time.Minute}, kill: true, want: textKilled},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.bounds = one.bounds
			c.bounds.memory = scriptMemory
			mine, other := dialOurs(t, c, "one-token"), dialOurs(t, c, "one-token")
			mine.waitFor("OK", "MULTI")

			for range many {
				mine.waitFor("QUEUED", "EVAL", "while true do end", "0")
			}
			mine.waitFor("QUEUED", "SET", "k", "v")
			mine.send("EXEC")

			if one.kill {
				other.waitFor("OK", "SCRIPT", "KILL")
			}
			got, err := readValue(mine.input)

			if err != nil || len(got.items) != many+1 || got.items[many].text != "OK" {
				t.Fatalf("got %s, %v", got, err)
			}

			for _, answer := range got.items[:many] {
				if !strings.HasPrefix(answer.text, one.want) {
					t.Errorf("a script: %s", answer)
				}
			}

			if got := mine.ask("EVAL", "return 'afterwards'", "0"); got[0].text != "afterwards" {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestScriptsOfEvalAreForgotten: anyone who puts values into the texts of scripts makes new ones without end.
func TestScriptsOfEvalAreForgotten(t *testing.T) {
	c := newCluster(t)
	mine := dialOurs(t, c, "one-token")
	known := func(text string) string { return mine.ask("SCRIPT", "EXISTS", nameOf(text))[0].items[0].text }

	mine.ask("SCRIPT", "LOAD", "return 'loaded'")
	mine.ask("EVAL", "return 'loaded'", "0")
	mine.ask("EVAL", "return 'loaded later'", "0")
	mine.ask("SCRIPT", "LOAD", "return 'loaded later'")
	mine.ask("EVAL", "return 'once'", "0")

	for i := range maxPassing {
		mine.send("EVAL", "return "+strconv.Itoa(i), "0")
		mine.ask("EVAL", "return 'often'", "0")
	}

	for text, want := range map[string]string{
		"return 'loaded'": "1", "return 'loaded later'": "1", "return 'often'": "1", "return 'once'": "0",
		"return 0": "0", "return " + strconv.Itoa(maxPassing-1): "1",
	} {
		if got := known(text); got != want {
			t.Errorf("%s: known is %s, want %s", text, got, want)
		}
	}
	e, _ := c.open("one")

	if e.scripts.passing.len() != maxPassing {
		t.Errorf("%d are kept", e.scripts.passing.len())
	}
}

// TestAMillionChannels took hours, and the database for as long, where each was compared with all others.
func TestAMillionChannels(t *testing.T) {
	mine := dialOurs(t, newCluster(t), "one-token")

	const many = 200_000

	channels := make([]string, many)
	for i := range channels {
		channels[i] = strconv.Itoa(i)
	}

	for _, word := range []string{"SUBSCRIBE", "UNSUBSCRIBE"} {
		mine.send(append([]string{word}, channels...)...)

		for i := range many {
			got, err := readValue(mine.input)
			if err != nil || got.items[1].text != channels[i] {
				t.Fatalf("%s %d: got %s, %v", word, i, got, err)
			}
		}
	}
	long := strings.Repeat("x", maxChannel+1)

	for _, refused := range [][]string{
		{"SUBSCRIBE", "a", long},
		{"PUBLISH", long, "m"},
		{"PSUBSCRIBE", "a*", long[:maxPattern+1]},
		{"PUBSUB", "CHANNELS", long[:maxPattern+1]},
	} {
		if got := mine.ask(refused...); len(got) != 1 || !strings.HasSuffix(got[0].text, "is too long") {
			t.Errorf("%s: got %.300s", refused[0], got)
		}
	}
}

// TestCoroutinesDoNotTakeTheStack: each may call as deep as a script may, and all are on one stack.
func TestCoroutinesDoNotTakeTheStack(t *testing.T) {
	mine := dialOurs(t, newCluster(t), "one-token")

	const script = `local function deep(d)
  if d > 0 then return select(2, pcall(deep, d - 1)) end
  return coroutine.wrap(deep)(2000)
end
return tostring(deep(2000))`
	if got := mine.ask("EVAL", script, "0"); !strings.Contains(got[0].text, "stack overflow") {
		t.Errorf("got %.300s", got)
	}

	const plain = `local w = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end)
local r = coroutine.create(function() error('fault') end)
return {w(1), w(5), tostring(coroutine.resume(r)), coroutine.status(r)}`
	if got := texts(mine.ask("EVAL", plain, "0")[0]); strings.Join(got, " ") != "2 10 false dead" {
		t.Errorf("got %s", got)
	}
}
