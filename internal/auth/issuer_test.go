package auth

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	issuerURL = "https://issuer.example/"
	jwksURL   = issuerURL + ".well-known/jwks.json"
	clientID  = "our-client"
	audience  = "upstash-api"
)

// reply is the issuer's handler of one request.
type reply func(*http.Request) (*http.Response, error)

// fakeIssuer is an issuer without a network, so that tests can run in a synctest bubble.
type fakeIssuer struct {
	jwks      reply
	discovery reply
	fetches   atomic.Int64 // reads of the key document
	mu        sync.Mutex
	visited   []string
}

func (i *fakeIssuer) RoundTrip(r *http.Request) (*http.Response, error) {
	i.mu.Lock()
	i.visited = append(i.visited, r.URL.String())
	jwks, discovery := i.jwks, i.discovery
	i.mu.Unlock()

	if strings.HasSuffix(r.URL.Path, "openid-configuration") {
		if discovery == nil {
			return answer(http.StatusNotFound, "")(r)
		}

		return discovery(r)
	}
	i.fetches.Add(1)

	return jwks(r)
}

// publish replaces the keys in the key document.
func (i *fakeIssuer) publish(keys ...any) { i.answers(answer(http.StatusOK, document(keys...))) }

func (i *fakeIssuer) answers(jwks reply) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.jwks = jwks
}

func document(keys ...any) string {
	encoded, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(err)
	}

	return string(encoded)
}

func answer(status int, body string) reply {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status,
			Header:     http.Header{},
			Body:       io.NopCloser(strings.NewReader(body)),
		}, nil
	}
}

func down(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

// slow responds after a delay, or when the request is canceled.
func slow(delay time.Duration, then reply) reply {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(delay):
			return then(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// testKey is an RSA key with an ID.
type testKey struct {
	id      string
	private *rsa.PrivateKey
}

// newKeys creates keys with the IDs key-0, key-1 and so on.
func newKeys(tb testing.TB, count int) []testKey {
	tb.Helper()

	keys := make([]testKey, count)
	for n := range keys {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			tb.Fatal(err)
		}
		keys[n] = testKey{"key-" + string(rune('0'+n)), private}
	}

	return keys
}

// jwk is the key as published; changes replace or, with nil, remove members.
func (k testKey) jwk(changes map[string]any) map[string]any {
	return changed(map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.id,
		"n": b64(k.private.N.Bytes()), "e": b64(big.NewInt(int64(k.private.E)).Bytes()),
	}, changes)
}

// token is a valid access token with changes.
func (k testKey) token(tb testing.TB, header, claims map[string]any) string {
	tb.Helper()
	now := time.Now().Unix()

	return k.sign(
		tb,
		changed(map[string]any{"alg": "RS256", "typ": "JWT", "kid": k.id}, header),
		changed(map[string]any{
			"iss":                   issuerURL,
			"sub":                   "auth0|someone",
			"aud":                   audience,
			"azp":                   clientID,
			"iat":                   now,
			"exp":                   now + 48*3600,
			"https://user.io/email": "someone@example.com",
		}, claims),
	)
}

func (k testKey) sign(tb testing.TB, header, claims any) string {
	tb.Helper()
	return k.signRaw(tb, encode(tb, header), encode(tb, claims))
}

func (k testKey) signRaw(tb testing.TB, header, claims []byte) string {
	tb.Helper()
	input := b64(header) + "." + b64(claims)
	digest := sha256.Sum256([]byte(input))

	signature, err := rsa.SignPKCS1v15(rand.Reader, k.private, crypto.SHA256, digest[:])
	if err != nil {
		tb.Fatal(err)
	}

	return input + "." + b64(signature)
}

func encode(tb testing.TB, value any) []byte {
	tb.Helper()

	encoded, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}

	return encoded
}

func b64(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }

func changed(usual, changes map[string]any) map[string]any {
	maps.Copy(usual, changes)
	maps.DeleteFunc(usual, func(_ string, value any) bool { return value == nil })
	return usual
}

// newSet creates a key set that reads from the fake issuer, and a verifier that uses it.
func newSet(tb testing.TB, i *fakeIssuer, log io.Writer) (*KeySet, *Verifier) {
	tb.Helper()

	set, err := NewKeySet(KeySetOptions{Issuer: issuerURL, Client: i, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		tb.Fatal(err)
	}

	verifier, err := NewVerifier(Options{
		Issuer:     issuerURL,
		Audience:   audience,
		ClientIDs:  []string{clientID, "second-client"},
		EmailClaim: "https://user.io/email",
		Keys:       set,
	})
	if err != nil {
		tb.Fatal(err)
	}

	return set, verifier
}

// start runs the set until the test ends, and returns after its first read.
func start(t *testing.T, set *KeySet, settled func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())

	ended := make(chan struct{})
	go func() { set.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	settled()
}

// outcome names the result of Verify.
func outcome(err error) string {
	var unavailable *KeysUnavailableError
	switch {
	case err == nil:
		return "accepted"
	case errors.As(err, &unavailable):
		return "unavailable"
	case errors.Is(err, ErrClientNotAllowed):
		return "client not allowed"
	case errors.Is(err, ErrInvalidToken):
		return "invalid"
	}

	return "unexpected: " + err.Error()
}

// verify fails the test unless Verify returns the wanted result.
func verify(t *testing.T, v *Verifier, token, want string) {
	t.Helper()

	if _, err := v.Verify(t.Context(), token); outcome(err) != want {
		t.Errorf("got %q (%v), want %q", outcome(err), err, want)
	}
}

// lockedBuffer is a buffer for concurrent log writers.
type lockedBuffer struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (b *lockedBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.Write(line)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.String()
}
