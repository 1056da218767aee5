package sandboxtest

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// wire is one raw connection to a database: a client that reconnects automatically would hide a disconnect.
type wire struct {
	conn  net.Conn
	input *bufio.Reader
}

// DialRedis opens a connection and sends the password, whatever the reply.
func DialRedis(t *testing.T, s *sandbox.Sandbox, password string) wire {
	t.Helper()

	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:"+RedisPort(t, s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	w := wire{conn, bufio.NewReader(conn)}
	w.Do(t, "AUTH", password)

	return w
}

// Do sends a command and returns the first line of its reply, or "" when the connection is closed.
func (w wire) Do(t *testing.T, command ...string) string {
	t.Helper()

	if err := w.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var sent strings.Builder
	fmt.Fprintf(&sent, "*%d\r\n", len(command))

	for _, part := range command {
		fmt.Fprintf(&sent, "$%d\r\n%s\r\n", len(part), part)
	}

	if _, err := w.conn.Write([]byte(sent.String())); err != nil {
		return ""
	}

	line, err := w.input.ReadString('\n')
	if err != nil {
		return ""
	}

	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "$") && line != "$-1" {
		content, err := w.input.ReadString('\n')
		if err != nil {
			return ""
		}

		return strings.TrimSpace(content)
	}

	return line
}

// WireAuth returns a database's reply to its password.
func WireAuth(t *testing.T, s *sandbox.Sandbox, password string) string {
	t.Helper()
	return DialRedis(t, s, "").Do(t, "AUTH", password)
}
