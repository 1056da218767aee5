package config

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/internal/databaseurl"
	"github.com/upstash-connect/bff/internal/secret"
)

func databaseURL(c *Config, value string) error {
	if err := databaseurl.Check(value); err != nil {
		return err
	}
	c.DatabaseURL = secret.New(value)

	return nil
}

const hidden = "xxxxx" // as net/url writes a password

// AddDatabaseFlags declares the flags that Database reads.
func AddDatabaseFlags(flags *pflag.FlagSet) { databaseSetting().addTo(flags) }

// Database reads only the database URL, for commands that need nothing else. It returns an *InvalidError if the URL is
// invalid.
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
		return secret.Text{}, &InvalidError{Errors: []string{fmt.Sprintf("%s %v", source, err)}}
	}

	return c.DatabaseURL, nil
}

func databaseSetting() setting {
	return setting{
		env:      "DATABASE_URL",
		standard: "sqlite://bff.db",
		file:     true,
		hide:     databaseurl.Shown,
		set:      databaseURL,
		noun:     "database URL",
		usage:    "database that stores connections: sqlite://PATH, or postgres://USER:PASSWORD@HOST:PORT/NAME for several servers",
	}
}
