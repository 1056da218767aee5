package upstash

import (
	"context"
	"net/http"
	"regexp"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/upstash-connect/bff/internal/secret"
)

// usableKey is what a developer key may look like: opaque, but short and printable, since it travels in a header.
var usableKey = regexp.MustCompile(`^[!-~]{8,512}$`)

// CreateKey makes a developer key of this name in the account the access token belongs to. Names are unique per
// account, an account holds 37 keys, and the key is shown this once. An answer without a usable key is
// ErrOutcomeUnknown: the key may exist upstream. account is as in Credential: a new access token does not end the pause
// that upstream asked for.
func (c *Client) CreateKey(
	ctx context.Context, account string, accessToken secret.Text, name string,
) (secret.Text, error) {
	var key string

	err := c.do(ctx, call{
		operation: OperationMint,
		method:    http.MethodPost,
		path:      "/apikey", // at the root of the host, unlike everything else
		body: struct {
			Name string `json:"name"`
		}{name},
		authorize: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+accessToken.Reveal()) },
		account:   accountOf(Credential{Account: account}),
		timeout:   MintTimeout,
		limit:     maxObjectBytes,
	}, func(decoder *jsontext.Decoder) (err error) {
		key, err = readKey(decoder)
		return err
	})
	if err != nil {
		return secret.Text{}, err
	}

	return secret.New(key), nil
}

// readKey reads the one field of the answer that is documented.
func readKey(decoder *jsontext.Decoder) (key string, err error) {
	err = eachMember(decoder, func(name []byte) (err error) {
		if string(name) != "api_key" {
			return decoder.SkipValue()
		}
		key, err = text(decoder)

		return err
	})
	if err == nil && !usableKey.MatchString(key) {
		err = errNoKey
	}

	return key, err
}
