// Package standin replaces a server's environment: an issuer of access tokens and the Developer API. Both respond
// immediately and at little cost, so that only the server between them and the client is measured.
package standin

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"runtime"
	"sync"
	"time"
)

// Claims of the tokens, which servers are configured to expect.
const (
	Audience   = "upstash-api"
	ClientID   = "bench-client"
	emailClaim = "https://user.io/email"
	keyID      = "bench-1"
	tokenLife  = 6 * time.Hour
	keyBits    = 2048
)

// Signer signs access tokens as the issuer does.
type Signer struct {
	Issuer string // with its trailing slash
	key    *rsa.PrivateKey
}

// NewSigner makes a key.
func NewSigner(issuer string) (*Signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	return &Signer{Issuer: issuer, key: key}, err
}

// PublicKey is the key that verifies.
func (s *Signer) PublicKey() *rsa.PublicKey { return &s.key.PublicKey }

// KeySet is the issuer's JWKS document.
func (s *Signer) KeySet() []byte {
	encode := base64.RawURLEncoding.EncodeToString
	set, _ := json.Marshal(map[string]any{"keys": []map[string]string{{ // strings marshal
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID, "n": encode(s.key.N.Bytes()),
		"e": encode(big.NewInt(int64(s.key.E)).Bytes()),
	}}})

	return set
}

// Token signs one for a subject. Entries of change replace claims, or drop them when nil.
func (s *Signer) Token(subject string, change map[string]any) (string, error) {
	now := time.Now()

	claims := map[string]any{
		"iss": s.Issuer, "sub": subject, "aud": Audience, "azp": ClientID, "scope": "openid email",
		"iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), emailClaim: Email(subject),
	}
	for name, value := range change {
		claims[name] = value
	}

	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"RS256","typ":"JWT","kid":"`+keyID+`"}`)) + "." + encode(payload)
	digest := sha256.Sum256([]byte(signed))

	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}

	return signed + "." + encode(signature), nil
}

// Tokens signs one for each subject, on all cores.
func (s *Signer) Tokens(subjects []string) ([]string, error) {
	tokens := make([]string, len(subjects))
	cores := runtime.GOMAXPROCS(0)
	faults := make([]error, cores)

	var signers sync.WaitGroup
	for core := range cores {
		signers.Go(func() {
			for n := core; n < len(subjects) && faults[core] == nil; n += cores {
				tokens[n], faults[core] = s.Token(subjects[n], nil)
			}
		})
	}
	signers.Wait()

	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}

	return tokens, nil
}

// Email is the e-mail of an account.
func Email(subject string) string { return fmt.Sprintf("%x@example.com", subject) }
