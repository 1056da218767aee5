// Package vault seals a keyset with a key of HashiCorp Vault's transit engine: the key never leaves Vault, and what lies
// on our disk opens only for whoever Vault lets ask.
package vault

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/tink-crypto/tink-go-hcvault/v2/integration/hcvault"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/upstash-connect/bff/internal/loopback"
	"github.com/upstash-connect/bff/internal/secret"
)

const (
	scheme = "hcvault"
	// answerTimeout is of one call. A server asks when it starts and when its keyset changes, never for a request's row.
	answerTimeout = 10 * time.Second
)

// Address is where a key of the transit engine is: hcvault://HOST[:PORT]/transit/keys/NAME.
type Address struct{ host, path string }

var keyPath = regexp.MustCompile(`^(/[A-Za-z0-9._-]+)+/keys/[A-Za-z0-9._-]+$`)

// ParseAddress returns an error that says what is wrong with the address.
func ParseAddress(value string) (Address, error) {
	parsed, err := url.Parse(value)
	if err != nil || parsed.Scheme != scheme || parsed.Hostname() == "" || parsed.User != nil || parsed.RawQuery != "" ||
		parsed.Fragment != "" || !keyPath.MatchString(parsed.Path) {
		return Address{}, errors.New("is not hcvault://HOST[:PORT]/transit/keys/NAME")
	}
	return Address{host: parsed.Host, path: parsed.Path}, nil
}

// url is https, but on loopback, where an agent of Vault's listens without: nobody else is between.
func (a Address) url() string {
	if loopback.Host((&url.URL{Host: a.host}).Hostname()) {
		return "http://" + a.host
	}
	return "https://" + a.host
}

// Options configure a Key.
type Options struct {
	Address Address
	// Token is read for each call, so that one that an agent renews in a file is taken as it is then.
	Token func() (secret.Text, error)
}

// Key encrypts and decrypts in Vault. It is safe for concurrent use.
type Key struct {
	options   Options
	transport *http.Transport
}

// NewKey asks nobody yet.
func NewKey(options Options) (*Key, error) {
	if options.Address.path == "" || options.Token == nil {
		return nil, errors.New("vault: a key needs an address and a token")
	}
	return &Key{options: options, transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableKeepAlives: true,
	}}, nil
}

// Encrypt seals with the newest version of the key in Vault. Its errors say what Vault would not do, and hold no secret.
func (k *Key) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	return k.ask("encrypt", func(key tink.AEAD) ([]byte, error) { return key.Encrypt(plaintext, associatedData) })
}

// Decrypt opens what Encrypt sealed.
func (k *Key) Decrypt(ciphertext, associatedData []byte) ([]byte, error) {
	return k.ask("decrypt", func(key tink.AEAD) ([]byte, error) { return key.Decrypt(ciphertext, associatedData) })
}

func (k *Key) ask(verb string, call func(tink.AEAD) ([]byte, error)) ([]byte, error) {
	key, err := k.dial()
	if err != nil {
		return nil, err
	}
	answer, err := call(key)
	if err != nil {
		return nil, k.fault(verb, err)
	}
	if len(answer) == 0 {
		return nil, fmt.Errorf("vault at %s answered nothing that could be used", k.options.Address.host)
	}
	return answer, nil
}

// dial makes Tink's client. Vault's own reads VAULT_ variables by itself: what matters of them, address, token and trust,
// is set here.
func (k *Key) dial() (tink.AEAD, error) {
	token, err := k.options.Token()
	if err != nil {
		return nil, fmt.Errorf("vault's token cannot be read: %w", err)
	}
	client, err := api.NewClient(&api.Config{
		Address: k.options.Address.url(),
		HttpClient: &http.Client{
			Transport:     k.transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		Timeout: answerTimeout, MaxRetries: 0, DisableRedirects: true, // the token goes to the host that was named
	})
	if err != nil {
		return nil, fmt.Errorf("vault's client: %w", err)
	}
	client.SetToken(token.Reveal())
	return hcvault.NewAEAD(k.options.Address.path, client.Logical())
}

// fault words what went wrong. Vault's own words are not passed on: they may repeat what was sent.
func (k *Key) fault(verb string, err error) error {
	host, path := k.options.Address.host, k.options.Address.path
	var answer *api.ResponseError
	if !errors.As(err, &answer) {
		var network net.Error
		if errors.As(err, &network) {
			return fmt.Errorf("vault at %s cannot be reached (%s)", host, cause(network))
		}
		return fmt.Errorf("vault at %s gave an answer that cannot be used", host)
	}
	switch answer.StatusCode {
	case http.StatusForbidden:
		return fmt.Errorf("vault at %s denied it: the token is not valid, or may not %s with %s", host, verb, path)
	case http.StatusNotFound:
		return fmt.Errorf("vault at %s has nothing at %s: no transit engine is mounted there", host, path)
	case http.StatusBadRequest:
		return fmt.Errorf("vault at %s could not %s with %s: there is no such key, it is not the one that sealed this, or what was sealed is damaged", host, verb, path)
	case http.StatusServiceUnavailable:
		return fmt.Errorf("vault at %s is sealed or in maintenance", host)
	}
	return fmt.Errorf("vault at %s answered with status %d", host, answer.StatusCode)
}

// cause is the network's reason without the URL in front.
func cause(err net.Error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		if wrapped.Timeout() {
			return "no answer in time"
		}
		return wrapped.Err.Error()
	}
	return err.Error()
}
