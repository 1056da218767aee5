//go:build unix

package main

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

// Helpers for servers that share one Postgres, each a process of its own.

// onBothFleets runs a test with servers that follow one another on SQLite, and with servers beside each other on Postgres.
func onBothFleets(t *testing.T, test func(t *testing.T, newFleet func(t *testing.T) *fleet)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, newFleet)
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		test(t, func(t *testing.T) *fleet {
			t.Helper()
			return newFleetIn(t, t.TempDir(), pgtest.URL(t))
		})
	})
}

func (f *fleet) onPostgres() bool {
	return strings.HasPrefix(f.config.DatabaseURL.Reveal(), "postgres")
}

// beside sees to it that on Postgres another server runs, which next turns to.
func (f *fleet) beside(t *testing.T, environ ...string) {
	t.Helper()
	if f.onPostgres() && f.spare == nil {
		f.spare = f.ready(t, environ...)
	}
}

// next is the server to be asked when one has died: on SQLite a new one on the same file, on Postgres the one that ran beside
// it all the time. That one cannot know that the other is gone; what was under way there is free when its lease has ended.
func (f *fleet) next(t *testing.T, environ ...string) *process {
	t.Helper()
	if !f.onPostgres() {
		return f.serve(t, environ...)
	}
	time.Sleep(fleetLease)
	next := f.spare
	f.spare, f.URL = nil, next.url
	return next
}

// publicURL is where the replicas of a test are reached. Nobody listens there: their turns send each request on.
const publicURL = "http://localhost:9"

// viaHeader names the one replica that is to have a request. It is taken away on the way.
const viaHeader = "X-Via-Replica"

// replicas are servers beside each other on one Postgres and under one public URL, with nothing before them. A request goes
// to any that runs, or to the one that it names.
type replicas struct {
	*fleet
	*turns
	environ []string
	running []*process
}

func newReplicas(t *testing.T, environ ...string) *replicas {
	t.Helper()
	return newFleetIn(t, t.TempDir(), pgtest.URL(t)).replicas(t, environ...)
}

// replicas starts two.
func (f *fleet) replicas(t *testing.T, environ ...string) *replicas {
	t.Helper()
	r := &replicas{fleet: f, environ: append(environ, "BFF_PUBLIC_URL="+publicURL), running: make([]*process, 2)}
	r.turns = &turns{Transport: r.client.Transport.(*http.Transport), hosts: make([]string, len(r.running))}
	r.client.Transport, r.URL = r.turns, publicURL
	for n := range r.running {
		r.start(t, n)
	}
	return r
}

// start starts one that does not run.
func (r *replicas) start(t *testing.T, n int) {
	t.Helper()
	r.running[n] = r.ready(t, r.environ...)
	r.set(n, strings.TrimPrefix(r.running[n].url, "http://"))
}

// kill ends one without warning.
func (r *replicas) kill(t *testing.T, n int) {
	t.Helper()
	if err := r.running[n].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.running[n].died(t)
	r.set(n, "")
}

// unrest kills one at random and starts it again, over and over until done is closed; once at least.
func (r *replicas) unrest(t *testing.T, done <-chan struct{}) {
	t.Helper()
	time.Sleep(rand.N(200 * time.Millisecond))
	for {
		n := rand.IntN(len(r.running))
		r.kill(t, n)
		r.start(t, n)
		select {
		case <-done:
			return
		case <-time.After(rand.N(2 * time.Second)):
		}
	}
}

// via adds to headers which replica is to be asked.
func via(n int, headers ...http.Header) http.Header {
	return merged(append(headers, http.Header{viaHeader: {strconv.Itoa(n)}})...)
}

// via is the member at one replica alone.
func (m member) via(n int) member {
	m.header = via(n, m.header)
	return m
}

// turns sends what is for publicURL to the replicas, and all else where it belongs.
type turns struct {
	*http.Transport
	mu    sync.Mutex
	hosts []string // empty: it does not run
}

func (t *turns) set(n int, host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hosts[n] = host
}

var errNoReplica = errors.New("no replica runs")

func (t *turns) pick(named string) (string, error) {
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
func (t *turns) RoundTrip(r *http.Request) (*http.Response, error) {
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
