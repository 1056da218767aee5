package rotation

import (
	"cmp"
	"context"
	"slices"

	"github.com/upstash-connect/bff/internal/seal"
)

// Tally counts the rows of a table that one key has sealed. Known is false for values without the prefix of a sealed
// value.
type Tally struct {
	Use
	Opened int // the part of Count that could be decrypted
}

// Verify decrypts every row, changes nothing, and counts. It returns an *UndecryptableError along with the tallies
// when some rows cannot be decrypted.
func Verify(ctx context.Context, rows Rows, keyset *seal.Keyset, report Reporter) ([]Tally, error) {
	uses, err := rows.KeyUses(ctx)
	if err != nil {
		return nil, err
	}

	total := 0
	for _, use := range uses {
		total += use.Count
	}
	tallies := map[Use]Tally{}
	var undecryptable []Row

	done := 0
	for _, column := range rows.SealedColumns() {
		for after := ""; ; {
			found, err := rows.SealedRows(ctx, column, after, nil, batch)
			if err != nil {
				return nil, err
			}

			if len(found) == 0 {
				break
			}

			after = found[len(found)-1].At.Row
			for _, row := range found {
				if !tally(tallies, keyset, row) {
					undecryptable = append(undecryptable, row)
				}
			}
			done += len(found)
			report.Progress(min(done, total), total)
		}
	}

	if len(undecryptable) > 0 {
		return sorted(tallies), &UndecryptableError{Rows: undecryptable}
	}

	return sorted(tallies), nil
}

func tally(tallies map[Use]Tally, keyset *seal.Keyset, row Row) bool {
	id, known := seal.KeyIDOf(row.Sealed)
	which := Use{Table: row.At.Table, Key: id, Known: known}
	counted := tallies[which]
	counted.Use = Use{Table: which.Table, Key: which.Key, Known: which.Known, Count: counted.Count + 1}

	plaintext, err := keyset.Open(row.Sealed, row.At)
	if err == nil {
		clear(plaintext)
		counted.Opened++
	}
	tallies[which] = counted

	return err == nil
}

func sorted(tallies map[Use]Tally) []Tally {
	list := make([]Tally, 0, len(tallies))
	for _, t := range tallies {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Key, b.Key))
	})

	return list
}
