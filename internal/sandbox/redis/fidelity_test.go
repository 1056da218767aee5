package redis

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/peertest"
)

// startRedis starts Redis itself and returns its socket. It ends with the test.
func startRedis(tb testing.TB) string {
	tb.Helper()
	program := peertest.Program(tb, "redis-server", "redis-server")

	dir, err := os.MkdirTemp("", "redis") //nolint:usetesting // a socket's name is short
	if err != nil {
		tb.Fatal(err)
	}
	socket := filepath.Join(dir, "socket")

	server := exec.Command(program, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir)

	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said

	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = os.RemoveAll(dir)
	})

	for until := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("unix", socket); err == nil {
			_ = conn.Close()
			return socket
		}

		if time.Now().After(until) {
			tb.Fatalf("redis-server does not answer:\n%s", said.String())
		}
	}
}

// speaker is a connection whose raw replies are read.
type speaker struct {
	tb    testing.TB
	conn  net.Conn
	input *bufio.Reader
}

func newSpeaker(tb testing.TB, conn net.Conn, err error) speaker {
	tb.Helper()

	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })

	return speaker{tb, conn, bufio.NewReader(conn)}
}

func dialRedis(tb testing.TB, socket string) speaker {
	tb.Helper()
	conn, err := net.Dial("unix", socket)

	return newSpeaker(tb, conn, err)
}

func dialOurs(tb testing.TB, c *Cluster, token string) speaker {
	tb.Helper()

	session, ok := c.AuthenticateToken(token)
	if !ok {
		tb.Fatalf("%s is not known", token)
	}
	conn, err := session.Dial()

	return newSpeaker(tb, conn, err)
}

func (s speaker) send(args ...string) {
	s.tb.Helper()
	_ = s.conn.SetDeadline(time.Now().Add(30 * time.Second))

	_, _ = s.conn.Write(bulks(args...).encode(nil, false)) // the read reports all errors
}

// ask returns all replies to a command. It then sends a command with a unique reply, so that several replies, or
// none, are distinguished.
func (s speaker) ask(args ...string) []value {
	s.tb.Helper()
	s.send(args...)

	const end = "that was all"
	if !strings.EqualFold(args[0], "QUIT") { // after it, a server resets the connection of a client that continues
		s.send("ECHO", end)
	}

	var replies []value

	for {
		reply, err := readValue(s.input)
		if errors.Is(err, io.EOF) {
			return append(replies, value{kind: '!', text: "closed"})
		}

		if err != nil {
			s.tb.Fatalf("%v: %v", args, err)
		}

		switch {
		case reply.kind == kindBulk && reply.text == end:
			return replies
		case reply.kind == kindStatus && reply.text == "QUEUED" && len(replies) > 0:
			return replies
		case reply.failed() && len(replies) > 0 && strings.HasPrefix(reply.text, "ERR Can't execute 'echo'"):
			return replies
		case reply.failed() && len(replies) > 0 && reply.text == textNoAuth: // after RESET
			return replies
		}
		replies = append(replies, reply)
	}
}

// readValue reads a reply of either protocol.
func readValue(r *bufio.Reader) (value, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return value{}, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	one := value{kind: kind(line[0]), text: line[1:]}

	switch one.kind {
	case kindBulk, kindVerbatim, kindArray, kindSet, kindPush, kindMap:
	default:
		return one, nil
	}

	length, err := strconv.Atoi(one.text)
	if err != nil {
		return value{}, fmt.Errorf("a length: %q", line)
	}

	if length < 0 {
		return value{kind: one.kind, text: "null"}, nil
	}

	if one.kind == kindBulk || one.kind == kindVerbatim {
		content := make([]byte, length+2)
		_, err = io.ReadFull(r, content)
		one.text = string(content[:length])

		return one, err
	}

	if one.kind == kindMap {
		length *= 2
	}
	one.text = ""

	for range length {
		item, err := readValue(r)
		if err != nil {
			return value{}, err
		}
		one.items = append(one.items, item)
	}

	return one, nil
}

// String shows a value, with nothing left out.
func (v value) String() string {
	if v.items == nil && (v.text != "" || !slices.Contains([]kind{kindArray, kindSet, kindPush, kindMap}, v.kind)) {
		return fmt.Sprintf("%c%q", v.kind, v.text)
	}

	return fmt.Sprintf("%c%v", v.kind, v.items)
}

// inOrder sorts what has no order.
func (v value) inOrder() value {
	size := 1
	if v.kind == kindMap {
		size = 2
	}
	groups := slices.Collect(slices.Chunk(v.items, size))
	slices.SortFunc(groups, func(a, b []value) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	v.items = slices.Concat(groups...)

	return v
}

// kinds is a value reduced to its types: for a list, the types of its elements.
func (v value) kinds() value {
	v.text = ""
	if len(v.items) == 0 {
		return v
	}

	if v.kind == kindMap {
		v.items = nil
		return v
	}
	v.items = slices.Clone(v.items[:1])
	v.items[0] = v.items[0].kinds()

	return v
}

// comparison is one command of the list and how its replies are compared.
type comparison struct {
	how  byte
	line string
	args []string
}

func comparisons(tb testing.TB) (paragraphs [][]comparison) {
	tb.Helper()

	list, err := os.ReadFile("testdata/commands.txt")
	if err != nil {
		tb.Fatal(err)
	}

	for paragraph := range strings.SplitSeq(string(list), "\n\n") {
		var cases []comparison
		for line := range strings.Lines(paragraph) {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' {
				continue
			}
			one := comparison{how: ' ', line: line}

			if line[0] == '~' || line[0] == '?' {
				one.how, one.line = line[0], line[2:]
			}

			var ok bool
			if one.args, ok = splitWords(one.line); !ok {
				tb.Fatalf("not a command: %s", line)
			}
			cases = append(cases, one)
		}

		if len(cases) > 0 {
			paragraphs = append(paragraphs, cases)
		}
	}

	return paragraphs
}

// TestEveryCommandRepliesAsRedisDoes runs the list on Redis itself and here, in both protocols.
func TestEveryCommandRepliesAsRedisDoes(t *testing.T) {
	socket, ours := startRedis(t), newCluster(t)
	used := map[string]bool{}

	for _, protocol := range []string{"2", "3"} {
		for _, cases := range comparisons(t) {
			real, mine := dialRedis(t, socket), dialOurs(t, ours, "one-token")
			for _, each := range []speaker{real, mine} {
				each.ask("HELLO", protocol)
				each.ask("FLUSHALL")
				each.ask("SCRIPT", "FLUSH")
			}

			for _, one := range cases {
				want, got := compared(one, real.ask(one.args...)), compared(one, mine.ask(one.args...))

				_, known := knownDifferences[one.line]
				if known {
					used[one.line] = used[one.line] || want != got
				}

				if want != got && !known {
					t.Errorf("RESP%s %s:\nRedis: %s\n ours: %s", protocol, one.line, want, got)
				}
			}
			_, _ = real.conn.Close(), mine.conn.Close()
		}
	}

	page, err := os.ReadFile("../../../docs/contribute/fidelity.md")
	if err != nil {
		t.Fatal(err)
	}

	for line, why := range knownDifferences {
		if !used[line] {
			t.Errorf("%s is listed as different and is not", line)
		}

		if !strings.Contains(string(page), "| "+why+" |") {
			t.Errorf("%s differs, and docs/contribute/fidelity.md has no row called %s", line, why)
		}
	}
}

func TestWhatIsDumpedIsRestored(t *testing.T) {
	c := newCluster(t)
	one := dialOurs(t, c, "one-token")

	for _, made := range [][]string{
		{"SET", "string", "a\x00b"},
		{"RPUSH", "list", "a", "b"},
		{"SADD", "set", "a"},
		{"ZADD", "sorted", "1.5", "a"},
		{"HSET", "hash", "f", "v"},
		{"XADD", "stream", "1-1", "f", "v"},
	} {
		one.ask(made...)
		dumped := one.ask("DUMP", made[1])[0].text

		if got := one.ask("RESTORE", made[1], "0", dumped)[0].text; !strings.HasPrefix(got, "BUSYKEY") {
			t.Errorf("%s: over what is there: %s", made[1], got)
		}

		if got := one.ask("RESTORE", "copy", "100000", dumped, "REPLACE")[0].text; got != "OK" {
			t.Errorf("%s: %s", made[1], got)
		}

		if got := one.ask("DUMP", "copy")[0].text; got != dumped {
			t.Errorf("%s: the copy is %q, want %q", made[1], got, dumped)
		}

		if got := one.ask("TTL", "copy")[0].text; got != "100" {
			t.Errorf("%s: TTL %s", made[1], got)
		}
	}
}

// notCompared are newer than the Redis that is compared with, or Upstash's alone.
var notCompared = setOf(
	"COMMAND", "DELEX", "HEXPIRE", "HPERSIST", "HPTTL", "HSETEX", "HTTL",
)

func TestEveryOfferedCommandIsCompared(t *testing.T) {
	compared := map[string]bool{}
	for _, cases := range comparisons(t) {
		for _, one := range cases {
			compared[strings.ToUpper(one.args[0])] = true
		}
	}

	for name := range catalogue {
		if compared[name] == notCompared[name] {
			t.Errorf("%s: compared is %v, said not to be is %v", name, compared[name], notCompared[name])
		}
	}
	c := newCluster(t)
	session(t, c, "one-token").ask("PING")
	e, _ := c.open("one")

	for name := range catalogue {
		if !e.commands.IsRegisteredCommand(name) {
			t.Errorf("%s is offered, and the engine has it not", name)
		}
	}
}

// TestMessagesArriveAsFromRedis publishes to clients of both protocols, one of which is the publisher.
func TestMessagesArriveAsFromRedis(t *testing.T) {
	socket, ours := startRedis(t), newCluster(t)
	for _, protocol := range []string{"2", "3"} {
		heard := map[string]string{}
		for name, dial := range map[string]func() speaker{
			"Redis": func() speaker { return dialRedis(t, socket) },
			"ours":  func() speaker { return dialOurs(t, ours, "one-token") },
		} {
			listener, publisher := dial(), dial()
			listener.ask("HELLO", protocol)
			publisher.ask("HELLO", "3")
			publisher.ask("SUBSCRIBE", "news")
			listener.ask("SUBSCRIBE", "news", "other")
			listener.ask("PSUBSCRIBE", "[a-n]ew?", "x*")

			said := fmt.Sprint(publisher.ask("PUBLISH", "news", "hello"))
			for range 2 {
				message, err := readValue(listener.input)
				said += fmt.Sprint(message, err)
			}
			heard[name] = said + fmt.Sprint(publisher.ask("PUBSUB", "NUMSUB", "news"), publisher.ask("PUBSUB", "NUMPAT"))
			_, _ = listener.conn.Close(), publisher.conn.Close()
		}

		if heard["ours"] != heard["Redis"] {
			t.Errorf("RESP%s:\nRedis: %s\n ours: %s", protocol, heard["Redis"], heard["ours"])
		}
	}
}

func compared(one comparison, replies []value) string {
	for i, reply := range replies {
		switch one.how {
		case '~':
			reply = reply.inOrder()
		case '?':
			reply = reply.kinds()
		}
		replies[i] = reply.rounded()
	}

	return fmt.Sprint(replies)
}

// longNumber is a float with all the digits that Redis 7 writes; Redis 8 writes only as many as identify it.
var longNumber = regexp.MustCompile(`^-?\d+(\.\d{12,}|(\.\d+)?e-\d+|\.\d{12,}e-?\d+)$`)

func (v value) rounded() value {
	if longNumber.MatchString(v.text) {
		number, _ := strconv.ParseFloat(v.text, 64)
		v.text = strconv.FormatFloat(number, 'g', -1, 64)
	}
	v.items = slices.Clone(v.items)

	for i, one := range v.items {
		v.items[i] = one.rounded()
	}

	return v
}

// Why replies differ: these are rows of docs/contribute/fidelity.md.
const (
	newer     = "CLIENT SETINFO and NO-TOUCH"
	upstashs  = "an unknown command"
	far       = "an expiry in the far future"
	any1      = "GEOSEARCH with ANY"
	estimated = "HyperLogLogs"
	luaWords  = "texts of Lua's own errors"
	luaDigits = "numbers from 1e15 as text in a script"
	jsonWords = "JSON errors in `cjson.decode`"
)

// knownDifferences are deliberate.
var knownDifferences = map[string]string{
	"nosuchcommand": upstashs,
	"nosuch":        upstashs,

	"CLIENT SETINFO LIB-NAME x": newer,
	"CLIENT NO-TOUCH ON":        newer,

	"EXPIRETIME k":  far,
	"PEXPIRETIME k": far,

	"GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km ASC COUNT 1 ANY": any1,
	"PFCOUNT h i": estimated,

	`EVAL "local ok, e = pcall(error, 'caught') return e" 0`: luaWords,
	`EVAL "return 1+{}" 0`:           luaWords,
	`EVAL "return ('a').b.c" 0`:      luaWords,
	`EVAL "a b" 0`:                   luaWords,
	`EVAL "return (" 0`:              luaWords,
	`SCRIPT LOAD "a b"`:              luaWords,
	`EVAL "return bit.band()" 0`:     luaWords,
	`EVAL "return tostring(1e15)" 0`: luaDigits,

	`EVAL "return cjson.decode('{\"a\":1')" 0`: jsonWords,
	`EVAL "return cjson.decode('[1,]')" 0`:     jsonWords,
	`EVAL "return cjson.decode('[1 2]')" 0`:    jsonWords,
	`EVAL "return cjson.decode('{a:1}')" 0`:    jsonWords,
	`EVAL "return cjson.decode('nonsense')" 0`: jsonWords,
	`EVAL "return cjson.decode('1 2')" 0`:      jsonWords,
}
