package idp

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // #nosec G505 -- x5t is defined as a SHA-1 thumbprint (RFC 7517 section 4.8)
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// certificateLife is long because nobody checks these certificates: they exist only because Auth0's key documents
// contain them.
const certificateLife = 10 * 365 * 24 * time.Hour

// keyRing holds the published signing keys, parsed; the first one signs.
type keyRing struct {
	store *state.Store
	now   func() time.Time
	mu    sync.RWMutex
	keys  []signingKey
}

type signingKey struct {
	id          string
	private     *rsa.PrivateKey
	certificate []byte
}

func openKeyRing(store *state.Store, now func() time.Time) (*keyRing, error) {
	ring := &keyRing{store: store, now: now}
	if err := ring.load(); err != nil {
		return nil, err
	}

	if len(ring.keys) > 0 {
		return ring, nil
	}

	return ring, ring.rotate(false)
}

func (k *keyRing) load() error {
	stored, err := k.store.SigningKeys()
	if err != nil {
		return fmt.Errorf("read signing keys: %w", err)
	}

	keys := make([]signingKey, 0, len(stored))
	for _, key := range stored {
		parsed, err := x509.ParsePKCS8PrivateKey(key.PKCS8)
		if err != nil {
			return fmt.Errorf("parse signing key %s: %w", key.ID, err)
		}

		private, ok := parsed.(*rsa.PrivateKey)
		if !ok {
			return fmt.Errorf("signing key %s is not an RSA key", key.ID)
		}
		keys = append(keys, signingKey{key.ID, private, key.Certificate})
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = keys

	return nil
}

// rotate makes a new key the signing key. Without dropOld the old keys stay published, so that tokens they signed are
// still accepted.
func (k *keyRing) rotate(dropOld bool) error {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("generate signing key: %w", err)
	}

	certificate, err := selfSigned(private, k.now())
	if err != nil {
		return err
	}

	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("encode signing key: %w", err)
	}

	key := state.SigningKey{ID: randomString()[:21], PKCS8: pkcs8, Certificate: certificate, CreatedAt: k.now()}
	if err := k.store.AddSigningKey(key, dropOld); err != nil {
		return fmt.Errorf("store signing key: %w", err)
	}

	return k.load()
}

func selfSigned(private *rsa.PrivateKey, now time.Time) ([]byte, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "sandbox issuer"},
		NotBefore:    now,
		NotAfter:     now.Add(certificateLife),
	}

	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, fmt.Errorf("certify signing key: %w", err)
	}

	return certificate, nil
}

func (k *keyRing) current() signingKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.keys[0]
}

func (k *keyRing) public(id string) (*rsa.PublicKey, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()

	for _, key := range k.keys {
		if key.id == id {
			return &key.private.PublicKey, true
		}
	}

	return nil, false
}

// webKey is one RSA key in the format of RFC 7517, with the members Auth0 sends.
type webKey struct {
	KeyType    string   `json:"kty"`
	Use        string   `json:"use"`
	Modulus    string   `json:"n"`
	Exponent   string   `json:"e"`
	ID         string   `json:"kid"`
	Thumbprint string   `json:"x5t"`
	Chain      []string `json:"x5c"`
	Algorithm  string   `json:"alg"`
}

func (k *keyRing) webKeys() []webKey {
	k.mu.RLock()
	defer k.mu.RUnlock()

	published := make([]webKey, 0, len(k.keys))
	for _, key := range k.keys {
		thumbprint := sha1.Sum(key.certificate) // #nosec G401 -- as above
		published = append(published, webKey{
			KeyType:    "RSA",
			Use:        "sig",
			Modulus:    base64.RawURLEncoding.EncodeToString(key.private.N.Bytes()),
			Exponent:   base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.private.E)).Bytes()),
			ID:         key.id,
			Thumbprint: base64.RawURLEncoding.EncodeToString(thumbprint[:]),
			Chain:      []string{base64.StdEncoding.EncodeToString(key.certificate)},
			Algorithm:  "RS256",
		})
	}

	return published
}

// Rotate makes a new signing key and returns its id and the ids of all published keys. With dropOld the old keys are
// no longer published.
func (p *Provider) Rotate(dropOld bool) (current string, published []string, err error) {
	if err := p.keys.rotate(dropOld); err != nil {
		return "", nil, err
	}

	for _, key := range p.keys.webKeys() {
		published = append(published, key.ID)
	}

	return p.keys.current().id, published, nil
}
