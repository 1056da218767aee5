package harness

import (
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/api"
)

// StillLoggedIn fails the test unless the victim's session and connection are unchanged.
func (p *Product) StillLoggedIn(t *testing.T, cookie *http.Cookie) {
	t.Helper()
	var session struct {
		Connection struct {
			State string `json:"state"`
			Email string `json:"email"`
		} `json:"connection"`
	}
	p.Do(t, "GET", "/api/v1/session", p.FromPage(cookie), "").Is(t, 200).JSON(t, &session)

	if session.Connection.State != "active" || session.Connection.Email != "victim@example.com" {
		t.Errorf("got connection %+v, want the victim's, active", session.Connection)
	}
}

// Routes lists the running server's routes. Paths have an id instead of each parameter.
func (p *Product) Routes(t *testing.T) []api.Route {
	t.Helper()

	server, ok := p.App.Handler().(Routed)
	if !ok {
		t.Fatalf("the handler is a %T, which has no route table", p.App.Handler())
	}

	routes := server.Routes()
	if len(routes) < 10 {
		t.Fatalf("the route table has %d routes, want every route of the contract", len(routes))
	}

	for n := range routes {
		parts := strings.Split(routes[n].Path, "/")
		for m, part := range parts {
			if strings.HasPrefix(part, ":") {
				parts[m] = "some-id"
			}
		}
		routes[n].Path = strings.Join(parts, "/")
	}

	return routes
}

// Changes lists the routes that may change something.
func (p *Product) Changes(t *testing.T) []api.Route {
	t.Helper()

	var found []api.Route
	for _, route := range p.Routes(t) {
		if route.Method != http.MethodGet && route.Method != http.MethodHead && route.Method != http.MethodOptions {
			found = append(found, route)
		}
	}

	return found
}

// NoCORS fails the test if a response allows another origin to read it, or if its Vary header lacks Origin.
func (p *Product) NoCORS(t *testing.T, header http.Header) {
	t.Helper()

	for _, call := range []Endpoint{{"GET", "/api/v1/config"}, {"GET", "/api/v1/session"}, {"POST", "/api/v1/session"}, {"GET", "/api/v1/databases"}, {"GET", "/api/nothing"}, {"GET", "/"}} {
		for _, method := range []string{call.Method, http.MethodOptions} {
			header := Merged(
				header,
				http.Header{
					"Access-Control-Request-Method":  {call.Method},
					"Access-Control-Request-Headers": {"authorization, x-csrf"},
				},
			)

			got := p.Do(t, method, call.Path, header, "")
			for name := range got.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s: got %s: %s, want none", method, call.Path, name, got.Header.Get(name))
				}
			}

			if strings.HasPrefix(call.Path, "/api/") &&
				!strings.Contains(strings.Join(got.Header.Values("Vary"), ","), "Origin") {
				t.Errorf("%s %s: got Vary %q, want Origin in it", method, call.Path, got.Header.Values("Vary"))
			}
		}
	}
}
