package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
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

func TestBoxOpensOnlyAtItsOwnPlace(t *testing.T) {
	box, _ := newBox(t)
	home := seal.Place{Table: "connections", Row: "7", Column: "sealed_key"}
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
	elsewhere := map[string]seal.Place{
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
	if _, err := other.Open(sealed, home); !errors.Is(err, seal.ErrCannotOpen) {
		t.Errorf("another keyset: Open = %v, want ErrCannotOpen", err)
	}
	damaged := bytes.Clone(sealed)
	damaged[len(damaged)-1] ^= 1
	if _, err := box.Open(damaged, home); !errors.Is(err, seal.ErrCannotOpen) {
		t.Errorf("damaged: Open = %v, want ErrCannotOpen", err)
	}
}

func TestNewBoxTakesBase64AsWell(t *testing.T) {
	_, keyset := newBox(t)
	if _, err := seal.NewBox([]byte(base64.StdEncoding.EncodeToString(keyset) + "\n")); err != nil {
		t.Fatal(err)
	}
}

func TestS04NewBoxRefusesBadKeysets(t *testing.T) {
	keysetOf := func(key []byte) string {
		value := append([]byte{0x1a, byte(len(key))}, key...) // AesGcmKey{key_value: key}
		return fmt.Sprintf(`{"primaryKeyId":1,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","value":%q,"keyMaterialType":"SYMMETRIC"},"status":"ENABLED","keyId":1,"outputPrefixType":"TINK"}]}`,
			base64.StdEncoding.EncodeToString(value))
	}
	short := []byte("0123456789abcdef")
	tests := map[string]struct{ keyset, want string }{
		"missing":     {"", "empty"},
		"white space": {" \n", "empty"},
		"a password":  {"hunter2!", "neither JSON nor base64"},
		"other JSON":  {`{"a":1}`, "not a Tink keyset"},
		"cut off":     {keysetOf(short)[:80], "not a Tink keyset"},
		"short":       {keysetOf(short), "short"},
		"all zero":    {keysetOf(make([]byte, 32)), "repeated byte"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := seal.NewBox([]byte(tc.keyset))
			var fault *seal.KeysetError
			if !errors.As(err, &fault) || !strings.Contains(fault.Fault, tc.want) {
				t.Errorf("NewBox = %v, want a KeysetError about %q", err, tc.want)
			}
		})
	}
}
