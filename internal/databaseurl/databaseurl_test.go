package databaseurl_test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/databaseurl"
)

const password = "hunter2"

// However a database's URL is misspelt: what may belong to its user and password is neither shown nor quoted.
func TestNoPartOfThePasswordIsPrinted(t *testing.T) {
	for _, value := range []string{
		"postgres://bff:hunter2@db/bff", "host=db user=bff password=hunter2", "Postgres://bff:hunter2@db/bff",
		"postgresql+psycopg://bff:hunter2@db/bff", "postgres:/bff:hunter2@db/bff",
		"postgres://bff@db/bff?password=hunter2%secret", "postgres://bff@db/bff?sslmode=require;password=hunter2",
		"postgres://bff@db/bff?sslpassword=hunter2", "hunter2", "sqlite://bff:hunter2@db/bff", "sqlite:hunter2",
		// characters of a password that mean something in a URL
		"postgres://bff:x/hunter2@db/bff", "postgres://bff:5/hunter2@db/bff", "postgres://bff:5?hunter2@db/bff",
		"postgres://bff:5#hunter2@db/bff", "postgres://bff:5?a=hunter2@db/bff", "postgres://bff:5/x?a=b&hunter2=@db/bff",
		"postgres://bff:hunter2/s@db/bff", "postgres://bff:p@hunter2/s@db/bff", "postgres://bff:hunter2@s@db/bff",
		"postgres://bff:hunter2 x@db/bff", "postgres://bff:hunter2%zz@db/bff", "postgres://bff:[hunter2@db/bff",
		"postgres://bff:5#hunter2", "postgres://hunter2@db/bff", "postgres://bff:hunter2@db:port/bff",
		"postgres://bff:p@hunter2@db/bff", "postgres://bff:p@hunter2@db", "postgres://@hunter2@db/bff",
		"postgres://bff@db/bff?password=x&hunter2", "postgres://bff@db/bff?password=x@hunter2",
		"postgres://bff@db/bff?pasword=hunter2", "postgres://bff@db/bff?hunter2password=x", "postgres://bff:5?hunter2", "postgres://bff:5?hunter2%40x",
	} {
		if got := databaseurl.Shown(value); strings.Contains(got, password) {
			t.Errorf("%s is shown as %s", value, got)
		}

		if err := databaseurl.Check(value); err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("%s: reported as %v", value, err)
		}
	}
}

func TestWhatIsNoSecretIsShown(t *testing.T) {
	for value, want := range map[string]string{
		"sqlite://bff.db":                             "sqlite://bff.db",
		"sqlite:///data/me@home/bff.db":               "sqlite:///data/me@home/bff.db",
		"postgres://db/bff?sslmode=require":           "postgres://db/bff?sslmode=require",
		"postgres://bff@db/bff":                       "postgres://xxxxx@db/bff",
		"postgres://bff:p%2Fx@one:1,two:2/bff":        "postgres://xxxxx@one:1,two:2/bff",
		"postgres://bff:p%40x@[::1]:5432/bff":         "postgres://xxxxx@[::1]:5432/bff",
		"postgres://db/bff?password=x&sslmode=prefer": "postgres://db/bff?password=xxxxx&sslmode=prefer",
		"postgres://db/bff?TimeZone=UTC":              "postgres://db/bff?TimeZone=UTC",
		"postgres://db/bff?App.Setting=x":             "postgres://db/bff?App.Setting=x",
	} {
		if got := databaseurl.Shown(value); got != want {
			t.Errorf("%s is shown as %s, want %s", value, got, want)
		}

		if err := databaseurl.Check(value); err != nil {
			t.Errorf("%s is refused: it %v", value, err)
		}
	}
}

func TestSecretsAreDistinguishedFromOtherData(t *testing.T) {
	for value, want := range map[string]bool{
		"sqlite://bff.db": false, "postgres://bff@db/bff?sslmode=require": false, "postgres://bff:x@db/bff": true,
		"postgres://db/bff?password=x": true, "postgres://db/bff?Password=x": true, "postgres://db/bff?pasword=x": true, "host=db password=x": true,
		"postgres://bff:x/y@db/bff": true, "sqlite://bff:x@db/bff": true,
	} {
		if got := databaseurl.HoldsSecret(value); got != want {
			t.Errorf("%s: got %t, want %t", value, got, want)
		}
	}
}

// Parameters that no database accepts are reported before anything is opened, with a suggestion.
func TestUnknownParametersAreRejected(t *testing.T) {
	for value, want := range map[string]string{
		"sqlite://bff.db?_busy_timeout=5000":       "did you mean sqlite://bff.db?",
		"sqlite://bff.db?mode=ro":                  "must not have parameters",
		"sqlite://bff.db?":                         "must not have parameters",
		"sqlite://:memory:":                        "must name a file",
		"sqlite://file:bff.db":                     "must name a file",
		"sqlite://":                                "must be sqlite://PATH",
		"sqlite:bff.db":                            "must be sqlite://PATH",
		"postgres://db/bff?pgbouncer=true":         "unknown parameter pgbouncer; remove it: bff detects poolers",
		"postgres://db/bff?schema=public":          "did you mean search_path?",
		"postgres://db/bff?statment_timeout=1":     "did you mean statement_timeout?",
		"postgres://db/bff?sslmod=require":         "did you mean sslmode?",
		"postgres://db/bff?ssl=true":               "did you mean sslmode?",
		"postgres://db/bff?connection_limit=5":     "a server uses at most 16 connections",
		"postgres://db/bff?wholly_other_thing=5":   "remove it",
		"postgres://db/bff?sslmode=a&sslmode=b":    "more than once",
		"postgres://db/bff?a%20b=5":                "has an unknown parameter",
		"postgres://db/bff?SSLMODE=require":        "unknown parameter SSLMODE; did you mean sslmode?",
		"postgres://db/bff?Password=x":             "did you mean password?",
		"postgres://db/bff?SSLMODE=a&password=x":   "did you mean sslmode?",
		"postgres://db/bff?sslmode=a&SSLMODE=b":    "more than once",
		"postgres://db/bff?timezone=a&TimeZone=b":  "more than once",
		"postgres://db/bff?PgBouncer=true":         "bff detects poolers",
		"postgres://bff:5/x@db/bff?sslmode=prefer": "percent-encode",
		"postgres://bff:p@ss@db/bff":               "more than one @",
		"postgres://bff:p@ss@db?sslmode=require":   "more than one @",
	} {
		if err := databaseurl.Check(value); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", value, err, want)
		}
	}
}

func TestParametersAreDistinguishedFromAFileName(t *testing.T) {
	for path, want := range map[string]bool{
		"bff.db?_busy_timeout=5000": true, "bff.db?": true, "bff.db?mode=ro&x": true, "bff.db": false, "why?.db": false,
		"a?b c=d": false,
	} {
		if got := databaseurl.Parameterised(path); got != want {
			t.Errorf("%s: got %t, want %t", path, got, want)
		}
	}
}
