package redis

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

func newCluster(t *testing.T) *Cluster {
	t.Helper()

	store, err := state.Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}

	for _, id := range []string{"one", "two"} {
		if err := store.CreateDatabase(state.Database{
			ID:                id,
			Owner:             "me",
			State:             "active",
			Password:          id + "-password",
			RESTToken:         id + "-token",
			ReadOnlyRESTToken: id + "-reader",
		}, 0); err != nil {
			t.Fatal(err)
		}
	}

	c, err := New(Options{Store: store, Dir: t.TempDir(), NoSync: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(c.Close(context.Background()), store.Close()); err != nil {
			t.Error(err)
		}
	})

	return c
}

// client is a connection of a token's session, and what came back on it.
type client struct {
	*testing.T
	net.Conn
	answers *bufio.Reader
}

func session(t *testing.T, c *Cluster, token string) client {
	t.Helper()

	session, ok := c.AuthenticateToken(token)
	if !ok {
		t.Fatalf("%s is not known", token)
	}

	conn, err := session.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))

	return client{t, conn, bufio.NewReader(conn)}
}

// ask sends a line and returns the first line of the reply.
func (c client) ask(line string) string {
	c.Helper()

	if _, err := io.WriteString(c.Conn, line+"\r\n"); err != nil {
		c.Fatal(err)
	}

	answer, err := c.answers.ReadString('\n')
	if err != nil {
		c.Fatal(err)
	}

	return strings.TrimSpace(answer)
}

func TestACopyIsRestoredWhereverItIsWanted(t *testing.T) {
	c := newCluster(t)
	one, two := session(t, c, "one-token"), session(t, c, "two-token")
	one.ask("RPUSH kept a b c")

	kept, err := c.Snapshot("one")
	if err != nil {
		t.Fatal(err)
	}
	one.ask("DEL kept")
	one.ask("SET newer 1")
	two.ask("SET other 1")

	for _, id := range []string{"one", "two"} {
		if err := c.Restore(id, kept); err != nil {
			t.Fatal(err)
		}
	}

	for name, at := range map[string]client{"its own": one, "another": two} {
		if got := []string{at.ask("LLEN kept"), at.ask("DBSIZE")}; got[0] != ":3" || got[1] != ":1" {
			t.Errorf("%s: got %v, want the list alone", name, got)
		}
	}

	for name, bad := range map[string][]byte{"nothing": nil, "not ours": []byte("REDIS0011"), "cut off": kept[:len(kept)-5]} {
		if err := c.Restore("one", bad); err == nil {
			t.Errorf("%s: restored", name)
		}
	}

	half, err := image{Keys: []keyImage{
		{Name: "first", Type: "string", Values: []string{"1"}},
		{Name: "second", Type: "zset", Values: []string{"member", "no score"}},
	}}.encode()
	if err != nil {
		t.Fatal(err)
	}

	if err := c.Restore("one", half); err == nil {
		t.Error("a copy of which half cannot be put back was restored")
	}

	if got := []string{one.ask("LLEN kept"), one.ask("DBSIZE")}; got[0] != ":3" || got[1] != ":1" {
		t.Errorf("after invalid copies: got %v, want the list alone", got)
	}
}

func TestADeletedDatabaseIsNotOpenedAgain(t *testing.T) {
	c := newCluster(t)
	session(t, c, "one-token").ask("SET k v")

	early, ok := c.AuthenticateToken("one-token") // let in, and slow to continue
	if !ok {
		t.Fatal("the token is not known")
	}

	if err := c.Forget("one"); err != nil {
		t.Fatal(err)
	}

	if conn, err := early.Dial(); err == nil {
		t.Error("the session of before opened it again")
		_ = conn.Close()
	}

	if _, err := c.Snapshot("one"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("a copy of it: got %v, want ErrNotFound", err)
	}
}

func TestUseIsCounted(t *testing.T) {
	c := newCluster(t)
	if got := c.Commands("one"); got != 0 || len(c.engines) != 0 {
		t.Errorf("unused: got %d commands, and %d opened", got, len(c.engines))
	}
	one := session(t, c, "one-token")
	one.ask("SET k v")
	one.ask("STRLEN k") // its reply is one line, as ask reads it
	one.ask("STRLEN k")
	one.ask("PING")

	got := c.Usage("one")
	if got.Keys != 1 || got.Commands != 4 || got.Reads != 2 || got.Writes != 1 || got.Connections != 1 ||
		c.Commands("one") != 4 {
		t.Errorf("got %+v", got)
	}
}

func TestAConnectionEndsWithItsDatabase(t *testing.T) {
	c := newCluster(t)
	for _, test := range []struct {
		name string
		end  func()
	}{
		{"changed password", func() { c.Disconnect("one") }},
		{"deleted", func() { _ = c.Forget("one") }}, // the last: it is not opened again
	} {
		waiting := session(t, c, "one-token")
		waiting.ask("PING")

		if _, err := io.WriteString(waiting.Conn, "BLPOP nothing 0\r\n"); err != nil {
			t.Fatal(err)
		}
		test.end()

		if got, err := waiting.answers.ReadString('\n'); err == nil {
			t.Errorf("%s: it still answers %q", test.name, got)
		}
	}
}
