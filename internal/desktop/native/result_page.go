package native

import (
	"bytes"
	"crypto/rand"
	_ "embed" // the page
	"html/template"
	"net/http"
)

//go:embed result_page.html
var pageSource string

// result is the text of a page. None of it comes from the request.
type result struct {
	Title, Text string
	Good        bool
}

var (
	connected = result{
		"Account connected",
		"You can close this page and return to the application.",
		true,
	}
	wrongState = result{
		"This response belongs to another login",
		"Nothing was changed. Return to the application and open the link that it shows.",
		false,
	}
	alreadyAnswered = result{"This login is already finished", "Nothing was changed. You can close this page.", false}
)

func failed(words string) result {
	return result{"Account not connected", words, false}
}

type resultPage struct {
	template *template.Template
	app      string
}

func newResultPage(app string) resultPage {
	return resultPage{template: template.Must(template.New("page").Parse(pageSource)), app: app}
}

// write sends a page without scripts, links or external resources. The page's address contains a code, so its headers
// forbid referrers and caching.
func (p resultPage) write(w http.ResponseWriter, status int, what result) {
	nonce := rand.Text()

	var page bytes.Buffer
	if err := p.template.Execute(&page, struct {
		result
		App, Nonce string
	}{what, p.app, nonce}); err != nil {
		http.Error(w, what.Title, status)
		return
	}
	header := w.Header()
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
