package broker_test

import (
	"log/slog"
	"testing"

	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/dbtest"
	"github.com/upstash-connect/bff/internal/seal"
)

// parts are a broker's, over its own store.
func parts(t *testing.T) broker.Options {
	t.Helper()

	store, err := db.Open(t.Context(), db.Options{URL: dbtest.SQLite(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })

	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}

	box, err := seal.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
	}

	c, err := config.LoadOnly(nil, nil, "APP_NAME", "UPSTASH_API_URL", "REST_URL", "MINT_MAX_TOKEN_AGE",
		"CREATE_SETTLE")
	if err != nil {
		t.Fatal(err)
	}

	return broker.Options{Config: c, Store: store, Box: box, Logger: slog.New(slog.DiscardHandler)}
}

func TestNewAssemblesBothOverOneStore(t *testing.T) {
	made, err := broker.New(parts(t))
	if err != nil || made.Custody == nil || made.Databases == nil || made.Upstream == nil {
		t.Errorf("got %+v and %v, want every part", made, err)
	}
}

func TestNewRejectsIncompleteOptions(t *testing.T) {
	for name, spoil := range map[string]func(*broker.Options){
		"no configuration":   func(o *broker.Options) { o.Config = nil },
		"no store":           func(o *broker.Options) { o.Store = nil },
		"no box":             func(o *broker.Options) { o.Box = nil },
		"no logger":          func(o *broker.Options) { o.Logger = nil },
		"an unusable origin": func(o *broker.Options) { o.UpstashURL = "ftp://upstash.example" },
	} {
		t.Run(name, func(t *testing.T) {
			options := parts(t)
			spoil(&options)

			if made, err := broker.New(options); err == nil {
				t.Errorf("got %+v, want it refused", made)
			}
		})
	}
}

func TestNewTokensRejectsIncompleteOptions(t *testing.T) {
	c := &config.Config{AuthIssuer: "https://issuer.example/", AuthAudience: "upstash-api", AuthEmailClaim: "email"}
	logger := slog.New(slog.DiscardHandler)

	for name, options := range map[string]broker.TokensOptions{
		"no configuration": {ClientIDs: []string{"a"}, Logger: logger},
		"no logger":        {Config: c, ClientIDs: []string{"a"}},
		"no client":        {Config: c, Logger: logger},
		"no issuer":        {Config: &config.Config{}, ClientIDs: []string{"a"}, Logger: logger},
	} {
		if made, err := broker.NewTokens(options); err == nil {
			t.Errorf("%s: got %+v, want it refused", name, made)
		}
	}
}
