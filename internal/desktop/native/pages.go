package native

import (
	"bytes"
	"crypto/rand"
	_ "embed" // the page
	"html/template"
	"net/http"
)

//go:embed page.html
var pageText string

// said is what a page says. None of it comes from the request.
type said struct {
	Title, Text string
	Good        bool
}

var (
	connected = said{
		"Your account has been connected",
		"You can close this page and go back to the application.",
		true,
	}
	wrongState = said{
		"This is not the login that was begun here",
		"Nothing was changed. Go back to the application and open the link it gave you.",
		false,
	}
	alreadyAnswered = said{"This login was finished already", "Nothing was changed. You can close this page.", false}
)

func failedBecause(words string) said {
	return said{"Your account has not been connected", words, false}
}

type pages struct {
	template *template.Template
	app      string
}

func newPages(app string) pages {
	return pages{template: template.Must(template.New("page").Parse(pageText)), app: app}
}

// write sends a page that loads nothing, runs nothing and leads nowhere. Its address held a code: no referrer tells it,
// and the browser keeps no copy.
func (p pages) write(w http.ResponseWriter, status int, what said) {
	nonce := rand.Text()

	var page bytes.Buffer
	if err := p.template.Execute(&page, struct {
		said
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
