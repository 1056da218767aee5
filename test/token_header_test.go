package test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/upstash-connect/bff/test/harness"
)

// Headers of forged tokens. Every endpoint returns the same 401, so an attacker does not learn how
// close the forgery came.

// startWithIssuer is a product that trusts an issuer of the test's own.
func startWithIssuer(t *testing.T) (*harness.Product, *harness.Issuer) {
	t.Helper()
	i := harness.NewIssuer(t)
	return harness.StartProduct(t, harness.WithIssuer(i)), i
}

// Threat model: T01.
func TestMissingAuthorization(t *testing.T) {
	p := harness.StartProduct(t)
	p.RejectedAtEveryEndpoint(t, nil, 401, "authentication_required")
	p.HasNoEffect(t, func() {
		for _, call := range []harness.Endpoint{
			{Method: "GET", Path: "/api/v1/session"},
			{Method: "GET", Path: "/api/v1/connection"},
			{Method: "DELETE", Path: "/api/v1/connection"},
			{Method: "POST", Path: "/api/v1/databases"},
			{Method: "GET", Path: "/api/v1/databases/some-id"},
			{Method: "GET", Path: "/api/v1/databases/some-id/credentials"},
			{Method: "GET", Path: "/api/v1/catalog"},
		} {
			p.Do(t, call.Method, call.Path, nil, "").IsProblem(t, 401, "authentication_required")
		}
	})
}

// Threat model: T02.
func TestUnsignedTokensAreRejected(t *testing.T) {
	p, i := startWithIssuer(t)
	p.AcceptsToken(t, i.Token(t, nil, nil))

	tokens := map[string]string{}
	for _, none := range []string{"none", "None", "NONE", "noNE", "nOnE", ""} {
		signed := i.Token(t, map[string]any{"alg": none}, nil)
		tokens["alg "+none+" with an empty signature"] = signed[:strings.LastIndex(signed, ".")+1]
		tokens["alg "+none+" over a genuine signature"] = signed
	}
	tokens["no alg at all"] = i.Token(t, map[string]any{"alg": nil}, nil)
	tokens["alg an array that holds RS256"] = i.Token(t, map[string]any{"alg": []string{"RS256"}}, nil)
	p.RejectsTokens(t, tokens)
}

// Threat model: T03.
func TestHMACWithThePublicKeyIsRejected(t *testing.T) {
	p, i := startWithIssuer(t)
	p.AcceptsToken(t, i.Token(t, nil, nil))
	public := &i.Keys[0].Private.PublicKey

	pkix, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := x509.MarshalPKCS1PublicKey(public)

	jwk, err := json.Marshal(i.Keys[0].Public())
	if err != nil {
		t.Fatal(err)
	}

	tokens := map[string]string{}
	for name, secret := range map[string][]byte{
		"PEM of the key":             pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}),
		"PEM of the key as PKCS #1":  pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
		"DER of the key":             pkix,
		"DER of the key as PKCS #1":  pkcs1,
		"JWK as JSON":                jwk,
		"modulus":                    public.N.Bytes(),
		"modulus as it is published": []byte(harness.B64(public.N.Bytes())),
		"nothing":                    {},
	} {
		tokens[name] = hmacToken(t, secret, "key-1", i.Claims(nil))
	}
	p.RejectsTokens(t, tokens)
}

// hmacToken signs by HS256.
func hmacToken(t *testing.T, secret []byte, kid string, claims map[string]any) string {
	t.Helper()
	input := harness.Segment(
		t, map[string]any{"alg": "HS256", "typ": "JWT", "kid": kid},
	) + "." + harness.Segment(
		t, claims,
	)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))

	return input + "." + harness.B64(mac.Sum(nil))
}

// Threat model: T04.
func TestOtherAlgorithmsOfPublishedKeysAreRejected(t *testing.T) {
	p, i := startWithIssuer(t)

	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}

	point, err := ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}

	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	second := i.AddKey(t, "rsa-2")
	rsaFor := func(kid, algorithm string) map[string]any {
		return harness.Changed(second.Public(), map[string]any{"kid": kid, "alg": algorithm})
	}
	i.Publish(
		i.Keys[0].Public(),
		rsaFor("rsa-384", "RS384"),
		rsaFor("rsa-512", "RS512"),
		rsaFor("rsa-pss", "PS256"),
		map[string]any{
			"kty": "EC",
			"use": "sig",
			"alg": "ES256",
			"kid": "ec",
			"crv": "P-256",
			"x":   harness.B64(point[1:33]),
			"y":   harness.B64(point[33:]),
		},
		map[string]any{
			"kty": "OKP",
			"use": "sig",
			"alg": "EdDSA",
			"kid": "ed",
			"crv": "Ed25519",
			"x":   harness.B64(edPublic),
		},
	)
	// The keys are read again because of a key id that was not there at the start.
	p.Do(
		t, "GET", "/api/v1/databases", harness.Bearer(i.Token(t, map[string]any{"kid": "ec"}, nil)), "",
	).IsProblem(t, 401,
		"invalid_token")
	p.AcceptsToken(t, i.Token(t, nil, nil))

	first := i.Keys[0].Private

	tokens := map[string]string{}
	for name, forged := range map[string]struct {
		method jwt.SigningMethod
		kid    string
		key    any
	}{
		"RS384 by the key published for it":   {jwt.SigningMethodRS384, "rsa-384", second.Private},
		"RS512 by the key published for it":   {jwt.SigningMethodRS512, "rsa-512", second.Private},
		"PS256 by the key published for it":   {jwt.SigningMethodPS256, "rsa-pss", second.Private},
		"ES256 by the key published for it":   {jwt.SigningMethodES256, "ec", ec},
		"EdDSA by the key published for it":   {jwt.SigningMethodEdDSA, "ed", edPrivate},
		"RS256 by a key published for RS384":  {jwt.SigningMethodRS256, "rsa-384", second.Private},
		"RS256 by a key published for PS256":  {jwt.SigningMethodRS256, "rsa-pss", second.Private},
		"RS384 by the key published as RS256": {jwt.SigningMethodRS384, "key-1", first},
		"RS512 by the key published as RS256": {jwt.SigningMethodRS512, "key-1", first},
		"PS256 by the key published as RS256": {jwt.SigningMethodPS256, "key-1", first},
	} {
		token := jwt.NewWithClaims(forged.method, jwt.MapClaims(i.Claims(nil)))
		token.Header["kid"] = forged.kid

		signed, err := token.SignedString(forged.key)
		if err != nil {
			t.Fatal(err)
		}
		tokens[name] = signed
	}
	p.RejectsTokens(t, tokens)
}

// Threat model: T05.
func TestSymmetricIssuerKeysAreIgnored(t *testing.T) {
	i := harness.NewIssuer(t)
	secret := []byte("a key that everybody can read in the document")
	i.Publish(
		i.Keys[0].Public(),
		map[string]any{"kty": "oct", "use": "sig", "alg": "HS256", "kid": "shared", "k": harness.B64(secret)},
	)
	p := harness.StartProduct(t, harness.WithIssuer(i))
	p.AcceptsToken(t, i.Token(t, nil, nil)) // one bad key does not cost the good one
	p.RejectsTokens(t, map[string]string{
		"HS256 by the published symmetric key": hmacToken(t, secret, "shared", i.Claims(nil)),
		"HS256 by it, under the RSA key's id":  hmacToken(t, secret, "key-1", i.Claims(nil)),
		"RS256 by the RSA key, under its id":   i.Token(t, map[string]any{"kid": "shared"}, nil),
		"alg none, under the symmetric key's id": harness.Segment(
			t, map[string]any{"alg": "none", "kid": "shared"},
		) + "." + harness.Segment(
			t, i.Claims(nil),
		) + ".",
	})

	if log := p.Log.String(); !strings.Contains(log, "the server rejected some of the issuer's keys") {
		t.Error("the log does not report that a published key was rejected")
	}
}

// Threat model: T06.
func TestTokenWithoutKeyIDIsRejected(t *testing.T) {
	p, i := startWithIssuer(t)
	p.AcceptsToken(t, i.Token(t, nil, nil))
	p.RejectsTokens(t, map[string]string{
		"kid absent, signature genuine": i.Token(t, map[string]any{"kid": nil}, nil),
		"kid empty, signature genuine":  i.Token(t, map[string]any{"kid": ""}, nil),
	})
}

// Threat model: T07.
func TestMalformedKeyIDsAreRejected(t *testing.T) {
	p, i := startWithIssuer(t)
	p.AcceptsToken(t, i.Token(t, nil, nil))
	header := func(raw string) string {
		return harness.B64(
			[]byte(`{"alg":"RS256","typ":"JWT","kid":`+raw+`}`),
		) + strings.TrimPrefix(
			i.Token(t, nil, nil), harness.Segment(t, map[string]any{"alg": "RS256", "typ": "JWT", "kid": "key-1"}),
		)
	}
	p.RejectsTokens(t, map[string]string{
		"number":                       header(`1`),
		"array that holds the real id": header(`["key-1"]`),
		"object":                       header(`{"key-1":"key-1"}`),
		"null":                         header(`null`),
		"true":                         header(`true`),
		"8 KiB":                        header(`"` + strings.Repeat("k", 8<<10) + `"`),
		"path traversal":               header(`"../../etc/passwd"`),
		"SQL":                          header(`"' OR 1=1--"`),
		"NUL":                          header(`"\u0000"`),
		"real id and a NUL":            header(`"key-1\u0000"`),
		"real id in other case":        header(`"KEY-1"`),
		"real id and a space":          header(`"key-1 "`),
		"full-width real id":           header(`"ｋｅｙ-1"`),
	})
	t.Run("1 MiB, refused below the router", func(t *testing.T) {
		p.RejectedAsTooLarge(t, "Bearer "+header(`"`+strings.Repeat("k", 1<<20)+`"`))
	})
}

// Threat model: T08.
func TestEmbeddedTokenKeysAreIgnored(t *testing.T) {
	p, i := startWithIssuer(t)
	p.AcceptsToken(t, i.Token(t, nil, nil))
	mallory := harness.NewIssuer(t) // plays the attacker's host, with its own key document
	var visits atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(elsewhere.Close)

	tokens := map[string]string{}
	for name, header := range map[string]map[string]any{
		"jku to a key document": {"jku": mallory.URL + ".well-known/jwks.json"},
		"jku to any host":       {"jku": elsewhere.URL},
		"x5u to any host":       {"x5u": elsewhere.URL + "/chain.pem"},
		"jwk embedded":          {"jwk": mallory.Keys[0].Public()},
		"x5c embedded":          {"x5c": []string{"MIIB"}},
		"crit asking for b64":   {"crit": []string{"b64"}, "b64": true},
		"jku to our own issuer": {"jku": i.URL + ".well-known/jwks.json"},
	} {
		tokens[name+", the attacker's signature"] = mallory.Keys[0].Sign(t, header, i.Claims(nil))
		tokens[name+", the attacker's key id"] = mallory.Keys[0].Sign(
			t, harness.Changed(map[string]any{"kid": "mallory"}, header), i.Claims(nil),
		)
		tokens[name+", a genuine signature"] = i.Token(t, header, nil)
	}
	fetched := i.Fetches.Load()
	p.RejectsTokens(t, tokens)

	if got := visits.Load() + mallory.Fetches.Load(); got != 0 {
		t.Errorf("got %d requests to the attacker's hosts, want none", got)
	}

	if got := i.Fetches.Load(); got != fetched {
		t.Errorf(
			"got %d reads of the issuer's keys, want none: the header is refused before its key is looked for",
			got-fetched,
		)
	}
}

// Threat model: T10.
func TestTokensOfAnotherTypeAreRejected(t *testing.T) {
	p, i := startWithIssuer(t)
	for _, typ := range []any{"JWT", "jwt", "at+jwt", "application/at+jwt", nil} {
		p.AcceptsToken(t, i.Token(t, map[string]any{"typ": typ}, nil)) // Auth0 does not require typ
	}

	tokens := map[string]string{}
	for _, typ := range []string{"logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", "id_token+jwt", "jwt ", "", strings.Repeat("j", 10<<10)} {
		tokens["typ "+typ[:min(len(typ), 20)]] = i.Token(t, map[string]any{"typ": typ}, nil)
	}
	tokens["typ a number"] = i.Token(t, map[string]any{"typ": 1}, nil)
	tokens["typ an array that holds JWT"] = i.Token(t, map[string]any{"typ": []string{"JWT"}}, nil)
	p.RejectsTokens(t, tokens)
}
