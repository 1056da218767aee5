package sandbox

import (
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/sandbox/console"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// ConsolePath is the console's path on the Developer API's listener.
const ConsolePath = console.Path

// ConsoleURL is the stand-in for https://console.upstash.com.
func (s *Sandbox) ConsoleURL() string { return s.upstashURL + ConsolePath }

// newConsole registers the console with the identity provider and makes it.
func (s *Sandbox) newConsole() (http.Handler, error) {
	client := state.Client{
		ID:   ConsoleClientID,
		Name: "the Upstash console",
		Callbacks: []string{
			s.upstashURL + console.CallbackPath,
		},
		LogoutURLs: []string{s.upstashURL + console.LoggedOutPath},
	}
	if _, err := s.store.MergeClient(client); err != nil {
		return nil, err
	}

	made, err := console.New(console.Options{
		Accounts: s.store,
		Issuer:   s.issuerURL,
		ClientID: ConsoleClientID,
		Origin:   s.upstashURL,
		Now:      s.options.Now,
		Logger:   s.options.Logger,
	})
	if err != nil {
		return nil, err
	}

	return made.Handler(), nil
}

// withConsole serves the console's path with the console, and everything else with the API. A user's actions in the
// console are not calls of the Developer API: the journal does not record them, and faults do not apply to them.
func withConsole(api, console http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == ConsolePath || strings.HasPrefix(r.URL.Path, ConsolePath+"/") {
			console.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}
