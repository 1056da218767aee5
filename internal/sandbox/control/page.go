package control

import (
	"embed"
	"net/http"
	"strings"
)

//go:embed pages
var pageFiles embed.FS

// front redirects a browser to the live journal, and lists the calls for every other client.
func (c *Control) front(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")

	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, "/journal.html", http.StatusSeeOther)
		return
	}
	c.help(w, r)
}

// journalPage is the live journal for people. It loads and runs resources of this listener only, and no page may
// frame it.
func (c *Control) journalPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(
		"Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "+
			"img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
	)
	w.Header().Set("Referrer-Policy", "no-referrer")
	c.journalFile(w, r)
}

func (c *Control) journalFile(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeFileFS(w, r, pageFiles, "pages"+r.URL.Path)
}
