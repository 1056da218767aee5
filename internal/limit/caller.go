package limit

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Caller is whoever a limit is kept for: an opaque value that names nobody.
type Caller string

// NewCaller makes the caller of a kind ("account") that these parts identify. Other kinds and parts are other callers.
func NewCaller(kind string, parts ...string) Caller {
	identity := appendPart(make([]byte, 0, 256), kind)
	for _, part := range parts {
		identity = appendPart(identity, part)
	}
	sum := sha256.Sum256(identity)

	return Caller(hex.EncodeToString(sum[:]))
}

// appendPart says how long the part is, so that no two lists of parts run together into the same.
func appendPart(to []byte, part string) []byte {
	return append(append(strconv.AppendInt(to, int64(len(part)), 10), ':'), part...)
}
