package main

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

// issuer is an identity provider whose every word the test decides: which keys it publishes, what its key document
// answers, and what its tokens say. It signs as told, not as it should.
type issuer struct {
	URL  string // ends in /
	keys []*issuerKey

	fetches atomic.Int64 // of the key document

	mu        sync.Mutex
	published []any
	serve     http.HandlerFunc // in place of the key document
}

// issuerKey is one RSA key under an id.
type issuerKey struct {
	id      string
	private *rsa.PrivateKey
}

// newIssuer starts one that publishes one key.
func newIssuer(t *testing.T) *issuer {
	t.Helper()
	return newIssuerOn(t, httptest.NewServer)
}

// newIssuerOn starts one on a server of the test's own making.
func newIssuerOn(t *testing.T, listen func(http.Handler) *httptest.Server) *issuer {
	t.Helper()
	i := &issuer{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.URL, "jwks_uri": i.URL + ".well-known/jwks.json"})
	})
	mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, r *http.Request) {
		i.fetches.Add(1)
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
	i.addKey(t, "key-1")
	i.publish(i.keys[0].public())
	return i
}

// addKey makes another key; publish publishes it.
func (i *issuer) addKey(t *testing.T, id string) *issuerKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key := &issuerKey{id, private}
	i.keys = append(i.keys, key)
	return key
}

// publish replaces the key document's keys: anything that encodes to JSON.
func (i *issuer) publish(keys ...any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.published = keys
}

// answer replaces the key document; nil restores it.
func (i *issuer) answer(serve http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.serve = serve
}

// public is the key as a JWK (RFC 7517).
func (k *issuerKey) public() map[string]any {
	return map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.id,
		"n": b64(k.private.N.Bytes()), "e": b64(big.NewInt(int64(k.private.E)).Bytes()),
	}
}

// claims are those of an ordinary access token; changes replace or, with nil, remove some.
func (i *issuer) claims(changes map[string]any) map[string]any {
	now := time.Now().Unix()
	return changed(map[string]any{
		"iss": i.URL, "sub": "auth0|someone", "aud": "upstash-api", "azp": spaClient, "iat": now, "exp": now + 3600,
		"https://user.io/email": "someone@example.com",
	}, changes)
}

// token signs with the first key, by RS256 whatever the header says.
func (i *issuer) token(t *testing.T, header, claims map[string]any) string {
	t.Helper()
	return i.keys[0].sign(t, header, i.claims(claims))
}

// sign makes a token of exactly these claims.
func (k *issuerKey) sign(t *testing.T, header map[string]any, claims any) string {
	t.Helper()
	input := segment(t, changed(map[string]any{"alg": "RS256", "typ": "JWT", "kid": k.id}, header)) + "." + segment(t, claims)
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.private, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(signature)
}

// rawClaims makes a token of claims that Go's encoder would not write: members in place of exp.
func (i *issuer) rawClaims(t *testing.T, members string) string {
	t.Helper()
	usual, err := json.Marshal(i.claims(map[string]any{"exp": nil}))
	if err != nil {
		t.Fatal(err)
	}
	return i.keys[0].sign(t, nil, json.RawMessage(strings.TrimSuffix(string(usual), "}")+","+members+"}"))
}

// segment is one part of a token. It does not go through json.Marshal's checks when the content is raw.
func segment(t *testing.T, content any) string {
	t.Helper()
	if raw, ok := content.(json.RawMessage); ok {
		return b64(raw)
	}
	encoded, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return b64(encoded)
}

func b64(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }

func changed(usual, changes map[string]any) map[string]any {
	maps.Copy(usual, changes)
	maps.DeleteFunc(usual, func(_ string, value any) bool { return value == nil })
	return usual
}
