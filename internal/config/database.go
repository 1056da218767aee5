package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/internal/secret"
)

func databaseURL(c *Config, value string) error {
	if path, ok := strings.CutPrefix(value, "sqlite://"); ok && path != "" {
		c.DatabaseURL = secret.New(value)
		return nil
	}

	if !isPostgres(value) {
		return errors.New("must be sqlite://PATH or postgres://USER:PASSWORD@HOST:PORT/NAME")
	}

	if _, err := url.Parse(value); err != nil { // its words quote the password
		return errors.New(
			"cannot be read as a URL; in its password, what is neither letter nor digit must be percent-encoded",
		)
	}
	c.DatabaseURL = secret.New(value)

	return nil
}

func isPostgres(value string) bool {
	return strings.HasPrefix(value, "postgres://") || strings.HasPrefix(value, "postgresql://")
}

const hidden = "xxxxx" // as net/url writes a password

// hidePassword is the URL as it may be shown: without the password, wherever libpq takes one.
func hidePassword(value string) string {
	if strings.HasPrefix(value, "sqlite://") {
		return value
	}

	parsed, err := url.Parse(value)
	if err != nil || !isPostgres(value) { // whatever it is, it may hold a password where none is looked for
		return "(unusable)"
	}

	query, err := url.ParseQuery(parsed.RawQuery)
	if err != nil {
		return "(unusable)"
	}

	for name := range query {
		if strings.Contains(strings.ToLower(name), "password") {
			query.Set(name, hidden)
			parsed.RawQuery = query.Encode()
		}
	}

	return parsed.Redacted()
}

// AddDatabaseFlags declares the flags that Database reads.
func AddDatabaseFlags(flags *pflag.FlagSet) { databaseSetting().addTo(flags) }

// Database reads where connections are kept, and nothing else: for commands that work on the database alone. A
// *FaultsError when that is wrong.
func Database(flags *pflag.FlagSet, environ []string) (secret.Text, error) {
	s := databaseSetting()

	given := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		given[name] = value
	}
	value, source, err := s.find(flags, given)

	var c Config
	if err == nil {
		err = s.set(&c, value)
	}

	if err != nil {
		return secret.Text{}, &FaultsError{Faults: []string{fmt.Sprintf("%s %v", source, err)}}
	}

	return c.DatabaseURL, nil
}

func databaseSetting() setting {
	return setting{
		env:      "DATABASE_URL",
		standard: "sqlite://bff.db",
		file:     true,
		hide:     hidePassword,
		set:      databaseURL,
		usage:    "where connections are kept: sqlite://PATH, or postgres://USER:PASSWORD@HOST:PORT/NAME for several replicas",
	}
}
