package main

import (
	"embed"
	"html/template"
	"log"
	"net/http"
	"sync"

	connect "github.com/upstash-connect/bff/clients/go"
)

//go:embed page
var files embed.FS

var pages = template.Must(template.ParseFS(files, "page/*.html"))

// shop is the product: its own users, and what it knows of their Upstash accounts.
type shop struct {
	own     string // origin of this product, such as http://localhost:3000
	upstash string // origin of Upstash Connect, such as http://localhost:8080
	client  *connect.Client
	secret  string // with which Upstash Connect signs its webhooks
	logins  *logins
	news    *news
	chosen  sync.Map // id of the database, by the user's id
}

func newShop(own, upstash string, client *connect.Client, secret string) *shop {
	return &shop{
		own: own, upstash: upstash, client: client, secret: secret,
		logins: newLogins(), news: newNews(),
	}
}

// routes lists everything that the product serves. Those below /upstash are what a product adds for the button.
func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /login", s.logIn)
	mux.HandleFunc("POST /logout", s.logOut)
	mux.HandleFunc("GET /news", s.logins.only(s.streamNews))
	mux.Handle("GET /page/", http.FileServerFS(files))

	mux.HandleFunc("POST /upstash/connect", s.logins.only(s.openConnectSession))
	mux.HandleFunc("GET /upstash/return", s.completeConnectSession)
	mux.HandleFunc("POST /upstash/disconnect", s.logins.only(s.disconnect))
	mux.HandleFunc("GET /upstash/env", s.logins.only(s.downloadEnv))
	mux.HandleFunc("POST /upstash/webhooks", s.receiveWebhook)

	// A browser says from where a request comes (Sec-Fetch-Site); a POST from another site's page is rejected. A
	// webhook comes from no browser.
	return s.protected(http.NewCrossOriginProtection().Handler(mux))
}

// protected allows scripts and calls of this product and of Upstash Connect, styles of this product, and nothing else.
// The return page's address contains a code: no other site gets it as a referrer.
func (s *shop) protected(next http.Handler) http.Handler {
	policy := "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; " +
		"frame-ancestors 'none'; script-src 'self' " + s.upstash + "; connect-src 'self' " + s.upstash

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("Referrer-Policy", "same-origin")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	user, loggedIn := s.logins.of(r)
	if !loggedIn {
		render(w, http.StatusOK, "login.html", users)
		return
	}

	render(w, http.StatusOK, "home.html", s.look(r.Context(), user))
}

func render(w http.ResponseWriter, status int, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)

	if err := pages.ExecuteTemplate(w, page, data); err != nil {
		log.Printf("%s: %v", page, err)
	}
}
