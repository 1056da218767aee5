// Package plane responds to requests for the data planes of Vector, Search and QStash. The sandbox creates, lists and
// changes such resources, but has no data planes for them.
package plane

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// Options are what Wrap needs. All are required.
type Options struct {
	// Product returns the product of a token, or false for a token of none of them.
	Product func(token string) (string, bool)
	// Next serves all other requests: those to databases.
	Next http.Handler
}

// Wrap returns a handler that answers 501 to a request for a data plane that does not exist. As the databases do, the
// data planes share one address, and the token selects. A request that reaches this address under the name of the real
// host, such as lucky-otter-12345-us1-vector.upstash.io, is answered by that name, with any token.
func Wrap(options Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		product, known := byHost(r.Host)
		if !known {
			product, known = options.Product(Token(r))
		}

		// A preflight has no token, and must not name a product before its request would.
		if !known || r.Method == http.MethodOptions {
			options.Next.ServeHTTP(w, r)
			return
		}
		journal.From(r.Context()).Outcome("not_implemented")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotImplemented)
		// Ignore the error: the client may have disconnected.
		_ = json.NewEncoder(w).Encode(map[string]string{"error": sentence(product)})
	})
}

// Token returns the token of a request to any data plane: a bearer token, or the parameter that databases accept.
func Token(r *http.Request) string {
	if _, token, found := strings.Cut(r.Header.Get("Authorization"), " "); found {
		return token
	}

	return r.URL.Query().Get("_token")
}

func byHost(address string) (product string, known bool) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	label, real := strings.CutSuffix(strings.ToLower(host), ".upstash.io")

	switch {
	case !real:
		return "", false
	case label == state.ProductQStash, strings.HasPrefix(label, state.ProductQStash+"-"):
		return state.ProductQStash, true
	case strings.HasSuffix(label, "-"+state.ProductVector):
		return state.ProductVector, true
	case strings.HasSuffix(label, "-"+state.ProductSearch):
		return state.ProductSearch, true
	default:
		return "", false
	}
}

func sentence(product string) string {
	name := map[string]string{
		state.ProductVector: "Vector", state.ProductSearch: "Search", state.ProductQStash: "QStash",
	}[product]

	return fmt.Sprintf("The sandbox does not emulate %s's data plane.", name)
}
