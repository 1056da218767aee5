package seal

import (
	"bytes"
	"encoding/base64"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	aesgcmpb "github.com/tink-crypto/tink-go/v2/proto/aes_gcm_go_proto"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"google.golang.org/protobuf/proto"
)

// KeysetError says why a sealing keyset is refused. It holds no key material.
type KeysetError struct{ Fault string }

func (e *KeysetError) Error() string { return "sealing keyset: " + e.Fault }

const aesGCMType = "type.googleapis.com/google.crypto.tink.AesGcmKey"

// parseKeyset reads Tink's JSON, or the same in base64 (for places where quotes are a nuisance), and refuses keys
// that would only look like protection.
func parseKeyset(text []byte) (*keyset.Handle, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil, &KeysetError{Fault: "it is empty"}
	}
	if text[0] != '{' {
		decoded, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			return nil, &KeysetError{Fault: "it is neither JSON nor base64 of JSON; make one with `bff keyset create`"}
		}
		text = decoded
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		// Tink's own words may quote what it could not parse.
		return nil, &KeysetError{Fault: "it is not a Tink keyset in JSON; make one with `bff keyset create`"}
	}
	for _, key := range insecurecleartextkeyset.KeysetMaterial(handle).GetKey() {
		if key.GetStatus() != tinkpb.KeyStatusType_ENABLED {
			continue
		}
		if err := refuseWeak(key.GetKeyData()); err != nil {
			return nil, err
		}
	}
	return handle, nil
}

// refuseWeak names keys that are short, or of one repeated byte, as examples and mistakes are.
func refuseWeak(data *tinkpb.KeyData) error {
	if data.GetTypeUrl() != aesGCMType {
		return nil // aead.New decides whether the type can be used at all
	}
	var key aesgcmpb.AesGcmKey
	if err := proto.Unmarshal(data.GetValue(), &key); err != nil {
		return &KeysetError{Fault: "one of its keys is damaged"}
	}
	value := key.GetKeyValue()
	if len(value) < 32 {
		return &KeysetError{Fault: "one of its keys is short; 256 bits are required"}
	}
	if bytes.Count(value, value[:1]) == len(value) {
		return &KeysetError{Fault: "one of its keys is a single repeated byte, as in an example; make a real one with `bff keyset create`"}
	}
	return nil
}
