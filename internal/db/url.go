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

// classifyURL returns the kind of a database URL, and the path of a SQLite file.
func classifyURL(address string) (urlKind, string) {
	if path, ok := strings.CutPrefix(address, "sqlite://"); ok && path != "" && !databaseurl.Parameterised(path) {
		return sqliteURL, path
	}

	if databaseurl.IsPostgres(address) {
		return postgresURL, ""
	}

	return unknownURL, ""
}

// errURL describes a valid URL. It quotes nothing of the invalid one.
var errURL = errors.New("the database URL is neither sqlite://PATH nor postgres://USER:PASSWORD@HOST:PORT/NAME")

// CheckURL checks whether Open could use the URL, without connecting to the database. Its errors never contain a
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

// withDefaultSSLMode requires a verified certificate, except on localhost or when the URL sets sslmode. pgx's own
// default, "prefer", falls back to plain text if the server asks for it.
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

	// Encode what was parsed here, so that pgx reads the same values. To pgx, a + is a plus sign, not a space.
	parsed.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")

	return parsed.String(), nil
}

func isLocalHost(host string) bool {
	return host == "" || strings.HasPrefix(host, "/") || loopback.Host(host)
}

// hasExecMode reports whether the URL sets how statements are sent.
func hasExecMode(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && parsed.Query().Has(execMode)
}
