package harness

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// RejectsWithin polls the list until it is rejected. It fails the test if that takes longer, or if a later call
// succeeds.
func (r *Replicas) RejectsWithin(t *testing.T, most time.Duration, header http.Header, status int, code string) {
	t.Helper()

	start := time.Now()
	for {
		asked := time.Now()

		got := r.Do(t, "GET", DatabasesPath, header, "")
		if got.Status != http.StatusOK && !got.connectRequired() {
			got.IsProblem(t, status, code)
			break
		}

		// A server that caches the session longer than the connection briefly reports connect_required. The session has
		// not ended yet.
		if got.connectRequired() && code == "connect_required" {
			break
		}

		if asked.Sub(start) > most {
			t.Fatalf("still got %d, %s after it was revoked", got.Status, asked.Sub(start))
		}
		time.Sleep(20 * time.Millisecond)
	}

	for range 3 {
		r.Do(t, "GET", DatabasesPath, header, "").IsProblem(t, status, code)
	}
}

func (a Response) connectRequired() bool {
	return a.Status == http.StatusConflict && strings.Contains(string(a.Body), `"code":"connect_required"`)
}

// SendAsync sends a request and returns a function that waits for its response.
func (p *Product) SendAsync(t *testing.T, method, path string, header http.Header, body string) func() Response {
	t.Helper()

	var (
		got   Response
		err   error
		ended = make(chan struct{})
	)
	go func() {
		defer close(ended)
		got, err = p.Try(t.Context(), method, path, header, body)
	}()

	return func() Response {
		t.Helper()

		if <-ended; err != nil {
			t.Fatal(err)
		}

		return got
	}
}
