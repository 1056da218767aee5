package idp_test

import (
	"crypto/sha1" // #nosec G505 -- x5t is defined as a SHA-1 thumbprint
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestTheDiscoveryDocumentHasAuth0sMembers(t *testing.T) {
	s := sandboxtest.Start(t)
	var document map[string]any

	got := sandboxtest.Call(t, "GET", s.IssuerURL()+".well-known/openid-configuration", "")
	if err := json.Unmarshal([]byte(got.Body), &document); err != nil {
		t.Fatal(err)
	}

	wanted := []string{
		"authorization_endpoint",
		"claims_supported",
		"code_challenge_methods_supported",
		"device_authorization_endpoint",
		"end_session_endpoint",
		"id_token_signing_alg_values_supported",
		"issuer",
		"jwks_uri",
		"mfa_challenge_endpoint",
		"registration_endpoint",
		"request_parameter_supported",
		"request_uri_parameter_supported",
		"response_modes_supported",
		"response_types_supported",
		"revocation_endpoint",
		"scopes_supported",
		"subject_types_supported",
		"token_endpoint",
		"token_endpoint_auth_methods_supported",
		"userinfo_endpoint",
	}
	if diff := cmp.Diff(wanted, slices.Sorted(maps.Keys(document))); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}

	for member, value := range document {
		address, ok := value.(string)
		if !ok {
			continue
		}

		if !strings.HasPrefix(address, s.IssuerURL()) {
			t.Errorf("%s: got %s, want an address of the issuer", member, address)
		}
	}

	for member, row := range map[string]struct {
		status int
		body   string
	}{
		"device_authorization_endpoint": {403, `{"error":"unauthorized_client","error_description":"Grant type 'urn:ietf:params:oauth:grant-type:device_code' not allowed for the client."}`},
		"mfa_challenge_endpoint":        {403, `{"error":"unauthorized_client","error_description":"Grant type 'http://auth0.com/oauth/grant-type/mfa-otp' not allowed for the client."}`},
		"registration_endpoint":         {404, `{"error":"Not Found","message":"Dynamic client registration is not enabled","statusCode":404}`},
	} {
		sandboxtest.Want(t, sandboxtest.Call(t, "POST", document[member].(string), "{}"), row.status, row.body)
	}
}

func TestSigningKeysCarryTheirCertificate(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/jwks/rotate", "")
	got := sandboxtest.Call(t, "GET", s.IssuerURL()+".well-known/jwks.json", "")

	var set struct {
		Keys []struct {
			Kty, Use, Alg, Kid, N, E, X5t string
			X5c                           []string
		}
	}
	if err := json.Unmarshal([]byte(got.Body), &set); err != nil {
		t.Fatal(err)
	}

	if len(set.Keys) != 2 {
		t.Fatalf("got %d keys, want two after a rotation", len(set.Keys))
	}

	public := sandboxtest.Published(t, s)
	for _, key := range set.Keys {
		if len(key.X5c) != 1 {
			t.Fatalf("x5c: got %d certificates, want one", len(key.X5c))
		}

		der, err := base64.StdEncoding.DecodeString(key.X5c[0])
		if err != nil {
			t.Fatal(err)
		}

		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}

		if !public[key.Kid].Equal(certificate.PublicKey) {
			t.Errorf("key %s: its certificate is another key's", key.Kid)
		}

		thumbprint := sha1.Sum(der) // #nosec G401 -- as above
		if key.X5t != base64.RawURLEncoding.EncodeToString(thumbprint[:]) || key.Kty != "RSA" || key.Use != "sig" ||
			key.Alg != "RS256" {
			t.Errorf("key: got %+v", key)
		}
	}

	if control := got.Header.Get("Cache-Control"); !strings.Contains(control, "max-age=15") {
		t.Errorf("Cache-Control: got %q", control)
	}
}

func TestUserinfoNeedsOpenID(t *testing.T) {
	s := sandboxtest.Start(t)

	ask := func(token string) sandboxtest.Response {
		request := sandboxtest.NewRequest(t, "GET", s.IssuerURL()+"userinfo", "")
		request.Header.Set("Authorization", "Bearer "+token)
		return sandboxtest.Send(t, http.DefaultClient, request)
	}
	for name, scope := range map[string]string{"a JWT": "upstash-api", "an opaque token": ""} {
		without := sandboxtest.Exchange(
			t, s, "code", sandboxtest.Code(t, s, "scope", "email", "audience", scope),
		).Text(t,
			"access_token")
		if got := ask(without); got.Status != 401 || !strings.Contains(got.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s without openid: got %d %s, want 401", name, got.Status, got.Body)
		}
	}
	full := sandboxtest.Exchange(
		t, s, "code", sandboxtest.Code(t, s, "scope", "openid profile email"),
	).Text(t,
		"access_token")

	got := ask(full)
	for _, member := range []string{"sub", "nickname", "name", "picture", "updated_at", "email"} {
		if got.Text(t, member) == "" {
			t.Errorf("no %s in %s", member, got.Body)
		}
	}
}
