package config

import (
	"strings"
	"testing"
)

// However a database's URL is misspelt: what may be a password is not shown.
func TestHidePasswordShowsNone(t *testing.T) {
	for _, value := range []string{
		"postgres://bff:hunter2@db/bff", "host=db user=bff password=hunter2", "Postgres://bff:hunter2@db/bff", "postgresql+psycopg://bff:hunter2@db/bff",
		"postgres:/bff:hunter2@db/bff", "postgres://bff@db/bff?password=hunter2%secret", "postgres://bff@db/bff?sslmode=require;password=hunter2",
		"postgres://bff@db/bff?sslpassword=hunter2", "hunter2",
	} {
		if got := hidePassword(value); strings.Contains(got, "hunter2") {
			t.Errorf("%s is shown as %s", value, got)
		}
	}

	for _, value := range []string{"sqlite://bff.db", "postgres://bff@db/bff?sslmode=require"} {
		if got := hidePassword(value); got != value {
			t.Errorf("%s is shown as %s", value, got)
		}
	}
}
