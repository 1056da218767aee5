package journal_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func entries(t *testing.T, s *sandbox.Sandbox, query string) []sandboxtest.JournalEntry {
	t.Helper()
	got := sandboxtest.Call(t, "GET", s.ControlURL()+"/journal?"+query, "")

	var read struct{ Entries []sandboxtest.JournalEntry }
	if err := json.Unmarshal([]byte(got.Body), &read); err != nil {
		t.Fatalf("%s: %v", got.Body, err)
	}

	return read.Entries
}

func lines(entries []sandboxtest.JournalEntry) []string {
	found := []string{}
	for _, entry := range entries {
		found = append(found, fmt.Sprintf("%s %s %d %s", entry.Method, entry.Path, entry.Status, entry.Account))
	}

	return found
}

// All of a login, a mint, and the use of a database is in the journal, and none of the secrets that were passed on the
// way.
func TestTheJournalHoldsAllTargetsAndNoSecret(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	page := b.Authorize("scope", "openid email offline_access", "state", "state-canary-0123456789")
	csrf := sandboxtest.FormCSRF.FindStringSubmatch(page.Body)[1]
	granted := b.LogIn(page)

	back, err := url.Parse(granted.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	code := back.Query().Get("code")
	tokens := sandboxtest.Exchange(t, s, "code", code)
	access, refresh, identity := tokens.Text(
		t, "access_token",
	), tokens.Text(
		t, "refresh_token",
	), tokens.Text(t,
		"id_token")
	renewed := sandboxtest.Exchange(
		t, s, "grant_type", "refresh_token", "refresh_token", refresh,
	).Text(t,
		"refresh_token")
	sandboxtest.Exchange(t, s, "code", "wrong-canary-0123456789")

	mintWith := sandboxtest.NewRequest(t, "POST", s.UpstashURL()+"/apikey", `{"name":"KEY"}`)
	mintWith.Header.Set("Authorization", "Bearer "+access)
	key := sandboxtest.Send(t, http.DefaultClient, mintWith).Text(t, "api_key")
	database := sandboxtest.Upstash(
		t,
		s,
		sandbox.DemoEmail,
		key,
		"POST",
		"/v2/redis/database",
		`{"name":"x","primary_region":"us-east-1"}`,
	)
	sandboxtest.Inject(
		t,
		s,
		`{"match":{"target":"upstash"},"count":2,"do":{"preset":"server_error","headers":{"Content-Type":"text/plain"}}}`,
	)
	sandboxtest.Upstash(t, s, sandbox.DemoEmail, key, "GET", "/v2/redis/databases?token=query-canary-0123456789", "")
	sandboxtest.Upstash(t, s, sandbox.DemoEmail, key, "GET", "/v2/redis/databases", "")
	sandboxtest.Upstash(t, s, sandbox.DemoEmail, key, "GET", "/v2/redis/databases", "")

	token, password := database.Text(t, "rest_token"), database.Text(t, "password")
	for _, path := range []string{"/set/key-canary/value-canary", "/get/key-canary?_token=" + token} {
		request := sandboxtest.NewRequest(t, "GET", s.RESTURL()+path, "")
		request.Header.Set("Authorization", "Bearer "+token)

		if got := sandboxtest.Send(t, http.DefaultClient, request); got.Status != 200 {
			t.Fatalf("%s: %d %s", path, got.Status, got.Body)
		}
	}
	overTCP(t, s, password)

	raw := sandboxtest.Call(t, "GET", s.ControlURL()+"/journal?target=all", "").Body
	for what, secret := range map[string]string{
		"code": code, "access token": access, "its signature": access[strings.LastIndex(access, ".")+1:], "refresh token": refresh, "rotated refresh token": renewed,
		"ID token": identity, "developer key": key, "REST token": token, "database password": password, "read-only token": database.Text(t, "read_only_rest_token"),
		"password": sandbox.DemoPassword, "verifier": sandboxtest.Verifier, "CSRF token": csrf, "state": "state-canary", "unknown code": "wrong-canary",
		"token in a query": "query-canary", "Redis key": "key-canary", "Redis value": "value-canary", "pasted word": "PASTED-CANARY",
	} {
		if strings.Contains(raw, secret) || strings.Contains(raw, url.QueryEscape(secret)) {
			t.Errorf("the journal holds the %s", what)
		}
	}

	for _, shown := range []string{`"account":"demo@example.com"`, "redirect_uri=", `\"database_name\":\"x\"`, `"Authorization":"Basic •••"`, `"fault":"server_error"`, "invalid_grant"} {
		if !strings.Contains(raw, shown) {
			t.Errorf("the journal lacks %s, which a developer wants to see", shown)
		}
	}

	if diff := cmp.Diff([]string{
		"GET /authorize 200 ", "POST /authorize 302 demo@example.com", "POST /oauth/token 200 demo@example.com",
		"POST /oauth/token 200 demo@example.com", "POST /oauth/token 403 ",
	}, lines(entries(t, s, "target=issuer"))); diff != "" {
		t.Errorf("issuer (-want +got):\n%s", diff)
	}

	id := database.Text(t, "database_id")
	if diff := cmp.Diff([]string{
		"SET " + id + " 0 ", "GET /set/… 200 demo@example.com", "GET " + id + " 0 ", "GET /get/… 200 demo@example.com",
		"AUTH " + id + " 0 ", "ECHO " + id + " 0 ", "unknown " + id + " 0 ",
	}, ordered(lines(entries(t, s, "target=redis")))); diff != "" {
		t.Errorf("redis (-want +got):\n%s", diff)
	}

	if all, some := len(entries(t, s, "target=all")), len(entries(t, s, "")); some != 5 || all != 5+5+7 {
		t.Errorf("got %d of all and %d of the Developer API, want 17 and 5", all, some)
	}
}

// ordered puts a REST request after the command that it caused: it arrives before it, and its response is sent after
// it.
func ordered(lines []string) []string {
	for i := 0; i+1 < len(lines); i++ {
		if strings.Contains(lines[i], "/…") && !strings.Contains(lines[i+1], "/…") {
			lines[i], lines[i+1] = lines[i+1], lines[i]
			i++
		}
	}

	return lines
}

// overTCP logs in, sends commands, and sends text that is not a command.
func overTCP(t *testing.T, s *sandbox.Sandbox, password string) {
	t.Helper()

	connection, err := net.Dial("tcp", strings.TrimPrefix(s.RedisURL(), "redis://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()

	answers := bufio.NewReader(connection)
	for _, line := range []string{"AUTH " + password, "ECHO value-canary", "PASTED-CANARY"} {
		if _, err := io.WriteString(connection, line+"\r\n"); err != nil {
			t.Fatal(err)
		}

		if got, err := answers.ReadString('\n'); err != nil {
			t.Fatalf("%s: %q %v", line, got, err)
		}

		if strings.HasPrefix(line, "ECHO") {
			_, _ = answers.ReadString('\n')
		}
	}
}

func TestTheJournalIsFiltered(t *testing.T) {
	s := sandboxtest.Start(t)
	a, b := sandboxtest.MustMint(t, s, "a@example.com"), sandboxtest.MustMint(t, s, "b@example.com")
	sandboxtest.Upstash(t, s, "a@example.com", a, "GET", "/v2/redis/databases", "")
	sandboxtest.Upstash(t, s, "b@example.com", b, "GET", "/v2/redis/database/none", "")

	for query, want := range map[string][]string{
		"account=A@example.com":      {"POST /apikey 200 a@example.com", "GET /v2/redis/databases 200 a@example.com"},
		"method=get&status=2xx":      {"GET /v2/redis/databases 200 a@example.com"},
		"status=404":                 {"GET /v2/redis/database/none 404 b@example.com"},
		"path=/v2/&last=1":           {"GET /v2/redis/database/none 404 b@example.com"},
		"target=issuer":              {},
		"since=2999-01-01T00:00:00Z": {},
	} {
		if diff := cmp.Diff(want, lines(entries(t, s, query))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

// stream follows the journal; each event is its id and its entry.
type stream struct {
	t      *testing.T
	events chan event
	stop   context.CancelFunc
}

type event struct {
	id    string
	entry sandboxtest.JournalEntry
}

func follow(t *testing.T, s *sandbox.Sandbox, query, last string) *stream {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)

	request := sandboxtest.NewRequest(t, "GET", s.ControlURL()+"/journal/stream?"+query, "").WithContext(ctx)
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}

	if got := response.Header.Get("Content-Type"); response.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("stream: got %d %s", response.StatusCode, got)
	}
	t.Cleanup(func() { response.Body.Close() })

	followed := &stream{t, make(chan event, 1000), stop}
	go func() {
		defer close(followed.events)

		var next event
		for read := bufio.NewScanner(response.Body); read.Scan(); {
			line := read.Bytes()
			if id, ok := bytes.CutPrefix(line, []byte("id: ")); ok {
				next.id = string(id)
			}

			if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok {
				next.entry = sandboxtest.JournalEntry{}
				_ = json.Unmarshal(data, &next.entry)
				followed.events <- next
			}
		}
	}()

	return followed
}

// until waits for an event that holds, and returns it.
func (s *stream) until(what string, holds func(sandboxtest.JournalEntry) bool) event {
	s.t.Helper()

	patience := time.After(20 * time.Second)
	for {
		select {
		case got, ok := <-s.events:
			if !ok {
				s.t.Fatalf("the stream ended before %s", what)
			}

			if holds(got.entry) {
				return got
			}
		case <-patience:
			s.t.Fatalf("no event was %s", what)
		}
	}
}

func TestTheJournalStreams(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.MustMint(t, s, "early@example.com")
	live := follow(t, s, "", "")
	sandboxtest.MustMint(t, s, "a@example.com")
	first := live.until("the mint, answered", func(e sandboxtest.JournalEntry) bool {
		if e.Account == "early@example.com" {
			t.Error("without last, the stream began with what was there before")
		}

		return e.Account == "a@example.com" && e.Status == 200
	})

	// A request is visible before its response.
	sandboxtest.Inject(t, s, `{"match":{"target":"upstash","path":"/slow"},"do":{"delay_ms":400}}`)
	sandboxtest.Call(t, "GET", s.UpstashURL()+"/slow", "")
	live.until(
		"the slow call in flight",
		func(e sandboxtest.JournalEntry) bool { return e.Path == "/slow" && e.Outcome == "in_flight" },
	)
	live.until("the slow call answered", func(e sandboxtest.JournalEntry) bool {
		return e.Path == "/slow" && e.Status == 404 && e.Fault == "delay"
	})
	live.stop()

	// After a reconnect, missed entries arrive, each once.
	sandboxtest.MustMint(t, s, "b@example.com")
	resumed := follow(t, s, "target=upstash", first.id)
	resumed.until("the call that was missed", func(e sandboxtest.JournalEntry) bool {
		if e.Account == "early@example.com" {
			t.Error("the resumed stream repeats what was seen")
		}

		return e.Account == "b@example.com"
	})

	recent := follow(t, s, "last=2", "")
	if got := recent.until(
		"the first of the last two", func(sandboxtest.JournalEntry) bool { return true },
	); got.entry.Path != "/slow" {
		t.Errorf("last=2 begins with %+v", got.entry)
	}
	filtered := follow(t, s, "account=c@example.com", "")
	sandboxtest.Mint(t, s, "b@example.com", "again")
	sandboxtest.MustMint(t, s, "c@example.com")

	if got := filtered.until(
		"anything", func(sandboxtest.JournalEntry) bool { return true },
	); got.entry.Account != "c@example.com" {
		t.Errorf("filtered: got %+v", got.entry)
	}
}

// A reader that does not read holds nobody up.
func TestASlowReaderOfTheStreamBlocksNoOther(t *testing.T) {
	s := sandboxtest.Start(t)

	connection, err := net.Dial("tcp", strings.TrimPrefix(s.ControlURL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()

	if _, err := fmt.Fprintf(
		connection,
		"GET /journal/stream HTTP/1.1\r\nHost: %s\r\n\r\n",
		strings.TrimPrefix(s.ControlURL(), "http://"),
	); err != nil {
		t.Fatal(err)
	}
	attentive := follow(t, s, "target=upstash", "")
	padding := strings.Repeat("p", 900)
	start := time.Now()

	for n := range 300 { // more than the buffers of the connection take
		sandboxtest.Call(t, "GET", fmt.Sprintf("%s/%s/%d", s.UpstashURL(), padding, n), "")
	}
	attentive.until(
		"the last call",
		func(e sandboxtest.JournalEntry) bool { return strings.HasSuffix(e.Path, "/299") && e.Status == 404 },
	)
	t.Logf("300 calls beside a reader that does not read: %s", time.Since(start))
}
