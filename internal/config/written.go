package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// foundError ends the sentence that a setting's name begins, and quotes what was found there.
type foundError struct{ what, found string }

func (e *foundError) Error() string { return e.what + "; found " + quoted(e.found) }

const longestQuote = 80 // characters

// quoted shows a text so that its own quotation marks, and what nobody sees, are told from ours.
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

// foundIn is a foundError, unless what was found may be a secret.
func foundIn(what, found string) error {
	if mayHoldSecret(found) {
		return errors.New(what)
	}

	return &foundError{what, found}
}

// withFound adds to an error of a setting what was found, unless the error quotes it already or it may be a secret.
func (s setting) withFound(err error, value string) error {
	var already *foundError
	if errors.As(err, &already) || s.secret || s.file || value == "" {
		return err
	}

	return foundIn(err.Error(), value)
}

// mayHoldSecret: user info, a query or a fragment, if the value is a URL; and what a key's file holds.
func mayHoldSecret(value string) bool { return strings.ContainsAny(value, "@?#") || isPEM(value) }

func isPEM(value string) bool { return strings.Contains(value, "-----BEGIN ") }

// checkWritten finds what a shell or a program that starts others would have taken away: docker's --env-file, for one,
// passes the quotation marks of a line on. An environment has no quoting of its own.
func (s setting) checkWritten(value string) error {
	if value != strings.TrimSpace(value) {
		return errors.New("has white space around its value")
	}

	if inQuotes(value) {
		return errors.New("is in quotation marks: write it without them")
	}

	return nil
}

// inQuotes reports whether a value is enclosed in quotation marks of any kind, or only begun or ended by a double one.
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

// Characters that are written around a value, or between values, and are part of none.
const (
	quotationMarks = "\"'`“”„‘’«»"
	brackets       = "[]{}<>()"
)

// stray names the first character of a value that is not of the kind that is allowed; empty when all are.
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

// nameOf says in words what a character is.
func nameOf(r rune) string {
	switch {
	case r == '*':
		return "a wildcard (*)"
	case strings.ContainsRune(quotationMarks, r):
		return "a quotation mark (" + string(r) + ")"
	case strings.ContainsRune(brackets, r):
		return "a bracket (" + string(r) + ")"
	case r == ' ':
		return "white space"
	case unicode.IsSpace(r) && !unicode.IsControl(r):
		return fmt.Sprintf("white space (%U)", r)
	case unicode.IsControl(r):
		return fmt.Sprintf("a control character (%U)", r)
	case !unicode.IsPrint(r):
		return fmt.Sprintf("an invisible character (%U)", r)
	case r == ',':
		return "a comma"
	}

	return "the character " + string(r)
}

// ofIdentifier: client ids are of visible ASCII (RFC 6749 appendix A.1), and so is, in practice, everything else that
// an identity provider or Upstash gives a name to.
func ofIdentifier(r rune) bool {
	return r > ' ' && r < unicode.MaxASCII && !strings.ContainsRune(quotationMarks+brackets+`*,;\`, r)
}

// ofName: people's names for things have spaces, apostrophes and parentheses.
func ofName(r rune) bool {
	return unicode.IsPrint(r) && !strings.ContainsRune("\"`[]{}<>*", r)
}

// ofURL: the characters of RFC 3986, less those that begin or end what a URL is put into.
func ofURL(r rune) bool {
	return r > ' ' && r < unicode.MaxASCII && !strings.ContainsRune("\"`<>{}|\\^", r)
}

// ofURLs leaves to who reads the URL what can be said better there.
func ofURLs(r rune) bool { return ofURL(r) || r == '*' || (r > unicode.MaxASCII && ofName(r)) }
