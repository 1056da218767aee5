package rest

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReplyIsReadAndWrittenTheSame(t *testing.T) {
	for _, raw := range []string{
		"+OK\r\n", "-ERR no\r\n", ":-12\r\n", "$-1\r\n", "*-1\r\n", "$0\r\n\r\n", "$7\r\na\r\nb\x00\xffc\r\n", "*0\r\n",
		"*3\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n-ERR inside\r\n",
	} {
		answer, err := readReply(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			t.Errorf("%q: %v", raw, err)
		}

		if got := string(answer.append(nil)); got != raw {
			t.Errorf("%q became %q", raw, got)
		}
	}
}

func TestMalformedReply(t *testing.T) {
	for raw, want := range map[string]error{
		"":                    io.EOF,
		"+OK":                 io.EOF,
		"$5\r\nab\r\n":        io.ErrUnexpectedEOF,
		"*2\r\n:1\r\n":        io.EOF,
		"\n":                  errProtocol,
		"+OK\n":               errProtocol,
		"$-2\r\n":             errProtocol,
		"$x\r\n":              errProtocol,
		"$999999999999\r\n":   errProtocol,
		"$2\r\nabcd":          errProtocol,
		"%1\r\n+a\r\n+b\r\n":  errProtocol, // RESP3
		"HTTP/1.1 200 OK\r\n": errProtocol,
	} {
		if _, err := readReply(bufio.NewReader(strings.NewReader(raw))); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", raw, err, want)
		}
	}
}

// TestADatabaseThatCannotBeReached: the server reports its own error, and hides the cause from the client.
func TestADatabaseThatCannotBeReached(t *testing.T) {
	gone := func() (net.Conn, error) {
		ours, theirs := net.Pipe()
		_ = theirs.Close()
		return ours, nil
	}
	for name, dial := range map[string]func() (net.Conn, error){
		"no connection":        func() (net.Conn, error) { return nil, errors.New("secret") },
		"a connection cut off": gone,
	} {
		for _, body := range []string{"/", "/pipeline", "/multi-exec"} {
			handler := New(Options{Authenticate: func(string) (Access, bool) { return Access{Dial: dial}, true }})
			recorder := httptest.NewRecorder()

			content := map[string]string{"/": `["PING"]`}[body]
			if content == "" {
				content = `[["PING"]]`
			}
			handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, body, strings.NewReader(content)))

			const want = `{"error":"ERR internal error"}`
			if got := recorder.Body.String(); recorder.Code != 500 || got != want {
				t.Errorf("%s, %s: answered %d %s, want 500 %s", name, body, recorder.Code, got, want)
			}
		}
	}
}
