package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/faultproxy"
)

// Helpers for the narrowed proxy: a connected account, creates, and something between the server and upstream that
// answers, counts or fails as a test wants.

const databasesPath = "/api/v1/databases"

// member is an account that is connected, and the header of its calls.
type member struct {
	*product
	email  string
	header http.Header
}

// joined connects an account with a token that lasts the test.
func (p *product) joined(t *testing.T, email string) member {
	t.Helper()
	m := member{product: p, email: email, header: bearer(p.tokenOf(t, email))}
	if got := p.do(t, "PUT", "/api/v1/connection", m.header, ""); got.status/100 != 2 {
		t.Fatalf("connect %s: status %d, %s", email, got.status, got.body)
	}
	return m
}

// startJoined starts the product with one connected account.
func startJoined(t *testing.T, options ...option) member {
	t.Helper()
	return startProduct(t, options...).joined(t, "someone@example.com")
}

// withSettle shortens the time after which a lost create is known not to come any more.
func withSettle(settle time.Duration) option {
	return withConfig(func(c *config.Config) { c.CreateSettle = settle })
}

// createBody is the shortest body that creates.
func createBody(name string) string {
	return `{"name":"` + name + `","primary_region":"us-east-1"}`
}

// keyed adds an Idempotency-Key.
func (m member) keyed(key string) http.Header {
	return merged(m.header, http.Header{"Idempotency-Key": {key}})
}

// create asks for a database; an empty key is none.
func (m member) create(t *testing.T, key, body string) answer {
	t.Helper()
	header := m.header
	if key != "" {
		header = m.keyed(key)
	}
	return m.do(t, "POST", databasesPath, header, body)
}

// databaseView is a database as the contract has it.
type databaseView struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	State         string    `json:"state"`
	Plan          string    `json:"plan"`
	Platform      string    `json:"platform"`
	PrimaryRegion string    `json:"primary_region"`
	ReadRegions   []string  `json:"read_regions"`
	Endpoint      string    `json:"endpoint"`
	Port          int       `json:"port"`
	TLS           bool      `json:"tls"`
	RestURL       string    `json:"rest_url"`
	CreatedAt     time.Time `json:"created_at"`
}

// database decodes an answer that holds one, and fails the test if it holds anything else.
func (a answer) database(t *testing.T, status int) databaseView {
	t.Helper()
	var view databaseView
	decoder := json.NewDecoder(strings.NewReader(a.is(t, status).body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&view); err != nil {
		t.Fatalf("%s %s: not a database of the contract: %v\n%s", a.method, a.path, err, a.body)
	}
	return view
}

// list reads the account's databases through the server.
func (m member) list(t *testing.T) []databaseView {
	t.Helper()
	var list struct {
		Databases []databaseView `json:"databases"`
	}
	m.do(t, "GET", databasesPath, m.header, "").is(t, 200).json(t, &list)
	return list.Databases
}

// upstreamNames counts by name the databases that really exist.
func (m member) upstreamNames(t *testing.T) map[string]int {
	t.Helper()
	names := map[string]int{}
	for _, database := range m.account(t, m.email).Databases {
		name, _ := database["database_name"].(string)
		names[name]++
	}
	return names
}

// calls counts what reached the Developer API stand-in: requests of one method and path.
func (p *product) calls(t *testing.T, method, path string) int {
	t.Helper()
	count := 0
	for _, entry := range p.journal(t) {
		if entry.Method == method && entry.Path == path {
			count++
		}
	}
	return count
}

const (
	upstreamList   = "/v2/redis/databases"
	upstreamCreate = "/v2/redis/database"
)

// front stands between the server and the Developer API stand-in, passes requests on, and answers some itself. It counts
// everything that arrives.
type front struct {
	*httptest.Server
	requests atomic.Int64
	last     atomic.Pointer[string]
	override atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

// withFront puts a front between.
func withFront(t *testing.T, f *front) option {
	t.Helper()
	return withConfig(func(c *config.Config) {
		target, err := url.Parse(c.UpstashAPIURL)
		if err != nil {
			t.Fatal(err)
		}
		through := httputil.NewSingleHostReverseProxy(target)
		f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f.requests.Add(1)
			line := r.Method + " " + r.URL.RequestURI()
			f.last.Store(&line)
			if answer := f.override.Load(); answer != nil && (*answer)(w, r) {
				return
			}
			through.ServeHTTP(w, r)
		}))
		t.Cleanup(f.Close)
		c.UpstashAPIURL = f.URL
	})
}

// answers replaces what reaches the server from now on; the function reports whether it answered. nil ends it.
func (f *front) answers(answer func(http.ResponseWriter, *http.Request) bool) {
	if answer == nil {
		f.override.Store(nil)
		return
	}
	f.override.Store(&answer)
}

// says answers requests of a method and path with a status and a body.
func (f *front) says(method, path string, status int, header http.Header, body string) {
	f.answers(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method || r.URL.Path != path {
			return false
		}
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	})
}

// withFaultProxy puts a TCP proxy between, that fails as it is told.
func withFaultProxy(t *testing.T, p **faultproxy.Proxy) option {
	t.Helper()
	return withConfig(func(c *config.Config) {
		*p = faultproxy.Start(t, strings.TrimPrefix(c.UpstashAPIURL, "http://"))
		c.UpstashAPIURL = "http://" + (*p).Address
	})
}

// retryAfter reads the header, and fails the test when it is missing or absurd.
func (a answer) retryAfter(t *testing.T, least, most time.Duration) time.Duration {
	t.Helper()
	wait, err := time.ParseDuration(a.header.Get("Retry-After") + "s")
	if err != nil || wait < least || wait > most {
		t.Fatalf("%s %s (%d): got Retry-After %q, want %s to %s", a.method, a.path, a.status, a.header.Get("Retry-After"), least, most)
	}
	return wait
}

// newTrap counts requests that should never be made.
func newTrap(t *testing.T, count *int) *httptest.Server {
	t.Helper()
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { *count++ }))
	t.Cleanup(trap.Close)
	return trap
}

// change writes into the server's database behind its back.
func (p *product) change(t *testing.T, statement string, values ...any) {
	t.Helper()
	database, err := sql.Open("sqlite3", "file:"+p.database+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = database.Close() }()
	if _, err := database.ExecContext(t.Context(), statement, values...); err != nil {
		t.Fatal(err)
	}
}

// fileHolds looks for a word in the database's files.
func (p *product) fileHolds(t *testing.T, word string) bool {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(p.database + suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(word)) {
			return true
		}
	}
	return false
}
