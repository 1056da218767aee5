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

// prove asks whatever listens where the sandbox is described to prove that it is the sandbox, before anything is opened
// there or sent. Its ports may be another user's since it was killed. One listener of it speaks for all: they are one
// process's, which keeps them while it lives. The error is a *UnresponsiveSandboxError.
func (s Sandbox) verify(ctx context.Context) error {
	if err := s.challenge(ctx, rand.Text()); err != nil {
		return &UnresponsiveSandboxError{Path: s.path, Unproven: errors.Is(err, errUnproven)}
	}

	return nil
}

// asked asks the control listener for the HMAC-SHA256 of what the proof is for and the nonce (RFC 2104), by the key in
// the description. A listener that has no key cannot tell; one that hands the question on to the sandbox's next run
// meets another key.
func (s Sandbox) challenge(ctx context.Context, nonce string) error {
	ctx, cancel := context.WithTimeout(ctx, sandboxPatience)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Control+"/proof?nonce="+nonce, nil)
	if err != nil {
		return err
	}
	// Where it would send us on to is nothing of the sandbox's.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

	response, err := client.Do(request)
	if err != nil {
		return err
	}

	defer func() { _ = response.Body.Close() }()

	var answer struct {
		Proof []byte `json:"proof"`
	}

	const most = 4 << 10
	if response.StatusCode != http.StatusOK ||
		json.NewDecoder(io.LimitReader(response.Body, most)).Decode(&answer) != nil {
		return fmt.Errorf("%w: it answered %d", errUnproven, response.StatusCode)
	}

	mac := hmac.New(sha256.New, []byte(s.ProofKey))
	mac.Write([]byte("upstash-connect sandbox\n" + nonce))

	if s.ProofKey == "" || !hmac.Equal(mac.Sum(nil), answer.Proof) {
		return errUnproven
	}

	return nil
}
