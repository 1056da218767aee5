package harness

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// DoUntilSuccess calls any replica until one succeeds. It retries after a lost connection or a Retry-After. Anything
// else fails the test.
func (p *Product) DoUntilSuccess(t *testing.T, method, path string, header http.Header, body string) Response {
	t.Helper()

	for limit := time.Now().Add(90 * time.Second); time.Now().Before(limit); time.Sleep(20*time.Millisecond + rand.N(100*time.Millisecond)) {
		got, err := p.Try(t.Context(), method, path, header, body)
		switch {
		case err != nil: // its replica died
		case got.Status/100 == 2:
			return got
		case got.Status != http.StatusConflict && got.Status != http.StatusServiceUnavailable &&
			got.Status != http.StatusGatewayTimeout:
			t.Errorf("%s %s: got %d %s", method, path, got.Status, got.Body)
			return got
		}
	}
	t.Errorf("%s %s: no success in a minute and a half", method, path)

	return Response{}
}

// ID returns the id of the connection or database in the response.
func (a Response) ID(t *testing.T) string {
	t.Helper()
	var thing struct {
		ID string `json:"id"`
	}
	a.JSON(t, &thing)

	return thing.ID
}

// During runs callers while random replicas are killed.
func (r *Replicas) During(t *testing.T, callers int, call func(n int)) {
	t.Helper()
	var working sync.WaitGroup
	done := make(chan struct{})

	for n := range callers {
		working.Go(func() { call(n) })
	}

	go func() { working.Wait(); close(done) }()
	r.killAtRandom(t, done)
}

// KeysAreNamed fails the test unless the account has one live key, and every other upstream key is a named leftover.
func (p *Product) KeysAreNamed(t *testing.T, email string) {
	t.Helper()
	connection := p.DoUntilSuccess(t, "GET", "/api/v1/connection", Bearer(p.TokenOf(t, email)), "").Connection(t, 200)

	left, live := connection.Leftovers(), 0
	for _, key := range p.Account(t, email).Keys {
		if key.Name == connection.KeyName {
			live++
		} else if left[key.Name] != "left_behind" {
			t.Errorf("upstream has the key %s, which has the state %q", key.Name, left[key.Name])
		}
		delete(left, key.Name)
	}

	for name, state := range left { // uncertain to the server, but absent upstream
		if state != "uncertain" {
			t.Errorf("%s is listed as a leftover, but upstream has no such key", name)
		}
	}

	if connection.State != "active" || live != 1 {
		t.Errorf("got state %s and %d live keys, want active and one", connection.State, live)
	}
	p.Do(t, "GET", DatabasesPath, Bearer(p.TokenOf(t, email)), "").Is(t, 200) // the key works
}

// Settled waits until upstream has no call in progress.
func (p *Product) Settled(t *testing.T) {
	t.Helper()

	if !Eventually(func() bool {
		return !slices.ContainsFunc(p.JournalOutcomes(t), func(c MintCall) bool { return c.Outcome == "in_flight" })
	}) {
		t.Error("upstream is still busy")
	}
}
