package config_test

import (
	"slices"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
)

// Origins are stored as browsers send them, or they would never match.
func TestOriginsAreSpeltAsBrowsersDo(t *testing.T) {
	c, err := config.Load(nil, []string{
		"BFF_PUBLIC_URL=https://connect.example.com",
		"BFF_AUTH_CLIENT_IDS=client",
		"BFF_KEYSET=x",
		"BFF_CORS_ORIGINS=https://App.Example.com:443, https://app.example.com:8443,http://localhost:80,http://127.0.0.1:3000",
	})

	want := []string{
		"https://app.example.com",
		"https://app.example.com:8443",
		"http://localhost",
		"http://127.0.0.1:3000",
	}
	if err != nil || !slices.Equal(c.CORSOrigins, want) {
		t.Errorf("got %q, %v, want %q", c.CORSOrigins, err, want)
	}
}
