package test

import (
	"bytes"
	"compress/flate"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// Strings that are no token, and tokens in the wrong place.

// Threat model: T22.
func TestMalformedTokensAreRejectedCheaply(t *testing.T) {
	p, i := startWithIssuer(t)
	genuine := i.Token(t, nil, nil)
	p.AcceptsToken(t, genuine)
	parts := strings.Split(genuine, ".")
	nested := func(depth int) string { return strings.Repeat(`[`, depth) + strings.Repeat(`]`, depth) }
	p.RejectsTokens(t, map[string]string{
		"one segment":                parts[0],
		"two segments":               parts[0] + "." + parts[1],
		"four segments":              genuine + ".",
		"four segments, one doubled": genuine + "." + parts[2],
		"dots alone":                 "..",
		"one dot":                    ".",
		"10 000 dots":                strings.Repeat(".", 10_000),
		"24 KB":                      parts[0] + "." + strings.Repeat("A", 24<<10) + "." + parts[2],
		"header nested 4 000 deep": harness.B64(
			[]byte(`{"alg":"RS256","kid":`+nested(4000)+`}`),
		) + "." + parts[1] + "." + parts[2],
		"claims nested 5 000 deep":     i.RawClaims(t, `"exp":`+nested(5000)),
		"header not base64":            "!!." + parts[1] + "." + parts[2],
		"header not JSON":              harness.B64([]byte("RS256")) + "." + parts[1] + "." + parts[2],
		"header a JSON array":          harness.B64([]byte(`["RS256"]`)) + "." + parts[1] + "." + parts[2],
		"header null":                  harness.B64([]byte(`null`)) + "." + parts[1] + "." + parts[2],
		"claims a JSON string, signed": i.Keys[0].Sign(t, nil, "claims"),
		"claims null, signed":          i.Keys[0].Sign(t, nil, nil),
		"claims twice in one, signed":  i.RawClaims(t, `"exp":4102444800}{"exp":4102444800`),
		"padded base64":                parts[0] + "=." + parts[1] + "." + parts[2],
		"standard base64 alphabet":     strings.ReplaceAll(strings.ReplaceAll(genuine, "-", "+"), "_", "/") + "+",
		"percent-encoded dots":         strings.ReplaceAll(genuine, ".", "%2e"),
		"quoted":                       `"` + genuine + `"`,
	})

	for name, token := range map[string]string{
		"1 M dots": strings.Repeat(".", 1<<20),
		"1 MB":     parts[0] + "." + strings.Repeat("A", 1<<20) + "." + parts[2],
	} {
		t.Run(name+", refused below the router", func(t *testing.T) { p.RejectedAsTooLarge(t, "Bearer "+token) })
	}
}

// Threat model: T23.
func TestEncryptedAndCompressedTokensAreRejected(t *testing.T) {
	p, i := startWithIssuer(t)
	genuine := i.Token(t, nil, nil)
	p.AcceptsToken(t, genuine)
	parts := strings.Split(genuine, ".")
	encrypted := func(header map[string]any) string { // RFC 7516 section 7.1: five parts
		return harness.Segment(
			t, header,
		) + "." + harness.B64(
			make([]byte, 256),
		) + "." + harness.B64(
			make([]byte, 12),
		) + "." + harness.B64(
			make([]byte, 64),
		) + "." + harness.B64(
			make([]byte, 16),
		)
	}
	var bomb bytes.Buffer

	deflate, err := flate.NewWriter(&bomb, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}

	for range 64 {
		_, _ = deflate.Write(make([]byte, 1<<16))
	}
	_ = deflate.Close()
	costly := map[string]any{
		"alg": "PBES2-HS512+A256KW",
		"enc": "A256GCM",
		"p2c": 1 << 31,
		"p2s": "c2FsdHNhbHQ",
		"kid": "key-1",
	}
	p.RejectsTokens(t, map[string]string{
		"JWE for our key": encrypted(
			map[string]any{"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "key-1"},
		),
		"JWE direct":                 encrypted(map[string]any{"alg": "dir", "enc": "A256GCM", "kid": "key-1"}),
		"JWE key-wrapped, empty key": encrypted(map[string]any{"alg": "A128KW", "enc": "A128GCM", "kid": ""}),
		"JWE compressed": encrypted(
			map[string]any{"alg": "dir", "enc": "A256GCM", "zip": "DEF", "kid": "key-1"},
		),
		"PBES2 with 2^31 rounds": encrypted(costly),
		"PBES2 in three parts":   harness.Segment(t, costly) + "." + parts[1] + "." + parts[2],
		"A128KW in three parts": harness.Segment(
			t, map[string]any{"alg": "A128KW", "enc": "A128GCM", "kid": "key-1"},
		) + "." + parts[1] + "." + parts[2],
		"zip DEF over 4 MB, in a JWS": harness.Segment(
			t, map[string]any{"alg": "RS256", "kid": "key-1", "zip": "DEF"},
		) + "." + harness.B64(
			bomb.Bytes(),
		) + "." + parts[2],
		"zip DEF, signature genuine":    i.Token(t, map[string]any{"zip": "DEF"}, nil),
		"enc beside a genuine RS256":    i.Token(t, map[string]any{"enc": "A256GCM"}, nil),
		"five parts of a genuine token": genuine + ".AA.AA",
	})
}

// Threat model: T27.
func TestWrongSignaturesAreRejected(t *testing.T) {
	p, i := startWithIssuer(t)
	genuine := i.Token(t, nil, nil)
	p.AcceptsToken(t, genuine)
	parts := strings.Split(genuine, ".")
	other := strings.Split(i.Token(t, nil, map[string]any{"sub": "auth0|another"}), ".")
	unpublished := i.AddKey(t, "key-1")
	flipped := []byte(parts[1])
	flipped[len(flipped)/2] ^= 1
	p.RejectsTokens(t, map[string]string{
		"one bit flipped in the claims":         parts[0] + "." + string(flipped) + "." + parts[2],
		"one bit flipped in the signature":      parts[0] + "." + parts[1] + "." + flip(parts[2]),
		"signature stripped":                    parts[0] + "." + parts[1] + ".",
		"signature of another token":            parts[0] + "." + parts[1] + "." + other[2],
		"claims of another token":               parts[0] + "." + other[1] + "." + parts[2],
		"signature cut short":                   parts[0] + "." + parts[1] + "." + parts[2][:len(parts[2])-4],
		"signature with bytes behind":           genuine + "AAAA",
		"signature spelled another way":         genuine[:len(genuine)-1] + respell(genuine[len(genuine)-1]),
		"signature all zero":                    parts[0] + "." + parts[1] + "." + harness.B64(make([]byte, 256)),
		"signed by another key, same key id":    unpublished.Sign(t, nil, i.Claims(nil)),
		"signed by another issuer, same key id": harness.NewIssuer(t).Keys[0].Sign(t, nil, i.Claims(nil)),
	})
}

// respell is another character for the last of a 256-byte signature. Lenient base64 reads the same bytes from it, and
// one token would have many spellings, each new to anyone who remembers tokens by their text.
func respell(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, last)|1]) // the lowest of four bits that no byte needs
}

// flip changes the last character of base64url text in its lowest used bit.
func flip(text string) string {
	end := text[len(text)-5]
	if end == 'A' {
		return text[:len(text)-5] + "B" + text[len(text)-4:]
	}

	return text[:len(text)-5] + "A" + text[len(text)-4:]
}

// Threat model: T30.
func TestTokensOutsideTheAuthorizationHeaderAreIgnored(t *testing.T) {
	p := harness.StartProduct(t)
	token := p.TokenOf(t, "someone@example.com")
	p.AcceptsToken(t, token)

	t.Run("in the query", func(t *testing.T) {
		p.HasNoEffect(t, func() {
			for _, endpoint := range harness.TokenEndpoints {
				for _, name := range []string{"access_token", "token", "authorization", "id_token"} {
					p.Do(
						t, endpoint.Method, endpoint.Path+"?"+name+"="+token, nil, "",
					).IsProblem(t, 401,
						"authentication_required")
				}
			}
		})
	})
	t.Run("in a form field", func(t *testing.T) {
		p.HasNoEffect(t, func() {
			form := url.Values{"access_token": {token}}.Encode()
			for _, endpoint := range harness.TokenEndpoints {
				p.Do(
					t, endpoint.Method, endpoint.Path, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, form,
				).IsProblem(t, 401,
					"authentication_required")
			}
		})
	})
	t.Run("in a JSON body", func(t *testing.T) {
		p.HasNoEffect(t, func() {
			for _, endpoint := range harness.TokenEndpoints[:2] {
				p.Do(
					t,
					endpoint.Method,
					endpoint.Path,
					nil,
					`{"access_token":"`+token+`"}`,
				).IsProblem(t, 401,
					"authentication_required")
			}
		})
	})

	for name, header := range map[string]http.Header{
		"in a cookie":                 {"Cookie": {"access_token=" + token}, "X-Csrf": {"1"}},
		"in X-Access-Token":           {"X-Access-Token": {token}},
		"in Proxy-Authorization":      {"Proxy-Authorization": {"Bearer " + token}},
		"in X-Forwarded-Access-Token": {"X-Forwarded-Access-Token": {token}},
		"in X_Authorization":          {"X_authorization": {"Bearer " + token}},
	} {
		t.Run(name, func(t *testing.T) { p.RejectedAtEveryEndpoint(t, header, 401, "authentication_required") })
	}
	t.Run("in the session cookie", func(t *testing.T) {
		p.HasNoEffect(t, func() {
			p.Do(
				t, "GET", "/api/v1/databases", http.Header{"Cookie": {"session=" + token}, "X-Csrf": {"1"}}, "",
			).IsProblem(t, 401,
				"session_expired")
		})
	})
	t.Run("two headers", func(t *testing.T) {
		p.RejectedAtEveryEndpoint(t, http.Header{"Authorization": {"Bearer " + token, "Bearer " + token}}, 400,
			"invalid_request")
		p.RejectedAtEveryEndpoint(t, http.Header{"Authorization": {"Bearer " + token, "Basic YTpi"}}, 400, "invalid_request")
		p.RejectedAtEveryEndpoint(t, http.Header{"Authorization": {"Bearer " + token, ""}}, 400, "invalid_request")
	})

	for name, value := range map[string]string{
		"tab between scheme and token": "Bearer\t" + token,
		"space and tab between":        "Bearer \t" + token,
		"two tokens in one header":     "Bearer " + token + ", Bearer " + token,
		"two tokens, a space between":  "Bearer " + token + " " + token,
		"no scheme":                    token,
		"scheme alone":                 "Bearer",
		"no space":                     "Bearer" + token,
		"colon":                        "Bearer: " + token,
		"equals sign":                  "Bearer=" + token,
	} {
		t.Run(name, func(t *testing.T) {
			p.RejectedAtEveryEndpoint(t, http.Header{"Authorization": {value}}, 401, "invalid_token")
		})
	}

	// RFC 9110 section 11.1: schemes are case-insensitive
	for _, scheme := range []string{"bearer", "BEARER", "bEaReR"} {
		t.Run("scheme written "+scheme, func(t *testing.T) {
			p.Do(
				t, "GET", "/api/v1/databases", http.Header{"Authorization": {scheme + " " + token}}, "",
			).IsProblem(t, 409,
				"connect_required")
		})
	}
}

// Threat model: T31.
func TestOtherAuthorizationSchemesAreRejected(t *testing.T) {
	p := harness.StartProduct(t)

	token := p.TokenOf(t, "someone@example.com")
	for name, value := range map[string]string{
		"Basic":                "Basic c29tZW9uZUBleGFtcGxlLmNvbTp4",
		"Basic with the token": "Basic " + token,
		"DPoP":                 "DPoP " + token,
		"Token":                "Token " + token,
		"Negotiate":            "Negotiate YII=",
		"garbage":              "%%% ???",
		"empty":                "",
		"one space":            " ",
		"non-ASCII scheme":     "Bеarer " + token, // a Cyrillic e
		"non-ASCII token":      "Bearer тokеn.тokеn.тokеn",
		"invalid UTF-8":        "Bearer \xff\xfe.\xff.\xff",
		"control characters":   "Bearer a\x80.b.c",
	} {
		t.Run(name, func(t *testing.T) {
			p.RejectedAtEveryEndpoint(t, http.Header{"Authorization": {value}}, 401, "invalid_token")
		})
	}
	t.Run(
		"1 MB, refused below the router",
		func(t *testing.T) { p.RejectedAsTooLarge(t, "Garbage "+strings.Repeat("g", 1<<20)) },
	)
}
