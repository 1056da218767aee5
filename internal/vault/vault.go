// Package vault encrypts a keyset with a key of HashiCorp Vault's transit engine. The key never leaves Vault, and only
// clients that Vault authorizes can decrypt the keyset on disk.
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

// Address locates a key of the transit engine: hcvault://HOST[:PORT]/transit/keys/NAME.
type Address struct{ host, path string }

var keyPath = regexp.MustCompile(`^(/[A-Za-z0-9._-]+)+/keys/[A-Za-z0-9._-]+$`)

// ParseAddress parses an address. The error completes a sentence that begins with the setting.
func ParseAddress(value string) (Address, error) {
	parsed, err := url.Parse(value)
	if err != nil || parsed.Scheme != scheme || !hostname.Valid(parsed.Hostname()) || parsed.User != nil ||
		parsed.RawQuery != "" || parsed.Fragment != "" || !keyPath.MatchString(parsed.Path) {
		return Address{}, errors.New("is not hcvault://HOST[:PORT]/transit/keys/NAME")
	}

	return Address{host: parsed.Host, path: parsed.Path}, nil
}

// URL is Vault's URL; empty for the zero value.
func (a Address) URL() string {
	if a == (Address{}) {
		return ""
	}

	return a.url()
}

// url is https, except on loopback, where a Vault agent listens without TLS.
func (a Address) url() string {
	if loopback.Host((&url.URL{Host: a.host}).Hostname()) {
		return "http://" + a.host
	}

	return "https://" + a.host
}

// endpoint is the URL that encrypts or decrypts with the key: /v1/transit/VERB/NAME.
func (a Address) endpoint(verb string) string {
	mount, name := path.Dir(path.Dir(a.path)), path.Base(a.path)
	return a.url() + path.Join("/v1", mount, verb, name)
}

// Options configure a Key. Address and Token are required.
type Options struct {
	Address Address
	// Token is called for each request, because an agent may renew the token in a file.
	Token func() (secret.Text, error)
	// Proxies are the proxies for the connection to Vault; default: none.
	Proxies *egress.Proxies
}

// Key encrypts and decrypts in Vault. It is safe for concurrent use.
type Key struct {
	options   Options
	namespace string // empty: Vault's root namespace
	client    *http.Client
}

// NewKey makes no request. Of the environment variables of Vault's tools it reads only VAULT_NAMESPACE.
func NewKey(options Options) (*Key, error) {
	if options.Address.path == "" || options.Token == nil {
		return nil, errors.New("vault: a key needs an address and a token")
	}

	namespace := os.Getenv("VAULT_NAMESPACE")
	if strings.ContainsFunc(namespace, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\'' }) {
		return nil, fmt.Errorf("VAULT_NAMESPACE is %q, which is not a valid namespace", namespace)
	}

	return &Key{options: options, namespace: namespace, client: &http.Client{
		Transport: options.Proxies.Transport(&http.Transport{ForceAttemptHTTP2: true, DisableKeepAlives: true}),
		// The token must only go to the configured host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Encrypt encrypts with the newest version of the key in Vault. Its errors contain no secret.
func (k *Key) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	answer, err := k.call("encrypt", requestBody{Plaintext: encode(plaintext), AssociatedData: encode(associatedData)})
	if err != nil {
		return nil, err
	}

	if answer.Ciphertext == "" {
		return nil, k.unusableResponse()
	}

	return []byte(answer.Ciphertext), nil // begins with the version of the key: vault:v1:…
}

// Decrypt decrypts what Encrypt returned. Its errors contain no secret.
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
		return nil, fmt.Errorf("vault at %s sent an empty plaintext", k.options.Address.host)
	}

	return plaintext, nil
}
