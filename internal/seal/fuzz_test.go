package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/upstash-connect/bff/internal/seal"
)

// FuzzParseKeyset: any text is either rejected by a *KeysetError that quotes none of it, or is a keyset that decrypts
// what it seals, also after it was written and read again.
func FuzzParseKeyset(f *testing.F) {
	keyset, err := seal.FreshKeyset()
	if err != nil {
		f.Fatal(err)
	}

	two, err := keyset.WithNewKey()
	if err != nil {
		f.Fatal(err)
	}

	for _, k := range []*seal.Keyset{keyset, two} {
		text, err := k.Encode(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add([]byte(base64.StdEncoding.EncodeToString(text)))
		f.Add(text[:len(text)/2])
		f.Add(bytes.ReplaceAll(text, []byte("ENABLED"), []byte("DISABLED")))
		f.Add(bytes.ReplaceAll(text, []byte("TINK"), []byte("RAW")))
		f.Add(bytes.ReplaceAll(text, []byte("primaryKeyId"), []byte("primary")))
		f.Add(bytes.ReplaceAll(text, []byte("AesGcmKey"), []byte("HmacKey")))
	}
	f.Add([]byte(`{"encryptedKeyset":"AAAA"}`))
	f.Add([]byte(`{"primaryKeyId":1,"key":[null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keyset, err := seal.ParseKeyset(text, nil)

		var fault *seal.KeysetError
		if err != nil {
			if !errors.As(err, &fault) {
				t.Fatalf("got %T %v, want a KeysetError", err, err)
			}

			return
		}

		value, err := keyset.Seal([]byte("x"), home)
		if err != nil {
			t.Fatal(err)
		}

		if id, ok := seal.KeyIDOf(value); !ok || id != keyset.Primary() || !keyset.Has(id) {
			t.Fatalf("what it seals names key %d, %t; its primary is %d", id, ok, keyset.Primary())
		}

		written, err := keyset.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}

		again, err := seal.ParseKeyset(written, nil)
		if err != nil {
			t.Fatal(err)
		}

		if got, err := again.Open(value, home); err != nil || string(got) != "x" {
			t.Fatalf("after writing and reading: %q, %v", got, err)
		}
	})
}
