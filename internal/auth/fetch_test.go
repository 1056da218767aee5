package auth

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Threat model: J07.
func TestKeyDocumentRedirectsAreNotFollowed(t *testing.T) {
	keys := newKeys(t, 1)
	for name, target := range map[string]string{
		"another host":       "https://evil.example/jwks.json",
		"plain http":         "http://issuer.example/jwks.json",
		"metadata address":   "http://169.254.169.254/latest/meta-data/",
		"the same host":      issuerURL + "elsewhere/jwks.json",
		"a file":             "file:///etc/passwd",
		"without a location": "",
	} {
		t.Run(name, func(t *testing.T) {
			for _, place := range []string{"discovery", "keys"} {
				issuer := &fakeIssuer{}
				issuer.publish(keys[0].jwk(nil))

				if place == "keys" {
					issuer.answers(redirect(target))
				} else {
					issuer.discovery = redirect(target)
				}

				set, _ := newSet(t, issuer, io.Discard)
				if err := set.refresh(t.Context()); (err != nil) != (place == "keys") {
					// after a redirected discovery, the usual path is used
					t.Errorf("%s redirected: got %v", place, err)
				}

				for _, visited := range issuer.visited {
					if visited != jwksURL && visited != issuerURL+".well-known/openid-configuration" {
						t.Errorf("%s redirected: visited %s", place, visited)
					}
				}
			}
		})
	}
}

func TestDiscoveryOfAnotherIssuerOrOriginIsIgnored(t *testing.T) {
	keys := newKeys(t, 1)
	for name, test := range map[string]struct{ document, want string }{
		"its own place":               {discovered(issuerURL, issuerURL+"keys"), issuerURL + "keys"},
		"another issuer":              {discovered("https://other.example/", issuerURL+"keys"), jwksURL},
		"issuer without slash":        {discovered("https://issuer.example", issuerURL+"keys"), jwksURL},
		"keys on another host":        {discovered(issuerURL, "https://evil.example/keys"), jwksURL},
		"keys on another port":        {discovered(issuerURL, "https://issuer.example:444/keys"), jwksURL},
		"keys over plain http":        {discovered(issuerURL, "http://issuer.example/keys"), jwksURL},
		"keys behind userinfo":        {discovered(issuerURL, "https://issuer.example@evil.example/keys"), jwksURL},
		"user in front of host":       {discovered(issuerURL, "https://user@issuer.example/keys"), jwksURL},
		"keys by a relative URL":      {discovered(issuerURL, "/keys"), jwksURL},
		"no keys":                     {discovered(issuerURL, ""), jwksURL},
		"not JSON":                    {"<html>", jwksURL},
		"a host with the same prefix": {discovered(issuerURL, "https://issuer.example.evil.example/keys"), jwksURL},
	} {
		t.Run(name, func(t *testing.T) {
			issuer := &fakeIssuer{discovery: answer(200, test.document)}
			issuer.publish(keys[0].jwk(nil))

			set, _ := newSet(t, issuer, io.Discard)
			if err := set.refresh(t.Context()); err != nil {
				t.Fatal(err)
			}

			if got := issuer.visited[len(issuer.visited)-1]; got != test.want {
				t.Errorf("got keys read from %s, want %s", got, test.want)
			}
		})
	}
}

func discovered(issuer, jwksURI string) string {
	return fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, jwksURI)
}

func TestMovedKeysAreFoundAgain(t *testing.T) {
	keys := newKeys(t, 1)
	synctest.Test(t, func(t *testing.T) {
		place := "before"
		issuer := &fakeIssuer{discovery: func(r *http.Request) (*http.Response, error) {
			return answer(200, discovered(issuerURL, issuerURL+place))(r)
		}}
		issuer.answers(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, place) {
				return answer(404, "")(r)
			}

			return answer(200, document(keys[0].jwk(nil)))(r)
		})

		set, _ := newSet(t, issuer, io.Discard)
		if err := set.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		place = "after"

		if err := set.refresh(t.Context()); err == nil {
			t.Fatal("the keys were read from a path that no longer exists")
		}

		if err := set.refresh(t.Context()); err != nil {
			t.Errorf("after one failure, the new path is not discovered: %v", err)
		}
	})
}

func TestDiscoveryThatHangsLeavesTimeForTheKeys(t *testing.T) {
	keys := newKeys(t, 1)
	synctest.Test(t, func(t *testing.T) {
		issuer := &fakeIssuer{discovery: slow(time.Hour, down)}
		issuer.publish(keys[0].jwk(nil))

		set, verifier := newSet(t, issuer, io.Discard)
		if err := set.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		verify(t, verifier, keys[0].token(t, nil, nil), "accepted")
	})
}
