//go:build unix

package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// Row S01: with a permissive umask, only the owner can access the files of the server and its commands.
//
// Threat model: S01.
func TestFilesArePrivateWithAnyUmask(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t) // its keyset is made by `bff keyset create`, and everything runs with umask 000
	server := f.Serve(t)
	f.Connect(t, "private@example.com").Is(t, 201)

	data := filepath.Dir(f.Database)
	for path, want := range map[string]os.FileMode{
		data: 0o700, f.Database: 0o600, f.Database + "-wal": 0o600, f.Database + "-shm": 0o600, f.Database + ".lock": 0o600, f.Keyset(): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}

		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: got mode %o, want %o", filepath.Base(path), got, want)
		}
	}
	// Also every other file that the server may have created there.
	entries, err := os.ReadDir(data)
	if err != nil || len(entries) != 4 {
		t.Errorf("got %v, %v, want the four files above", entries, err)
	}
	server.Terminated(t)
}

// Row I14: a second server on the same file exits immediately with a reason. The audit log can be read while the server
// runs.
//
// Threat model: I14.
func TestAuditRunsAlongsideAServer(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	server := f.Serve(t)
	made := f.Connect(t, "audited@example.com").Connection(t, 201)

	second := f.Prepare(t, []string{"BFF_LISTEN=127.0.0.1:0", "BFF_PUBLIC_URL=http://localhost:9"}, "serve")

	output, err := second.CombinedOutput()
	if err == nil || second.ProcessState.ExitCode() != 1 ||
		!strings.Contains(string(output), "another server is using this database") {
		t.Errorf("second server: got %v and %s, want exit code 1 and the reason", err, output)
	}

	table := f.Command(t, "audit")
	if table.Code != 0 || !strings.HasPrefix(table.Stdout, "TIME ") || !strings.Contains(table.Stdout, made.KeyName) {
		t.Errorf("bff audit: got %+v, want a table with %s", table, made.KeyName)
	}
	var actions []string

	asJSON := f.Command(t, "audit", "--json", "--since", "1h").Stdout
	if strings.Contains(asJSON, `\u00`) || !strings.Contains(asJSON, "->") {
		t.Errorf("audit --json: got %s, want a change of state as it is written", asJSON)
	}

	for line := range strings.Lines(asJSON) {
		var event struct {
			At           time.Time `json:"at"`
			Action       string    `json:"action"`
			ConnectionID string    `json:"connection_id"`
			Detail       string    `json:"detail"`
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}

		if event.ConnectionID != made.ID || time.Since(event.At) > time.Minute {
			t.Errorf("got event %+v, want one of %s just now", event, made.ID)
		}
		actions = append(actions, event.Action)
	}

	if got, want := strings.Join(actions, " "), "minted state_changed connected"; got != want {
		t.Errorf("got actions %s, want %s", got, want)
	}
	server.Terminated(t)

	if got := f.Command(
		t, "audit", "--action", "minted",
	); strings.Count(got.Stdout, "\n") != 2 ||
		!strings.Contains(got.Stdout, "minted") {
		t.Errorf("after the server's end: got %+v, want a heading and one event", got)
	}

	for wrong, code := range map[string]int{"--action nothing": 2, "--since yesterday": 2, "--database-url sqlite:///nowhere/bff.db": 1, "more": 2} {
		if got := f.Command(
			t,
			append([]string{"audit"}, strings.Fields(wrong)...)...); got.Code != code ||
			!strings.HasPrefix(got.Stderr, "bff: ") {
			t.Errorf("audit %s: got %+v, want exit code %d and a reason", wrong, got, code)
		}
	}

	if got := f.Command(t, "audit", "--help"); got.Code != 0 || !strings.Contains(got.Stdout, "Examples:") {
		t.Errorf("audit --help: got %+v, want examples", got)
	}
}

// The last line of the mint kill matrix on a real full disk: its own file system, filled up. Where none may be
// mounted, the same is shown by SQLite's own bound (internal/db).
func TestKillMatrixDiskFullOverHTTP(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)

	data := filepath.Dir(f.Database)
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}

	if output, err := exec.Command(
		"mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", data,
	).CombinedOutput(); err != nil {
		t.Skipf(
			"no file system may be mounted here (%v: %s); internal/db shows the same by max_page_count", err, output,
		)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", data).Run() })
	server := f.Serve(t)
	f.Connect(t, "before@example.com").Is(t, 201)

	filler := filepath.Join(data, "filler")

	fill := exec.Command("sh", "-c", `cat /dev/zero > "$0"`, filler)
	if err := fill.Run(); err == nil {
		t.Fatal("the file system did not fill up")
	}

	for round := range rounds() {
		token := f.TokenOf(t, "full@example.com")
		calls := len(f.Journal(t))
		got := f.Do(t, "PUT", "/api/v1/connection", harness.Bearer(token), "")
		got.IsProblem(t, 503, "storage_unavailable")

		if got.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}

		if after := len(f.Journal(t)); after != calls {
			t.Errorf("round %d: %d calls reached upstream", round, after-calls)
		}
	}
	// reading continues
	f.Do(t, "GET", "/api/v1/databases", harness.Bearer(f.TokenOf(t, "before@example.com")), "").Is(t, 200)

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	f.Connect(t, "full@example.com").Is(t, 201)
	f.OneLiveKey(t, "full@example.com", 1)
	server.Terminated(t)
}
