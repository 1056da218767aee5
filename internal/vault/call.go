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
	// answerTimeout limits one call. A server calls Vault when it starts and when its keyset changes, never while it
	// reads a row.
	answerTimeout = 10 * time.Second
	// maxAnswerBytes is far above the size of a keyset, which is a few kilobytes.
	maxAnswerBytes = 1 << 20
)

// requestBody is the body of a call (https://developer.hashicorp.com/vault/api-docs/secret/transit), with bytes in
// base64. Vault requires one of the first two fields.
type requestBody struct {
	Plaintext      *string `json:"plaintext,omitempty"`
	Ciphertext     *string `json:"ciphertext,omitempty"`
	AssociatedData *string `json:"associated_data"`
}

func encode(content []byte) *string {
	text := base64.StdEncoding.EncodeToString(content)
	return &text
}

// responseData is Vault's result: the ciphertext of an encrypt, or the plaintext of a decrypt in base64.
type responseData struct {
	Plaintext  string `json:"plaintext"`
	Ciphertext string `json:"ciphertext"`
}

// call makes one call and does not retry. It does not pass on Vault's error text, which may repeat the request.
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

// request builds a call with the current token. None of its errors contains the token.
func (k *Key) request(ctx context.Context, verb string, input requestBody) (*http.Request, error) {
	token, err := k.options.Token()
	if err != nil {
		return nil, fmt.Errorf("vault's token cannot be read: %w", err)
	}

	if strings.ContainsFunc(token.Reveal(), func(r rune) bool { return !unicode.IsPrint(r) }) {
		return nil, errors.New("vault's token has invalid characters, such as a line break")
	}

	body, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}

	endpoint := k.options.Address.endpoint(verb)

	request, err := http.NewRequestWithContext(ctx, http.MethodPut, endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("vault's address is not a valid URL")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Vault-Token", token.Reveal())
	// A Vault agent may require this header, so that no web page can make a browser send a call.
	request.Header.Set("X-Vault-Request", "true")

	if k.namespace != "" {
		request.Header.Set("X-Vault-Namespace", k.namespace)
	}

	return request, nil
}

// statusError describes an error status.
func (k *Key) statusError(verb string, status int) error {
	host, path := k.options.Address.host, k.options.Address.path
	switch status {
	case http.StatusForbidden:
		return fmt.Errorf("vault at %s denied access: the token is invalid, or may not %s with %s", host, verb, path)
	case http.StatusNotFound:
		return fmt.Errorf("vault at %s has no transit engine mounted at %s", host, path)
	case http.StatusBadRequest:
		return fmt.Errorf(
			"vault at %s could not %s with %s: the key does not exist, it is not the one that sealed this, "+
				"or the sealed data is damaged",
			host,
			verb,
			path,
		)
	case http.StatusServiceUnavailable:
		return fmt.Errorf("vault at %s is sealed or in maintenance", host)
	}

	return fmt.Errorf("vault at %s responded with status %d", host, status)
}

func (k *Key) unusableResponse() error {
	return fmt.Errorf("vault at %s sent an unusable response", k.options.Address.host)
}

// connectionError describes a call without a complete response: the network's reason, without the URL.
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
		cause = "no response in time"
	}

	return fmt.Errorf("vault at %s cannot be reached (%s)", k.options.Address.host, cause)
}
