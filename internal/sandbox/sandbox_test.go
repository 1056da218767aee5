package sandbox_test

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

const appOrigin = "http://localhost:8080"

// start runs a sandbox on free ports in dir, or in a directory of its own.
func start(t *testing.T, change ...func(*sandbox.Options)) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.Start(t.Context(), options(t, change...))
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

func options(t *testing.T, change ...func(*sandbox.Options)) sandbox.Options {
	t.Helper()
	o := sandbox.Options{
		IssuerListen: "127.0.0.1:0", UpstashListen: "127.0.0.1:0", ControlListen: "127.0.0.1:0", RedisListen: "127.0.0.1:0",
		AppOrigins: []string{appOrigin},
		NoSync:     true,
	}
	for _, apply := range change {
		apply(&o)
	}
	if o.DataDir == "" {
		o.DataDir = t.TempDir()
	}
	return o
}

// answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// field reads one member of a JSON object.
func (a answer) field(t *testing.T, name string) any {
	t.Helper()
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		t.Fatalf("body %q is no JSON object: %v", a.body, err)
	}
	return object[name]
}

func (a answer) text(t *testing.T, name string) string {
	t.Helper()
	text, ok := a.field(t, name).(string)
	if !ok {
		t.Fatalf("member %q of %q is no string", name, a.body)
	}
	return text
}

func send(t *testing.T, client *http.Client, request *http.Request) answer {
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
	return answer{response.StatusCode, response.Header, string(body)}
}

func newRequest(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	return request
}

func call(t *testing.T, method, url, body string) answer {
	t.Helper()
	return send(t, http.DefaultClient, newRequest(t, method, url, body))
}

func want(t *testing.T, got answer, status int, body string) {
	t.Helper()
	if got.status != status || strings.TrimSpace(got.body) != body {
		t.Errorf("got %d %s, want %d %s", got.status, strings.TrimSpace(got.body), status, body)
	}
}

// token asks the control API for an access token.
func token(t *testing.T, s *sandbox.Sandbox, request string) string {
	t.Helper()
	got := call(t, "POST", s.ControlURL()+"/tokens", request)
	if got.status != http.StatusOK {
		t.Fatalf("POST /tokens: got %d %s", got.status, got.body)
	}
	return got.text(t, "access_token")
}
