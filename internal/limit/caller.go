package limit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Caller is whoever a limit is kept for: an opaque value that names nobody.
type Caller string

// NewCaller makes the caller of a kind ("account") that these parts identify. Other kinds and parts are other callers.
func NewCaller(kind string, parts ...string) Caller {
	hash := sha256.New()
	for _, part := range append([]string{kind}, parts...) {
		_, _ = fmt.Fprintf(hash, "%d:%s", len(part), part)
	}

	return Caller(hex.EncodeToString(hash.Sum(nil)))
}
