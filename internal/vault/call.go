package vault

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/upstash-connect/bff/internal/egress"
)

const (
	// answerTimeout is of one call. A server asks when it starts and when its keyset changes, never for a request's
	// row.
	answerTimeout = 10 * time.Second
	// maxAnswerBytes is far above what a keyset takes, which has some kilobytes.
	maxAnswerBytes = 1 << 20
)

// requestBody is the body of a call (https://developer.hashicorp.com/vault/api-docs/secret/transit). What it has as bytes
// is in base64. Vault wants one of the first two.
type requestBody struct {
	Plaintext      *string `json:"plaintext,omitempty"`
	Ciphertext     *string `json:"ciphertext,omitempty"`
	AssociatedData *string `json:"associated_data"`
}

func encode(content []byte) *string {
	text := base64.StdEncoding.EncodeToString(content)
	return &text
}

// answer is what Vault says to one: to an encrypt the ciphertext, to a decrypt the plaintext in base64.
type responseData struct {
	Plaintext  string `json:"plaintext"`
	Ciphertext string `json:"ciphertext"`
}

// call makes one call, and no second one when it fails. Vault's own words are not passed on: they may repeat what was
// sent.
func (k *Key) call(verb string, input requestBody) (responseData, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()

	request, err := k.request(ctx, verb, input)
	if err != nil {
		return responseData{}, err
	}

	response, err := k.client.Do(request)
	if err != nil {
		return responseData{}, k.connectionError(err)
	}
	defer func() { _ = response.Body.Close() }()

	if response.StatusCode >= http.StatusBadRequest {
		return responseData{}, k.statusError(verb, response.StatusCode)
	}

	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return responseData{}, k.connectionError(err)
	}

	var said struct {
		Data responseData `json:"data"`
	}
	if response.StatusCode != http.StatusOK || json.Unmarshal(content, &said) != nil {
		return responseData{}, k.unusableResponse()
	}

	return said.Data, nil
}

// request is a call with the token as it is now. None of its errors holds that.
func (k *Key) request(ctx context.Context, verb string, input requestBody) (*http.Request, error) {
	token, err := k.options.Token()
	if err != nil {
		return nil, fmt.Errorf("vault's token cannot be read: %w", err)
	}

	if strings.ContainsFunc(token.Reveal(), func(r rune) bool { return !unicode.IsPrint(r) }) {
		return nil, errors.New("vault's token holds characters that no token has, such as a line break")
	}

	body, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}

	endpoint := k.options.Address.endpoint(verb)

	request, err := http.NewRequestWithContext(ctx, http.MethodPut, endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("vault's address makes no URL")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Vault-Token", token.Reveal())
	// An agent of Vault's may be set to take no call without it, so that no page can be made to send one.
	request.Header.Set("X-Vault-Request", "true")

	if k.namespace != "" {
		request.Header.Set("X-Vault-Namespace", k.namespace)
	}

	return request, nil
}

// statusError words a status that says no.
func (k *Key) statusError(verb string, status int) error {
	host, path := k.options.Address.host, k.options.Address.path
	switch status {
	case http.StatusForbidden:
		return fmt.Errorf("vault at %s denied it: the token is not valid, or may not %s with %s", host, verb, path)
	case http.StatusNotFound:
		return fmt.Errorf("vault at %s has nothing at %s: no transit engine is mounted there", host, path)
	case http.StatusBadRequest:
		return fmt.Errorf(
			"vault at %s could not %s with %s: there is no such key, it is not the one that sealed this, "+
				"or what was sealed is damaged",
			host,
			verb,
			path,
		)
	case http.StatusServiceUnavailable:
		return fmt.Errorf("vault at %s is sealed or in maintenance", host)
	}

	return fmt.Errorf("vault at %s answered with status %d", host, status)
}

func (k *Key) unusableResponse() error {
	return fmt.Errorf("vault at %s gave an answer that cannot be used", k.options.Address.host)
}

// connectionError words a call that got no whole answer: the network's reason, without the URL in front.
func (k *Key) connectionError(err error) error {
	if blocked, ok := errors.AsType[*egress.ProxyError](err); ok {
		return fmt.Errorf("vault at %s cannot be reached: %w", k.options.Address.host, blocked)
	}

	cause := err.Error()

	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		cause = wrapped.Err.Error()
	}

	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		cause = "no answer in time"
	}

	return fmt.Errorf("vault at %s cannot be reached (%s)", k.options.Address.host, cause)
}
