package vault_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/vault"
)

const token = "hvs.canary-token-of-vault"

// transit stands in for Vault's transit engine: PUT /v1/transit/encrypt|decrypt/NAME
// (https://developer.hashicorp.com/vault/api-docs/secret/transit). It is as secret as a mask can be, which is enough to
// see who asks for what.
type transit struct {
	name   string
	status int // unless zero, the status of every response
	calls  int
}

func (v *transit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.calls++
	refuse := func(status int, word string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string][]string{"errors": {word + " " + token}})
	}

	var asked struct{ Plaintext, Ciphertext string }
	switch body := json.NewDecoder(r.Body).Decode(&asked); {
	case v.status != 0:
		if v.status/100 == 3 {
			w.Header().Set("Location", "/v1/elsewhere")
		}
		refuse(v.status, "told to")
	case body != nil || r.Method != http.MethodPut:
		refuse(http.StatusBadRequest, "not a request")
	case r.Header.Get("X-Vault-Token") != token:
		refuse(http.StatusForbidden, "permission denied")
	case r.URL.Path == "/v1/transit/encrypt/"+v.name:
		plaintext, _ := base64.StdEncoding.DecodeString(asked.Plaintext)
		v.answer(w, "ciphertext",
			"vault:v1:"+base64.StdEncoding.EncodeToString(append(v.sum(plaintext), mask(plaintext)...)))
	case r.URL.Path == "/v1/transit/decrypt/"+v.name:
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(asked.Ciphertext, "vault:v1:"))
		if err != nil || len(raw) < sha256.Size || !bytes.Equal(raw[:sha256.Size], v.sum(mask(raw[sha256.Size:]))) {
			refuse(http.StatusBadRequest, "cipher: message authentication failed")
			return
		}
		v.answer(w, "plaintext", base64.StdEncoding.EncodeToString(mask(raw[sha256.Size:])))
	default:
		refuse(http.StatusBadRequest, "encryption key not found")
	}
}

func (v *transit) sum(of []byte) []byte {
	sum := sha256.Sum256(append([]byte(v.name), of...))
	return sum[:]
}

func (v *transit) answer(w http.ResponseWriter, field, value string) {
	_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{field: value}})
}

func mask(text []byte) []byte {
	masked := bytes.Clone(text)
	for i := range masked {
		masked[i] ^= 0x5a
	}

	return masked
}

func key(t *testing.T, server *httptest.Server, name, token string) *vault.Key {
	t.Helper()

	address, err := vault.ParseAddress(
		"hcvault://" + strings.TrimPrefix(server.URL, "http://") + "/transit/keys/" + name,
	)
	if err != nil {
		t.Fatal(err)
	}

	key, err := vault.NewKey(
		vault.Options{Address: address, Token: func() (secret.Text, error) { return secret.New(token), nil }},
	)
	if err != nil {
		t.Fatal(err)
	}

	return key
}

func TestKeysetSealedInVault(t *testing.T) {
	engine := &transit{name: "bff"}

	server := httptest.NewServer(engine)
	defer server.Close()

	keyset, err := seal.FreshKeyset()
	if err != nil {
		t.Fatal(err)
	}

	clear, err := keyset.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}

	text, err := keyset.Encode(key(t, server, "bff", token))
	if err != nil {
		t.Fatal(err)
	}

	if !bytes.Contains(text, []byte("encryptedKeyset")) || bytes.Contains(text, []byte("AesGcmKey\",\"value")) {
		t.Errorf("got %s, want a sealed keyset", text)
	}

	opened, err := seal.ParseKeyset(text, key(t, server, "bff", token))
	if err != nil || opened.Fingerprint() != keyset.Fingerprint() {
		t.Fatalf("opened: %v", err)
	}

	for name, tc := range map[string]struct {
		text   []byte
		kek    seal.KEK
		engine transit
		want   string
	}{
		"wrong token":          {text, key(t, server, "bff", "hvs.other"), transit{name: "bff"}, "denied access: the token is invalid, or may not decrypt with /transit/keys/bff"},
		"wrong key":            {text, key(t, server, "other", token), transit{name: "other"}, "not the one that sealed this"},
		"no such key":          {text, key(t, server, "none", token), transit{name: "bff"}, "the key does not exist"},
		"no engine":            {text, key(t, server, "bff", token), transit{status: 404}, "no transit engine"},
		"vault sealed":         {text, key(t, server, "bff", token), transit{status: 503}, "is sealed or in maintenance"},
		"vault broken":         {text, key(t, server, "bff", token), transit{status: 500}, "status 500"},
		"a redirect":           {text, key(t, server, "bff", token), transit{status: 307}, "vault at"},
		"no key, sealed file":  {text, nil, transit{}, "it is sealed by a key in Vault; name that in BFF_KEYSET_KEK"},
		"a key, a clear file":  {clear, key(t, server, "bff", token), transit{name: "bff"}, "it is not sealed"},
		"something else in it": {[]byte(`{"encryptedKeyset":"AAAA"}`), key(t, server, "bff", token), transit{name: "bff"}, "not the one that sealed this"},
	} {
		*engine = tc.engine
		_, err := seal.ParseKeyset(tc.text, tc.kek)

		var fault *seal.KeysetError
		if !errors.As(err, &fault) || !strings.Contains(fault.Reason, tc.want) ||
			strings.Contains(err.Error(), "hvs.") {
			t.Errorf("%s: got %v, want %q and no token", name, err, tc.want)
		}

		if engine.calls > 1 {
			t.Errorf("%s: asked %d times, want once", name, engine.calls)
		}
	}
	server.Close()

	if _, err := seal.ParseKeyset(
		text, key(t, server, "bff", token),
	); err == nil ||
		!strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("nobody there: got %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for address, good := range map[string]bool{
		"hcvault://vault.example.com/transit/keys/bff": true, "hcvault://127.0.0.1:8200/a/b/keys/k-1.x_y": true, "hcvault://[::1]:8200/transit/keys/k": true,
		"": false, "https://vault.example.com/transit/keys/bff": false, "hcvault:///transit/keys/bff": false, "hcvault://v/transit/bff": false,
		"hcvault://me:secret@v/transit/keys/bff": false, "hcvault://v/transit/keys/bff?x=y": false, "hcvault://v/transit/keys/../x": false,
		"hcvault://v/transit/keys/": false, "hcvault://v/keys/bff": false,
		"hcvault://v;w/transit/keys/bff": false, `hcvault://v"w/transit/keys/bff`: false, "hcvault://v w/transit/keys/bff": false,
	} {
		if _, err := vault.ParseAddress(address); (err == nil) != good {
			t.Errorf("%q: got %v", address, err)
		}
	}
}
