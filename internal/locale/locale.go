// Package locale chooses the language of the pages that people read. It imports no package of this module.
package locale

import (
	"net/http"
	"slices"

	"golang.org/x/text/language"
)

// languages are the languages of the pages, the base language first. The build creates a document for each
// (web/one-language.ts).
var languages = []string{"en", "de"}

// Languages returns the languages of the pages, the base language first.
func Languages() []string { return slices.Clone(languages) }

// Base is the language of what has no text in another one.
const Base = "en"

// maxAcceptLanguage bounds how much of an Accept-Language header is parsed, in bytes.
const maxAcceptLanguage = 256

// Choice chooses the language of a page.
type Choice struct {
	fixed   string
	matcher language.Matcher
}

// NewChoice returns the choice of an installation. fixed is BFF_LANGUAGE; if it is empty, the browser chooses.
func NewChoice(fixed string) Choice {
	tags := make([]language.Tag, 0, len(languages))
	for _, name := range languages {
		tags = append(tags, language.MustParse(name))
	}

	return Choice{fixed: fixed, matcher: language.NewMatcher(tags)}
}

// Of returns the language for a request: the configured one, or that of Languages that the browser prefers (RFC 9110
// section 12.5.4). Without a match, or with an invalid header, it is the base language.
func (c Choice) Of(r *http.Request) string {
	if c.fixed != "" {
		return c.fixed
	}

	header := r.Header.Get("Accept-Language")
	if header == "" || len(header) > maxAcceptLanguage {
		return Base
	}

	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return Base
	}
	_, index, _ := c.matcher.Match(wanted...)

	return languages[index]
}

// SetHeaders says in a response that the browser's preference chose its language.
func SetHeaders(header http.Header, chosen string) {
	header.Set("Content-Language", chosen)
	header.Add("Vary", "Accept-Language")
}
