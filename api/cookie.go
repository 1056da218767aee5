package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
)

// cookie is the session cookie or the transaction cookie: opaque, HttpOnly, and sent only to this origin and base
// path. Over plain http, which the configuration accepts only on loopback, it has neither the name prefix nor Secure.
type cookie struct {
	name, path string
	secure     bool
}

// newCookie chooses the strictest name prefix that browsers allow (RFC 6265bis section 4.1.3). __Host- requires the
// path "/", so a cookie with a base path uses __Secure-.
func newCookie(name string, secure bool, base basePath) cookie {
	made := cookie{name: name, path: "/", secure: secure}
	if base != "" {
		made.path = string(base) // /connect matches /connect/x, not /connected (section 5.1.4)
	}

	switch {
	case secure && base == "":
		made.name = "__Host-" + name
	case secure:
		made.name = "__Secure-" + name
	}

	return made
}

// read returns the value of the cookie, and whether the request has it. It rejects two cookies of the same name,
// because somebody may have planted one, and quoted values, because this server sets none.
func (k cookie) read(r *http.Request) (string, bool) {
	found := r.CookiesNamed(k.name)
	if len(found) != 1 || found[0].Value == "" || found[0].Quoted {
		return "", false
	}

	return found[0].Value, true
}

// all returns the different values of the cookies of this name, also those that read rejects because there are several.
func (k cookie) all(r *http.Request) []string {
	var values []string

	for _, found := range r.CookiesNamed(k.name) {
		values = append(values, found.Value)
	}
	slices.Sort(values)

	return slices.Compact(values)
}

// isSent reports whether the request has a cookie of this name at all, also one that read rejects or net/http cannot
// parse. It reads the header itself, because net/http skips such cookies without a trace.
func (k cookie) isSent(r *http.Request) bool {
	for _, header := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(header, ";") {
			if name, _, _ := strings.Cut(pair, "="); strings.TrimSpace(name) == k.name {
				return true
			}
		}
	}

	return false
}

func (k cookie) set(w http.ResponseWriter, value secret.Text, expires time.Time) {
	http.SetCookie(w, k.make(value.Reveal(), expires, max(1, int(time.Until(expires).Seconds()))))
}

func (k cookie) clear(w http.ResponseWriter) {
	http.SetCookie(w, k.make("", time.Unix(1, 0), -1))
}

func (k cookie) make(value string, expires time.Time, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure follows the scheme; it is off only on loopback
		Name: k.name, Value: value, Path: k.path, Expires: expires, MaxAge: maxAge,
		HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteStrictMode,
	}
}
