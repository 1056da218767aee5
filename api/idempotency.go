package api

import (
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/problem"
)

const maxIdempotencyKey = 255

// isPlainKey reports whether an Idempotency-Key is valid: the content of a Structured Field String without characters
// that need escapes or form a list. The quoted form (draft-ietf-httpapi-idempotency-key-header) and the bare form,
// which most clients send, are then equivalent.
func isPlainKey(key string) bool {
	if key == "" || len(key) > maxIdempotencyKey {
		return false
	}

	for n := range len(key) {
		if b := key[n]; b <= ' ' || b > '~' || b == '"' || b == ',' || b == '\\' {
			return false
		}
	}

	return true
}

// idempotencyKey reads the header, and returns "" if there is none. It rejects two lines, a list and an empty key,
// because the caller expects a protection that such a header cannot give.
func idempotencyKey(r *http.Request) (string, error) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return "", nil
	}

	key := strings.TrimSpace(values[0])
	if inner, ok := strings.CutPrefix(key, `"`); ok {
		if key, ok = strings.CutSuffix(inner, `"`); !ok {
			key = ""
		}
	}

	if len(values) > 1 {
		key = ""
	}

	return key, CheckIdempotencyKey(key)
}

// CheckIdempotencyKey returns a problem for a key that is not valid in the header.
func CheckIdempotencyKey(key string) error {
	if !isPlainKey(key) {
		return problem.New(problem.IdempotencyKeyInvalid,
			"Send one Idempotency-Key of 1 to 255 visible characters without comma, quote or backslash.")
	}

	return nil
}
