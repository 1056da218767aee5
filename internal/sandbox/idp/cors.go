package idp

import "net/http"

// CORS lets scripts of registered web origins read the responses of the endpoints that scripts call. It wraps
// everything else, including faults, so that a page sees the token endpoint's error and not a network error.
func (p *Provider) CORS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/oauth/token", "/oauth/revoke", "/userinfo":
		default:
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Add("Vary", "Origin")
		origin := r.Header.Get("Origin")

		allowed, err := p.store.OriginAllowed(origin)
		if err != nil {
			p.failToken(w, r, err)
			return
		}

		if allowed {
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}

		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}

		if allowed {
			w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
			// Auth0's SDKs report their version in Auth0-Client. Auth0 does not know X-Sandbox-Fault: a page under
			// test may send it.
			w.Header().Set("Access-Control-Allow-Headers",
				"Authorization, Content-Type, Auth0-Client, DPoP, X-Sandbox-Fault")
			w.Header().Set("Access-Control-Max-Age", "600")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
