package sandboxtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// AppOrigin is the origin of the application that logs in.
const AppOrigin = "http://localhost:8080"

// Start runs a sandbox on free ports in dir, or in its own directory.
func Start(t *testing.T, change ...func(*sandbox.Options)) *sandbox.Sandbox {
	t.Helper()

	s, err := sandbox.Start(t.Context(), Options(t, change...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})

	return s
}

// Options returns the options of a sandbox in the test's own directory, on free loopback ports.
func Options(t *testing.T, change ...func(*sandbox.Options)) sandbox.Options {
	t.Helper()

	o := sandbox.Options{
		IssuerListen:  "127.0.0.1:0",
		UpstashListen: "127.0.0.1:0",
		ControlListen: "127.0.0.1:0",
		RedisListen:   "127.0.0.1:0",
		AppOrigins:    []string{AppOrigin},
		NoSync:        true,
	}
	for _, apply := range change {
		apply(&o)
	}

	if o.DataDir == "" {
		o.DataDir = t.TempDir()
	}

	return o
}

// Response is a response that was read completely.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// Field reads one member of a JSON object.
func (a Response) Field(t *testing.T, name string) any {
	t.Helper()
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(a.Body))
	decoder.UseNumber()

	if err := decoder.Decode(&object); err != nil {
		t.Fatalf("body %q is no JSON object: %v", a.Body, err)
	}

	return object[name]
}

// Text returns a string member of the JSON response; it fails the test if there is none.
func (a Response) Text(t *testing.T, name string) string {
	t.Helper()

	text, ok := a.Field(t, name).(string)
	if !ok {
		t.Fatalf("member %q of %q is no string", name, a.Body)
	}

	return text
}

// Send makes a request and reads the complete response.
func Send(t *testing.T, client *http.Client, request *http.Request) Response {
	t.Helper()

	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()

	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}

	return Response{response.StatusCode, response.Header, string(body)}
}

// NewRequest returns a request with a JSON body, or without one if it is empty.
func NewRequest(t *testing.T, method, url, body string) *http.Request {
	t.Helper()

	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}

	return request
}

// Call is NewRequest and Send with its own client.
func Call(t *testing.T, method, url, body string) Response {
	t.Helper()
	return Send(t, http.DefaultClient, NewRequest(t, method, url, body))
}

// Want fails the test unless the response has this status and body.
func Want(t *testing.T, got Response, status int, body string) {
	t.Helper()

	if got.Status != status || strings.TrimSpace(got.Body) != body {
		t.Errorf("got %d %s, want %d %s", got.Status, strings.TrimSpace(got.Body), status, body)
	}
}

// Token requests an access token from the control API.
func Token(t *testing.T, s *sandbox.Sandbox, request string) string {
	t.Helper()

	got := Call(t, "POST", s.ControlURL()+"/tokens", request)
	if got.Status != http.StatusOK {
		t.Fatalf("POST /tokens: got %d %s", got.Status, got.Body)
	}

	return got.Text(t, "access_token")
}
