package test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// Effects of the issuer's keys and outages on callers. Tests in internal/auth check schedules (cooldown, staleness,
// rotation during a flood) with virtual time.

// Threat model: J01.
func TestUnknownKeyIDFloodIsRejectedByTheServer(t *testing.T) {
	p, i := startWithIssuer(t)
	genuine := i.Token(t, nil, nil)
	p.AcceptsToken(t, genuine)
	tail := strings.TrimPrefix(genuine, genuine[:strings.Index(genuine, ".")])
	p.Client.CloseIdleConnections()
	goroutines, start := runtime.NumGoroutine(), time.Now()

	const callers, each = 16, 125
	p.HasNoEffect(t, func() {
		var group sync.WaitGroup
		for caller := range callers {
			group.Go(func() {
				for n := range each {
					token := harness.B64(fmt.Appendf(nil, `{"alg":"RS256","kid":"random-%d-%d"}`, caller, n)) + tail
					endpoint := harness.TokenEndpoints[n%len(harness.TokenEndpoints)]

					got, err := p.Try(t.Context(), endpoint.Method, endpoint.Path, harness.Bearer(token), "")
					if err != nil || got.Status != http.StatusUnauthorized {
						t.Errorf("%s %s: got status %d (%v), want 401", endpoint.Method, endpoint.Path, got.Status, err)
						return
					}
				}
			})
		}
		group.Wait()
	})
	// One read at the start, and at most one for each 5 s period since.
	if got, most := i.Fetches.Load(), 2+int64(time.Since(start)/(5*time.Second)); got > most {
		t.Errorf("%d unknown key ids caused %d reads of the keys, want at most %d", callers*each, got, most)
	}
	p.AcceptsToken(t, genuine)
	p.Client.CloseIdleConnections()

	settled := func() bool { return runtime.NumGoroutine() <= goroutines+5 }
	if !harness.Eventually(settled) {
		t.Errorf("got %d goroutines after the flood, want about %d as before", runtime.NumGoroutine(), goroutines)
	}
}

// Threat model: J02.
func TestIssuerRotationIsNoticedImmediately(t *testing.T) {
	p := harness.StartProduct(t)
	before := p.TokenOf(t, "someone@example.com")
	p.AcceptsToken(t, before)
	p.Rotate(t, false)
	p.AcceptsToken(t, p.TokenOf(t, "someone@example.com"))
	p.AcceptsToken(t, before) // the old key is still published
}

// Threat model: J03.
func TestServerStartsWithoutIssuerKeys(t *testing.T) {
	i := harness.NewIssuer(t)
	i.SetKeyHandler(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	p := harness.StartProduct(t, harness.WithIssuer(i), harness.WithoutKeys())
	token := i.Token(t, nil, nil)
	p.Do(t, "GET", "/livez", nil, "").Is(t, 200)
	p.Do(t, "GET", "/readyz", nil, "").Is(t, 503)
	p.HasNoEffect(t, func() {
		for _, endpoint := range harness.TokenEndpoints {
			got := p.Do(t, endpoint.Method, endpoint.Path, harness.Bearer(token), "")
			got.IsProblem(t, 503, "issuer_unavailable")

			if got.Header.Get("Retry-After") == "" {
				t.Errorf("%s %s: no Retry-After", endpoint.Method, endpoint.Path)
			}
		}
		// Tokens that are invalid without a key are still rejected.
		p.Do(t, "GET", "/api/v1/databases", harness.Bearer("garbage"), "").IsProblem(t, 401, "invalid_token")
		p.Do(t, "GET", "/api/v1/databases", nil, "").IsProblem(t, 401, "authentication_required")
	})
	i.SetKeyHandler(nil)

	if !harness.Eventually(func() bool { return p.Do(t, "GET", "/readyz", nil, "").Status == http.StatusOK }) {
		t.Fatal("the server did not become ready after its issuer came back")
	}
	p.AcceptsToken(t, token)
}

// Threat model: J04.
func TestKnownKeysWorkWhileTheIssuerIsDown(t *testing.T) {
	p := harness.StartProduct(t)
	known := p.TokenOf(t, "someone@example.com")
	cookie := p.Login(t, known)
	p.Rotate(t, false)
	unknown := p.TokenOf(t, "someone@example.com") // of a key that the server has not read
	p.Fault(
		t,
		map[string]any{"match": map[string]any{"target": "issuer"}, "count": -1, "do": map[string]any{"status": 503}},
	)

	for range 2 { // the first tries to read the keys, the second falls within the cooldown
		got := p.Do(t, "PUT", "/api/v1/connection", harness.Bearer(unknown), "")
		got.IsProblem(t, 503, "issuer_unavailable")

		if got.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	p.Do(t, "GET", "/api/v1/databases", harness.Bearer(known), "").Is(t, 200)
	p.Do(t, "GET", "/api/v1/session", p.FromPage(cookie), "").Is(t, 200) // an issuer's outage logs nobody out
	p.Do(t, "GET", "/readyz", nil, "").Is(t, 200)
}

// Threat model: J05.
func TestUnusableKeyDocumentsKeepTheOldKeys(t *testing.T) {
	const flood = 500 << 20
	var zipped bytes.Buffer

	writer := gzip.NewWriter(&zipped)
	for range 256 {
		_, _ = writer.Write(make([]byte, 1<<16))
	}
	_ = writer.Close()

	for name, serve := range map[string]func(http.ResponseWriter, *http.Request) (written int){
		"empty set":   func(w http.ResponseWriter, _ *http.Request) int { return write(w, []byte(`{"keys":[]}`)) },
		"HTML":        func(w http.ResponseWriter, _ *http.Request) int { return write(w, []byte("<!doctype html>")) },
		"truncated":   func(w http.ResponseWriter, _ *http.Request) int { return write(w, []byte(`{"keys":[{"kty":"RSA"`)) },
		"500 MB":      func(w http.ResponseWriter, r *http.Request) int { return pour(w, r, flood, 0) },
		"slow, 1 B/s": func(w http.ResponseWriter, r *http.Request) int { return pour(w, r, flood, time.Second) },
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) int {
			w.Header().Set("Content-Encoding", "gzip")
			return write(w, zipped.Bytes())
		},
		"cut mid-body": func(w http.ResponseWriter, _ *http.Request) int {
			w.Header().Set("Content-Length", "4096")
			return write(w, []byte(`{"keys":`))
		},
		"no key at all": func(w http.ResponseWriter, _ *http.Request) int { return write(w, []byte(`{}`)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, i := startWithIssuer(t)
			known := i.Token(t, nil, nil)
			p.AcceptsToken(t, known)
			var written, ended atomic.Int64
			i.SetKeyHandler(func(w http.ResponseWriter, r *http.Request) {
				defer ended.Add(1)
				written.Add(int64(serve(w, r)))
			})
			p.Do(
				t, "GET", "/api/v1/databases", harness.Bearer(i.Token(t, map[string]any{"kid": "unknown"}, nil)), "",
			).IsProblem(t, 503,
				"issuer_unavailable")
			p.AcceptsToken(t, known)

			start := time.Now()
			if !harness.Eventually(func() bool { return ended.Load() > 0 }) {
				t.Fatalf("the response is still being read after %s", time.Since(start))
			}
			// The server reads at most 1 MiB; the rest is in socket buffers.
			if got := written.Load(); got > 32<<20 {
				t.Errorf("read %d bytes of the response", got)
			}

			if !harness.Eventually(func() bool {
				return strings.Contains(p.Log.String(), "could not read the issuer's keys")
			}) {
				t.Error("the log does not say that the keys could not be read")
			}
		})
	}
}

func write(w http.ResponseWriter, body []byte) int {
	n, _ := w.Write(body)
	return n
}

// pour writes white space until it has written enough or its reader has closed.
func pour(w http.ResponseWriter, r *http.Request, total int, pause time.Duration) (written int) {
	portion := bytes.Repeat([]byte(" "), 64<<10)
	if pause > 0 {
		portion = portion[:1]
	}

	for written < total {
		n, err := w.Write(portion)

		written += n
		if err != nil || http.NewResponseController(w).Flush() != nil {
			return written
		}

		select {
		case <-r.Context().Done():
			return written
		case <-time.After(pause):
		}
	}

	return written
}

// Threat model: J07.
func TestServerFollowsNoKeyDocumentRedirect(t *testing.T) {
	var visits atomic.Int64
	mallory := harness.NewIssuer(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		visits.Add(1)
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{mallory.Keys[0].Public()}})
	}))
	t.Cleanup(elsewhere.Close)

	for name, answer := range map[string]struct {
		status int
		target string
	}{
		"301 to another host":         {301, elsewhere.URL},
		"302 to another host":         {302, elsewhere.URL},
		"307 to another host":         {307, elsewhere.URL},
		"308 to another host":         {308, elsewhere.URL},
		"302 to the cloud's metadata": {302, "http://169.254.169.254/latest/meta-data/"},
		"302 to itself":               {302, "/.well-known/jwks.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := harness.NewIssuer(t)
			i.SetKeyHandler(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", answer.target)
				w.WriteHeader(answer.status)
			})

			p := harness.StartProduct(t, harness.WithIssuer(i), harness.WithoutKeys())
			if !harness.Eventually(func() bool {
				return strings.Contains(p.Log.String(), "could not read the issuer's keys")
			}) {
				t.Fatal("the log does not say that the keys could not be read")
			}
			forged := mallory.Keys[0].Sign(t, nil, i.Claims(nil))
			p.Do(t, "GET", "/api/v1/databases", harness.Bearer(forged), "").IsProblem(t, 503, "issuer_unavailable")

			if got := visits.Load(); got != 0 {
				t.Errorf("got %d visits to where the redirect leads, want none", got)
			}
		})
	}
}

// Threat model: J08.
func TestWithdrawnKeyIsRemoved(t *testing.T) {
	p, i := startWithIssuer(t)
	withdrawn := i.Token(t, nil, nil)
	p.AcceptsToken(t, withdrawn)
	next := i.AddKey(t, "key-2")
	i.Publish(next.Public())
	p.AcceptsToken(t, next.Sign(t, nil, i.Claims(nil))) // the new key id makes the server read the keys again
	p.RejectedAtEveryEndpoint(t, harness.Bearer(withdrawn), 401, "invalid_token")
}
