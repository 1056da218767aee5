package state

import (
	"crypto/rand"
	"fmt"
)

// NewUUID returns a random UUID of version 4 (RFC 9562 section 5.4), the format of database ids and developer keys.
func NewUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80

	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
