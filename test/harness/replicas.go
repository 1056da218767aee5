//go:build unix

package harness

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/pgtest"
)

// Helpers for server processes that share one Postgres.

// OnBothFleets runs a test with successive servers on SQLite, and with parallel servers on Postgres.
func OnBothFleets(t *testing.T, test func(t *testing.T, newFleet func(t *testing.T) *Fleet)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, NewFleet)
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		test(t, func(t *testing.T) *Fleet {
			t.Helper()
			return NewFleetIn(t, t.TempDir(), pgtest.URL(t))
		})
	})
}

func (f *Fleet) onPostgres() bool {
	return strings.HasPrefix(f.Config.DatabaseURL.Reveal(), "postgres")
}

// ServeStandby starts a second server on Postgres, which ServeNext switches to.
func (f *Fleet) ServeStandby(t *testing.T, environ ...string) {
	t.Helper()

	if f.onPostgres() && f.spare == nil {
		f.spare = f.ready(t, environ...)
	}
}

// ServeNext returns the server to call after one has died: on SQLite a new one on the same file, on Postgres the
// standby. The standby cannot know that the other server died; it takes over calls in progress when their lease ends.
func (f *Fleet) ServeNext(t *testing.T, environ ...string) *process {
	t.Helper()

	if !f.onPostgres() {
		return f.Serve(t, environ...)
	}
	time.Sleep(fleetLease)
	next := f.spare
	f.spare, f.URL = nil, next.URL

	return next
}

// publicURL is the replicas' shared URL. Nothing listens there: roundRobin forwards each request.
const publicURL = "http://localhost:9"

// viaHeader names the replica for a request. roundRobin removes it.
const viaHeader = "X-Via-Replica"

// Replicas are parallel servers on one Postgres with one public URL and no proxy. A request goes to any running server,
// or to the one that it names.
type Replicas struct {
	*Fleet
	*roundRobin
	environ []string
	Running []*process
}

// NewReplicas starts servers on one Postgres; it skips the test without Postgres.
func NewReplicas(t *testing.T, environ ...string) *Replicas {
	t.Helper()
	return NewFleetIn(t, t.TempDir(), pgtest.URL(t)).Replicas(t, environ...)
}

// Replicas starts two servers.
func (f *Fleet) Replicas(t *testing.T, environ ...string) *Replicas {
	t.Helper()
	r := &Replicas{Fleet: f, environ: append(environ, "BFF_PUBLIC_URL="+publicURL), Running: make([]*process, 2)}
	r.roundRobin = &roundRobin{Transport: r.Client.Transport.(*http.Transport), hosts: make([]string, len(r.Running))}

	r.Client.Transport, r.URL = r.roundRobin, publicURL
	for n := range r.Running {
		r.start(t, n)
	}

	return r
}

// start starts a server that is not running.
func (r *Replicas) start(t *testing.T, n int) {
	t.Helper()
	r.Running[n] = r.ready(t, r.environ...)
	r.set(n, strings.TrimPrefix(r.Running[n].URL, "http://"))
}

// kill kills a server without warning.
func (r *Replicas) kill(t *testing.T, n int) {
	t.Helper()

	if err := r.Running[n].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.Running[n].Died(t)
	r.set(n, "")
}

// killAtRandom kills and restarts random servers until done is closed, at least once.
func (r *Replicas) killAtRandom(t *testing.T, done <-chan struct{}) {
	t.Helper()
	time.Sleep(rand.N(200 * time.Millisecond))

	for {
		n := rand.IntN(len(r.Running))
		r.kill(t, n)
		r.start(t, n)

		select {
		case <-done:
			return
		case <-time.After(rand.N(2 * time.Second)):
		}
	}
}

// Via adds the replica number to headers.
func Via(n int, headers ...http.Header) http.Header {
	return Merged(append(headers, http.Header{viaHeader: {strconv.Itoa(n)}})...)
}

// Via returns a Member that calls only one replica.
func (m Member) Via(n int) Member {
	m.Header = Via(n, m.Header)
	return m
}

// roundRobin sends requests for publicURL to the replicas in turn, and other requests unchanged.
type roundRobin struct {
	*http.Transport
	mu    sync.Mutex
	hosts []string // empty: not running
}

func (t *roundRobin) set(n int, host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hosts[n] = host
}

var errNoReplica = errors.New("no replica runs")

func (t *roundRobin) pick(named string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()

	if n, err := strconv.Atoi(named); err == nil {
		return t.hosts[n], nil
	}

	for _, n := range rand.Perm(len(t.hosts)) {
		if t.hosts[n] != "" {
			return t.hosts[n], nil
		}
	}

	return "", errNoReplica
}

// RoundTrip implements http.RoundTripper.
func (t *roundRobin) RoundTrip(r *http.Request) (*http.Response, error) {
	if "http://"+r.URL.Host != publicURL {
		return t.Transport.RoundTrip(r)
	}

	host, err := t.pick(r.Header.Get(viaHeader))
	if err != nil {
		return nil, err
	}
	sent := r.Clone(r.Context())
	sent.Header.Del(viaHeader)
	sent.Host, sent.URL.Host = cmp.Or(r.Host, r.URL.Host), host

	return t.Transport.RoundTrip(sent)
}
