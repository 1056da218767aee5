//go:build unix

package test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/test/harness"
)

// entry is a saved credential in its file.
type entry struct {
	Email   string `json:"email"`
	APIKey  string `json:"api_key"`
	KeyName string `json:"key_name"`
	Keyset  string `json:"keyset"`
}

func readEntry(t *testing.T, path string) (found entry) {
	t.Helper()

	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatalf("%s is not whole: %v", path, err)
	}

	return found
}

func TestConnectSavesTheKeyAndKeepsAWorkingOne(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)

	first := f.StartConnect(t, "--upstash-cli").Waits(t)
	if page := first.LogIn(t, "login"); !strings.Contains(page, "Account connected") {
		t.Errorf("got the page %s", page)
	}
	event := first.Connects(t)

	keys := f.Account(t, harness.NativeEmail).Keys
	if len(keys) != 1 {
		t.Fatalf("got %d keys upstream, want 1", len(keys))
	}

	if event["email"] != harness.NativeEmail || event["key_name"] != keys[0].Name || event["saved_in"] != "file" ||
		event["reused"] != false ||
		event["upstash_cli"] != f.CLIFile() {
		t.Errorf("got %v", event)
	}

	for _, path := range []string{f.CredentialFile(), f.CLIFile()} {
		if got := readEntry(t, path); got.Email != harness.NativeEmail || got.APIKey != keys[0].Secret {
			t.Errorf("%s holds another login than was made: that of %q", path, got.Email)
		}
	}
	f.FilesArePrivate(t)

	before, err := os.ReadFile(f.CredentialFile())
	if err != nil {
		t.Fatal(err)
	}
	second := f.StartConnect(t).Waits(t)
	second.LogIn(t, "login")

	if again := second.Connects(t); again["reused"] != true || again["key_name"] != keys[0].Name {
		t.Errorf("got %v, want the same key", again)
	}

	if after, err := os.ReadFile(f.CredentialFile()); err != nil || string(after) != string(before) {
		t.Errorf("what is saved has changed: %v", err)
	}

	if got := f.Mints(t); got != 1 {
		t.Errorf("%d keys were requested, want 1", got)
	}
}

// "Connected" must be true when it is printed: a key deleted in the console is replaced, and the output names it.
func TestConnectReplacesARejectedKey(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	first := f.StartConnect(t).Waits(t)
	first.LogIn(t, "login")
	old := first.Connects(t)["key_name"]
	f.Fault(t, map[string]any{
		"match": map[string]any{
			"target": "upstash",
			"method": "GET",
		},
		"count": 3,
		"do":    map[string]any{"status": 401, "body": "Unauthorized"},
	})
	second := f.StartConnect(t).Waits(t)
	second.LogIn(t, "login")
	event := second.Connects(t)

	left, _ := json.Marshal(event["leftover_keys"])
	if event["reused"] != false || event["key_name"] == old || !strings.Contains(string(left), old.(string)) {
		t.Errorf("got %v, want a new key, and %v named", event, old)
	}

	if got := readEntry(t, f.CredentialFile()); got.KeyName != event["key_name"] {
		t.Errorf("got %s saved, want the new one", got.KeyName)
	}
}

func TestConnectEndings(t *testing.T) {
	onIssuer := func(do map[string]any) func(*testing.T, *harness.Fleet) {
		return func(t *testing.T, f *harness.Fleet) {
			t.Helper()
			f.Fault(t, map[string]any{"match": map[string]any{"target": "issuer", "path": "/oauth/token"}, "do": do})
		}
	}
	answersWith := func(claims map[string]any) func(*testing.T, *harness.Fleet) {
		return func(t *testing.T, f *harness.Fleet) {
			t.Helper()
			token := f.Token(t, map[string]any{"email": harness.NativeEmail, "claims": claims})
			onIssuer(
				map[string]any{"status": 200, "body": map[string]any{"access_token": token, "token_type": "Bearer"}},
			)(
				t, f,
			)
		}
	}

	login := func(t *testing.T, c *harness.Connecting) string { t.Helper(); return c.LogIn(t, "login") }
	for name, row := range map[string]struct {
		prepare func(*testing.T, *harness.Fleet)
		browser func(*testing.T, *harness.Connecting) string // nil: no browser
		exit    int
		code    string
		page    string // its expected text
	}{
		"denied": {nil, func(t *testing.T, c *harness.Connecting) string { t.Helper(); return c.LogIn(t, "cancel") }, problem.ExitDenied, "login_denied", "Account not connected"},
		"wrong state": {nil, func(t *testing.T, c *harness.Connecting) string {
			t.Helper()

			asked, err := url.Parse(c.URL)
			if err != nil {
				t.Fatal(err)
			}

			response, err := http.Get(asked.Query().Get("redirect_uri") + "/?code=attackers&state=attackers")
			if err != nil {
				t.Fatal(err)
			}

			_ = response.Body.Close()
			if response.StatusCode != http.StatusBadRequest {
				t.Errorf("got %d, want 400", response.StatusCode)
			}

			return ""
		}, problem.ExitWrongState, "login_wrong_state", ""},
		"nobody comes":    {nil, nil, problem.ExitTimedOut, "login_timed_out", ""},
		"provider error":  {onIssuer(map[string]any{"status": 500, "body": "boo"}), login, problem.ExitProvider, "provider_error", "Account not connected"},
		"another's token": {answersWith(map[string]any{"azp": "sandbox-other-partner"}), login, problem.ExitProvider, "client_not_allowed", "Account not connected"},
		"no e-mail":       {answersWith(map[string]any{"azp": "sandbox-native", "https://user.io/email": nil}), login, problem.ExitNoEmail, "email_unusable", "Account not connected"},
		"unusable e-mail": {answersWith(map[string]any{"azp": "sandbox-native", "https://user.io/email": "a:b@example.com"}), login, problem.ExitNoEmail, "email_unusable", "Account not connected"},
		"as many keys as can": {func(t *testing.T, f *harness.Fleet) {
			t.Helper()
			f.OnMint(t, map[string]any{"status": 400, "body": `"api key limit exceeded"`})
		}, login, problem.ExitKeyLimit, "upstash_key_limit", "Account not connected"},
		"the mint's answer is lost": {func(t *testing.T, f *harness.Fleet) {
			t.Helper()
			f.OnMint(t, map[string]any{"drop": "after_commit"})
		}, login, problem.ExitUncertain, "outcome_uncertain", "Account not connected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			f := harness.NewFleet(t)
			if row.prepare != nil {
				row.prepare(t, f)
			}

			var arguments []string
			if row.code == "login_wrong_state" || row.browser == nil {
				arguments = []string{"--timeout=2s"}
			}

			c := f.StartConnect(t, arguments...).Waits(t)
			if row.browser != nil {
				if page := row.browser(
					t, c,
				); !strings.Contains(page, row.page) ||
					strings.Contains(page, "Account connected") {
					t.Errorf("got the page %s", page)
				}
			}
			c.Fails(t, row.exit, row.code)

			if _, err := os.Stat(f.CredentialFile()); err == nil && readEntry(t, f.CredentialFile()).APIKey != "" {
				t.Error("a key is saved")
			}
		})
	}
}

func TestConnectToAPortInUse(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)

	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	f.StartConnect(t, "--redirect-port="+harness.PortOf(taken.Addr())).Fails(t, problem.ExitPortInUse, "port_in_use")
}

// Ctrl-C before the login leaves nothing. During a mint, the key is saved first.
func TestConnectInterrupted(t *testing.T) {
	t.Run("while waiting", func(t *testing.T) {
		t.Parallel()
		f := harness.NewFleet(t)

		c := f.StartConnect(t).Waits(t)
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		c.Fails(t, problem.ExitInterrupted, "interrupted")

		if _, err := os.Stat(filepath.Dir(f.CredentialFile())); !os.IsNotExist(err) {
			t.Errorf("got %v, want no state directory", err)
		}
	})
	t.Run("while the key is made", func(t *testing.T) {
		t.Parallel()
		f := harness.NewFleet(t)
		f.OnMint(t, map[string]any{"delay_ms": 1500})
		c := f.StartConnect(t).Waits(t)

		page := make(chan string, 1)
		go func() { page <- c.LogIn(t, "login") }()

		for limit := time.Now().Add(30 * time.Second); !harness.FileExists(f.CredentialFile()) && time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
			runtime.Gosched() // the keyset is saved right before the mint
		}

		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}

		event := c.Connects(t)
		if got := <-page; !strings.Contains(got, "Account connected") {
			t.Errorf("got the page %s", got)
		}

		if keys := f.Account(
			t, harness.NativeEmail,
		).Keys; len(keys) != 1 || keys[0].Name != event["key_name"] ||
			readEntry(t, f.CredentialFile()).APIKey != keys[0].Secret {
			t.Errorf("got %d keys upstream and %v; want one, which is saved", len(keys), event)
		}
	})
}

// Another account's key is overwritten only on request, and nothing is minted before.
func TestConnectAnotherAccount(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	first := f.StartConnect(t, "--upstash-cli").Waits(t)
	first.LogIn(t, "login")
	first.Connects(t)

	before, err := os.ReadFile(f.CredentialFile())
	if err != nil {
		t.Fatal(err)
	}
	asOther := func(arguments ...string) *harness.Connecting {
		token := f.Token(
			t, map[string]any{"email": "other@example.com", "claims": map[string]any{"azp": "sandbox-native"}},
		)
		f.Fault(
			t,
			map[string]any{"match": map[string]any{"target": "issuer", "path": "/oauth/token"}, "do": map[string]any{
				"status": 200, "body": map[string]any{"access_token": token, "token_type": "Bearer"},
			}},
		)
		c := f.StartConnect(t, append(arguments, "--upstash-cli")...).Waits(t)
		c.LogIn(t, "login")

		return c
	}
	asOther().Fails(t, problem.ExitOtherAccount, "other_account")

	if after, err := os.ReadFile(f.CredentialFile()); err != nil || string(after) != string(before) || f.Mints(t) != 1 {
		t.Errorf("got %v and %d mints, want nothing changed", err, f.Mints(t))
	}

	if err := os.RemoveAll(filepath.Dir(f.CredentialFile())); err != nil { // now only the CLI's file speaks against it
		t.Fatal(err)
	}
	asOther().Fails(t, problem.ExitOtherAccount, "other_account")

	event := asOther("--replace").Connects(t)
	for _, path := range []string{f.CredentialFile(), f.CLIFile()} {
		if got := readEntry(t, path); got.Email != "other@example.com" || event["email"] != got.Email {
			t.Errorf("%s: got %q, want the other account", path, got.Email)
		}
	}
}

// Killed at any point: the file has the complete old entry or the complete new one. The next run names or saves a key
// that was minted but not saved.
func TestConnectKilledAtAnyPoint(t *testing.T) {
	for _, row := range []struct {
		point  killpoint.Point
		keys   int  // upstream, after the next run
		reused bool // by the next run
	}{
		{killpoint.LeaseTaken, 1, false},
		{killpoint.IntentCommitted, 1, false},
		{killpoint.AnswerRead, 2, false},
		{killpoint.RowCommitted, 1, true},
	} {
		t.Run(string(row.point), func(t *testing.T) {
			t.Parallel()
			f := harness.NewFleet(t)
			f.Arm(t, row.point, "kill")

			c := f.StartConnect(t).Waits(t)
			if page := c.LogIn(t, "login"); strings.Contains(page, "Account connected") {
				t.Errorf("a killed program served %s", page)
			}

			if event, ok := <-c.Events; ok {
				t.Fatalf("it lives: %v", event)
			}

			if err := <-c.Ended; err == nil {
				t.Fatal("it ended well")
			}

			if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
				t.Fatalf("it ended with %v", c.ProcessState)
			}

			old := readEntry(t, f.CredentialFile())
			if old.APIKey != "" || old.Keyset == "" {
				t.Error("the entry is not the one from before the mint")
			}
			next := f.StartConnect(t).Waits(t)
			next.LogIn(t, "login")
			event := next.Connects(t)
			got := readEntry(t, f.CredentialFile())

			keys := f.Account(t, harness.NativeEmail).Keys
			if event["reused"] != row.reused || len(keys) != row.keys || got.KeyName != event["key_name"] ||
				got.Keyset != old.Keyset {
				t.Errorf("got %v with %d keys upstream, want %d", event, len(keys), row.keys)
			}

			left, _ := json.Marshal(event["leftover_keys"])
			for _, key := range keys {
				saved, named := key.Secret == got.APIKey &&
					key.Name == got.KeyName, strings.Contains(
					string(left),
					key.Name,
				)
				if saved == named {
					t.Errorf("the key %s: saved %t, named %t; want one of them", key.Name, saved, named)
				}
			}
		})
	}
}
