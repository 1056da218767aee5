package seal

import (
	"bytes"
	"encoding/json"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	aesgcmpb "github.com/tink-crypto/tink-go/v2/proto/aes_gcm_go_proto"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"google.golang.org/protobuf/proto"
)

// KEK encrypts a keyset with a key that is stored elsewhere, such as in Vault. Its errors are displayed, so they must
// not contain secrets.
type KEK interface {
	Encrypt(plaintext, associatedData []byte) ([]byte, error)
	Decrypt(ciphertext, associatedData []byte) ([]byte, error)
}

// KeysetError gives the reason why a sealing keyset is rejected. It contains no key material.
type KeysetError struct{ Reason string }

func (e *KeysetError) Error() string { return "sealing keyset: " + e.Reason }

const aesGCMType = "type.googleapis.com/google.crypto.tink.AesGcmKey"

// parseKeyset parses a keyset and rejects keys that give no real protection.
func parseKeyset(text []byte, kek KEK) (*keyset.Handle, error) {
	text, err := decodeBase64(text)
	if err != nil {
		return nil, err
	}

	sealed := isSealed(text)
	switch {
	case sealed && kek == nil:
		return nil, &KeysetError{Reason: "it is sealed by a key in Vault; name that in BFF_KEYSET_KEK"}
	case !sealed && kek != nil:
		return nil, &KeysetError{
			Reason: "it is not sealed, although BFF_KEYSET_KEK names a key for that; make one with `bff keyset create --kek`",
		}
	}

	handle, err := read(text, kek)
	if err != nil {
		return nil, err
	}

	return handle, rejectBadKeys(insecurecleartextkeyset.KeysetMaterial(handle))
}

// isSealed distinguishes Tink's EncryptedKeyset from its Keyset.
func isSealed(text []byte) bool {
	var form struct {
		EncryptedKeyset json.RawMessage `json:"encryptedKeyset"`
	}

	return json.Unmarshal(text, &form) == nil && form.EncryptedKeyset != nil
}

func read(text []byte, kek KEK) (*keyset.Handle, error) {
	reader := keyset.NewJSONReader(bytes.NewReader(text))
	if kek == nil {
		handle, err := insecurecleartextkeyset.Read(reader)
		if err != nil { // Tink's error may quote what it could not parse
			return nil, &KeysetError{Reason: "it is not a Tink keyset in JSON; make one with `bff keyset create`"}
		}

		return handle, nil
	}
	recording := &recordingKEK{kek: kek}

	handle, err := keyset.Read(reader, recording)
	switch {
	case recording.err != nil:
		return nil, kekError(recording.err)
	case err != nil:
		return nil, &KeysetError{Reason: "what its seal holds is not a Tink keyset"}
	}

	return handle, nil
}

// recordingKEK records the KEK's error, which Tink hides.
type recordingKEK struct {
	kek KEK
	err error
}

func (a *recordingKEK) Encrypt(plaintext, associatedData []byte) (ciphertext []byte, err error) {
	ciphertext, a.err = a.kek.Encrypt(plaintext, associatedData)
	return ciphertext, a.err
}

func (a *recordingKEK) Decrypt(ciphertext, associatedData []byte) (plaintext []byte, err error) {
	plaintext, a.err = a.kek.Decrypt(ciphertext, associatedData)
	return plaintext, a.err
}

func kekError(err error) error {
	return &KeysetError{Reason: "the key that seals it cannot be used: " + err.Error()}
}

func rejectBadKeys(material *tinkpb.Keyset) error {
	seen := map[string]bool{}
	for _, key := range material.GetKey() {
		if key.GetStatus() != tinkpb.KeyStatusType_ENABLED {
			continue
		}

		if key.GetOutputPrefixType() != tinkpb.OutputPrefixType_TINK {
			return &KeysetError{
				Reason: "one of its keys leaves no id in what it seals; its outputPrefixType must be TINK",
			}
		}

		if err := rejectWeakKey(key.GetKeyData()); err != nil {
			return err
		}

		if seen[string(key.GetKeyData().GetValue())] {
			return &KeysetError{Reason: "two of its keys are the same"}
		}
		seen[string(key.GetKeyData().GetValue())] = true
	}

	return nil
}

// rejectWeakKey rejects keys that are short or not random, as in examples and mistakes.
func rejectWeakKey(data *tinkpb.KeyData) error {
	if data.GetTypeUrl() != aesGCMType {
		return nil // aead.New decides whether the type can be used at all
	}

	var key aesgcmpb.AesGcmKey
	if err := proto.Unmarshal(data.GetValue(), &key); err != nil {
		return &KeysetError{Reason: "one of its keys is damaged"}
	}

	value := key.GetKeyValue()
	switch {
	case len(value) < 32:
		return &KeysetError{Reason: "one of its keys is short; 256 bits are required"}
	case bytes.Count(value, value[:1]) == len(value):
		return &KeysetError{
			Reason: "one of its keys is a single repeated byte, as in an example; make a real one with `bff keyset create`",
		}
	case !looksRandom(value):
		return &KeysetError{
			Reason: "one of its keys is not random: it is text, a pattern or an example; make a real one with `bff keyset create`",
		}
	}

	return nil
}

// looksRandom reports whether a key of 256 bits may be random. It rejects fewer than one in 10^13 random keys: those
// with only printable characters, with fewer than twelve different bytes, or in which each byte differs from the
// previous one by the same amount.
func looksRandom(key []byte) bool {
	var different [256]bool

	count, printable, even := 0, true, true
	for i, b := range key {
		if !different[b] {
			different[b] = true
			count++
		}
		printable = printable && b >= ' ' && b <= '~'
		even = even && (i < 2 || b-key[i-1] == key[1]-key[0])
	}

	return count >= 12 && !printable && !even
}
