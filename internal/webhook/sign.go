package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/upstash-connect/bff/internal/secret"
)

// SecretPrefix begins every signing secret.
const SecretPrefix = "whsec_"

// A signing secret has 24 to 64 random bytes, as Standard Webhooks requires.
const (
	secretBytes    = 32
	minSecretBytes = 24
	maxSecretBytes = 64
)

// ErrSecret means that a text is not a signing secret.
var ErrSecret = errors.New("must be whsec_ and 24 to 64 bytes in base64; bff webhooks generate-secret prints one")

// NewSecret generates a signing secret.
func NewSecret() secret.Text {
	random := make([]byte, secretBytes)
	_, _ = rand.Read(random) // never fails (crypto/rand)

	return secret.New(SecretPrefix + base64.StdEncoding.EncodeToString(random))
}

// CheckSecret returns ErrSecret for a text that is not a signing secret.
func CheckSecret(text string) error {
	encoded, prefixed := strings.CutPrefix(text, SecretPrefix)

	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if !prefixed || err != nil || len(decoded) < minSecretBytes || len(decoded) > maxSecretBytes {
		return ErrSecret
	}

	return nil
}

// Sign returns the webhook-signature header: one signature for each secret, so that a receiver may have either.
func Sign(secrets []secret.Text, id string, at time.Time, payload []byte) (string, error) {
	var signatures []string

	for _, key := range secrets {
		signer, err := standardwebhooks.NewWebhook(key.Reveal())
		if err != nil {
			return "", ErrSecret // the library's error quotes a part of the secret
		}

		signature, err := signer.Sign(id, at, payload)
		if err != nil {
			return "", err
		}
		signatures = append(signatures, signature)
	}

	return strings.Join(signatures, " "), nil
}
