// Package front is the start page of a stand-in: what it simulates, what is real, and which other parts exist.
// The real services have no such pages, so only a browser that opens the root of a listener gets one. Any other request
// gets the stand-in's own response.
package front

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"
)

// Page is the content of a start page.
type Page struct {
	Title string
	// Lead says what the listener simulates.
	Lead  string
	Facts []Fact
	Links []Link
	// Command is an example for a shell; empty: none.
	Command string
}

// Fact is a term and what to know about it.
type Fact struct{ Term, Text string }

// Link leads to another part of the sandbox.
type Link struct{ Text, Address, Hint string }

//go:embed front.html
var source string

// Wrap serves the page at the root of a listener to browsers, and everything else with next.
func Wrap(page Page, next http.Handler) (http.Handler, error) {
	parsed, err := template.New("front").Parse(source)
	if err != nil {
		return nil, err
	}

	var body bytes.Buffer
	if err := parsed.Execute(&body, page); err != nil {
		return nil, err
	}

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		if r.URL.Path != "/" || !reads || !strings.Contains(r.Header.Get("Accept"), "text/html") {
			next.ServeHTTP(w, r)
			return
		}
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Cache-Control", "no-store")
		header.Set("Vary", "Accept")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy",
			"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		// Ignore the error: the browser may have disconnected.
		_, _ = w.Write(body.Bytes())
	}), nil
}
