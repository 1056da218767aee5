package auth

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzVerify verifies arbitrary tokens. The verifier accepts only tokens that the key signed, and every error is one
// that Verify documents.
func FuzzVerify(f *testing.F) {
	key := newKeys(f, 1)[0]
	verifier := ready(f, key)
	genuine := key.token(f, nil, nil)

	input := genuine[:strings.LastIndex(genuine, ".")]
	for _, seed := range []string{
		genuine, "", ".", "..", "a.b.c", input + ".", genuine + ".", "." + genuine, strings.Repeat(".", 100),
		b64([]byte(`{"alg":"none","kid":"key-0"}`)) + strings.TrimPrefix(input, input[:strings.Index(input, ".")]) + ".",
		b64([]byte(`{"alg":"HS256","kid":"key-0"}`)) + ".e30.c2ln", b64([]byte(`{"alg":"RS256"}`)) + ".e30.c2ln",
		b64([]byte(`{"alg":"RS256","kid":["key-0"]}`)) + ".e30.c2ln", "\x00.\xff.\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := verifier.Verify(t.Context(), token)
		if err == nil && token != genuine {
			t.Fatalf("accepted %q", token)
		}

		if err != nil && !errors.Is(err, ErrInvalidToken) && !errors.Is(err, ErrClientNotAllowed) {
			t.Fatalf("got an error that Verify does not document: %v", err)
		}
	})
}

// FuzzSignedClaims signs arbitrary headers and claims, as a faulty or compromised issuer could. An accepted token must
// have our audience and client, valid dates, and a subject that is safe in the database and the log.
func FuzzSignedClaims(f *testing.F) {
	key := newKeys(f, 1)[0]
	verifier := ready(f, key)
	header := `{"alg":"RS256","kid":"key-0"}`

	claims := `{"iss":"https://issuer.example/","sub":"auth0|1","aud":["upstash-api"],"azp":"our-client","iat":1700000000,"exp":4102444800}`
	for _, seed := range [][2]string{
		{header, claims},
		{`{"alg":"RS256","kid":"key-0","typ":"at+jwt"}`, strings.Replace(claims, `["upstash-api"]`, `"upstash-api"`, 1)},
		{`{"alg":"RS256","kid":"key-0","crit":[]}`, claims},
		{header, strings.Replace(claims, "4102444800", "0", 1)},
		{header, strings.Replace(claims, "4102444800", "1e308", 1)},
		{header, strings.Replace(claims, `"auth0|1"`, `"a\u0000b"`, 1)},
		{header, strings.Replace(claims, `"azp"`, `"client_id"`, 1)},
		{header, strings.Replace(claims, `["upstash-api"]`, `["","upstash-api"]`, 1)},
		{header, `{"iss":"https://issuer.example/","iss":""}`},
		{header, `null`},
		{header, `[]`},
		{`null`, claims},
		{`[`, `{`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, header, claims []byte) {
		got, err := verifier.Verify(t.Context(), key.signRaw(t, header, claims))
		if err != nil {
			return
		}

		var said map[string]json.RawMessage
		if err := json.Unmarshal(claims, &said); err != nil {
			t.Fatalf("accepted claims that are not a JSON object: %v", err)
		}

		var audiences []string
		if json.Unmarshal(said["aud"], &audiences) != nil {
			audiences = []string{strings.Trim(string(said["aud"]), `"`)}
		}

		switch {
		case got.Issuer != issuerURL,
			!slices.Contains(audiences, audience),
			!slices.Contains([]string{clientID, "second-client"}, got.ClientID):
			t.Errorf("accepted a token for another audience or client: %s", claims)
		case !got.ExpiresAt.After(time.Now().Add(-Leeway)),
			got.IssuedAt.After(time.Now().Add(Leeway)),
			got.IssuedAt.Unix() <= 0:
			t.Errorf("accepted a token outside its dates: %s", claims)
		case got.Subject == "", len(got.Subject) > maxSubjectBytes, strings.ContainsAny(got.Subject, "\x00\r\n\x1b"):
			t.Errorf("accepted a subject of %q", got.Subject)
		}
	})
}

// FuzzKeyDocument parses arbitrary key documents. Accepted keys must be strong RSA keys with an ID.
func FuzzKeyDocument(f *testing.F) {
	key := newKeys(f, 1)[0]
	for _, seed := range []string{
		document(key.jwk(nil)), document(), `{}`, `null`, `{"keys":[null,1,"x",{}]}`, `{"keys":{"kty":"RSA"}}`,
		`{"keys":[{"kty":"oct","kid":"a","k":"c2VjcmV0"}]}`, `{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}`,
		strings.Repeat(`{"keys":[`, 200),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, refused, err := parseKeys(body)
		if (err == nil) != (len(keys) > 0) || len(keys) > maxKeys || refused < 0 {
			t.Fatalf("got %d keys, %d rejected, %v", len(keys), refused, err)
		}

		for _, key := range keys {
			if published := key.Marshal(); published.KTY != "RSA" || published.ALG != "RS256" || published.KID == "" ||
				published.D != "" {
				t.Errorf("accepted %+v", published)
			}
		}
	})
}
