package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestWhichPublishedKeysAreAccepted(t *testing.T) {
	keys := newKeys(t, 2)
	good, other := keys[0].jwk(nil), keys[1]

	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weak := testKey{"weak", small}

	padded := b64(append(make([]byte, 160), small.N.Bytes()...)) // the length of a strong modulus, but mostly zeros
	for name, test := range map[string]struct {
		key      any
		accepted bool
	}{
		"RSA for signatures":        {other.jwk(nil), true},
		"without use and alg":       {other.jwk(map[string]any{"use": nil, "alg": nil}), true},
		"with unknown members":      {other.jwk(map[string]any{"x5t": "abc", "x5u": "https://evil.example", "note": "x"}), true},
		"symmetric":                 {map[string]any{"kty": "oct", "kid": "key-1", "alg": "HS256", "k": b64([]byte("secret"))}, false},
		"RSA type, symmetric key":   {map[string]any{"kty": "RSA", "kid": "key-1", "k": b64([]byte("secret"))}, false},
		"elliptic":                  {other.jwk(map[string]any{"kty": "EC"}), false},
		"for encryption":            {other.jwk(map[string]any{"use": "enc"}), false},
		"for RS512":                 {other.jwk(map[string]any{"alg": "RS512"}), false},
		"for RSA-OAEP":              {other.jwk(map[string]any{"alg": "RSA-OAEP"}), false},
		"no kid":                    {other.jwk(map[string]any{"kid": nil}), false},
		"empty kid":                 {other.jwk(map[string]any{"kid": ""}), false},
		"kid of 257 bytes":          {other.jwk(map[string]any{"kid": strings.Repeat("k", 257)}), false},
		"kid a number":              {other.jwk(map[string]any{"kid": 1}), false},
		"kid that is taken":         {other.jwk(map[string]any{"kid": "key-0"}), false},
		"modulus not base64":        {other.jwk(map[string]any{"n": strings.Repeat("!", 342)}), false},
		"modulus missing":           {other.jwk(map[string]any{"n": nil}), false},
		"modulus of 1024 bits":      {weak.jwk(nil), false},
		"modulus padded with zeros": {weak.jwk(map[string]any{"n": padded}), false},
		"modulus of 16384 bits":     {other.jwk(map[string]any{"n": strings.Repeat("A", 2731)}), false},
		"exponent one":              {other.jwk(map[string]any{"e": b64([]byte{1})}), false},
		"exponent missing":          {other.jwk(map[string]any{"e": nil}), false},
		"exponent of 64 bytes":      {other.jwk(map[string]any{"e": strings.Repeat("A", 86)}), false},
		"a string":                  {"key-1", false},
		"null":                      {nil, false},
		"an array":                  {[]int{1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			accepted, rejected, err := parseKeys([]byte(document(good, test.key)))
			if err != nil {
				t.Fatalf("the good key was lost: %v", err)
			}

			want, wantRejected := 1, 1
			if test.accepted {
				want, wantRejected = 2, 0
			}

			if len(accepted) != want || rejected != wantRejected || accepted[0].Marshal().KID != "key-0" {
				t.Errorf(
					"got %d accepted and %d rejected, want %d and %d, the good one first",
					len(accepted),
					rejected,
					want,
					wantRejected,
				)
			}
		})
	}
}

func TestPrivatePartOfAPublishedKeyIsDropped(t *testing.T) {
	keys := newKeys(t, 1)
	private := keys[0].private
	published := keys[0].jwk(
		map[string]any{
			"d": b64(private.D.Bytes()),
			"p": b64(private.Primes[0].Bytes()),
			"q": b64(private.Primes[1].Bytes()),
		},
	)

	accepted, _, err := parseKeys([]byte(document(published)))
	if err != nil {
		t.Fatal(err)
	}

	if _, public := accepted[0].Key().(*rsa.PublicKey); !public {
		t.Errorf("got a %T, want only the public part", accepted[0].Key())
	}
}

func TestFloodOfPublishedKeys(t *testing.T) {
	keys := newKeys(t, 1)

	var published []any
	for n := range maxKeys + 10 {
		published = append(published, keys[0].jwk(map[string]any{"kid": fmt.Sprint("key-", n)}))
	}

	accepted, rejected, err := parseKeys([]byte(document(published...)))
	if err != nil || len(accepted) != maxKeys || rejected != 10 {
		t.Errorf("got %d accepted, %d rejected (%v), want %d and 10", len(accepted), rejected, err, maxKeys)
	}
}

// Threat model: J05.
func TestKeyDocumentWithOnlySymmetricKeysIsRejected(t *testing.T) {
	issuer := &fakeIssuer{}
	issuer.publish(map[string]any{"kty": "oct", "kid": "shared", "alg": "HS256", "k": b64([]byte("secret"))})

	set, _ := newSet(t, issuer, io.Discard)
	if err := set.refresh(t.Context()); err == nil || set.Ready() == nil {
		t.Error("the verifier is ready with only symmetric keys")
	}
}
