package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KeyID identifies one key of a keyset. It is not secret: every value that the key sealed begins with it.
type KeyID uint32

// prefixSize is Tink's output prefix: a version byte and the key's id, big-endian
// (https://developers.google.com/tink/wire-format).
const (
	prefixSize    = 5
	prefixVersion = 1
)

// Prefix is the prefix of every value that the key sealed.
func (id KeyID) Prefix() []byte {
	return binary.BigEndian.AppendUint32([]byte{prefixVersion}, uint32(id))
}

// KeyIDOf returns the key that sealed a value; false for a value without the prefix of sealed values.
func KeyIDOf(sealed []byte) (KeyID, bool) {
	if len(sealed) < prefixSize || sealed[0] != prefixVersion {
		return 0, false
	}

	return KeyID(binary.BigEndian.Uint32(sealed[1:prefixSize])), true
}

// Keyset is an immutable set of sealing keys. The primary seals; all keys decrypt. The keys are in the order in which
// they were added.
type Keyset struct {
	handle    *keyset.Handle
	primitive tink.AEAD
	primary   KeyID
	keys      []KeyID
}

// ParseKeyset parses a keyset in Tink's JSON, or in base64 of it. The keyset is in the clear if kek is nil, else
// encrypted by it. A *KeysetError gives the reason and contains no key.
func ParseKeyset(text []byte, kek KEK) (*Keyset, error) {
	handle, err := parseKeyset(text, kek)
	if err != nil {
		return nil, err
	}

	return newKeyset(handle)
}

// FreshKeyset makes a keyset with one new AES-256-GCM key.
func FreshKeyset() (*Keyset, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make keyset: %w", err)
	}

	return newKeyset(handle)
}

// NewKeyset is FreshKeyset in the clear, in the form that NewBox accepts.
func NewKeyset() ([]byte, error) {
	fresh, err := FreshKeyset()
	if err != nil {
		return nil, err
	}

	return fresh.Encode(nil)
}

func newKeyset(handle *keyset.Handle) (*Keyset, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, &KeysetError{Reason: "its keys are not for authenticated encryption (AEAD)"}
	}
	info := handle.KeysetInfo()

	k := &Keyset{handle: handle, primitive: primitive, primary: KeyID(info.GetPrimaryKeyId())}
	for _, key := range info.GetKeyInfo() {
		if key.GetStatus() == tinkpb.KeyStatusType_ENABLED {
			k.keys = append(k.keys, KeyID(key.GetKeyId()))
		}
	}

	return k, nil
}

// Primary returns the key that seals.
func (k *Keyset) Primary() KeyID { return k.primary }

// Keys returns the keys that decrypt, oldest first.
func (k *Keyset) Keys() []KeyID { return slices.Clone(k.keys) }

// Newest returns the key that was added last.
func (k *Keyset) Newest() KeyID { return k.keys[len(k.keys)-1] }

// Has reports whether the keyset has this key.
func (k *Keyset) Has(id KeyID) bool { return slices.Contains(k.keys, id) }

// Fingerprint identifies a keyset by its key ids and its primary. It reveals nothing about the keys.
func (k *Keyset) Fingerprint() string {
	hash := sha256.New()
	_ = binary.Write(hash, binary.BigEndian, k.primary) // a hash takes everything
	_ = binary.Write(hash, binary.BigEndian, slices.Sorted(slices.Values(k.keys)))

	return hex.EncodeToString(hash.Sum(nil)[:8])
}

// WithNewKey adds a new key that decrypts but does not seal yet.
func (k *Keyset) WithNewKey() (*Keyset, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	if _, err := manager.Add(aead.AES256GCMKeyTemplate()); err != nil {
		return nil, fmt.Errorf("add a key: %w", err)
	}

	return fromManager(manager)
}

// WithPrimary makes an existing key the one that seals.
func (k *Keyset) WithPrimary(id KeyID) (*Keyset, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	if err := manager.SetPrimary(uint32(id)); err != nil {
		return nil, fmt.Errorf("make key %d primary: %w", id, err)
	}

	return fromManager(manager)
}

// PrimaryAlone drops every other key: values that they sealed can never be decrypted again.
func (k *Keyset) PrimaryAlone() (*Keyset, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	for _, key := range k.handle.KeysetInfo().GetKeyInfo() { // disabled keys too
		if KeyID(key.GetKeyId()) == k.primary {
			continue
		}

		if err := manager.Delete(key.GetKeyId()); err != nil {
			return nil, fmt.Errorf("drop key %d: %w", key.GetKeyId(), err)
		}
	}

	return fromManager(manager)
}

func fromManager(manager *keyset.Manager) (*Keyset, error) {
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("change keyset: %w", err)
	}

	return newKeyset(handle)
}

// Encode returns the keyset in the form that ParseKeyset reads. Without kek, the result is secret.
func (k *Keyset) Encode(kek KEK) ([]byte, error) {
	var out bytes.Buffer

	writer := keyset.NewJSONWriter(&out)
	if kek == nil {
		if err := insecurecleartextkeyset.Write(k.handle, writer); err != nil {
			return nil, fmt.Errorf("write keyset: %w", err)
		}

		return out.Bytes(), nil
	}

	recording := &recordingKEK{kek: kek}
	if err := k.handle.Write(writer, recording); err != nil {
		if recording.err != nil { // Tink hides it
			err = recording.err
		}

		return nil, kekError(err)
	}

	return out.Bytes(), nil
}

// decodeBase64 decodes a keyset from base64, in which it may be configured to avoid quotes.
func decodeBase64(text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil, &KeysetError{Reason: "it is empty"}
	}

	if text[0] == '{' {
		return text, nil
	}

	decoded, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return nil, &KeysetError{Reason: "it is neither JSON nor base64 of JSON; make one with `bff keyset create`"}
	}

	return decoded, nil
}
