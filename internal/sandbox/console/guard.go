package console

import (
	"net"
	"net/http"
)

// guard keeps other pages out. They could reach this listener through a name that they make resolve to loopback
// (hence the Host check), or send a form without reading the response. "same-site" is as foreign as "cross-site":
// ports separate neither sites nor cookies, so the application on the next port receives the console's cookies. A
// foreign page may still link here: the console exists to be linked to.
func (c *Console) guard(next http.Handler) http.Handler {
	_, ownPort, _ := net.SplitHostPort(c.host)

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, port, err := net.SplitHostPort(r.Host)
		if err != nil || port != ownPort || (host != "localhost" && host != "127.0.0.1" && host != "::1") {
			c.fail(w, http.StatusMisdirectedRequest, "The console accepts only its loopback host names.")
			return
		}

		reading := r.Method == http.MethodGet || r.Method == http.MethodHead
		if r.Host != c.host {
			// The login returns to one host name, and cookies belong to a host name.
			if !reading {
				c.fail(w, http.StatusMisdirectedRequest, "The console is at "+c.Origin+Path+".")
				return
			}
			http.Redirect(w, r, c.Origin+r.URL.RequestURI(), http.StatusTemporaryRedirect)

			return
		}
		site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
		foreign := site != "" && site != "none" && site != "same-origin"

		visit := reading && r.Header.Get("Sec-Fetch-Dest") == "document"
		if (foreign && !visit) || (!reading && origin != "" && origin != c.Origin) {
			c.fail(w, http.StatusForbidden, "Requests from pages of other sites are rejected.")
			return
		}
		next.ServeHTTP(w, r)
	})
}
