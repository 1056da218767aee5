package limit

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Caller identifies the caller of a limit. The value is opaque: it does not reveal who the caller is.
type Caller string

// NewCaller returns the caller that a kind, such as "account", and parts identify. Different kinds or parts give
// different callers.
func NewCaller(kind string, parts ...string) Caller {
	identity := appendPart(make([]byte, 0, 256), kind)
	for _, part := range parts {
		identity = appendPart(identity, part)
	}
	sum := sha256.Sum256(identity)

	return Caller(hex.EncodeToString(sum[:]))
}

// appendPart prefixes the part with its length, so that different lists of parts cannot give the same bytes.
func appendPart(to []byte, part string) []byte {
	return append(append(strconv.AppendInt(to, int64(len(part)), 10), ':'), part...)
}
