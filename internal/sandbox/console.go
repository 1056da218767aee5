package sandbox

import (
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/sandbox/console"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// ConsolePath is where the console stands on the Developer API's listener.
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

// withConsole sends what is the console's there, and all else to the API. What a person does in the console is no call
// of the Developer API: no journal lists it, and no fault hits it.
func withConsole(api, console http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == ConsolePath || strings.HasPrefix(r.URL.Path, ConsolePath+"/") {
			console.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}
