package upstash

import (
	"context"
	"net/http"

	"github.com/upstash-connect/bff/internal/secret"
)

// usableKey reports whether a text can be a developer key: opaque, but short and printable, because it is sent in a
// header.
func usableKey(key string) bool {
	if len(key) < 8 || len(key) > 512 {
		return false
	}

	for i := range len(key) {
		if key[i] < '!' || key[i] > '~' {
			return false
		}
	}

	return true
}

// CreateKey makes a developer key with this name in the account that the access token belongs to. Names are unique per
// account, an account can have 37 keys, and Upstash shows the key only this once. A response without a usable key is
// ErrOutcomeUnknown: the key may exist upstream. account is as in Credential: a new access token does not end a pause
// that upstream requested.
func (c *Client) CreateKey(
	ctx context.Context, account string, accessToken secret.Text, name string,
) (secret.Text, error) {
	var key string

	err := c.do(ctx, call{
		operation: OperationMint,
		method:    http.MethodPost,
		path:      "/apikey", // at the root of the host, unlike all other paths
		body: struct {
			Name string `json:"name"`
		}{name},
		authorization: secret.New("Bearer " + accessToken.Reveal()),
		account:       accountOf(Credential{Account: account}),
		timeout:       MintTimeout,
		limit:         maxObjectBytes,
	}, func(a *answer) (err error) {
		key, err = readKey(a)
		return err
	})
	if err != nil {
		return secret.Text{}, err
	}

	return secret.New(key), nil
}

// readKey reads the only documented field of the response.
func readKey(a *answer) (key string, err error) {
	err = a.readValue(func() error {
		if a.data[a.at] != '{' {
			return a.shapeError()
		}
		key = ""

		return a.members(1, func(name []byte) error {
			if string(name) != "api_key" {
				return a.skip(2)
			}
			found, err := a.text(2)
			key = string(found)

			return err
		})
	})
	if err == nil && !usableKey(key) {
		err = errNoKey
	}

	return key, err
}
