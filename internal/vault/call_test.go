package vault_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/vault"
)

// TestRequestToVault holds both calls to Vault's documentation, field by field.
func TestRequestToVault(t *testing.T) {
	t.Setenv("VAULT_NAMESPACE", "team/a")
	t.Setenv("VAULT_TOKEN", "hvs.of-another-tool")
	t.Setenv("VAULT_ADDR", "http://192.0.2.1")
	var got []string

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)

		got = append(got, r.Method+" "+r.URL.Path)
		for _, name := range []string{"X-Vault-Token", "X-Vault-Request", "X-Vault-Namespace"} {
			got = append(got, r.Header.Get(name))
		}
		got = append(got, string(body))
		_, _ = io.WriteString(w, `{"data":{"ciphertext":"vault:v3:c2VhbGVk","plaintext":"Y2xlYXI="}}`)
	}))
	defer server.Close()
	k := key(t, server, "bff", token)

	sealed, err := k.Encrypt([]byte("clear"), []byte("context"))
	if err != nil || string(sealed) != "vault:v3:c2VhbGVk" {
		t.Errorf("encrypt: got %s and %v", sealed, err)
	}

	opened, err := k.Decrypt(sealed, nil)
	if err != nil || string(opened) != "clear" {
		t.Errorf("decrypt: got %s and %v", opened, err)
	}

	want := []string{
		"PUT /v1/transit/encrypt/bff", token, "true", "team/a",
		`{"plaintext":"Y2xlYXI=","associated_data":"Y29udGV4dA=="}`,
		"PUT /v1/transit/decrypt/bff", token, "true", "team/a",
		`{"ciphertext":"vault:v3:c2VhbGVk","associated_data":""}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// TestUnusableVaultResponses: none is accepted as a keyset, and none of their text is forwarded.
func TestUnusableVaultResponses(t *testing.T) {
	const long = 2 << 20
	for name, tc := range map[string]struct {
		status             int
		body               string
		encrypted, decoded string // the two calls' responses
	}{
		"nothing":      {http.StatusNoContent, "", "unusable response", "unusable response"},
		"no data":      {http.StatusOK, "{}", "unusable response", "empty plaintext"},
		"empty fields": {http.StatusOK, `{"data":{"ciphertext":"","plaintext":""}}`, "unusable response", "empty plaintext"},
		"another type": {http.StatusOK, `{"data":{"ciphertext":1,"plaintext":1}}`, "unusable response", "unusable response"},
		"not base64":   {http.StatusOK, `{"data":{"plaintext":"hvs.!"}}`, "unusable response", "unusable response"},
		"not JSON":     {http.StatusOK, "<html>hvs.", "unusable response", "unusable response"},
		"too long": {
			http.StatusOK, `{"data":{"ciphertext":"` + strings.Repeat("a", long) + `"}}`, "unusable response", "unusable response",
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			}))
			defer server.Close()
			k := key(t, server, "bff", token)

			for call, want := range map[string]string{"encrypt": tc.encrypted, "decrypt": tc.decoded} {
				do := k.Encrypt
				if call == "decrypt" {
					do = k.Decrypt
				}

				answer, err := do([]byte("x"), nil)
				if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hvs.") {
					t.Errorf("%s: got %.40s and %v, want %q", call, answer, err, want)
				}
			}
		})
	}
}

// A token that is invalid in a header is rejected here, and never shown.
func TestTokenWithALineBreakIsNotSent(t *testing.T) {
	calls := 0

	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++ }))
	defer server.Close()

	_, err := key(t, server, "bff", token+"\nX-Other: x").Encrypt([]byte("x"), nil)
	if err == nil || strings.Contains(err.Error(), "hvs.") || calls != 0 {
		t.Errorf("got %v after %d calls, want an error without the token, and no call", err, calls)
	}
}

// The namespace is sent in a header: a value quoted by docker's --env-file is reported, not sent.
func TestInvalidNamespaceIsRejected(t *testing.T) {
	address, err := vault.ParseAddress("hcvault://127.0.0.1:9/transit/keys/bff")
	if err != nil {
		t.Fatal(err)
	}

	for _, namespace := range []string{`"team/a"`, "team a", "team/a\n", "'team'"} {
		t.Setenv("VAULT_NAMESPACE", namespace)

		_, err := vault.NewKey(vault.Options{
			Address: address, Token: func() (secret.Text, error) { return secret.New(token), nil },
		})
		if err == nil || !strings.Contains(err.Error(), "VAULT_NAMESPACE is ") {
			t.Errorf("%q: got %v, want it refused", namespace, err)
		}
	}
}

func TestVaultBehindABlockingProxy(t *testing.T) {
	stopped := httptest.NewServer(http.NotFoundHandler())
	defer stopped.Close()

	proxies, faults := egress.Parse([]string{"ALL_PROXY=http://me:hunter2@" + strings.TrimPrefix(stopped.URL, "http://")})
	if len(faults) != 0 {
		t.Fatal(faults)
	}

	address, err := vault.ParseAddress("hcvault://vault.example/transit/keys/bff")
	if err != nil {
		t.Fatal(err)
	}

	k, err := vault.NewKey(vault.Options{
		Address: address, Proxies: proxies, Token: func() (secret.Text, error) { return secret.New(token), nil },
	})
	if err != nil {
		t.Fatal(err)
	}

	_, err = k.Encrypt([]byte("clear"), nil)
	if want := "vault at vault.example cannot be reached: the proxy " + stopped.URL + " refused the connection (404)"; err == nil ||
		err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
