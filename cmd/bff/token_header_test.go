package main

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
)

// What the header of a forged token tries. Each answer is the same 401 at every door: nothing tells an attacker how close
// the forgery came.

// refusesTokens runs one subtest a token and wants the plain 401 at every door.
func (p *product) refusesTokens(t *testing.T, tokens map[string]string) {
	t.Helper()
	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			p.noteToken(token)
			p.refusedAtEveryDoor(t, bearer(token), 401, "invalid_token")
		})
	}
}

// admits checks that a token is accepted, for a test whose refusals would mean nothing if all tokens were refused. Its
// account was never connected, which is what the door behind the door says.
func (p *product) admits(t *testing.T, token string) {
	t.Helper()
	p.noteToken(token)
	p.leavesNothing(t, func() {
		p.do(t, "GET", "/api/v1/databases", bearer(token), "").isProblem(t, 409, "connect_required")
	})
}

// startWithIssuer is a product that trusts an issuer of the test's own.
func startWithIssuer(t *testing.T) (*product, *issuer) {
	t.Helper()
	i := newIssuer(t)
	return startProduct(t, withIssuer(i)), i
}

func TestT01NoAuthorization(t *testing.T) {
	p := startProduct(t)
	p.refusedAtEveryDoor(t, nil, 401, "authentication_required")
	p.leavesNothing(t, func() {
		for _, call := range []door{
			{"GET", "/api/v1/session"},
			{"GET", "/api/v1/connection"},
			{"DELETE", "/api/v1/connection"},
			{"POST", "/api/v1/databases"},
			{"GET", "/api/v1/databases/some-id"},
			{"GET", "/api/v1/databases/some-id/credentials"},
			{"GET", "/api/v1/catalog"},
		} {
			p.do(t, call.method, call.path, nil, "").isProblem(t, 401, "authentication_required")
		}
	})
}

func TestT02AlgorithmNone(t *testing.T) {
	p, i := startWithIssuer(t)
	p.admits(t, i.token(t, nil, nil))
	tokens := map[string]string{}
	for _, none := range []string{"none", "None", "NONE", "noNE", "nOnE", ""} {
		signed := i.token(t, map[string]any{"alg": none}, nil)
		tokens["alg "+none+" with an empty signature"] = signed[:strings.LastIndex(signed, ".")+1]
		tokens["alg "+none+" over a genuine signature"] = signed
	}
	tokens["no alg at all"] = i.token(t, map[string]any{"alg": nil}, nil)
	tokens["alg an array that holds RS256"] = i.token(t, map[string]any{"alg": []string{"RS256"}}, nil)
	p.refusesTokens(t, tokens)
}

func TestT03HMACWithThePublicKey(t *testing.T) {
	p, i := startWithIssuer(t)
	p.admits(t, i.token(t, nil, nil))
	public := &i.keys[0].private.PublicKey
	pkix, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := x509.MarshalPKCS1PublicKey(public)
	jwk, err := json.Marshal(i.keys[0].public())
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
		"modulus as it is published": []byte(b64(public.N.Bytes())),
		"nothing":                    {},
	} {
		tokens[name] = hmacToken(t, secret, "key-1", i.claims(nil))
	}
	p.refusesTokens(t, tokens)
}

// hmacToken signs by HS256.
func hmacToken(t *testing.T, secret []byte, kid string, claims map[string]any) string {
	t.Helper()
	input := segment(t, map[string]any{"alg": "HS256", "typ": "JWT", "kid": kid}) + "." + segment(t, claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + b64(mac.Sum(nil))
}

func TestT04OtherAlgorithmsOfPublishedKeys(t *testing.T) {
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
	second := i.addKey(t, "rsa-2")
	rsaFor := func(kid, algorithm string) map[string]any {
		return changed(second.public(), map[string]any{"kid": kid, "alg": algorithm})
	}
	i.publish(
		i.keys[0].public(),
		rsaFor("rsa-384", "RS384"), rsaFor("rsa-512", "RS512"), rsaFor("rsa-pss", "PS256"),
		map[string]any{"kty": "EC", "use": "sig", "alg": "ES256", "kid": "ec", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
		map[string]any{"kty": "OKP", "use": "sig", "alg": "EdDSA", "kid": "ed", "crv": "Ed25519", "x": b64(edPublic)},
	)
	// The keys are read again because of a key id that was not there at the start.
	p.do(t, "GET", "/api/v1/databases", bearer(i.token(t, map[string]any{"kid": "ec"}, nil)), "").isProblem(t, 401, "invalid_token")
	p.admits(t, i.token(t, nil, nil))

	first := i.keys[0].private
	tokens := map[string]string{}
	for name, forged := range map[string]struct {
		method jwt.SigningMethod
		kid    string
		key    any
	}{
		"RS384 by the key published for it":   {jwt.SigningMethodRS384, "rsa-384", second.private},
		"RS512 by the key published for it":   {jwt.SigningMethodRS512, "rsa-512", second.private},
		"PS256 by the key published for it":   {jwt.SigningMethodPS256, "rsa-pss", second.private},
		"ES256 by the key published for it":   {jwt.SigningMethodES256, "ec", ec},
		"EdDSA by the key published for it":   {jwt.SigningMethodEdDSA, "ed", edPrivate},
		"RS256 by a key published for RS384":  {jwt.SigningMethodRS256, "rsa-384", second.private},
		"RS256 by a key published for PS256":  {jwt.SigningMethodRS256, "rsa-pss", second.private},
		"RS384 by the key published as RS256": {jwt.SigningMethodRS384, "key-1", first},
		"RS512 by the key published as RS256": {jwt.SigningMethodRS512, "key-1", first},
		"PS256 by the key published as RS256": {jwt.SigningMethodPS256, "key-1", first},
	} {
		token := jwt.NewWithClaims(forged.method, jwt.MapClaims(i.claims(nil)))
		token.Header["kid"] = forged.kid
		signed, err := token.SignedString(forged.key)
		if err != nil {
			t.Fatal(err)
		}
		tokens[name] = signed
	}
	p.refusesTokens(t, tokens)
}

func TestT05SymmetricKeyInTheKeyDocument(t *testing.T) {
	i := newIssuer(t)
	secret := []byte("a key that everybody can read in the document")
	i.publish(i.keys[0].public(), map[string]any{"kty": "oct", "use": "sig", "alg": "HS256", "kid": "shared", "k": b64(secret)})
	p := startProduct(t, withIssuer(i))
	p.admits(t, i.token(t, nil, nil)) // one bad key does not cost the good one
	p.refusesTokens(t, map[string]string{
		"HS256 by the published symmetric key":   hmacToken(t, secret, "shared", i.claims(nil)),
		"HS256 by it, under the RSA key's id":    hmacToken(t, secret, "key-1", i.claims(nil)),
		"RS256 by the RSA key, under its id":     i.token(t, map[string]any{"kid": "shared"}, nil),
		"alg none, under the symmetric key's id": segment(t, map[string]any{"alg": "none", "kid": "shared"}) + "." + segment(t, i.claims(nil)) + ".",
	})
	if log := p.log.String(); !strings.Contains(log, "issuer publishes keys that are not taken") {
		t.Error("the log does not say that a published key was not taken")
	}
}

func TestT06NoKeyID(t *testing.T) {
	p, i := startWithIssuer(t)
	p.admits(t, i.token(t, nil, nil))
	p.refusesTokens(t, map[string]string{
		"kid absent, signature genuine": i.token(t, map[string]any{"kid": nil}, nil),
		"kid empty, signature genuine":  i.token(t, map[string]any{"kid": ""}, nil),
	})
}

func TestT07StrangeKeyIDs(t *testing.T) {
	p, i := startWithIssuer(t)
	p.admits(t, i.token(t, nil, nil))
	header := func(raw string) string {
		return b64([]byte(`{"alg":"RS256","typ":"JWT","kid":`+raw+`}`)) + strings.TrimPrefix(i.token(t, nil, nil), segment(t, map[string]any{"alg": "RS256", "typ": "JWT", "kid": "key-1"}))
	}
	p.refusesTokens(t, map[string]string{
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
		p.refusedAsTooLarge(t, "Bearer "+header(`"`+strings.Repeat("k", 1<<20)+`"`))
	})
}

// refusedAsTooLarge wants net/http's 431: such a header is never looked at.
func (p *product) refusedAsTooLarge(t *testing.T, authorization string) {
	t.Helper()
	p.leavesNothing(t, func() {
		for _, door := range doors {
			p.raw(t, door.method+" "+door.path+" HTTP/1.1\r\nHost: "+p.host()+"\r\nAuthorization: "+authorization+"\r\n\r\n").is(t, 431)
		}
	})
}

func TestT08TokenThatBringsItsKey(t *testing.T) {
	p, i := startWithIssuer(t)
	p.admits(t, i.token(t, nil, nil))
	mallory := newIssuer(t) // stands for the attacker's host, with a key document of its own
	var visits atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(elsewhere.Close)

	tokens := map[string]string{}
	for name, header := range map[string]map[string]any{
		"jku to a key document": {"jku": mallory.URL + ".well-known/jwks.json"},
		"jku to any host":       {"jku": elsewhere.URL},
		"x5u to any host":       {"x5u": elsewhere.URL + "/chain.pem"},
		"jwk embedded":          {"jwk": mallory.keys[0].public()},
		"x5c embedded":          {"x5c": []string{"MIIB"}},
		"crit asking for b64":   {"crit": []string{"b64"}, "b64": true},
		"jku to our own issuer": {"jku": i.URL + ".well-known/jwks.json"},
	} {
		tokens[name+", the attacker's signature"] = mallory.keys[0].sign(t, header, i.claims(nil))
		tokens[name+", the attacker's key id"] = mallory.keys[0].sign(t, changed(map[string]any{"kid": "mallory"}, header), i.claims(nil))
		tokens[name+", a genuine signature"] = i.token(t, header, nil)
	}
	fetched := i.fetches.Load()
	p.refusesTokens(t, tokens)
	if got := visits.Load() + mallory.fetches.Load(); got != 0 {
		t.Errorf("got %d requests to the attacker's hosts, want none", got)
	}
	if got := i.fetches.Load(); got != fetched {
		t.Errorf("got %d reads of the issuer's keys, want none: the header is refused before its key is looked for", got-fetched)
	}
}

func TestT10TokenOfAnotherType(t *testing.T) {
	p, i := startWithIssuer(t)
	for _, typ := range []any{"JWT", "jwt", "at+jwt", "application/at+jwt", nil} {
		p.admits(t, i.token(t, map[string]any{"typ": typ}, nil)) // absent is taken: Auth0's profile does not require it
	}
	tokens := map[string]string{}
	for _, typ := range []string{"logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", "id_token+jwt", "jwt ", "", strings.Repeat("j", 10<<10)} {
		tokens["typ "+typ[:min(len(typ), 20)]] = i.token(t, map[string]any{"typ": typ}, nil)
	}
	tokens["typ a number"] = i.token(t, map[string]any{"typ": 1}, nil)
	tokens["typ an array that holds JWT"] = i.token(t, map[string]any{"typ": []string{"JWT"}}, nil)
	p.refusesTokens(t, tokens)
}
