package sandbox

import (
	"errors"
	"fmt"
	"net/url"

	"golang.org/x/crypto/bcrypt"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// The login that every sandbox knows.
const (
	DemoEmail    = "demo@example.com"
	DemoPassword = "demo-password"
)

// The clients that are there beside the application's own.
const (
	// NativeClientID is a command-line or desktop application's client.
	NativeClientID = "sandbox-native"
	// OtherPartnerClientID belongs to someone else: its tokens are genuine, for the same audience, and not meant for
	// our application.
	OtherPartnerClientID = "sandbox-other-partner"
	// ConsoleClientID is the console's own.
	ConsoleClientID = "sandbox-console"
)

// seed makes what every sandbox has. It leaves alone what is there already.
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

// appClient is the registration of an application served at origin: it is called back at /callback and logs out to
// anywhere on its front page.
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
