package partner

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mtibben/confusables"
	"golang.org/x/text/unicode/norm"
)

const (
	maxName  = 64 // characters
	maxMarks = 2  // combining characters in a row, which is enough for every language
)

var idForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// CheckID validates the id of a service that an operator adds. Its error completes a sentence that begins with the
// field's name.
func CheckID(id string) error {
	if !idForm.MatchString(id) {
		return errors.New("must be 1 to 32 characters of a-z, 0-9 and -, and begin with a letter")
	}

	if id == BuiltInID {
		return errors.New(`must not be "self", the service that BFF_SERVICE_TOKEN makes`)
	}

	return nil
}

// CheckName validates the name that a service shows when it asks for consent. It rejects text that is not plain, and
// names that a person may confuse with Upstash or another service (Unicode Technical Standard 39, section 4). Its
// error completes a sentence that begins with the field's name.
func CheckName(name string, others []string) error {
	if err := plainText(name); err != nil {
		return err
	}

	if !oneScript(name) {
		return errors.New("must not mix letters of different scripts")
	}

	looks := looksOf(name)
	if looks[0] == "" {
		return errors.New("must have a letter or a digit")
	}

	signs := strings.NewReplacer("@", "a", "4", "a", "$", "s", "5", "s")
	for _, look := range append(looksOf(signs.Replace(name)), looks...) {
		if strings.Contains(look, looksOf("upstash")[0]) {
			return errors.New("must not look like Upstash's")
		}
	}

	for _, other := range others {
		for _, look := range looksOf(other) {
			if look == looks[0] || look == looks[1] {
				return fmt.Errorf("looks like %q, the name of another service", other)
			}
		}
	}

	return nil
}

// plainText rejects text that a page, a log or a terminal would display differently.
func plainText(name string) error {
	if count := utf8.RuneCountInString(name); !utf8.ValidString(name) || count < 1 || count > maxName {
		return fmt.Errorf("must be 1 to %d characters", maxName)
	}

	if strings.TrimSpace(name) != name {
		return errors.New("must not begin or end with white space")
	}

	marks := 0
	for i, r := range name {
		if unicode.IsMark(r) {
			marks++
		} else {
			marks = 0
		}

		// A mark at the beginning has no base character.
		if !unicode.IsPrint(r) || invisible(r) || marks > maxMarks || (i == 0 && marks > 0) {
			return errors.New("must be visible text, without control, direction and format characters")
		}
	}

	return nil
}

// invisible reports characters that Unicode classifies as letters, marks or symbols but that are not visible.
func invisible(r rune) bool {
	const brailleBlank = '\u2800'

	return r == brailleBlank || r == unicode.ReplacementChar ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Cf)
}

// oneScript reports whether all letters are of one script. Chinese, Japanese and Korean scripts may be mixed, also
// with Latin. Phonetic letters, which include small capitals, belong to no language's names.
func oneScript(name string) bool {
	found := map[string]bool{}
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) || unicode.In(r, unicode.Common, unicode.Inherited):
		case r >= 0x0250 && r <= 0x02af, r >= 0x1d00 && r <= 0x1dbf:
			return false
		default:
			found[scriptOf(r)] = true
		}
	}

	return len(found) < 2 || (len(found) == 2 && found["CJK"] && found["Latin"])
}

func scriptOf(r rune) string {
	if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo) {
		return "CJK"
	}

	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}

	return "unknown"
}

// looksOf returns two skeletons of a name, reduced to letters and digits: as written, and in lower case. Both are
// needed, because a capital may look like another letter than its lower-case form.
func looksOf(name string) []string {
	written := norm.NFKC.String(name)

	return []string{lookOf(written), lookOf(strings.ToLower(written))}
}

func lookOf(text string) string {
	skeleton := strings.ToLower(confusables.Skeleton(text))

	return strings.Map(func(r rune) rune {
		switch {
		case r == 'i': // a capital I looks like a lower-case l, to which skeletons map it
			return 'l'
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		default: // marks, white space and symbols, which people overlook
			return -1
		}
	}, skeleton)
}
