// Package pgtest provides a Postgres for tests: the one of TEST_POSTGRES_URL, or else a cluster that the test process
// creates with the machine's initdb. The cluster is removed when its process ends, in any way.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // creates and drops databases
)

const (
	serverVariable   = "TEST_POSTGRES_URL"      // with a role that may create databases
	requiredVariable = "TEST_POSTGRES_REQUIRED" // not empty: fail, instead of skip, without a Postgres
)

const missing = "no Postgres for this test: install it (on Debian: apt-get install postgresql), or set TEST_POSTGRES_URL to a server that allows CREATE DATABASE"

// shared is this process's cluster, in which tests create their databases.
var shared = sync.OnceValues(newCluster)

// URL creates an empty database, drops it after the test, and returns its URL. Without a Postgres the test is skipped,
// or fails if TEST_POSTGRES_REQUIRED is set.
func URL(tb testing.TB) string {
	tb.Helper()

	server := os.Getenv(serverVariable)
	if server == "" {
		cluster, err := shared()
		require(tb, err)
		server = cluster.URL()
	}

	return newDatabase(tb, server)
}

// require skips or fails a test that has no Postgres.
func require(tb testing.TB, err error) {
	tb.Helper()

	switch {
	case err == nil:
	case isMissing(err) && os.Getenv(requiredVariable) == "":
		tb.Skip(missing)
	case isMissing(err):
		tb.Fatal(missing)
	default:
		tb.Fatal(err)
	}
}

func newDatabase(tb testing.TB, server string) string {
	tb.Helper()
	name := "bff_test_" + strings.ToLower(rand.Text())
	execute(tb, server, "CREATE DATABASE "+name)
	tb.Cleanup(func() { execute(tb, server, "DROP DATABASE "+name+" WITH (FORCE)") })

	parsed, err := url.Parse(server)
	if err != nil {
		tb.Fatal("TEST_POSTGRES_URL is not a URL")
	}
	parsed.Path = "/" + name

	return parsed.String()
}

func execute(tb testing.TB, server, statement string) {
	tb.Helper()

	database, err := sql.Open("pgx", server)
	if err != nil {
		tb.Fatal("TEST_POSTGRES_URL is not usable")
	}

	defer func() { _ = database.Close() }()

	// The test's own context has ended before the cleanup.
	if _, err := database.ExecContext(context.Background(), statement); err != nil {
		tb.Errorf("%s: %v", statement, err)
	}
}
