package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/test/harness"
)

// desk is a home directory with a connected account, and the stand-ins of a product.
type desk struct {
	*harness.Product
	home   string
	email  string
	settle string // BFF_CREATE_SETTLE
	opened string // BFF_ALLOW_OPERATIONS; empty: not set
	ring   *ring  // the system's keyring; nil: the real one
}

// newDesk connects an account as `bff connect` does, but without the browser: the token comes from the stand-ins'
// control listener.
func newDesk(t *testing.T, email string) *desk {
	t.Helper()
	d := &desk{Product: harness.StartProduct(t), home: t.TempDir(), email: email, settle: "60s"}
	d.connect(t, email)

	return d
}

// connect replaces the saved account.
func (d *desk) connect(t *testing.T, email string) {
	t.Helper()

	done, err := d.finish(t, email, connectFlags{nativeFlags: nativeFlags{noKeyring: true}, replace: true})
	if err != nil || done.SavedIn != native.InFile {
		t.Fatalf("got %+v and %v, want the key in the file", done, err)
	}
}

// begin begins to connect, as bff connect does before the browser opens. Close it.
func (d *desk) begin(t *testing.T, flags connectFlags) (*desktop.Connecting, error) {
	t.Helper()
	p, _, _ := d.program()

	settings, err := desktop.ReadSettings(t.Context(), p.desktop(flags.nativeFlags))
	if err != nil {
		t.Fatal(err)
	}

	return settings.BeginConnect(
		t.Context(), desktop.ConnectOptions{Replace: flags.replace, UpstashCLI: flags.upstashCLI},
	)
}

// tokens are those of an account's login.
func (d *desk) tokens(t *testing.T, email string) native.Tokens {
	t.Helper()
	token := d.Token(t, map[string]any{"email": email, "claims": map[string]any{"azp": "sandbox-native"}})
	return native.Tokens{Access: secret.New(token)}
}

// finish connects an account as bff connect does, less the browser.
func (d *desk) finish(t *testing.T, email string, flags connectFlags) (*desktop.Connected, error) {
	t.Helper()

	connecting, err := d.begin(t, flags)
	if err != nil {
		return nil, err
	}

	defer func() { _ = connecting.Close() }()

	return connecting.Finish(t.Context(), d.tokens(t, email))
}

// open opens the saved state of this home directory. The caller closes it.
func (d *desk) open(t *testing.T, flags nativeFlags) *desktop.Desktop {
	t.Helper()
	p, _, _ := d.program()

	settings, err := desktop.ReadSettings(t.Context(), p.desktop(flags))
	if err != nil {
		t.Fatal(err)
	}

	opened, err := settings.Open(t.Context(), desktop.RequireKey)
	if err != nil {
		t.Fatal(err)
	}

	return opened
}

// program is bff in this home directory.
func (d *desk) program() (p program, stdout, stderr *bytes.Buffer) {
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	p = program{environ: d.environ(), stdout: stdout, stderr: stderr}

	if d.ring != nil {
		p.keyring = d.ring.of
	}

	return p, stdout, stderr
}

func (d *desk) environ() []string {
	environ := []string{
		"HOME=" + d.home,
		"XDG_STATE_HOME=" + filepath.Join(d.home, "state"),
		"XDG_CONFIG_HOME=" + filepath.Join(d.home, "config"),
		"BFF_AUTH_ISSUER=" + d.StandIns.IssuerURL(),
		"BFF_UPSTASH_API_URL=" + d.StandIns.UpstashURL(),
		"BFF_NATIVE_CLIENT_ID=sandbox-native",
		"BFF_CREATE_SETTLE=" + d.settle,
	}
	if d.opened != "" {
		environ = append(environ, "BFF_ALLOW_OPERATIONS="+d.opened)
	}

	return environ
}

// bff runs a command line in this home directory, without a keyring.
func (d *desk) bff(t *testing.T, arguments ...string) harness.Ran {
	t.Helper()
	_, stdout, stderr := d.program()
	code := run(t.Context(), append(slices.Clone(arguments), "--no-keyring"), d.environ(), stdout, stderr)

	got := harness.Ran{Code: code, Stdout: stdout.String(), Stderr: stderr.String()}
	for _, key := range d.Product.Account(t, d.email).Keys {
		if strings.Contains(got.Stdout+got.Stderr, key.Secret) {
			t.Errorf("bff %s printed the developer key", strings.Join(arguments, " "))
		}
	}

	return got
}

// problemIn is the one line of JSON on standard error of a command that failed with --json.
func problemIn(t *testing.T, r harness.Ran, exit int, code string) problemLine {
	t.Helper()

	var p problemLine
	if err := json.Unmarshal([]byte(r.Stderr), &p); err != nil || strings.Count(r.Stderr, "\n") != 1 {
		t.Fatalf("standard error is not one line of JSON: %q", r.Stderr)
	}

	if r.Code != exit || string(p.Code) != code || r.Stdout != "" {
		t.Errorf(
			"got exit code %d, problem %s and %q on standard output; want %d, %s and nothing",
			r.Code,
			p.Code,
			r.Stdout,
			exit,
			code,
		)
	}

	if p.Type != "/api/v1/problems/"+code || p.Title == "" || p.Detail == "" {
		t.Errorf("the problem lacks words: %+v", p)
	}

	return p
}

// Two creates under one key make one database; a lost response is settled with the key that the command printed.
func TestDesktopCreatesOnce(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	create := []string{
		"databases",
		"create",
		"--name",
		"orders",
		"--region",
		"eu-west-1",
		"--read-region",
		"us-east-1",
		"--json",
	}
	first := d.bff(t, append(create, "--idempotency-key", "one")...)

	second := d.bff(t, append(create, "--idempotency-key", "one")...)
	if first.Code != 0 || second.Code != 0 || first.Stdout != second.Stdout {
		t.Errorf("got %+v and %+v, want the same database twice", first, second)
	}

	if got := len(d.Account(t, d.email).Databases); got != 1 {
		t.Errorf("got %d databases, want 1", got)
	}
	problemIn(
		t,
		d.bff(
			t, "databases", "create", "--name", "other", "--region", "eu-west-1", "--json", "--idempotency-key", "one",
		),
		problem.ExitUsage,
		"idempotency_key_reused",
	)
	problemIn(
		t,
		d.bff(t, "databases", "create", "--name", "other", "--region", "eu-west-1", "--json", "--idempotency-key", ""),
		problem.ExitUsage,
		"idempotency_key_invalid",
	)
}

func TestDesktopPrintsTheKeyOfACreateWithALostResponse(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.settle = "200ms"
	d.Control(t, "POST", "/faults", map[string]any{
		"match": map[string]any{
			"target": "upstash",
			"method": "POST",
			"path":   "/v2/redis/database",
		},
		"count": 1,
		"do":    map[string]any{"drop": "before_commit"},
	}, nil)
	create := []string{"databases", "create", "--name", "orders", "--region", "eu-west-1", "--json"}

	p := problemIn(t, d.bff(t, create...), problem.ExitUncertain, "outcome_uncertain")
	if p.IdempotencyKey == "" || p.RetryAfter < 1 || !strings.Contains(p.Detail, p.IdempotencyKey) {
		t.Fatalf("the problem does not say how to continue: %+v", p)
	}

	again := harness.Ran{Code: problem.ExitUncertain}
	for limit := time.Now().Add(30 * time.Second); again.Code == problem.ExitUncertain && time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		again = d.bff(t, append(create, "--idempotency-key", p.IdempotencyKey)...)
	}

	if again.Code != 0 {
		t.Errorf("repeated: got %+v, want the database", again)
	}

	if got := len(d.Account(t, d.email).Databases); got != 1 {
		t.Errorf("got %d databases, want 1", got)
	}
}

// The key goes where it was minted: a variable that points elsewhere does not get it.
func TestDesktopSendsTheKeyNowhereElse(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	reached := make(chan string, 1)

	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case reached <- r.Header.Get("Authorization"):
		default:
		}
	}))
	defer elsewhere.Close()
	var stdout, stderr bytes.Buffer

	environ := append(d.environ(), "BFF_UPSTASH_API_URL="+elsewhere.URL)
	if code := run(
		t.Context(), []string{"databases", "list", "--json", "--no-keyring"}, environ, &stdout, &stderr,
	); code != 0 {
		t.Errorf("got exit code %d: %s", code, stderr.String())
	}

	select {
	case <-reached:
		t.Error("another address than the one that made the key was called")
	default:
	}
}

func TestDesktopWithoutItsDatabaseStillNamesTheKey(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	state := filepath.Join(d.home, "state", "upstash-connect")
	for _, name := range []string{"state.db", "state.db-wal", "state.db-shm"} {
		_ = os.Remove(filepath.Join(state, name))
	}

	name := d.Account(t, d.email).Keys[0].Name
	if p := problemIn(
		t, d.bff(t, "whoami", "--json"), problem.ExitConnect, "not_connected",
	); !strings.Contains(
		p.Detail, "A key is saved",
	) {
		t.Errorf("says %q", p.Detail)
	}

	got := d.bff(t, "disconnect", "--json")
	if got.Code != 0 || !strings.Contains(got.Stdout, name) {
		t.Errorf("got %+v, want the name %s", got, name)
	}
	problemIn(t, d.bff(t, "whoami", "--json"), problem.ExitConnect, "connect_required")
}

// Without its keyset, nothing can be decrypted: the keys are listed by name as left behind, and the account can be
// connected again.
func TestDesktopWithoutItsKeysetBeginsAnew(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	name := d.Account(t, d.email).Keys[0].Name
	if err := os.Remove(filepath.Join(d.home, "state", "upstash-connect", "credentials.json")); err != nil {
		t.Fatal(err)
	}

	done, err := d.finish(t, d.email, connectFlags{nativeFlags: nativeFlags{noKeyring: true}, replace: true})
	if err != nil {
		t.Fatal(err)
	}

	leftovers := done.Connection.Leftovers()
	if !done.Made || done.Connection.State != keys.Active || len(leftovers) != 1 || leftovers[0].Name != name {
		t.Errorf("got %+v with leftovers %+v, want another key and the name of the first, %s", done, leftovers, name)
	}
}

// Nobody holds a lock while the user logs in. Whatever another bff or its user does meanwhile, the key is saved in
// the state that exists afterwards.
func TestDesktopChangedDuringTheLogin(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(t *testing.T, d *desk)
		made      bool
	}{
		"nothing":      {func(*testing.T, *desk) {}, false},
		"disconnected": {func(t *testing.T, d *desk) { t.Helper(); d.succeeds(t, "disconnect") }, true},
		"removed": {func(t *testing.T, d *desk) {
			t.Helper()

			if err := os.RemoveAll(d.state()); err != nil {
				t.Fatal(err)
			}
		}, true},
		"connected anew": {func(t *testing.T, d *desk) {
			t.Helper()
			d.succeeds(t, "disconnect")
			d.connect(t, d.email)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, "demo@example.com")

			connecting, err := d.begin(t, connectFlags{nativeFlags: nativeFlags{noKeyring: true}})
			if err != nil {
				t.Fatal(err)
			}

			defer func() { _ = connecting.Close() }()

			test.meanwhile(t, d)

			done, err := connecting.Finish(t.Context(), d.tokens(t, d.email))
			if err != nil || done.Made != test.made {
				t.Fatalf("got %+v and %v, want a key made: %t", done, err, test.made)
			}
			d.succeeds(t, "whoami", "--check")
		})
	}
}

// Giving a login up leaves nothing behind where nothing was.
func TestDesktopBeginsWithoutATrace(t *testing.T) {
	d := &desk{Product: harness.StartProduct(t), home: t.TempDir(), email: "demo@example.com", settle: "60s"}

	connecting, err := d.begin(t, connectFlags{nativeFlags: nativeFlags{noKeyring: true}})
	if err != nil {
		t.Fatal(err)
	}

	if err := connecting.Close(); err != nil || exists(d.state()) {
		t.Errorf("got %v, and the state directory is there: %t", err, exists(d.state()))
	}
}

// succeeds runs a command line that has to.
func (d *desk) succeeds(t *testing.T, arguments ...string) {
	t.Helper()

	if got := d.bff(t, arguments...); got.Code != 0 {
		t.Fatalf("bff %v: got %+v", arguments, got)
	}
}

// Nothing that belongs to the account can be read by anyone else.
func TestDesktopFilesArePrivate(t *testing.T) {
	d := newDesk(t, "demo@example.com")

	err := filepath.WalkDir(
		filepath.Join(d.home, "state", "upstash-connect"),
		func(path string, entry os.DirEntry, err error) error {
			if err != nil {
				return err
			}

			info, err := entry.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}

			return err
		},
	)
	if err != nil {
		t.Error(err)
	}

	file := filepath.Join(d.home, "state", "upstash-connect", "credentials.json")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}

	if got := d.bff(t, "whoami"); got.Code != problem.ExitFailed || !strings.Contains(got.Stderr, "chmod 600") {
		t.Errorf("a file that others can read: got %+v, want it refused", got)
	}
}

// Disconnect also disconnects an account that was replaced earlier, and lists its key.
func TestDesktopDisconnectsEveryAccount(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.connect(t, "second@example.com")
	first, second := d.Account(t, "demo@example.com").Keys[0].Name, d.Account(t, "second@example.com").Keys[0].Name

	got := d.bff(t, "disconnect")
	for _, want := range []string{"Disconnected second@example.com.", second + " is no longer used", "Keys left from demo@example.com", first + " is no longer used"} {
		if got.Code != 0 || !strings.Contains(got.Stdout, want) {
			t.Errorf("got %+v, want %q", got, want)
		}
	}

	database, err := db.Open(
		t.Context(),
		db.Options{URL: "sqlite://" + filepath.Join(d.home, "state", "upstash-connect", "state.db")},
	)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = database.Close() }()

	if left, err := database.SealedSample(t.Context(), 16); err != nil || len(left) != 0 {
		t.Errorf("%d keys are still sealed here, %v", len(left), err)
	}
}

// The check prints Upstash's result, and nothing when Upstash is unavailable.
func TestDesktopChecksTheKey(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	var answer whoamiOutput
	ask := func(exit int, state string, checked bool, arguments ...string) {
		t.Helper()
		got := d.bff(t, append([]string{"whoami", "--json"}, arguments...)...)

		answer = whoamiOutput{}
		if err := json.Unmarshal([]byte(got.Stdout), &answer); err != nil {
			t.Fatalf("%v: %+v", err, got)
		}

		if got.Code != exit || answer.State != state || answer.Checked != checked || answer.Email != d.email ||
			answer.SavedIn != "file" ||
			got.Stderr != "" {
			t.Errorf(
				"got exit code %d and %+v, want %d, %s, checked %t; standard error %q",
				got.Code,
				answer,
				exit,
				state,
				checked,
				got.Stderr,
			)
		}
	}
	ask(0, "active", false)
	ask(0, "active", true, "--check")
	d.Control(
		t,
		"POST",
		"/faults",
		map[string]any{"match": map[string]any{"target": "upstash"}, "count": 100, "do": map[string]any{"status": 503}},
		nil,
	)
	problemIn(t, d.bff(t, "whoami", "--check", "--json"), problem.ExitFailed, "upstream_unavailable")
	d.Control(t, "DELETE", "/faults", nil, nil)
	d.Control(t, "DELETE", "/accounts/"+d.email+"/keys/"+answer.KeyName, nil, nil)
	ask(0, "active", false)
	ask(problem.ExitConnect, "reconnect_required", true, "--check")
	ask(0, "reconnect_required", false)
}
