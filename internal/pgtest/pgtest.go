// Package pgtest gives tests a Postgres: the one that TEST_POSTGRES_URL names, else a cluster that the test process
// makes with the machine's initdb. The cluster ends and is removed with its process, however that ends.
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

	_ "github.com/jackc/pgx/v5/stdlib" // to make and drop databases
)

const (
	serverVariable   = "TEST_POSTGRES_URL"      // a role that may make databases
	requiredVariable = "TEST_POSTGRES_REQUIRED" // not empty: a test without a Postgres fails instead of being skipped
)

const missing = "no Postgres for this test: install it (on Debian: apt-get install postgresql), or set TEST_POSTGRES_URL to one in which databases may be made"

// shared is the cluster of this process: its tests begin with databases of their own in it.
var shared = sync.OnceValues(newCluster)

// URL is that of a new, empty database, which is dropped when the test ends. Without a Postgres the test is skipped, or
// fails where TEST_POSTGRES_REQUIRED is set.
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

// require ends a test that has no Postgres.
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
		tb.Fatal("TEST_POSTGRES_URL cannot be used")
	}

	defer func() { _ = database.Close() }()

	// the test's own context has ended when it drops
	if _, err := database.ExecContext(context.Background(), statement); err != nil {
		tb.Errorf("%s: %v", statement, err)
	}
}
