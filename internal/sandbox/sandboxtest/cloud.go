package sandboxtest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// Mint exchanges a new token of the account for a developer key.
func Mint(t *testing.T, s *sandbox.Sandbox, email, name string) Response {
	t.Helper()
	request := NewRequest(t, "POST", s.UpstashURL()+"/apikey", fmt.Sprintf(`{"name":%q}`, name))
	request.Header.Set("Authorization", "Bearer "+Token(t, s, fmt.Sprintf(`{"email":%q}`, email)))

	return Send(t, http.DefaultClient, request)
}

// Upstash calls the Developer API with Basic EMAIL:KEY.
func Upstash(t *testing.T, s *sandbox.Sandbox, email, key, method, path, body string) Response {
	t.Helper()
	request := NewRequest(t, method, s.UpstashURL()+path, body)
	request.SetBasicAuth(email, key)

	return Send(t, http.DefaultClient, request)
}

// MustMint makes a developer key for an account and returns it.
func MustMint(t *testing.T, s *sandbox.Sandbox, email string) string {
	t.Helper()

	got := Mint(t, s, email, "KEY")
	if got.Status != http.StatusOK {
		t.Fatalf("mint: got %d %s", got.Status, got.Body)
	}

	return got.Text(t, "api_key")
}
