package desktop

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

var errUnproven = errors.New("it did not prove that it is the sandbox")

// verify checks that the listener is the described sandbox, before anything is sent to it. If the sandbox was killed,
// another user may have its ports. Checking one listener is enough, because one process has all of them. The error is
// an *UnresponsiveSandboxError.
func (s Sandbox) verify(ctx context.Context) error {
	if err := s.challenge(ctx, rand.Text()); err != nil {
		return &UnresponsiveSandboxError{Path: s.path, Unproven: errors.Is(err, errUnproven)}
	}

	return nil
}

// challenge requests an HMAC-SHA256 (RFC 2104) of the nonce from the control listener, with the key in the description.
// Another listener does not have the key. It cannot forward the challenge to a later run, which has a different key.
func (s Sandbox) challenge(ctx context.Context, nonce string) error {
	ctx, cancel := context.WithTimeout(ctx, sandboxTimeout)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Control+"/proof?nonce="+nonce, nil)
	if err != nil {
		return err
	}
	// A redirect would lead away from the sandbox.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

	response, err := client.Do(request)
	if err != nil {
		return err
	}

	defer func() { _ = response.Body.Close() }()

	var result struct {
		Proof []byte `json:"proof"`
	}

	const most = 4 << 10
	if response.StatusCode != http.StatusOK ||
		json.NewDecoder(io.LimitReader(response.Body, most)).Decode(&result) != nil {
		return fmt.Errorf("%w: it returned status %d", errUnproven, response.StatusCode)
	}

	mac := hmac.New(sha256.New, []byte(s.ProofKey))
	mac.Write([]byte("upstash-connect sandbox\n" + nonce))

	if s.ProofKey == "" || !hmac.Equal(mac.Sum(nil), result.Proof) {
		return errUnproven
	}

	return nil
}
