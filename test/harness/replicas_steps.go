package harness

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// RejectsWithin polls the list until it is refused, and fails the test when that takes longer, or when it is not
// refused permanently.
func (r *Replicas) RejectsWithin(t *testing.T, most time.Duration, header http.Header, status int, code string) {
	t.Helper()

	begun := time.Now()
	for {
		asked := time.Now()

		got := r.Do(t, "GET", DatabasesPath, header, "")
		if got.Status != http.StatusOK && !got.connectRequired() {
			got.IsProblem(t, status, code)
			break
		}

		// A server that remembers the session longer than the connection says for a moment that the account is not
		// connected, which is true: that is no end of the session yet.
		if got.connectRequired() && code == "connect_required" {
			break
		}

		if asked.Sub(begun) > most {
			t.Fatalf("still answered %d, %s after it was revoked", got.Status, asked.Sub(begun))
		}
		time.Sleep(20 * time.Millisecond)
	}

	for range 3 {
		r.Do(t, "GET", DatabasesPath, header, "").IsProblem(t, status, code)
	}
}

func (a Answer) connectRequired() bool {
	return a.Status == http.StatusConflict && strings.Contains(string(a.Body), `"code":"connect_required"`)
}

// SendAsync sends a request and returns what waits for its answer.
func (p *Product) SendAsync(t *testing.T, method, path string, header http.Header, body string) func() Answer {
	t.Helper()

	var (
		got   Answer
		err   error
		ended = make(chan struct{})
	)
	go func() {
		defer close(ended)
		got, err = p.Try(t.Context(), method, path, header, body)
	}()

	return func() Answer {
		t.Helper()

		if <-ended; err != nil {
			t.Fatal(err)
		}

		return got
	}
}
