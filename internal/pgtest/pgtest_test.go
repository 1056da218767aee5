package pgtest_test

import (
	"database/sql"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/pgtest"
)

func TestDatabasesAreSeparate(t *testing.T) {
	first, second := pgtest.URL(t), pgtest.URL(t)
	for _, address := range []string{first, second} {
		database, err := sql.Open("pgx", address)
		if err != nil {
			t.Fatal(err)
		}

		// A second creation in the same database would fail.
		if _, err := database.ExecContext(t.Context(), "CREATE TABLE marks (mark TEXT)"); err != nil {
			t.Error(err)
		}

		if err := database.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A killed test process leaves neither a server nor files.
func TestClusterEndsWithItsProcess(t *testing.T) {
	if os.Getenv("TEST_POSTGRES_URL") != "" {
		t.Skip("TEST_POSTGRES_URL is set: no cluster is created")
	}

	if os.Getenv("PGTEST_CHILD") != "" {
		_, _ = os.Stdout.WriteString("url=" + pgtest.URL(t) + "\n")

		select {} // until the parent kills this process
	}
	pgtest.URL(t) // skips without a Postgres
	dir := reachable(t)
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	command.Env = append(os.Environ(), "PGTEST_CHILD=1", "TMPDIR="+dir)

	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}

	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	content := make([]byte, 1000)
	n, err := output.Read(content)
	line, _, _ := strings.Cut(string(content[:n]), "\n")

	address, found := strings.CutPrefix(line, "url=")
	if err != nil || !found {
		t.Fatalf("got %q, %v, want the URL of a database", line, err)
	}

	if !isReachable(t, address) {
		t.Fatal("the child's server does not respond: this test would show nothing")
	}
	_ = command.Process.Kill()
	_ = command.Wait()

	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		left, err := os.ReadDir(dir)
		if err == nil && len(left) == 0 && !isReachable(t, address) {
			return
		}
	}
	t.Error("the server, or its files, outlived its process by 30 s")
}

// reachable creates a directory that other users may enter.
func reachable(t *testing.T) string {
	t.Helper()

	dir, err := os.MkdirTemp("", "pgtest-outer-") //nolint:usetesting // only we may enter the parent of t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })

	if err := os.Chmod(dir, 0o777); err != nil { // the keeper must delete its contents
		t.Fatal(err)
	}

	return dir
}

func isReachable(t *testing.T, address string) bool {
	t.Helper()

	database, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = database.Close() }()

	return database.PingContext(t.Context()) == nil
}

// A server that cannot use its port fails immediately, without waiting for the timeout.
func TestPortInUseFailsImmediately(t *testing.T) {
	cluster := pgtest.New(t)

	other := pgtest.New(t)
	if err := other.TakePort(cluster); err == nil || !strings.Contains(err.Error(), "TCP/IP") {
		t.Errorf("got %v, want an error about the port", err)
	}
}
