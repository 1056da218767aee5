package upstash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
)

// Limits of a raw response.
const (
	MaxRawBytes = 64 << 20
	rawIdle     = 30 * time.Second // without a byte

	rawWindow = 32 << 10
	minSecret = 8 // bytes; no key is shorter
)

// Errors of a raw response whose header had arrived. What was read of the body is a part of it.
var (
	// ErrRawTooLong means that the body is longer than MaxRawBytes.
	ErrRawTooLong error = problem.Sentinel(problem.UpstreamError, "upstash's response is too long",
		fmt.Sprintf("The response is longer than %d MiB. The printed part is not complete.", MaxRawBytes>>20))
	// ErrRawCut means that the connection ended before the body did.
	ErrRawCut error = problem.Sentinel(problem.UpstreamError, "upstash's response was cut",
		"The connection to Upstash ended before the response did. The printed part is not complete.")
)

// RawBody is the body of a raw response, with asterisks in place of the credential that was sent. An error of Upstash
// may quote the request.
type RawBody struct {
	body    io.ReadCloser
	left    int64
	secrets [][]byte
	cancel  context.CancelFunc
	release func() // optional

	held   []byte // read, not yet returned
	clean  int    // the part of held that can be returned
	failed error  // of the body; io.EOF at its end
}

func newRawBody(body io.ReadCloser, credential Credential, cancel context.CancelFunc) *RawBody {
	b := &RawBody{
		body: body, left: MaxRawBytes, cancel: cancel, held: make([]byte, 0, rawWindow),
	}

	pair := strings.TrimPrefix(basic(credential).Reveal(), "Basic ")
	for _, text := range []string{credential.Key.Reveal(), pair} {
		if len(text) >= minSecret {
			b.secrets = append(b.secrets, []byte(text))
		}
	}

	return b
}

// Read implements io.Reader. It holds back as many bytes as a credential has: the rest of one may follow.
func (b *RawBody) Read(into []byte) (int, error) {
	for b.clean == 0 && b.failed == nil {
		b.fill()
	}

	if b.clean == 0 {
		return 0, b.failed
	}
	n := copy(into, b.held[:b.clean])
	b.held = b.held[:copy(b.held, b.held[n:])]
	b.clean -= n

	return n, nil
}

// fill reads once, and replaces what is secret.
func (b *RawBody) fill() {
	free := b.held[len(b.held):cap(b.held)]
	if int64(len(free)) > b.left+1 {
		free = free[:b.left+1] // one byte over the limit shows that there is more
	}

	idle := time.AfterFunc(rawIdle, b.cancel) // not while the reader is busy

	n, err := b.body.Read(free)
	if !idle.Stop() {
		err = ErrRawCut
	}

	b.left -= int64(n)
	if b.left < 0 {
		n, err = n-1, ErrRawTooLong
	}
	b.held = b.held[:len(b.held)+n]
	b.failed = rawReadError(err)

	b.clean = len(b.held)
	for _, text := range b.secrets {
		mask(b.held, text)

		if b.failed == nil {
			b.clean = max(0, min(b.clean, len(b.held)-len(text)+1))
		}
	}
}

// rawReadError leaves out the connection's own text, which may quote the other side.
func rawReadError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, ErrRawTooLong):
		return ErrRawTooLong
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}

	return ErrRawCut
}

func mask(text, secret []byte) {
	for {
		at := bytes.Index(text, secret)
		if at < 0 {
			return
		}
		copy(text[at:], strings.Repeat("*", len(secret)))
		text = text[at+len(secret):]
	}
}

// visible returns the headers without credentials.
func (b *RawBody) visible(header http.Header) http.Header {
	shown := http.Header{}

	for name, values := range header {
		if name == "Authorization" || name == "Proxy-Authorization" {
			continue
		}

		for _, value := range values {
			text := []byte(value)
			for _, secret := range b.secrets {
				mask(text, secret)
			}
			shown[name] = append(shown[name], string(text))
		}
	}

	return shown
}

// Close ends the call.
func (b *RawBody) Close() error {
	err := b.body.Close()
	b.cancel()

	if b.release != nil {
		b.release()
		b.release = nil
	}
	clear(b.held[:cap(b.held)])

	return err
}
