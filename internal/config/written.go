package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// foundError completes a sentence that starts with a setting's name, and quotes the value.
type foundError struct{ what, found string }

func (e *foundError) Error() string { return e.what + "; found " + quoted(e.found) }

const longestQuote = 80 // characters

// quoted quotes a text so that its own quotation marks and invisible characters are recognizable.
func quoted(text string) string {
	if runes := []rune(text); len(runes) > longestQuote {
		text = string(runes[:longestQuote]) + "…"
	}

	if !strings.ContainsFunc(text, func(r rune) bool { return r == '`' || !unicode.IsPrint(r) }) &&
		strings.ContainsAny(text, `"\`) {
		return "`" + text + "`"
	}

	return strconv.Quote(text)
}

// foundIn returns a foundError, or one without the value if that may be a secret.
func foundIn(what, found string) error {
	if mayHoldSecret(found) {
		return errors.New(what)
	}

	return &foundError{what, found}
}

// withFound adds the value to a setting's error, unless the error quotes it already or it may be a secret.
func (s setting) withFound(err error, value string) error {
	var already *foundError
	if errors.As(err, &already) || s.secret || s.file || value == "" {
		return err
	}

	if s.public {
		return &foundError{err.Error(), value}
	}

	return foundIn(err.Error(), value)
}

// mayHoldSecret reports whether a value may contain a secret: a URL with user info, query or fragment, or a PEM key.
func mayHoldSecret(value string) bool { return strings.ContainsAny(value, "@?#") || isPEM(value) }

func isPEM(value string) bool { return strings.Contains(value, "-----BEGIN ") }

// checkWritten rejects quotes and spaces that a shell would have removed. An environment has no quoting, except for
// example docker's --env-file keeps the quotation marks of a line.
func (s setting) checkWritten(value string) error {
	if value != strings.TrimSpace(value) {
		return errors.New("has spaces around its value")
	}

	if inQuotes(value) {
		return errors.New("is in quotation marks; remove them")
	}

	return nil
}

// inQuotes reports whether a value is in quotation marks of any kind, or has a double one at one end.
func inQuotes(value string) bool {
	if strings.HasPrefix(value, `"`) || strings.HasSuffix(value, `"`) {
		return true
	}

	for _, pair := range []string{"''", "``", "“”", "‘’", "„“", "«»"} {
		marks := []rune(pair)
		if len(value) > 1 && strings.HasPrefix(value, string(marks[0])) && strings.HasSuffix(value, string(marks[1])) {
			return true
		}
	}

	return false
}

// Characters that people write around values, and that are never part of one.
const (
	quotationMarks = "\"'`“”„‘’«»"
	brackets       = "[]{}<>()"
)

// stray describes the first character of a value that is not allowed; empty if all are.
func stray(value string, allowed func(rune) bool) string {
	at := strings.IndexFunc(value, func(r rune) bool { return !allowed(r) })
	if at < 0 {
		return ""
	}

	for _, r := range value[at:] {
		return nameOf(r)
	}

	return ""
}

// nameOf describes a character in words.
func nameOf(r rune) string {
	switch {
	case r == '*':
		return "a wildcard (*)"
	case strings.ContainsRune(quotationMarks, r):
		return "a quotation mark (" + string(r) + ")"
	case strings.ContainsRune(brackets, r):
		return "a bracket (" + string(r) + ")"
	case r == ' ':
		return "a space"
	case unicode.IsSpace(r) && !unicode.IsControl(r):
		return fmt.Sprintf("a space character (%U)", r)
	case unicode.IsControl(r):
		return fmt.Sprintf("a control character (%U)", r)
	case !unicode.IsPrint(r):
		return fmt.Sprintf("an invisible character (%U)", r)
	case r == ',':
		return "a comma"
	}

	return "the character " + string(r)
}

// ofIdentifier allows visible ASCII characters, as in client IDs (RFC 6749 appendix A.1). In practice, all other
// identifiers from identity providers and Upstash consist of these too.
func ofIdentifier(r rune) bool {
	return r > ' ' && r < unicode.MaxASCII && !strings.ContainsRune(quotationMarks+brackets+`*,;\`, r)
}

// ofName allows the characters of names that people choose: also spaces, apostrophes and parentheses.
func ofName(r rune) bool {
	return unicode.IsPrint(r) && !strings.ContainsRune("\"`[]{}<>*", r)
}

// ofURL allows the characters of RFC 3986, except those that delimit URLs in other texts.
func ofURL(r rune) bool {
	return r > ' ' && r < unicode.MaxASCII && !strings.ContainsRune("\"`<>{}|\\^", r)
}

// ofURLs also allows characters for which the URL parser has a better error.
func ofURLs(r rune) bool { return ofURL(r) || r == '*' || (r > unicode.MaxASCII && ofName(r)) }
