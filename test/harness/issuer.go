package harness

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Issuer is an identity provider that the test controls: its published keys, the responses of its key document, and the
// contents of its tokens. It signs anything, valid or not.
type Issuer struct {
	URL  string // ends in /
	Keys []*issuerKey

	Fetches atomic.Int64 // of the key document

	mu        sync.Mutex
	published []any
	serve     http.HandlerFunc // replaces the key document
}

// issuerKey is one RSA key with an id.
type issuerKey struct {
	id      string
	Private *rsa.PrivateKey
}

// NewIssuer starts an issuer that publishes one key.
func NewIssuer(t *testing.T) *Issuer {
	t.Helper()
	return NewIssuerOn(t, httptest.NewServer)
}

// NewIssuerOn starts an issuer on the test's own server.
func NewIssuerOn(t *testing.T, listen func(http.Handler) *httptest.Server) *Issuer {
	t.Helper()
	i := &Issuer{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.URL, "jwks_uri": i.URL + ".well-known/jwks.json"})
	})
	mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, r *http.Request) {
		i.Fetches.Add(1)
		i.mu.Lock()
		serve, published := i.serve, i.published
		i.mu.Unlock()

		if serve != nil {
			serve(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": published})
	})
	server := listen(mux)
	t.Cleanup(server.Close)
	i.URL = server.URL + "/"
	i.AddKey(t, "key-1")
	i.Publish(i.Keys[0].Public())

	return i
}

// AddKey creates another key; publish publishes it.
func (i *Issuer) AddKey(t *testing.T, id string) *issuerKey {
	t.Helper()

	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key := &issuerKey{id, private}
	i.Keys = append(i.Keys, key)

	return key
}

// Publish replaces the key document's keys: anything that encodes to JSON.
func (i *Issuer) Publish(keys ...any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.published = keys
}

// SetKeyHandler replaces the key document; nil restores it.
func (i *Issuer) SetKeyHandler(serve http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.serve = serve
}

// Public returns the key as a JWK (RFC 7517).
func (k *issuerKey) Public() map[string]any {
	return map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.id,
		"n": B64(k.Private.N.Bytes()), "e": B64(big.NewInt(int64(k.Private.E)).Bytes()),
	}
}

// Claims returns the claims of an ordinary access token. Changes replace claims; nil removes one.
func (i *Issuer) Claims(changes map[string]any) map[string]any {
	now := time.Now().Unix()

	return Changed(map[string]any{
		"iss": i.URL, "sub": "auth0|someone", "aud": "upstash-api", "azp": SpaClient, "iat": now, "exp": now + 3600,
		"https://user.io/email": "someone@example.com",
	}, changes)
}

// Token signs with the first key and RS256, whatever the header contains.
func (i *Issuer) Token(t *testing.T, header, claims map[string]any) string {
	t.Helper()
	return i.Keys[0].Sign(t, header, i.Claims(claims))
}

// Sign creates a token with exactly these claims.
func (k *issuerKey) Sign(t *testing.T, header map[string]any, claims any) string {
	t.Helper()
	input := Segment(
		t, Changed(map[string]any{"alg": "RS256", "typ": "JWT", "kid": k.id}, header),
	) + "." + Segment(
		t, claims,
	)
	digest := sha256.Sum256([]byte(input))

	signature, err := rsa.SignPKCS1v15(rand.Reader, k.Private, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}

	return input + "." + B64(signature)
}

// RawClaims creates a token with claims that Go's encoder would not write: members replaces exp.
func (i *Issuer) RawClaims(t *testing.T, members string) string {
	t.Helper()

	usual, err := json.Marshal(i.Claims(map[string]any{"exp": nil}))
	if err != nil {
		t.Fatal(err)
	}

	return i.Keys[0].Sign(t, nil, json.RawMessage(strings.TrimSuffix(string(usual), "}")+","+members+"}"))
}

// Segment encodes one part of a token. Raw content skips json.Marshal's checks.
func Segment(t *testing.T, content any) string {
	t.Helper()

	if raw, ok := content.(json.RawMessage); ok {
		return B64(raw)
	}

	encoded, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}

	return B64(encoded)
}

// B64 is base64url without padding, as JWTs are encoded (RFC 7515 section 2).
func B64(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }

// Changed copies the usual members with changes; nil removes one.
func Changed(usual, changes map[string]any) map[string]any {
	maps.Copy(usual, changes)
	maps.DeleteFunc(usual, func(_ string, value any) bool { return value == nil })
	return usual
}
