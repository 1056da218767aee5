// Package databaseurl reads the URL of a database, strictly: a part of a password that was not encoded must be
// taken neither for a host nor for a name, and is shown nowhere.
package databaseurl

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Kind is the kind of database that a URL names.
type Kind int

// The kinds.
const (
	SQLite Kind = iota + 1
	Postgres
)

// Forms says how a URL must look.
const Forms = "sqlite://PATH or postgres://USER:PASSWORD@HOST:PORT/NAME"

const encode = "; in its user and password, what is neither letter nor digit must be percent-encoded " +
	"(/ is %2F, @ is %40, # is %23), and so must they be elsewhere"

var (
	errForm = errors.New("must be " + Forms)
	errRead = errors.New(
		"cannot be read as a URL; in its password, what is neither letter nor digit must be percent-encoded",
	)
	errOutside = errors.New("holds an @ or a # behind its host" + encode)
	errSecond  = errors.New("holds more than one @" + encode)
	errMemory  = errors.New("names no file that stays; give sqlite://PATH")
)

// Check finds what is wrong with a URL, as the end of a sentence that names its setting. It quotes nothing of the user
// and the password, however the URL is misspelt, and no value of a parameter.
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

// Parameterised reports whether the path of a SQLite URL ends in what is meant as parameters: nobody calls a file so.
func Parameterised(path string) bool {
	_, behind, found := strings.Cut(path, "?")
	name, _, assigns := strings.Cut(behind, "=")

	return found && (behind == "" || assigns && isName(name))
}

func checkPath(path string) error {
	if file, _, found := strings.Cut(path, "?"); found {
		return fmt.Errorf(
			"takes no parameters, and no ? in the file's name: the server sets what it needs; did you mean sqlite://%s?",
			withoutUser(file),
		)
	}

	if path == ":memory:" || strings.HasPrefix(path, "file:") {
		return errMemory
	}

	return nil
}

// Parse reads the URL of a Postgres in which it is beyond doubt what is the user's. An @ or a # behind the authority
// may belong to a password that was not encoded. Of two @ in the authority, net/url takes the last for the end of the
// password, and libpq and pgx the first: to these, the rest of the password is the beginning of a host, which is
// looked up and logged. Its errors quote nothing, and are the end of a sentence, as those of Check are.
func Parse(value string) (*url.URL, error) {
	parsed, err := url.Parse(value)
	if err != nil {
		return nil, errRead // the parser's words quote the password
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

	parsed.RawQuery = strings.ReplaceAll(parsed.RawQuery, "+", "%2B") // no form's: to libpq and pgx it is a plus sign
	if _, err := url.ParseQuery(parsed.RawQuery); err != nil {
		return nil, errors.New("has parameters that cannot be read; what is neither letter nor digit must be percent-encoded")
	}

	return parsed, nil
}

const (
	hidden   = "xxxxx" // as net/url writes a password
	unusable = "(unusable)"
)

// Shown is the URL as it may be shown: without its user and password, and without the value of a parameter that is
// secret, and without one that is unknown.
func Shown(value string) string {
	if path, ok := strings.CutPrefix(value, "sqlite://"); ok {
		file, _, parameters := strings.Cut(path, "?")
		if parameters {
			file += "?" + hidden
		}

		return "sqlite://" + withoutUser(file)
	}

	if !IsPostgres(value) { // whatever it is, it may hold a password where none is looked for
		return unusable
	}

	parsed, err := Parse(value)
	if err != nil {
		return unusable
	}

	if parsed.User != nil {
		parsed.User = url.User(hidden)
	}

	query := parsed.Query()
	for name := range query {
		switch {
		case isSecret(name) && isKnown(name):
			query.Set(name, hidden)
		case !isKnown(name): // its name may be the rest of a password
			query.Del(name)
			query.Set(hidden, hidden)
		default:
			continue
		}
		parsed.RawQuery = query.Encode()
	}

	return parsed.String()
}

// withoutUser hides what was written before an @ as a user and a password are, although a path has none.
func withoutUser(path string) string {
	if at := strings.LastIndex(path, "@"); at >= 0 && strings.Contains(path[:at], ":") {
		return hidden + path[at:]
	}

	return path
}

// HoldsSecret reports whether a URL holds a password, or may.
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
