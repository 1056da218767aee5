package redis_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestWithTLSNothingIsPlain(t *testing.T) {
	s := sandboxtest.Start(t, withTLS)
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
	if made.Field(t, "tls") != true {
		t.Errorf("the database says tls %v", made.Field(t, "tls"))
	}

	if !strings.HasPrefix(s.RedisURL(), "rediss://127.0.0.1:") ||
		!strings.HasPrefix(s.RESTURL(), "https://127.0.0.1:") {
		t.Errorf("got %s and %s", s.RedisURL(), s.RESTURL())
	}

	if got := talk(
		t, s, "AUTH "+made.Text(t, "password")+"\r\nPING\r\n",
	); got != "-ERR this database accepts TLS connections only\r\n" {
		t.Errorf("a plain client: got %q", got)
	}

	if got := sandboxtest.Call(
		t,
		"GET",
		"http://127.0.0.1:"+sandboxtest.RedisPort(t, s)+"/ping",
		"",
	); got.Status != http.StatusBadRequest {
		t.Errorf("plain REST: got %d %s", got.Status, got.Body)
	}
	web := &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: sandboxtest.Authority(t, s.RedisCAFile())}},
	}
	request := sandboxtest.NewRequest(t, "GET", s.RESTURL()+"/ping", "")
	request.Header.Set("Authorization", "Bearer "+made.Text(t, "rest_token"))

	if got := sandboxtest.Send(t, web, request); got.Status != 200 || !strings.Contains(got.Body, "PONG") {
		t.Errorf("REST: got %d %s", got.Status, got.Body)
	}
}

func TestTheAuthorityIsOfThisMachineAndStays(t *testing.T) {
	dir := t.TempDir()
	run := func(change ...func(*sandbox.Options)) *sandbox.Sandbox {
		s, err := sandbox.Start(
			t.Context(),
			sandboxtest.Options(t, append(change, withTLS, func(o *sandbox.Options) { o.DataDir = dir })...),
		)
		if err != nil {
			t.Fatal(err)
		}

		return s
	}
	end := func(s *sandbox.Sandbox) {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	s := run()
	file := s.RedisCAFile()

	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	if info, err := os.Stat(strings.TrimSuffix(file, ".pem") + ".key"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: got %v, %v", info, err)
	}

	for _, host := range []string{"127.0.0.1", "::1", "localhost", "example.com"} {
		dialer := &tls.Dialer{Config: &tls.Config{RootCAs: sandboxtest.Authority(t, file), ServerName: host}}

		conn, err := dialer.DialContext(
			t.Context(), "tcp", "127.0.0.1:"+sandboxtest.RedisPort(t, s),
		)
		if (err == nil) != (host != "example.com") {
			t.Errorf("as %s: got %v", host, err)
		}

		if err == nil {
			_ = conn.Close()
		}
	}

	if _, err := tls.Dial(
		"tcp", "127.0.0.1:"+sandboxtest.RedisPort(t, s), &tls.Config{RootCAs: x509.NewCertPool()},
	); err == nil {
		t.Error("a client that knows no authority was content")
	}
	end(s)

	s = run()

	if again, err := os.ReadFile(file); err != nil || string(again) != string(first) {
		t.Errorf("a restart made another authority: %v", err)
	}
	end(s)
	s = run(func(o *sandbox.Options) { o.Now = func() time.Time { return time.Now().AddDate(4, 6, 0) } })

	if renewed, err := os.ReadFile(file); err != nil || string(renewed) == string(first) {
		t.Errorf("near its end it was not renewed: %v", err)
	}
	end(s)
}

func TestTheFirstBytesDecideOnce(t *testing.T) {
	s := sandboxtest.Start(t)
	mine := sandboxtest.NewDatabase(t, s, "a@example.com")

	inside := "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"
	for name, row := range map[string]struct{ sent, want string }{
		"commands in the body of a web page's request": {
			"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://evil.example\r\nContent-Type: text/plain\r\nContent-Length: 200\r\n\r\n" +
				"AUTH " + mine.Password + "\r\n" + inside, "HTTP/1.1 401",
		},
		"a command typed by hand":           {"AUTH " + mine.Password + "\r\nGET k\r\n", "+OK\r\n$-1\r\n"},
		"quoted":                            {"AUTH '" + mine.Password + "'\r\nECHO \"a b\\x21\"\r\n", "+OK\r\n$4\r\na b!\r\n"},
		"nothing known":                     {"PING\r\nSET k v\r\n", "-NOAUTH Authentication required.\r\n-NOAUTH Authentication required.\r\n"},
		"a stranger's long command":         {"*2\r\n$4\r\nAUTH\r\n$99999999\r\n", "-ERR Protocol error: unauthenticated bulk length\r\n"},
		"a stranger's many words":           {"*99999\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		"an absurd length":                  {"AUTH " + mine.Password + "\r\n*1\r\n$99999999999\r\n", "+OK\r\n-ERR Protocol error: invalid bulk length\r\n"},
		"neither":                           {"\x00\x01\x02", ""},
		"TLS where there is none":           {"\x16\x03\x01\x00\x05hello", "-ERR this database accepts plain connections only\r\n"},
		"empty commands":                    {"AUTH " + mine.Password + "\r\n\r\n*0\r\n*-1\r\nPING\r\n", "+OK\r\n+PONG\r\n"},
		"the greeting with all options":     {"HELLO 2 AUTH default " + mine.Password + " SETNAME me\r\nCLIENT GETNAME\r\n", "$2\r\nme\r\n"},
		"the greeting without who it is":    {"HELLO 3\r\n", "-NOAUTH HELLO must be called"},
		"another greeting":                  {"HELLO 4\r\n", "-NOPROTO"},
		"RESET":                             {"AUTH " + mine.Password + "\r\nMULTI\r\nRESET\r\nGET k\r\n", "+OK\r\n+OK\r\n+RESET\r\n-NOAUTH"},
		"another numbered database":         {"AUTH " + mine.Password + "\r\nSELECT 1\r\n", "+OK\r\n-ERR DB index is out of range\r\n"},
		"another numbered one, by a script": {"AUTH " + mine.Password + "\r\nEVAL \"return redis.call('SELECT','1')\" 0\r\n", "DB index is out of range"},
		"a command Upstash has not":         {"AUTH " + mine.Password + "\r\nMULTI\r\nSWAPDB 0 1\r\nEXEC\r\n", "-ERR Command is not available: 'SWAPDB'"},
		"and its transaction":               {"AUTH " + mine.Password + "\r\nMULTI\r\nSWAPDB 0 1\r\nEXEC\r\n", "-EXECABORT"},
		"an invalid pattern":                {"AUTH " + mine.Password + "\r\nKEYS [z-a]\r\nPING\r\n", "+OK\r\n-ERR internal error\r\n+PONG\r\n"},
		"a script that reads a file":        {"AUTH " + mine.Password + "\r\nEVAL \"return dofile('/etc/passwd')\" 0\r\n", "nonexistent global variable 'dofile'"},
		"one that digs for it":              {"AUTH " + mine.Password + "\r\nEVAL \"return tostring(rawget(_G,'loadfile'))..tostring(rawget(_G,'package'))..tostring(rawget(_G,'debug'))\" 0\r\n", "nilnilnil"},
		"a script loaded, and its name":     {"AUTH " + mine.Password + "\r\nSCRIPT LOAD \"return 7\"\r\nSCRIPT EXISTS 59b6ab2fbe0ee4b25733de0f62e6cda4899ef8e9\r\n", "+OK\r\n$40\r\n59b6ab2fbe0ee4b25733de0f62e6cda4899ef8e9\r\n*1\r\n:1\r\n"},
		"COMMAND, as redis-cli asks for it": {"AUTH " + mine.Password + "\r\nCOMMAND DOCS\r\n", "-ERR wrong number of arguments for 'command' command\r\n"},
		"QUIT":                              {"QUIT\r\n", "+OK\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := talk(t, s, row.sent); !strings.Contains(got, row.want) || (row.want == "" && got != "") {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}

	if n, err := sandboxtest.Dial(t, s, "default", mine.Password).DBSize(t.Context()).Result(); err != nil || n != 0 {
		t.Errorf("after all: got %d keys, %v", n, err)
	}
}

// talk sends raw bytes and returns the reply until the other side closes or sends nothing more.
func talk(t *testing.T, s *sandbox.Sandbox, sent string) string {
	t.Helper()

	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:"+sandboxtest.RedisPort(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	if _, err := conn.Write([]byte(sent)); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	var got strings.Builder

	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		got.Write(buffer[:n])

		if err != nil {
			return got.String()
		}
	}
}
