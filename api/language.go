package api

import (
	"net/http"

	"golang.org/x/text/language"
)

// languages are the languages of the page, the base language first. The build creates a document for each
// (web/one-language.ts).
var languages = []string{"en", "de"}

// maxAcceptLanguage bounds how much of an Accept-Language header is parsed, in bytes.
const maxAcceptLanguage = 256

// languageChoice chooses the language of the page.
type languageChoice struct {
	fixed   string // BFF_LANGUAGE; empty: the browser's
	matcher language.Matcher
}

func newLanguageChoice(fixed string) languageChoice {
	tags := make([]language.Tag, 0, len(languages))
	for _, name := range languages {
		tags = append(tags, language.MustParse(name))
	}

	return languageChoice{fixed: fixed, matcher: language.NewMatcher(tags)}
}

// of returns the language for a request: the configured one, or that of the page's languages that the browser prefers
// (RFC 9110 section 12.5.4). Without a match, or with an invalid header, it is the base language.
func (l languageChoice) of(r *http.Request) string {
	if l.fixed != "" {
		return l.fixed
	}

	header := r.Header.Get("Accept-Language")
	if header == "" || len(header) > maxAcceptLanguage {
		return languages[0]
	}

	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return languages[0]
	}
	_, index, _ := l.matcher.Match(wanted...)

	return languages[index]
}

// frameText is the text of the frame that a document shows before its script runs. The page has the same texts in its
// message catalogues (web/messages); a test compares them.
type frameText struct{ Ribbon, NeedsJavaScript, Support, Privacy, APIReference string }

func frameTexts() map[string]frameText {
	return map[string]frameText{
		"en": {
			Ribbon:          "Sandbox: databases are real, on this machine. Accounts and keys are simulated.",
			NeedsJavaScript: "This page needs JavaScript to connect your Upstash account.",
			Support:         "Support", Privacy: "Privacy", APIReference: "API reference",
		},
		"de": {
			Ribbon: "Sandbox: Die Datenbanken sind echt und laufen auf diesem Rechner. " +
				"Konten und API-Keys sind simuliert.",
			NeedsJavaScript: "Diese Seite benötigt JavaScript, um Ihr Upstash-Konto zu verbinden.",
			Support:         "Support", Privacy: "Datenschutz", APIReference: "API-Referenz",
		},
	}
}
