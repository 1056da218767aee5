package rotation

import (
	"context"
	"fmt"
	"strings"

	"github.com/upstash-connect/bff/internal/seal"
)

// KeysetRejectedError means that a keyset, sound in itself, is not this database's of today. Its text names key ids.
type KeysetRejectedError struct{ Reason string }

func (e *KeysetRejectedError) Error() string { return "the sealing keyset is refused: " + e.Reason }

// Guard is what CheckKeyset asks.
type Guard interface {
	// KeysInUse counts values by table and key, but no more than most of each: that is found without reading them all.
	KeysInUse(ctx context.Context, most int) ([]Use, error)
	RetiredKey(ctx context.Context, key seal.KeyID) (bool, error)
}

// minMissingValues tells a missing key from damage: two values that begin with the id of the same key were sealed by it.
const minMissingValues = 2

// CheckKeyset refuses a keyset that lacks a key in use, as one from before a rotation does, and one that seals with a
// key that was retired. A *KeysetRejectedError says which.
func CheckKeyset(ctx context.Context, guard Guard, keyset *seal.Keyset) error {
	retired, err := guard.RetiredKey(ctx, keyset.Primary())
	if err != nil {
		return err
	}

	if retired {
		return &KeysetRejectedError{
			Reason: fmt.Sprintf(
				"its primary, key %d, was retired by a rotation; use the keyset of after that", keyset.Primary(),
			),
		}
	}

	uses, err := guard.KeysInUse(ctx, minMissingValues)
	if err != nil {
		return err
	}

	var missing []string
	for _, use := range uses {
		if use.Known && !keyset.Has(use.Key) && use.Count >= minMissingValues {
			missing = append(missing, fmt.Sprintf("key %d sealed rows of %s", use.Key, use.Table))
		}
	}

	if len(missing) > 0 {
		return &KeysetRejectedError{Reason: "it lacks keys that are in use (" + strings.Join(missing, ", ") +
			"): it is from before a rotation, or another database's"}
	}

	return nil
}
