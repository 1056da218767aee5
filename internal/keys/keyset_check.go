package keys

import (
	"context"
	"errors"

	"github.com/upstash-connect/bff/internal/seal"
)

// ErrWrongKeyset means that the sealing keyset opens nothing of what is stored.
var ErrWrongKeyset = errors.New(
	"the sealing keyset opens none of the keys in this database: it is another's, or an older one",
)

// Sampler hands out some connections that hold a key.
type Sampler interface {
	SealedSample(ctx context.Context, most int) ([]Connection, error)
}

const sampleSize = 16

// CheckKeyset returns ErrWrongKeyset when no sampled key opens. A server that started so would take every connection
// for damaged and mint anew. One key that opens is enough: a single damaged row must not keep the others from being
// served.
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
