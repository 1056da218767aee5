package db

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/upstash-connect/bff/internal/databaseurl"
	"github.com/upstash-connect/bff/internal/loopback"
)

type urlKind int

const (
	unknownURL urlKind = iota
	sqliteURL
	postgresURL
)

// kindOf tells what a URL names, and the path of a SQLite file.
func classifyURL(address string) (urlKind, string) {
	if path, ok := strings.CutPrefix(address, "sqlite://"); ok && path != "" && !databaseurl.Parameterised(path) {
		return sqliteURL, path
	}

	if databaseurl.IsPostgres(address) {
		return postgresURL, ""
	}

	return unknownURL, ""
}

// errURL says how a URL must look. It quotes nothing of the one that was given.
var errURL = errors.New("the database URL is neither sqlite://PATH nor postgres://USER:PASSWORD@HOST:PORT/NAME")

// CheckURL finds out whether Open could use the URL, without reaching for the database. No error of it holds a
// password.
func CheckURL(address string) error {
	kind, _ := classifyURL(address)
	switch kind {
	case sqliteURL:
		return nil
	case postgresURL:
		_, err := postgresConfig(address)
		return err
	}

	return errURL
}

// withDefaultSSLMode asks for a checked certificate beyond this machine, unless the URL says otherwise. pgx's own default,
// "prefer", falls back to plain text for whoever answers so.
func withDefaultSSLMode(address string) (string, error) {
	parsed, err := databaseurl.Parse(address)
	if err != nil {
		return "", fmt.Errorf("the database URL %w", err)
	}
	query := parsed.Query()

	host := parsed.Hostname()
	if given := query.Get("host"); given != "" {
		host = given
	}

	if query.Get("sslmode") == "" && !isLocalHost(host) {
		query.Set("sslmode", "verify-full")
	}

	// As it was read here, whatever pgx makes of what was written; to it, a + is a plus sign and no space.
	parsed.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")

	return parsed.String(), nil
}

func isLocalHost(host string) bool {
	return host == "" || strings.HasPrefix(host, "/") || loopback.Host(host)
}

// hasExecMode reports whether the URL says how statements are sent.
func hasExecMode(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && parsed.Query().Has(execMode)
}
