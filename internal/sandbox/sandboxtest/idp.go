package sandboxtest

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// Published returns the issuer's published keys, by kid.
func Published(t *testing.T, s *sandbox.Sandbox) map[string]*rsa.PublicKey {
	t.Helper()

	discovery := Call(t, "GET", s.IssuerURL()+".well-known/openid-configuration", "")
	if got := discovery.Text(t, "issuer"); got != s.IssuerURL() {
		t.Errorf("discovery names the issuer %q, want %q", got, s.IssuerURL())
	}

	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(Call(t, "GET", discovery.Text(t, "jwks_uri"), "").Body), &set); err != nil {
		t.Fatal(err)
	}

	keys := map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		for member, value := range map[string]string{"kty": "RSA", "use": "sig", "alg": "RS256"} {
			if key[member] != value {
				t.Errorf("key member %s: got %v, want %s", member, key[member], value)
			}
		}
		number := func(member string) *big.Int {
			raw, err := base64.RawURLEncoding.DecodeString(key[member].(string))
			if err != nil {
				t.Fatal(err)
			}

			return new(big.Int).SetBytes(raw)
		}
		keys[key["kid"].(string)] = &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
	}

	return keys
}

// Claims verifies a JWT as any client would and returns its claims.
func Claims(t *testing.T, s *sandbox.Sandbox, raw string) jwt.MapClaims {
	t.Helper()
	keys := Published(t, s)
	found := jwt.MapClaims{}

	token, err := jwt.ParseWithClaims(raw, found, func(token *jwt.Token) (any, error) {
		return keys[token.Header["kid"].(string)], nil
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(s.IssuerURL()), jwt.WithExpirationRequired())
	if err != nil {
		t.Fatalf("token %q: %v", raw, err)
	}

	if token.Header["typ"] != "JWT" {
		t.Errorf("typ: got %v, want JWT", token.Header["typ"])
	}

	return found
}
