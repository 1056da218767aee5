package main

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

	_ "github.com/mattn/go-sqlite3" // to count rows beside the running server

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/server"
)

// product is the whole server, wired as `bff serve` wires it and reached over HTTP as a stranger reaches it, in front of
// stand-ins for Auth0 and Upstash of its own. When the test ends, everything is stopped, and its log, kept at debug level,
// is searched for every secret that passed through the helpers.
type product struct {
	URL    string // origin, such as http://localhost:12345
	config *config.Config
	app    *server.Server
	log    *logBuffer
	client *http.Client
	stop   context.CancelFunc // asks the server to end, as SIGTERM does; the end of the test does too

	standIns *sandbox.Sandbox
	database string // path of the SQLite file; with Postgres there is none

	mu      sync.Mutex
	secrets map[string]string // what must not be in the log: value to what it is
	emails  map[string]bool   // accounts whose developer keys are looked up at the end
}

type productOptions struct {
	tweak  []func(*config.Config)
	bounds server.Bounds
	noWait bool

	standIns []func(*sandbox.Options)
}

// option changes what startProduct starts.
type option func(*productOptions)

// withConfig changes the server's configuration before it starts.
func withConfig(tweak func(*config.Config)) option {
	return func(o *productOptions) { o.tweak = append(o.tweak, tweak) }
}

// withIssuer points the server at an issuer of the test's own. The Developer API stand-in does not know that issuer, so it
// refuses mints with its tokens: enough where tokens are to be refused, or only the door is looked at.
func withIssuer(i *issuer) option {
	return withConfig(func(c *config.Config) { c.AuthIssuer = i.URL })
}

// withBounds makes the server less patient than usual, so that a test need not wait for minutes.
func withBounds(bounds server.Bounds) option {
	return func(o *productOptions) { o.bounds = bounds }
}

// withoutKeys lets startProduct return before the issuer's keys could be read.
func withoutKeys() option { return func(o *productOptions) { o.noWait = true } }

// startProduct starts stand-ins and server on free loopback ports, with a database and a keyset of their own.
func startProduct(t *testing.T, options ...option) *product {
	t.Helper()
	dir := t.TempDir()
	var o productOptions
	for _, apply := range options {
		apply(&o)
	}
	around := sandbox.Options{
		IssuerListen: "127.0.0.1:0", UpstashListen: "127.0.0.1:0", ControlListen: "127.0.0.1:0", RedisListen: "127.0.0.1:0",
		SPAClientID: spaClient, DataDir: dir, NoSync: true,
	}
	for _, change := range o.standIns {
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
	p := &product{
		URL: "http://localhost:" + portOf(listener.Addr()), standIns: standIns, log: &logBuffer{},
		database: filepath.Join(dir, "bff.db"), secrets: map[string]string{}, emails: map[string]bool{},
		client: newClient(),
	}
	p.config = newConfig(t, p, o.tweak)
	p.noteDatabase()
	logger := slog.New(slog.NewJSONHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if p.app, err = server.New(t.Context(), server.Options{
		Config: p.config, Logger: logger, Version: testVersion, Bounds: o.bounds,
		Around: func(next http.Handler) http.Handler { return judged(t, next) },
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p.stop = cancel
	running := make(chan error, 1)
	go func() { running <- p.app.Run(ctx, listener) }()
	t.Cleanup(func() {
		p.client.CloseIdleConnections()
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
		if err := p.app.WaitReady(wait); err != nil {
			t.Fatalf("the issuer's keys were not read: %v", err)
		}
	}
	return p
}

func newConfig(t *testing.T, p *product, tweaks []func(*config.Config)) *config.Config {
	t.Helper()
	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(nil, []string{
		"BFF_PUBLIC_URL=" + p.URL, "BFF_DATABASE_URL=sqlite://" + p.database, "BFF_AUTH_ISSUER=" + p.standIns.IssuerURL(),
		"BFF_AUTH_CLIENT_IDS=" + spaClient, "BFF_UPSTASH_API_URL=" + p.standIns.UpstashURL(),
		"BFF_KEYSET=" + strings.TrimSpace(string(keyset)), "BFF_LOG_LEVEL=debug",
		"BFF_LIMIT_REQUESTS=1000000/s", "BFF_LIMIT_CREATES=1000000/s", "BFF_LIMIT_MINTS=1000000/s", // what tests do at once is not their subject
		"BFF_LIST_CACHE=0", // tests ask what upstream says now; withListCache is for those of the memory
	}, server.Checks()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, tweak := range tweaks {
		tweak(c)
	}
	return c
}

// host is what a request to the server names in Host.
func (p *product) host() string { return strings.TrimPrefix(p.URL, "http://") }

// newClient neither follows redirects nor keeps cookies: what the server answers is what the test sees.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer is one HTTP answer, and what was asked.
type answer struct {
	method, path string
	status       int
	header       http.Header
	body         string
}

// do sends one request to the server. An empty body is none; with one, Content-Type is application/json unless the header
// says otherwise.
func (p *product) do(t *testing.T, method, path string, header http.Header, body string) answer {
	t.Helper()
	got, err := p.try(t.Context(), method, path, header, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

// try is do for goroutines, and for requests that may be cut.
func (p *product) try(ctx context.Context, method, path string, header http.Header, body string) (answer, error) {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, method, p.URL+path, content)
	if err != nil {
		return answer{}, err
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
	response, err := p.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	return answer{method: method, path: request.URL.EscapedPath(), status: response.StatusCode, header: response.Header, body: string(read)}, err
}

// raw writes bytes to the server as they stand and returns the first answer. For what Go's client would not send.
func (p *product) raw(t *testing.T, request string) answer {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.host())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
	// The server may answer and close before it has read everything: then writing fails, and the answer still counts.
	go func() { _, _ = io.WriteString(connection, request) }()
	method, rest, _ := strings.Cut(request, " ")
	path, _, _ := strings.Cut(rest, " ")
	response, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %.80s: no answer: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %.80s: %v", method, path, err)
	}
	return answer{method: method, path: path, status: response.StatusCode, header: response.Header, body: string(body)}
}

// json decodes a 2xx answer.
func (a answer) json(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("%s %s answered %d with a body that is not JSON: %v\n%s", a.method, a.path, a.status, err, a.body)
	}
}

// is fails the test unless the status is the one wanted.
func (a answer) is(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s %s: got status %d, want %d; body %s", a.method, a.path, a.status, status, a.body)
	}
	return a
}

// bearer is the header of a call with an access token.
func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// login connects the token's account as the page does, and returns the cookie that the browser would keep.
func (p *product) login(t *testing.T, token string) *http.Cookie {
	t.Helper()
	return p.sessionCookie(t, p.do(t, "POST", "/api/v1/session", bearer(token), "").is(t, 201))
}

// sessionCookie is the one session cookie an answer sets.
func (p *product) sessionCookie(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	cookies := (&http.Response{Header: a.header}).Cookies()
	if len(cookies) != 1 || cookies[0].Value == "" {
		t.Fatalf("%s %s sets %d cookies, want the session's alone", a.method, a.path, len(cookies))
	}
	p.secret(cookies[0].Value, "session cookie")
	return cookies[0]
}

// fromPage is the header of a call that our own page makes with its cookie.
func (p *product) fromPage(cookie *http.Cookie) http.Header {
	return http.Header{
		"Cookie": {cookie.Name + "=" + cookie.Value}, "X-Csrf": {"1"},
		"Origin": {p.URL}, "Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Dest": {"empty"},
	}
}

// merged adds headers to a copy of others; the later win.
func merged(headers ...http.Header) http.Header {
	all := http.Header{}
	for _, header := range headers {
		for name, values := range header {
			all[name] = values
		}
	}
	return all
}

// rows counts what the database keeps: the tables that a refused request must leave alone.
func (p *product) rows(t *testing.T) map[string]int {
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

// secret notes a value that must never be in the log.
func (p *product) secret(value, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets[value] = what
}

// collectKeys notes the developer keys of every account that got a token here.
func (p *product) collectKeys(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	emails := p.emails
	p.emails = nil
	p.mu.Unlock()
	for email := range emails {
		for _, key := range p.account(t, email).Keys {
			p.secret(key.Secret, "developer key")
		}
	}
}

// checkLog fails the test if the log holds one of the secrets.
func (p *product) checkLog(t *testing.T) {
	t.Helper()
	log := p.log.String()
	for value, what := range p.secrets {
		if len(value) >= 16 && strings.Contains(log, value) {
			t.Errorf("the log holds a %s", what)
		}
	}
}

// logBuffer keeps what the server logs.
type logBuffer struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.Write(line)
}

// String returns everything logged so far.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.String()
}
