package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed pages
var pageFiles embed.FS

// pages are the parsed templates; each combines a layout with one body.
type pages struct{ databases, keys, remove, settings, message *template.Template }

func parsePages() (pages, error) {
	parse := func(layout, body string) (*template.Template, error) {
		parsed, err := template.New(layout).Funcs(template.FuncMap{"day": day, "instant": instant, "plan": planWords}).
			ParseFS(pageFiles, "pages/head.html", "pages/"+layout, "pages/"+body)
		if err != nil {
			return nil, fmt.Errorf("parse the console's pages: %w", err)
		}

		return parsed, nil
	}

	var parsed pages
	for body, into := range map[string]**template.Template{
		"databases.html": &parsed.databases, "keys.html": &parsed.keys, "delete.html": &parsed.remove, "settings.html": &parsed.settings,
	} {
		var err error
		if *into, err = parse("layout.html", body); err != nil {
			return pages{}, err
		}
	}
	var err error
	parsed.message, err = parse("message.html", "message.html")

	return parsed, err
}

func day(at time.Time) string     { return at.UTC().Format("2 January 2006, 15:04 UTC") }
func instant(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// layout is what every page shows to a logged-in user.
type layout struct {
	Title       string
	Current     string // the path of the current menu entry
	Email       string
	Marketplace string // as a name; empty for a native account
	Suspended   bool
	CSRF        string
	Notice      notice
}

func (c *Console) layout(v visit, title, current string) layout {
	name := map[string]string{"vercel": "Vercel", "fly": "Fly.io"}[v.account.Marketplace]
	if name == "" {
		name = v.account.Marketplace
	}

	return layout{title, current, v.account.Email, name, v.account.Suspended, v.session.csrf, c.said(v)}
}

// messagePage shows one message, to anyone.
type messagePage struct{ Title, Text, Onward string }

func (c *Console) message(w http.ResponseWriter, status int, title, text, onward string) {
	c.render(w, c.pages.message, status, messagePage{title, text, onward})
}

// fail rejects a request that no person would send.
func (c *Console) fail(w http.ResponseWriter, status int, text string) {
	c.message(w, status, "Request rejected", text, "")
}

func (c *Console) stale(w http.ResponseWriter) {
	c.message(
		w,
		http.StatusForbidden,
		"This page expired",
		"Nothing was changed. Open the page again and retry.",
		"Back to the console",
	)
}

func (c *Console) notFound(w http.ResponseWriter, _ *http.Request) {
	c.message(
		w,
		http.StatusNotFound,
		"Page not found",
		"The sandbox has only the console pages that Upstash Connect links to.",
		"Back to the console",
	)
}

func (c *Console) broken(w http.ResponseWriter, r *http.Request, err error) {
	c.Logger.Error("console stand-in failed", "method", r.Method, "path", r.URL.Path, "error", err)
	c.message(w, http.StatusInternalServerError, "Something went wrong", "See the sandbox’s log for the error.",
		"Back to the console")
}

// render sends a page that no page may frame and that loads only its style sheet. Its forms lead to the console only,
// and to the identity provider for the logout: browsers apply form-action to the redirects after a form too.
func (c *Console) render(w http.ResponseWriter, page *template.Template, status int, data any) {
	var body bytes.Buffer
	if err := page.Execute(&body, data); err != nil {
		c.Logger.Error("render console page", "error", err)
		http.Error(w, "page could not be rendered", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "same-origin") // no-referrer would make browsers send forms with Origin: null
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self' "+
		strings.TrimSuffix(c.Issuer, "/")+"; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	// Ignore the error: the browser may have disconnected.
	_, _ = body.WriteTo(w)
}

func (c *Console) style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeFileFS(w, r, pageFiles, "pages/style.css")
}
