// Package vault seals a keyset with a key of HashiCorp Vault's transit engine: the key never leaves Vault, and what
// lies on our disk opens only for whoever Vault lets ask.
package vault

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/hostname"
	"github.com/upstash-connect/bff/internal/loopback"
	"github.com/upstash-connect/bff/internal/secret"
)

const scheme = "hcvault"

// Address is where a key of the transit engine is: hcvault://HOST[:PORT]/transit/keys/NAME.
type Address struct{ host, path string }

var keyPath = regexp.MustCompile(`^(/[A-Za-z0-9._-]+)+/keys/[A-Za-z0-9._-]+$`)

// ParseAddress returns an error that says what is wrong with the address.
func ParseAddress(value string) (Address, error) {
	parsed, err := url.Parse(value)
	if err != nil || parsed.Scheme != scheme || !hostname.Valid(parsed.Hostname()) || parsed.User != nil ||
		parsed.RawQuery != "" || parsed.Fragment != "" || !keyPath.MatchString(parsed.Path) {
		return Address{}, errors.New("is not hcvault://HOST[:PORT]/transit/keys/NAME")
	}

	return Address{host: parsed.Host, path: parsed.Path}, nil
}

// URL is where Vault is reached; empty for the zero value.
func (a Address) URL() string {
	if a == (Address{}) {
		return ""
	}

	return a.url()
}

// url is https, but on loopback, where an agent of Vault's listens without: nobody else is between.
func (a Address) url() string {
	if loopback.Host((&url.URL{Host: a.host}).Hostname()) {
		return "http://" + a.host
	}

	return "https://" + a.host
}

// endpoint is where the key encrypts or decrypts: /v1/transit/VERB/NAME.
func (a Address) endpoint(verb string) string {
	mount, name := path.Dir(path.Dir(a.path)), path.Base(a.path)
	return a.url() + path.Join("/v1", mount, verb, name)
}

// Options configure a Key. Address and Token are required.
type Options struct {
	Address Address
	// Token is read for each call, so that one that an agent renews in a file is taken as it is then.
	Token func() (secret.Text, error)
	// Proxies are those through which Vault is reached; default: none.
	Proxies *egress.Proxies
}

// Key encrypts and decrypts in Vault. It is safe for concurrent use.
type Key struct {
	options   Options
	namespace string // empty: Vault's own root
	client    *http.Client
}

// NewKey asks nobody yet. Of the variables that Vault's tools share it reads VAULT_NAMESPACE alone.
func NewKey(options Options) (*Key, error) {
	if options.Address.path == "" || options.Token == nil {
		return nil, errors.New("vault: a key needs an address and a token")
	}

	namespace := os.Getenv("VAULT_NAMESPACE")
	if strings.ContainsFunc(namespace, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\'' }) {
		return nil, fmt.Errorf("VAULT_NAMESPACE is %q: no namespace holds that", namespace)
	}

	return &Key{options: options, namespace: namespace, client: &http.Client{
		Transport: options.Proxies.Transport(&http.Transport{ForceAttemptHTTP2: true, DisableKeepAlives: true}),
		// The token goes to the host that was named, and to no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Encrypt seals with the newest version of the key in Vault. Its errors say what Vault would not do, and hold no
// secret.
func (k *Key) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	answer, err := k.call("encrypt", requestBody{Plaintext: encode(plaintext), AssociatedData: encode(associatedData)})
	if err != nil {
		return nil, err
	}

	if answer.Ciphertext == "" {
		return nil, k.unusableResponse()
	}

	return []byte(answer.Ciphertext), nil // with the version of the key in front: vault:v1:…
}

// Decrypt opens what Encrypt sealed. Its errors are like those of Encrypt.
func (k *Key) Decrypt(ciphertext, associatedData []byte) ([]byte, error) {
	sealed := string(ciphertext)

	answer, err := k.call("decrypt", requestBody{Ciphertext: &sealed, AssociatedData: encode(associatedData)})
	if err != nil {
		return nil, err
	}

	plaintext, err := base64.StdEncoding.DecodeString(answer.Plaintext)
	if err != nil {
		return nil, k.unusableResponse()
	}

	if len(plaintext) == 0 {
		return nil, fmt.Errorf("vault at %s answered nothing that could be used", k.options.Address.host)
	}

	return plaintext, nil
}
