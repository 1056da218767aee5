package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/seal"
)

func newBox(t *testing.T) (*seal.Box, []byte) {
	t.Helper()

	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}

	box, err := seal.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
	}

	return box, keyset
}

func TestSealedValueOpensOnlyInItsCell(t *testing.T) {
	box, _ := newBox(t)
	home := seal.Cell{Table: "connections", Row: "7", Column: "sealed_key"}

	sealed, err := box.Seal([]byte("canary-key"), home)
	if err != nil {
		t.Fatal(err)
	}

	if bytes.Contains(sealed, []byte("canary")) {
		t.Fatal("the sealed value shows the plaintext")
	}

	if got, err := box.Open(sealed, home); err != nil || string(got) != "canary-key" {
		t.Fatalf("Open at home = %q, %v", got, err)
	}

	elsewhere := map[string]seal.Cell{
		"another table":              {Table: "other", Row: "7", Column: "sealed_key"},
		"another row":                {Table: "connections", Row: "8", Column: "sealed_key"},
		"another column":             {Table: "connections", Row: "7", Column: "other"},
		"same letters, other bounds": {Table: "connection", Row: "s7", Column: "sealed_key"},
	}
	for name, place := range elsewhere {
		if _, err := box.Open(sealed, place); !errors.Is(err, seal.ErrCannotOpen) {
			t.Errorf("%s: Open = %v, want ErrCannotOpen", name, err)
		}
	}
	other, _ := newBox(t)

	var unknown *seal.UnknownKeyError
	if _, err := other.Open(sealed, home); !errors.As(err, &unknown) {
		t.Errorf("another keyset: Open = %v, want an UnknownKeyError", err)
	}
	damaged := bytes.Clone(sealed)

	damaged[len(damaged)-1] ^= 1
	if _, err := box.Open(damaged, home); !errors.Is(err, seal.ErrCannotOpen) {
		t.Errorf("damaged: Open = %v, want ErrCannotOpen", err)
	}
}

func TestNewBoxAcceptsBase64(t *testing.T) {
	_, keyset := newBox(t)
	if _, err := seal.NewBox([]byte(base64.StdEncoding.EncodeToString(keyset) + "\n")); err != nil {
		t.Fatal(err)
	}
}

// twice is a keyset with its one key in it under another id as well.
func twice(t *testing.T, keyset []byte) string {
	t.Helper()

	var form map[string]any
	if err := json.Unmarshal(keyset, &form); err != nil {
		t.Fatal(err)
	}
	key := form["key"].([]any)[0].(map[string]any)
	other := maps.Clone(key)
	other["keyId"] = 7
	form["key"] = []any{key, other}

	text, err := json.Marshal(form)
	if err != nil {
		t.Fatal(err)
	}

	return string(text)
}

// Threat model: S04.
func TestNewBoxRejectsBadKeysets(t *testing.T) {
	keysetOf := func(key []byte) string {
		value := append([]byte{0x1a, byte(len(key))}, key...) // AesGcmKey{key_value: key}

		return fmt.Sprintf(
			`{"primaryKeyId":1,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","value":%q,"keyMaterialType":"SYMMETRIC"},"status":"ENABLED","keyId":1,"outputPrefixType":"TINK"}]}`,
			base64.StdEncoding.EncodeToString(value),
		)
	}
	short := []byte("0123456789abcdef")
	_, good := newBox(t)

	tests := map[string]struct{ keyset, want string }{
		"missing":     {"", "empty"},
		"white space": {" \n", "empty"},
		"a password":  {"hunter2!", "neither JSON nor base64"},
		"other JSON":  {`{"a":1}`, "not a Tink keyset"},
		"cut off":     {keysetOf(short)[:80], "not a Tink keyset"},
		"short":       {keysetOf(short), "short"},
		"all zero":    {keysetOf(make([]byte, 32)), "repeated byte"},
		"text":        {keysetOf([]byte("change-me-to-32-random-bytes-now")), "not random"},
		"a pattern":   {keysetOf(bytes.Repeat([]byte{1, 200, 3, 4}, 8)), "not random"},
		"counted up": {
			keysetOf(
				[]byte(
					"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f",
				),
			),
			"not random",
		},
		"no key id": {strings.Replace(string(good), "TINK", "RAW", 1), "leaves no id"},
		"twice":     {twice(t, good), "the same"},
		"sealed":    {`{"encryptedKeyset":"AAAA"}`, "BFF_KEYSET_KEK"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := seal.NewBox([]byte(tc.keyset))

			var fault *seal.KeysetError
			if !errors.As(err, &fault) || !strings.Contains(fault.Reason, tc.want) {
				t.Errorf("NewBox = %v, want a KeysetError about %q", err, tc.want)
			}
		})
	}
}
