package sandbox

import (
	"errors"
	"fmt"
	"net/url"

	"golang.org/x/crypto/bcrypt"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// The login of every sandbox.
const (
	DemoEmail    = "demo@example.com"
	DemoPassword = "demo-password"
)

// The clients of every sandbox, in addition to the application's.
const (
	// NativeClientID is the client of a command-line or desktop application.
	NativeClientID = "sandbox-native"
	// OtherPartnerClientID belongs to another partner: its tokens are genuine and for the same audience, but not for
	// our application.
	OtherPartnerClientID = "sandbox-other-partner"
	// ConsoleClientID is the console's client.
	ConsoleClientID = "sandbox-console"
)

// seed creates the data of every sandbox, and leaves existing data unchanged.
func seed(store *state.Store, options Options) error {
	hash, err := bcrypt.GenerateFromPassword([]byte(DemoPassword), bcrypt.MinCost)
	if err != nil {
		return fmt.Errorf("hash the demo password: %w", err)
	}

	_, err = store.CreateAccount(state.Account{
		Email: DemoEmail, Plan: state.PlanPAYG, PasswordHash: hash, CreatedAt: options.Now(),
	})
	if err != nil && !errors.Is(err, state.ErrEmailTaken) {
		return fmt.Errorf("create the demo account: %w", err)
	}

	clients := []state.Client{
		{ID: options.SPAClientID, Name: options.AppName},
		{
			ID: NativeClientID, Name: options.AppName + " on this machine", AnyLoopbackPort: true,
			Callbacks: []string{
				"http://localhost:3000", "http://localhost:3000/callback",
				"http://127.0.0.1", "http://127.0.0.1/callback",
				"http://[::1]", "http://[::1]/callback",
			},
		},
		{
			ID: OtherPartnerClientID, Name: "Another Partner",
			Callbacks: []string{"http://localhost:9090/callback"},
			Origins:   []string{"http://localhost:9090"},
		},
	}
	for _, client := range clients {
		if _, err := store.MergeClient(client); err != nil {
			return fmt.Errorf("register client %s: %w", client.ID, err)
		}
	}

	return nil
}

// appClient is the registration of an application served at origin: its callback is /callback, and a logout may
// return to its front page.
func appClient(clientID, origin string) (state.Client, error) {
	parsed, err := url.Parse(origin)
	if err != nil || parsed.Host == "" || origin != parsed.Scheme+"://"+parsed.Host {
		return state.Client{}, fmt.Errorf("app origin %q: scheme, host and port expected, and nothing else", origin)
	}

	return state.Client{
		ID:         clientID,
		Callbacks:  []string{origin + "/callback"},
		Origins:    []string{origin},
		LogoutURLs: []string{origin, origin + "/"},
	}, nil
}
