package harness

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

// Helpers for the narrowed proxy: a connected account, creates, and a proxy between the server and upstream that
// responds, counts or fails as a test configures.

// DatabasesPath is the path that lists and creates databases.
const DatabasesPath = "/api/v1/databases"

// Member is a connected account and the header of its calls.
type Member struct {
	*Product
	Email  string
	Header http.Header
}

// AddMember connects an account with a token that stays valid during the test.
func (p *Product) AddMember(t *testing.T, email string) Member {
	t.Helper()

	m := Member{Product: p, Email: email, Header: Bearer(p.TokenOf(t, email))}
	if got := p.Do(t, "PUT", "/api/v1/connection", m.Header, ""); got.Status/100 != 2 {
		t.Fatalf("connect %s: status %d, %s", email, got.Status, got.Body)
	}

	return m
}

// StartWithMember starts the product with one connected account.
func StartWithMember(t *testing.T, options ...Option) Member {
	t.Helper()
	return StartProduct(t, options...).AddMember(t, "someone@example.com")
}

// WithSettle shortens the time after which a lost create counts as not created.
func WithSettle(settle time.Duration) Option {
	return WithConfig(func(c *config.Config) { c.CreateSettle = settle })
}

// CreateBody is the shortest valid create body.
func CreateBody(name string) string {
	return `{"name":"` + name + `","primary_region":"us-east-1"}`
}

// Keyed adds an Idempotency-Key.
func (m Member) Keyed(key string) http.Header {
	return Merged(m.Header, http.Header{"Idempotency-Key": {key}})
}

// Create creates a database; an empty key sends no Idempotency-Key.
func (m Member) Create(t *testing.T, key, body string) Response {
	t.Helper()

	header := m.Header
	if key != "" {
		header = m.Keyed(key)
	}

	return m.Do(t, "POST", DatabasesPath, header, body)
}

// databaseView is a database in the contract.
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

// Database decodes a response with a database, and fails the test if it has any other field.
func (a Response) Database(t *testing.T, status int) databaseView {
	t.Helper()
	var view databaseView
	decoder := json.NewDecoder(strings.NewReader(a.Is(t, status).Body))
	decoder.DisallowUnknownFields()

	if err := decoder.Decode(&view); err != nil {
		t.Fatalf("%s %s: not a valid database: %v\n%s", a.Method, a.Path, err, a.Body)
	}

	return view
}

// List reads the account's databases through the server.
func (m Member) List(t *testing.T) []databaseView {
	t.Helper()
	var list struct {
		Databases []databaseView `json:"databases"`
	}
	m.Do(t, "GET", DatabasesPath, m.Header, "").Is(t, 200).JSON(t, &list)

	return list.Databases
}

// UpstreamNames counts the databases that exist upstream, by name.
func (m Member) UpstreamNames(t *testing.T) map[string]int {
	t.Helper()

	names := map[string]int{}
	for _, database := range m.Account(t, m.Email).Databases {
		name, _ := database["database_name"].(string)
		names[name]++
	}

	return names
}

// Calls counts the requests of one method and path that reached the Developer API stand-in.
func (p *Product) Calls(t *testing.T, method, path string) int {
	t.Helper()

	count := 0
	for _, entry := range p.Journal(t) {
		if entry.Method == method && entry.Path == path {
			count++
		}
	}

	return count
}

const (
	// UpstreamList is Upstash's path to list databases.
	UpstreamList = "/v2/redis/databases"
	// UpstreamCreate is Upstash's path to create them.
	UpstreamCreate = "/v2/redis/database"
)

// Front is a proxy between the server and the Developer API stand-in. It can respond to some requests itself, and it
// counts all requests.
type Front struct {
	*httptest.Server
	Requests atomic.Int64
	last     atomic.Pointer[string]
	override atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
	through  http.Handler // to Upstash's stand-in
}

// WithFront puts a Front between the server and the stand-in.
func WithFront(t *testing.T, f *Front) Option {
	t.Helper()

	return WithConfig(func(c *config.Config) {
		target, err := url.Parse(c.UpstashAPIURL)
		if err != nil {
			t.Fatal(err)
		}
		f.through = httputil.NewSingleHostReverseProxy(target)
		f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f.Requests.Add(1)
			line := r.Method + " " + r.URL.RequestURI()
			f.last.Store(&line)

			if answer := f.override.Load(); answer != nil && (*answer)(w, r) {
				return
			}
			f.through.ServeHTTP(w, r)
		}))
		t.Cleanup(f.Close)
		c.UpstashAPIURL = f.URL
	})
}

// Intercept sets a function that may respond instead of the stand-in; it reports whether it responded. nil removes it.
func (f *Front) Intercept(answer func(http.ResponseWriter, *http.Request) bool) {
	if answer == nil {
		f.override.Store(nil)
		return
	}
	f.override.Store(&answer)
}

// RespondsWith responds to requests of a method and path with a status and a body.
func (f *Front) RespondsWith(method, path string, status int, header http.Header, body string) {
	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
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

// ForwardsThenResponds forwards requests of a method and path, and responds with the status instead of the real
// response.
func (f *Front) ForwardsThenResponds(method, path string, status int, header http.Header) {
	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method || r.URL.Path != path {
			return false
		}
		f.through.ServeHTTP(httptest.NewRecorder(), r)

		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)

		return true
	})
}

// WithFaultProxy puts a TCP proxy in between that fails on request.
func WithFaultProxy(t *testing.T, p **faultproxy.Proxy) Option {
	t.Helper()

	return WithConfig(func(c *config.Config) {
		*p = faultproxy.Start(t, strings.TrimPrefix(c.UpstashAPIURL, "http://"))
		c.UpstashAPIURL = "http://" + (*p).Address
	})
}

// RetryAfter reads the header, and fails the test if it is missing or out of range.
func (a Response) RetryAfter(t *testing.T, least, most time.Duration) time.Duration {
	t.Helper()

	wait, err := time.ParseDuration(a.Header.Get("Retry-After") + "s")
	if err != nil || wait < least || wait > most {
		t.Fatalf(
			"%s %s (%d): got Retry-After %q, want %s to %s",
			a.Method,
			a.Path,
			a.Status,
			a.Header.Get("Retry-After"),
			least,
			most,
		)
	}

	return wait
}

// NewTrap counts requests that should never be made.
func NewTrap(t *testing.T, count *int) *httptest.Server {
	t.Helper()
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { *count++ }))
	t.Cleanup(trap.Close)

	return trap
}

// Change writes to the server's database directly.
func (p *Product) Change(t *testing.T, statement string, values ...any) {
	t.Helper()

	database, err := sql.Open("sqlite3", "file:"+p.Database+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = database.Close() }()

	if _, err := database.ExecContext(t.Context(), statement, values...); err != nil {
		t.Fatal(err)
	}
}

// FileContains reports whether the database's files contain a word.
func (p *Product) FileContains(t *testing.T, word string) bool {
	t.Helper()

	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(p.Database + suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}

		if bytes.Contains(content, []byte(word)) {
			return true
		}
	}

	return false
}
