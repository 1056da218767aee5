package harness

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // to count rows while the server runs

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/dbtest"
	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/server"
)

// Product is the complete server, wired as `bff serve` wires it and called over HTTP, with its own stand-ins for Auth0
// and Upstash. When the test ends, everything is stopped, and the debug log is searched for every secret that passed
// through the helpers.
type Product struct {
	URL    string // origin, such as http://localhost:12345, plus a path if a proxy adds one
	Config *config.Config
	App    *server.Server
	Log    *LogBuffer
	Client *http.Client
	Stop   context.CancelFunc // stops the server, as SIGTERM does; so does the end of the test

	StandIns *sandbox.Sandbox
	Database string // path of the SQLite file; empty with Postgres

	mu      sync.Mutex
	secrets map[string]string // values that must not be in the log, to their descriptions
	emails  map[string]bool   // accounts whose developer keys are read when the test ends
}

// ProductOptions is changed by Option values.
type ProductOptions struct {
	tweak  []func(*config.Config)
	bounds server.Bounds
	noWait bool
	free   bool // no contract
	plane  bool // databases are where the stand-ins are
	now    func() time.Time

	StandIns []func(*sandbox.Options)
}

// Option changes what StartProduct starts.
type Option func(*ProductOptions)

// WithConfig changes the server's configuration before it starts.
func WithConfig(tweak func(*config.Config)) Option {
	return func(o *ProductOptions) { o.tweak = append(o.tweak, tweak) }
}

// WithDataPlane configures the REST URL of the stand-ins' databases, as a sandbox does. Otherwise the server looks for
// databases at Upstash.
func WithDataPlane() Option { return func(o *ProductOptions) { o.plane = true } }

// WithIssuer configures the test's own issuer. The Developer API stand-in does not know that issuer and rejects mints
// with its tokens. That is enough to test authentication.
func WithIssuer(i *Issuer) Option {
	return WithConfig(func(c *config.Config) { c.AuthIssuer = i.URL })
}

// WithBounds shortens the server's timeouts, so that a test need not wait for minutes.
func WithBounds(bounds server.Bounds) Option {
	return func(o *ProductOptions) { o.bounds = bounds }
}

// WithoutKeys lets StartProduct return before the server has read the issuer's keys.
func WithoutKeys() Option { return func(o *ProductOptions) { o.noWait = true } }

// WithoutContract does not compare the exchanges with openapi.yaml.
func WithoutContract() Option { return func(o *ProductOptions) { o.free = true } }

// StartProduct starts stand-ins and server on free loopback ports, with a database and their own keyset.
func StartProduct(t *testing.T, options ...Option) *Product {
	t.Helper()
	dir := t.TempDir()

	var o ProductOptions
	for _, apply := range options {
		apply(&o)
	}

	around := sandbox.Options{
		IssuerListen:  "127.0.0.1:0",
		UpstashListen: "127.0.0.1:0",
		ControlListen: "127.0.0.1:0",
		RedisListen:   "127.0.0.1:0",
		SPAClientID:   SpaClient,
		DataDir:       dir,
		NoSync:        true,
	}
	for _, change := range o.StandIns {
		change(&around)
	}

	standIns, err := sandbox.Start(t.Context(), around)
	if err != nil {
		t.Fatal(err)
	}

	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	p := &Product{
		URL: "http://localhost:" + PortOf(listener.Addr()), StandIns: standIns, Log: &LogBuffer{},
		Database: filepath.Join(dir, "bff.db"), secrets: map[string]string{}, emails: map[string]bool{},
		Client: NewClient(),
	}
	if o.plane {
		address := standIns.RESTURL()
		o.tweak = append(o.tweak, func(c *config.Config) { c.RestURL = address })
	}

	dbtest.CreateSQLite(t, p.Database)
	p.Config = newConfig(t, p, o.tweak)
	p.noteDatabase()

	logger := slog.New(slog.NewJSONHandler(p.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if p.App, err = server.New(t.Context(), server.Options{
		Config: p.Config, Logger: logger, Version: TestVersion, Bounds: o.bounds, Now: o.now,
		Around: func(next http.Handler) http.Handler {
			if o.free {
				return next
			}

			return checkContract(t, next)
		},
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p.Stop = cancel

	running := make(chan error, 1)
	go func() { running <- p.App.Run(ctx, listener) }()
	t.Cleanup(func() {
		p.Client.CloseIdleConnections()
		p.collectKeys(t)
		cancel()

		if err := <-running; err != nil {
			t.Errorf("the server ended with: %v", err)
		}
		p.checkLog(t)

		if err := standIns.Close(context.Background()); err != nil {
			t.Errorf("stand-ins not closed: %v", err)
		}
	})

	if !o.noWait {
		wait, stop := context.WithTimeout(t.Context(), 30*time.Second)
		defer stop()

		if err := p.App.WaitReady(wait); err != nil {
			t.Fatalf("the issuer's keys were not read: %v", err)
		}
	}

	return p
}

func newConfig(t *testing.T, p *Product, tweaks []func(*config.Config)) *config.Config {
	t.Helper()

	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}

	c, err := config.Load(nil, []string{
		"BFF_PUBLIC_URL=" + p.URL,
		"BFF_DATABASE_URL=sqlite://" + p.Database,
		"BFF_AUTH_ISSUER=" + p.StandIns.IssuerURL(),
		"BFF_AUTH_CLIENT_IDS=" + SpaClient,
		"BFF_UPSTASH_API_URL=" + p.StandIns.UpstashURL(),
		"BFF_KEYSET=" + strings.TrimSpace(string(keyset)),
		"BFF_LOG_LEVEL=debug",
		// most tests make more calls than the default limits allow
		"BFF_LIMIT_REQUESTS=1000000/s",
		"BFF_LIMIT_CREATES=1000000/s",
		"BFF_LIMIT_MINTS=1000000/s",
		"BFF_LIST_CACHE=0", // tests read the current state; tests of the cache use WithListCache
	}, server.Checks()...)
	if err != nil {
		t.Fatal(err)
	}

	for _, tweak := range tweaks {
		tweak(c)
	}

	return c
}

// Origin is the Origin header that a browser sends from the server's pages.
func (p *Product) Origin() string { return "http://" + p.Host() }

// Host is the Host header of a request to the server.
func (p *Product) Host() string {
	host, _, _ := strings.Cut(strings.TrimPrefix(p.URL, "http://"), "/")
	return host
}

// NewClient neither follows redirects nor stores cookies: tests see the server's own responses.
func NewClient() *http.Client {
	return &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Response is one HTTP response, with its request's method and path.
type Response struct {
	Method, Path string
	Status       int
	Header       http.Header
	Body         string
}

// Do sends one request to the server. An empty body sends none. A body's Content-Type defaults to application/json.
func (p *Product) Do(t *testing.T, method, path string, header http.Header, body string) Response {
	t.Helper()

	got, err := p.Try(t.Context(), method, path, header, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}

	return got
}

// Try is Do for goroutines, and for requests that may fail.
func (p *Product) Try(ctx context.Context, method, path string, header http.Header, body string) (Response, error) {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}

	request, err := http.NewRequestWithContext(ctx, method, p.URL+path, content)
	if err != nil {
		return Response{}, err
	}

	for name, values := range header {
		request.Header[name] = values
	}

	if host := header.Get("Host"); host != "" {
		request.Host = host
	}

	if body != "" && request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}

	response, err := p.Client.Do(request)
	if err != nil {
		return Response{}, err
	}

	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)

	return Response{
		Method: method,
		Path:   request.URL.EscapedPath(),
		Status: response.StatusCode,
		Header: response.Header,
		Body:   string(read),
	}, err
}

// Raw writes raw bytes to the server and returns the first response. It sends what Go's client would not send.
func (p *Product) Raw(t *testing.T, request string) Response {
	t.Helper()

	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.Host())
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
	// The server may respond and close before it has read everything. Then the write fails, but the response counts.
	go func() { _, _ = io.WriteString(connection, request) }()
	method, rest, _ := strings.Cut(request, " ")
	path, _, _ := strings.Cut(rest, " ")

	response, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %.80s: no response: %v", method, path, err)
	}

	defer func() { _ = response.Body.Close() }()

	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %.80s: %v", method, path, err)
	}

	return Response{
		Method: method, Path: path, Status: response.StatusCode, Header: response.Header, Body: string(body),
	}
}

// JSON decodes a 2xx response.
func (a Response) JSON(t *testing.T, into any) {
	t.Helper()

	if err := json.Unmarshal([]byte(a.Body), into); err != nil {
		t.Fatalf("%s %s: response %d has a body that is not JSON: %v\n%s", a.Method, a.Path, a.Status, err, a.Body)
	}
}

// Is fails the test unless the response has this status.
func (a Response) Is(t *testing.T, status int) Response {
	t.Helper()

	if a.Status != status {
		t.Fatalf("%s %s: got status %d, want %d; body %s", a.Method, a.Path, a.Status, status, a.Body)
	}

	return a
}

// Bearer returns the header of a call with an access token.
func Bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// Login connects the token's account as the page does, and returns the cookie that the browser would store.
func (p *Product) Login(t *testing.T, token string) *http.Cookie {
	t.Helper()
	return p.SessionCookie(t, p.Do(t, "POST", "/api/v1/session", Bearer(token), "").Is(t, 201))
}

// SessionCookie returns the one session cookie that a response sets.
func (p *Product) SessionCookie(t *testing.T, a Response) *http.Cookie {
	t.Helper()

	cookies := (&http.Response{Header: a.Header}).Cookies()
	if len(cookies) != 1 || cookies[0].Value == "" {
		t.Fatalf("%s %s sets %d cookies, want only the session cookie", a.Method, a.Path, len(cookies))
	}
	p.NoteSecret(cookies[0].Value, "session cookie")

	return cookies[0]
}

// FromPage returns the header of a call that the server's own page makes with its cookie.
func (p *Product) FromPage(cookie *http.Cookie) http.Header {
	return http.Header{
		"Cookie": {cookie.Name + "=" + cookie.Value}, "X-Csrf": {"1"},
		"Origin": {p.Origin()}, "Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Dest": {"empty"},
	}
}

// Merged merges headers into a copy; later ones win.
func Merged(headers ...http.Header) http.Header {
	all := http.Header{}
	for _, header := range headers {
		for name, values := range header {
			all[name] = values
		}
	}

	return all
}

// Rows counts the rows of the tables that a rejected request must not change.
func (p *Product) Rows(t *testing.T) map[string]int {
	t.Helper()

	database := p.openDatabase(t)
	defer func() { _ = database.Close() }()

	counts := map[string]int{}
	for _, table := range []string{"connections", "mint_intents", "sessions", "used_tokens", "audit_events", "creates"} {
		var count int
		if err := database.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&count); err != nil {
			t.Fatalf("count %s: %v", table, err)
		}
		counts[table] = count
	}

	return counts
}

// NoteSecret notes a value that must never be in the log.
func (p *Product) NoteSecret(value, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets[value] = what
}

// collectKeys notes the developer keys of every account that got a token here.
func (p *Product) collectKeys(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	emails := p.emails
	p.emails = nil
	p.mu.Unlock()

	for email := range emails {
		for _, key := range p.Account(t, email).Keys {
			p.NoteSecret(key.Secret, "developer key")
		}
	}
}

// checkLog fails the test if the log holds one of the secrets.
func (p *Product) checkLog(t *testing.T) {
	t.Helper()

	log := p.Log.String()
	for value, what := range p.secrets {
		if len(value) >= 16 && strings.Contains(log, value) {
			t.Errorf("the log contains a %s", what)
		}
	}
}

// LogBuffer stores the server's log.
type LogBuffer struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (b *LogBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.Write(line)
}

// String returns everything logged so far.
func (b *LogBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.String()
}
