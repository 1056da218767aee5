package rotation

import (
	"context"
	"fmt"
	"strings"

	"github.com/upstash-connect/bff/internal/seal"
)

// KeysetRejectedError means that a valid keyset does not match the current state of this database. Its text names key
// ids.
type KeysetRejectedError struct{ Reason string }

func (e *KeysetRejectedError) Error() string { return "the sealing keyset is rejected: " + e.Reason }

// Guard is the part of the store that CheckKeyset reads.
type Guard interface {
	// KeysInUse counts values by table and key, up to most of each, so that it need not read them all.
	KeysInUse(ctx context.Context, most int) ([]Use, error)
	RetiredKey(ctx context.Context, key seal.KeyID) (bool, error)
}

// minMissingValues distinguishes a missing key from damage: two values that begin with the same key's id were sealed
// by it.
const minMissingValues = 2

// CheckKeyset returns a *KeysetRejectedError for a keyset that lacks a key in use, such as one from before a rotation,
// and for one that seals with a retired key.
func CheckKeyset(ctx context.Context, guard Guard, keyset *seal.Keyset) error {
	retired, err := guard.RetiredKey(ctx, keyset.Primary())
	if err != nil {
		return err
	}

	if retired {
		return &KeysetRejectedError{
			Reason: fmt.Sprintf(
				"a rotation retired its primary, key %d; use the keyset from after that rotation", keyset.Primary(),
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
			"): it is from before a rotation, or belongs to another database"}
	}

	return nil
}
