package api

import (
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
)

// cookie is a cookie of ours, of a session or of a transaction: opaque, out of script's reach, sent to this origin
// only, and there to our path. Over plain http, which the configuration takes on loopback alone, the prefix and Secure
// drop together.
type cookie struct {
	name, path string
	secure     bool
}

// newCookie chooses the strictest prefix that browsers let such a cookie have (RFC 6265bis section 4.1.3): __Host-
// wants the path "/", so a cookie below a path has __Secure-.
func newCookie(name string, secure bool, base base) cookie {
	made := cookie{name: name, path: "/", secure: secure}
	if base != "" {
		made.path = string(base) // it covers what is below it, and nothing else that begins alike (section 5.1.4)
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

func (k cookie) set(w http.ResponseWriter, value secret.Text, expires time.Time) {
	http.SetCookie(w, k.make(value.Reveal(), expires, max(1, int(time.Until(expires).Seconds()))))
}

func (k cookie) clear(w http.ResponseWriter) {
	http.SetCookie(w, k.make("", time.Unix(1, 0), -1))
}

func (k cookie) make(value string, expires time.Time, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure follows the scheme; without it only on loopback
		Name: k.name, Value: value, Path: k.path, Expires: expires, MaxAge: maxAge,
		HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteStrictMode,
	}
}
