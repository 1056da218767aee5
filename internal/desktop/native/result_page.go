package native

import (
	"bytes"
	"crypto/rand"
	_ "embed" // the page
	"html/template"
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/locale"
)

//go:embed result_page.html
var pageSource string

// outcome is what the page reports.
type outcome int

const (
	connected outcome = iota
	notConnected
	wrongState
	alreadyAnswered
)

type resultPage struct {
	template *template.Template
	app      string
	language locale.Choice
}

func newResultPage(app string, language locale.Choice) resultPage {
	// A line must not end within a flag, after its hyphens.
	parsed := template.Must(template.New("page").Funcs(template.FuncMap{
		"words":  strings.Fields,
		"isFlag": func(word string) bool { return strings.HasPrefix(word, "--") },
	}).Parse(pageSource))

	return resultPage{template: parsed, app: app, language: language}
}

// write sends a page without scripts, links or external resources. The page's address contains a code, so its headers
// forbid referrers and caching. cause is the error of notConnected.
func (p resultPage) write(w http.ResponseWriter, r *http.Request, status int, what outcome, cause *failure) {
	nonce, chosen := rand.Text(), p.language.Of(r)
	text := resultTexts()[chosen][what]

	if what == notConnected {
		text.Text = cause.text(chosen)
	}

	var page bytes.Buffer
	if err := p.template.Execute(&page, struct {
		resultText
		Good                 bool
		Language, App, Nonce string
	}{text, what == connected, chosen, p.app, nonce}); err != nil {
		http.Error(w, text.Title, status)
		return
	}
	header := w.Header()
	locale.SetHeaders(header, chosen)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'nonce-"+nonce+"'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Connection", "close")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}
