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

// Converse writes bytes to the server as they stand and reads every answer until the server closes, or a second passes
// without another. closed says whether the server closed.
func (p *Product) Converse(t *testing.T, request string) (answers []Answer, closed bool) {
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
			t.Fatalf("what came is no answer: %v", err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		answers = append(
			answers, Answer{Method: method, Status: response.StatusCode, Header: response.Header, Body: string(body)},
		)
		method = "GET" // of what is pipelined behind it
	}
}
