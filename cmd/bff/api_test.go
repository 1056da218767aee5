package main

import (
	"bytes"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/test/harness"
)

// elsewhere is another host, which counts its requests.
func elsewhere(t *testing.T) (address string, reached *atomic.Int32) {
	t.Helper()
	reached = &atomic.Int32{}

	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(server.Close)

	return server.URL, reached
}

// A path cannot lead to another host, and neither can a setting.
func TestAPIKeyReachesNoOtherHost(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	other, reached := elsewhere(t)
	host := strings.TrimPrefix(other, "http://")
	before := len(d.Journal(t))

	for _, path := range []string{
		other, other + "/v2/redis/databases", "//" + host + "/v2", "///" + host, "\\\\" + host, "/\\" + host,
		"/v2//" + host, "/v2/../apikey", "/v2/%2e%2e/apikey", "/v2/x%2f..", "/v2/x%5c", "/v2/a\r\nHost: " + host,
		"/v2/a%0d%0aHost:x", "/v2/a b",
		"/v2/a\x00", "/v2/a#b", "/v2/%zz", "/v2/\u202e", "", "/", "?", "HTTP://" + host, "/x?a=\r\nX-Y: z", "/.", "..",
	} {
		for _, method := range []string{"GET", "DELETE"} {
			got := d.bff(t, "api", method, path, "--yes")
			if got.Code != problem.ExitUsage || !strings.Contains(got.Stderr, "invalid PATH: ") || got.Stdout != "" {
				t.Errorf("%s %q: got %+v, want it rejected", method, path, got)
			}
		}
	}

	if journal := d.Journal(t); len(journal) != before {
		t.Errorf("rejected calls were sent: %v", journal[before:])
	}

	// What looks like a host is only a path, and the settings say where a new key is created.
	var stdout, stderr bytes.Buffer
	for path, want := range map[string]int{"/redis/databases": 0, host: 1, "x@" + host: 1} {
		environ := append(d.environ(), "BFF_UPSTASH_API_URL="+other)
		if code := run(t.Context(), []string{"api", path, "--no-keyring"}, environ, &stdout, &stderr); code != want {
			t.Errorf("%s: got exit code %d: %s", path, code, &stderr)
		}
	}

	if reached.Load() != 0 {
		t.Errorf("another host got %d requests", reached.Load())
	}
}

func TestAPIFollowsNoRedirect(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	other, reached := elsewhere(t)
	d.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash"}, "count": 100,
		"do": map[string]any{"status": 307, "headers": map[string]any{"Location": other + "/v2"}, "body": "moved"},
	})

	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		got := d.bff(t, "api", method, "/redis/databases", "--yes", "-i")
		if got.Code != problem.ExitFailed || !strings.Contains(got.Stdout, "\nLocation: "+other) ||
			!strings.HasSuffix(got.Stdout, "moved") || !strings.Contains(got.Stderr, "bff follows no redirect") {
			t.Errorf("%s: got %+v", method, got)
		}
	}

	if reached.Load() != 0 {
		t.Errorf("another host got %d requests", reached.Load())
	}
}

// desk.bff searches what is printed for the key; here Upstash repeats it in every place.
func TestAPIKeyIsNotPrinted(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	key := d.Account(t, d.email).Keys[0].Secret

	for _, status := range []int{200, 400, 401, 500} {
		d.Fault(t, map[string]any{
			"match": map[string]any{"target": "upstash", "path": "/v2/echo"}, "count": 100,
			"do": map[string]any{
				"status": status, "headers": map[string]any{"X-Echo": key}, "body": `{"key":"` + key + `"}`,
			},
		})

		for _, flags := range [][]string{{}, {"-i"}, {"--jq", ".key"}, {"--jq", "error(.key)"}, {"--json"}} {
			got := d.bff(t, append([]string{"api", "POST", "/v2/echo"}, flags...)...)
			if !strings.Contains(got.Stdout+got.Stderr, "****") {
				t.Errorf("%d %v: got %+v, want asterisks", status, flags, got)
			}
		}
		d.NoFaults(t)
	}
	var stdout, stderr bytes.Buffer

	environ := append(d.environ(), "BFF_LOG_LEVEL=debug")
	if code := run(t.Context(), []string{"api", "/redis/x", "--no-keyring"}, environ, &stdout, &stderr); code != 1 ||
		strings.Contains(stdout.String()+stderr.String(), key) {
		t.Errorf("the debug log: got %d, %s%s", code, &stdout, &stderr)
	}
}

func TestAPIAsksBeforeItDestroys(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	for name, test := range map[string]struct {
		typed     string
		arguments []string
		exit      int
		sent      bool
	}{
		"yes":            {"y\n", nil, problem.ExitFailed, true},
		"in a word":      {" YES\r\n", nil, problem.ExitFailed, true},
		"no":             {"n\n", nil, problem.ExitInterrupted, false},
		"Enter":          {"\n", nil, problem.ExitInterrupted, false},
		"nothing":        {"", nil, problem.ExitInterrupted, false},
		"something else": {"yess\n", nil, problem.ExitInterrupted, false},
		"--yes":          {"", []string{"--yes"}, problem.ExitFailed, true},
		"--json":         {"y\n", []string{"--json"}, problem.ExitUsage, false},
		"used up":        {"y\n", []string{"--input", "-"}, problem.ExitUsage, false},
		"used by -F":     {"y\n", []string{"-F", "a=@-"}, problem.ExitUsage, false},
	} {
		p, stdout, stderr := d.program()
		p.stdin, p.input = strings.NewReader(test.typed), strings.NewReader("{}")
		before := len(d.Journal(t))

		line := []string{"api", "DELETE", "/redis/database/nosuch", "--no-keyring"}

		code := p.run(t.Context(), append(line, test.arguments...))
		if sent := len(d.Journal(t)) > before; code != test.exit || sent != test.sent || sent != (stdout.Len() > 0) {
			t.Errorf("%s: got exit code %d, sent %t: %s%s", name, code, sent, stdout, stderr)
		}

		asked := strings.Contains(stderr.String(), "warning: DELETE /v2/redis/database/nosuch may delete data") &&
			strings.Contains(stderr.String(), d.email) && strings.Contains(stderr.String(), d.StandIns.UpstashURL())
		if asked != (len(test.arguments) == 0) {
			t.Errorf("%s: got the question %q", name, stderr)
		}

		if code == problem.ExitUsage && !strings.Contains(stderr.String(), "Nothing was sent; add --yes to send it") {
			t.Errorf("%s: does not say how to continue: %s", name, stderr)
		}
	}

	p, _, stderr := d.program() // what destroys nothing needs no answer
	if code := p.run(t.Context(), []string{"api", "POST", "/redis/rename/x", "-f", "name=y", "--no-keyring"}); code != 1 ||
		strings.Contains(stderr.String(), "warning") {
		t.Errorf("a rename: got exit code %d and %s", code, stderr)
	}
}

func TestAPIReportsTheOutcome(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	for _, test := range []struct {
		do          map[string]any
		read, write string
	}{
		{map[string]any{"status": 400}, "invalid_request", "invalid_request"},
		{map[string]any{"status": 401}, "upstream_forbidden", "upstream_forbidden"}, // the key works for the probe
		{map[string]any{"status": 403}, "upstream_forbidden", "upstream_forbidden"},
		{map[string]any{"status": 404}, "not_found", "not_found"},
		{map[string]any{"status": 422}, "invalid_request", "invalid_request"},
		{map[string]any{"status": 429}, "rate_limited", "rate_limited"},
		{map[string]any{"status": 500}, "upstream_unavailable", "outcome_uncertain"},
		{map[string]any{"drop": "after_commit"}, "upstream_unavailable", "outcome_uncertain"},
	} {
		for method, want := range map[string]string{"GET": test.read, "PATCH": test.write} {
			printed := ""
			if test.do["drop"] == nil {
				printed = "in Upstash's words"
				test.do["body"] = printed
			}
			d.Fault(t, map[string]any{
				"match": map[string]any{"target": "upstash", "path": "/v2/redis/x"}, "count": 10, "do": test.do,
			})
			got := d.bff(t, "api", method, "/redis/x", "--json")

			exit := problem.Code(want).Row().Exit
			if problemCode(got) != want || got.Code != exit || got.Stdout != printed {
				t.Errorf("%s after %v: got %+v, want %s", method, test.do, got, want)
			}
			d.NoFaults(t)
		}
	}
}

// problemCode is the code in the one line on standard error.
func problemCode(ran harness.Ran) string {
	_, after, _ := strings.Cut(ran.Stderr, `"code":"`)
	code, _, _ := strings.Cut(after, `"`)

	return code
}

// Method and path of each call are recorded before it is sent, and nothing else of it.
func TestAPICallsAreAudited(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.bff(t, "api", "GET", "/redis/databases?credentials=hide-1", "-f", "a=hide-2")
	d.bff(t, "api", "DELETE", "/redis/database/nosuch", "--yes")
	d.bff(t, "api", "DELETE", "/redis/database/refused")
	d.bff(t, "api", "POST", "/redis/rename/nosuch", "-f", "name=hide-3")

	path := filepath.Join(d.home, "state", "upstash-connect", "state.db")

	store, err := db.Open(t.Context(), db.Options{URL: "sqlite://" + path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string

	err = store.Events(t.Context(), keys.EventFilter{Action: keys.ActionAPICalled}, func(event keys.Event) error {
		got = append(got, event.Detail)

		if event.Actor.Kind != keys.ActorUser || event.ConnectionID == "" {
			t.Errorf("got the event %+v", event)
		}

		return nil
	})
	if err != nil || store.Close() != nil {
		t.Fatal(err)
	}

	want := []string{"GET /v2/redis/databases", "DELETE /v2/redis/database/nosuch", "POST /v2/redis/rename/nosuch"}
	if !slices.Equal(got, want) {
		t.Errorf("got the events %q, want %q", got, want)
	}

	unrecordable(t, path)
	before := len(d.Journal(t))

	if got := d.bff(t, "api", "PATCH", "/redis/x"); got.Code == 0 || len(d.Journal(t)) != before {
		t.Errorf("a call that cannot be recorded: got %+v", got)
	}
}

// unrecordable makes every further audit event fail.
func unrecordable(t *testing.T, path string) {
	t.Helper()

	database, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = database.Close() }()

	_, err = database.ExecContext(t.Context(),
		"CREATE TRIGGER full BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'full'); END")
	if err != nil {
		t.Fatal(err)
	}
}

// A terminal gets no control characters from elsewhere, a file every byte.
func TestAPIPrintsBytesUnchangedExceptOnATerminal(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "path": "/v2/x"}, "count": 10,
		"do": map[string]any{"status": 200, "body": "\"\x1b]0;title\a <&> \u202e\""},
	})

	for name, want := range map[bool]string{false: "\"\x1b]0;title\a <&> \u202e\"", true: "\"?]0;title? <&> ?\"\n"} {
		p, stdout, stderr := d.program()
		if name {
			p.stdout = screenOf(stdout)
		}

		if code := p.run(t.Context(), []string{"api", "/v2/x", "--no-keyring"}); code != 0 || stdout.String() != want {
			t.Errorf("a terminal %t: got %d, %q and %s", name, code, stdout, stderr)
		}
	}
}

func TestAPISendsAFileUnchanged(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	file := filepath.Join(t.TempDir(), "body.json")
	if err := os.WriteFile(file, []byte("{\n \"name\" : \"a\" }"), 0o600); err != nil {
		t.Fatal(err)
	}

	got := d.bff(t, "api", "/redis/rename/nosuch", "--input", file, "-f", "in=query")
	if got.Code != 1 || got.Stdout == "" {
		t.Errorf("got %+v", got)
	}

	journal := d.Journal(t)
	if last := journal[len(journal)-1]; last.Method != "POST" || last.Path != "/v2/redis/rename/nosuch" {
		t.Errorf("got %v, want a POST, because there is a body", last)
	}
}

func screenOf(out *bytes.Buffer) *terminal.Screen { return &terminal.Screen{Writer: out, Columns: 80} }
