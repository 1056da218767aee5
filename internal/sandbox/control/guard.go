package control

import (
	"net"
	"net/http"
	"net/url"
)

// guard keeps web pages out. A page elsewhere could reach this listener through a name that it makes resolve to
// loopback (hence the Host check), or send a request without reading the response (hence the other two checks). It
// rejects "same-site" as well: ports do not separate sites, so the application on the next port is same-site.
func (c *Control) guard(next http.Handler) http.Handler {
	own, err := url.Parse(c.URL)

	port := ""
	if err == nil {
		port = own.Port()
	}

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, hostPort, err := net.SplitHostPort(r.Host)
		if err != nil || hostPort != port || (host != "localhost" && host != "127.0.0.1" && host != "::1") {
			refuse(w, http.StatusMisdirectedRequest, "this listener accepts only its loopback host names")
			return
		}

		switch r.Header.Get("Sec-Fetch-Site") {
		case "", "none", "same-origin":
		default:
			refuse(w, http.StatusForbidden, "requests from pages of other sites are rejected")
			return
		}

		if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
			refuse(w, http.StatusForbidden, "requests from pages of other origins are rejected")
			return
		}
		next.ServeHTTP(w, r)
	})
}
