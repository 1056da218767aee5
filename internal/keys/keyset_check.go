package keys

import (
	"context"
	"errors"

	"github.com/upstash-connect/bff/internal/seal"
)

// ErrWrongKeyset means that the sealing keyset decrypts none of the stored keys.
var ErrWrongKeyset = errors.New(
	"the sealing keyset decrypts none of the keys in this database: it belongs to another database or is outdated",
)

// Sampler returns some connections that have a key.
type Sampler interface {
	SealedSample(ctx context.Context, most int) ([]Connection, error)
}

const sampleSize = 16

// CheckKeyset returns ErrWrongKeyset when no sampled key can be decrypted. A server with the wrong keyset would treat
// every connection as damaged and mint new keys. One success is enough: a single damaged row must not stop the server.
func CheckKeyset(ctx context.Context, sampler Sampler, box *seal.Box) error {
	sample, err := sampler.SealedSample(ctx, sampleSize)
	if err != nil || len(sample) == 0 {
		return err
	}

	for _, connection := range sample {
		if _, err := box.Open(connection.SealedKey, keyCell(connection.ID)); err == nil {
			return nil
		}
	}

	return ErrWrongKeyset
}
