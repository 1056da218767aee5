package api

import (
	"net/http"
	"strings"

	"github.com/upstash-connect/bff/internal/problem"
)

const maxIdempotencyKey = 255

// isPlainKey tells what an Idempotency-Key may be: a Structured Field String's content without what would need escaping
// or make a list, so that quoted (as draft-ietf-httpapi-idempotency-key-header has it) and bare (as most send it) are
// the same.
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

// idempotencyKey reads the header; "" when there is none. Two lines, a list, or an empty key are refused: a caller that
// means to be safe must learn that it is not.
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

// CheckIdempotencyKey refuses a key that the header could not carry. ProblemOf words the error.
func CheckIdempotencyKey(key string) error {
	if !isPlainKey(key) {
		return problem.New(problem.IdempotencyKeyInvalid,
			"Send one Idempotency-Key of 1 to 255 visible characters without comma, quote or backslash.")
	}

	return nil
}
