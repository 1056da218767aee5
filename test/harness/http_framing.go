package harness

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// RawExchange writes raw bytes to the server and reads responses until the server closes, or a second passes without
// one. closed reports whether the server closed the connection.
func (p *Product) RawExchange(t *testing.T, request string) (answers []Response, closed bool) {
	t.Helper()

	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.Host())
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = connection.Close() }()

	go func() { _, _ = io.WriteString(connection, request) }()
	method, _, _ := strings.Cut(request, " ")

	reader := bufio.NewReader(connection)
	for {
		_ = connection.SetReadDeadline(time.Now().Add(time.Second))

		if _, err := reader.Peek(1); err != nil {
			return answers, !errors.Is(err, os.ErrDeadlineExceeded)
		}

		response, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("got an invalid response: %v", err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		answers = append(
			answers, Response{Method: method, Status: response.StatusCode, Header: response.Header, Body: string(body)},
		)
		method = "GET" // of the next pipelined request
	}
}
