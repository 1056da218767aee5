// Package databaseurl parses database URLs strictly: it never mistakes a part of an unencoded password for a host or a
// name, and never prints it.
package databaseurl

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Kind is a kind of database.
type Kind int

// The kinds.
const (
	SQLite Kind = iota + 1
	Postgres
)

// Forms describes the valid forms of a URL.
const Forms = "sqlite://PATH or postgres://USER:PASSWORD@HOST:PORT/NAME"

const encode = "; percent-encode everything except letters and digits in the user and password, " +
	"and / (%2F), @ (%40) and # (%23) elsewhere"

var (
	errForm = errors.New("must be " + Forms)
	errRead = errors.New(
		"is not a valid URL; everything except letters and digits in its password must be percent-encoded",
	)
	errOutside = errors.New("has an @ or a # after its host" + encode)
	errSecond  = errors.New("has more than one @" + encode)
	errMemory  = errors.New("must name a file: sqlite://PATH")
)

// Check validates a URL. Its errors complete a sentence that starts with the setting's name. They never quote the user,
// the password, or the value of a parameter, however the URL is misspelt.
func Check(value string) error {
	if path, ok := strings.CutPrefix(value, "sqlite://"); ok && path != "" {
		return checkPath(path)
	}

	if !IsPostgres(value) {
		return errForm
	}

	parsed, err := Parse(value)
	if err != nil {
		return err
	}

	return checkParameters(parsed.Query())
}

// IsPostgres reports whether a URL has one of the two schemes of Postgres.
func IsPostgres(value string) bool {
	return strings.HasPrefix(value, "postgres://") || strings.HasPrefix(value, "postgresql://")
}

// Parameterised reports whether the path of a SQLite URL has parameters, rather than a ? in its file name.
func Parameterised(path string) bool {
	_, behind, found := strings.Cut(path, "?")
	name, _, assigns := strings.Cut(behind, "=")

	return found && (behind == "" || assigns && isName(name))
}

func checkPath(path string) error {
	if file, _, found := strings.Cut(path, "?"); found {
		return fmt.Errorf(
			"must not have parameters or a ? in the file name; did you mean sqlite://%s?",
			withoutUser(file),
		)
	}

	if path == ":memory:" || strings.HasPrefix(path, "file:") {
		return errMemory
	}

	return nil
}

// Parse parses a Postgres URL, and rejects URLs whose password is ambiguous. An @ or a # after the authority may belong
// to an unencoded password. If the authority has two @, net/url ends the password at the last one, but libpq and pgx at
// the first: they would look up and log the rest of the password as a host. Its errors quote nothing, and complete a
// sentence like those of Check.
func Parse(value string) (*url.URL, error) {
	parsed, err := url.Parse(value)
	if err != nil {
		return nil, errRead // the parser's text quotes the password
	}

	_, authority, _ := strings.Cut(value, "://")
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		if strings.ContainsAny(authority[end:], "@#") {
			return nil, errOutside
		}
		authority = authority[:end]
	}

	if strings.Count(authority, "@") > 1 {
		return nil, errSecond
	}

	parsed.RawQuery = strings.ReplaceAll(parsed.RawQuery, "+", "%2B") // not a form: libpq and pgx read a plus sign
	if _, err := url.ParseQuery(parsed.RawQuery); err != nil {
		return nil, errors.New("has invalid parameters; everything except letters and digits must be percent-encoded")
	}

	return parsed, nil
}

const (
	hidden  = "xxxxx" // as net/url writes a password
	invalid = "(invalid)"
)

// Shown redacts the user, the password, and all secret or unknown parameters of a URL.
func Shown(value string) string {
	if path, ok := strings.CutPrefix(value, "sqlite://"); ok {
		file, _, parameters := strings.Cut(path, "?")
		if parameters {
			file += "?" + hidden
		}

		return "sqlite://" + withoutUser(file)
	}

	if !IsPostgres(value) { // it may contain a password anywhere
		return invalid
	}

	parsed, err := Parse(value)
	if err != nil {
		return invalid
	}

	if parsed.User != nil {
		parsed.User = url.User(hidden)
	}

	query := parsed.Query()
	for name := range query {
		switch {
		case isSecret(name) && isKnown(name):
			query.Set(name, hidden)
		case !isKnown(name): // its name may be a part of a password
			query.Del(name)
			query.Set(hidden, hidden)
		default:
			continue
		}
		parsed.RawQuery = query.Encode()
	}

	return parsed.String()
}

// withoutUser redacts a user and password before an @, although the path of a file has none.
func withoutUser(path string) string {
	if at := strings.LastIndex(path, "@"); at >= 0 && strings.Contains(path[:at], ":") {
		return hidden + path[at:]
	}

	return path
}

// HoldsSecret reports whether a URL contains or may contain a password.
func HoldsSecret(value string) bool {
	if path, ok := strings.CutPrefix(value, "sqlite://"); ok {
		return withoutUser(path) != path
	}

	if !IsPostgres(value) {
		return true
	}

	parsed, err := Parse(value)
	if err != nil {
		return true
	}

	for name := range parsed.Query() {
		if isSecret(name) || !isKnown(name) {
			return true
		}
	}
	_, given := parsed.User.Password()

	return given
}
