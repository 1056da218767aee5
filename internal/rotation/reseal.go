package rotation

import (
	"context"
	"fmt"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/seal"
)

// batch is the number of rows sealed again in one transaction. On SQLite, the server's writers wait that long.
const batch = 50

// reseal seals every row with the primary. A row that a server changed meanwhile is read again. *UndecryptableError
// lists the rows that cannot be decrypted: they stay unchanged, and the others are sealed anyway.
func (r rotation) reseal(ctx context.Context, keyset *seal.Keyset) error {
	total, err := r.countPending(ctx, keyset)
	if err != nil || total == 0 {
		return err
	}
	r.Report.Step(fmt.Sprintf("sealing %d rows with key %d", total, keyset.Primary()))

	for {
		pass := pass{rotation: r, keyset: keyset, total: total}
		for _, column := range r.Store.SealedColumns() {
			if err := pass.column(ctx, column); err != nil {
				return err
			}
		}

		if pass.lost == 0 {
			if len(pass.undecryptable) > 0 {
				return &UndecryptableError{Rows: pass.undecryptable}
			}

			return nil
		}
	}
}

func (r rotation) countPending(ctx context.Context, keyset *seal.Keyset) (int, error) {
	uses, err := r.Store.KeyUses(ctx)

	total := 0
	for _, use := range uses {
		if !use.Known || use.Key != keyset.Primary() {
			total += use.Count
		}
	}

	return total, err
}

// pass processes all columns once.
type pass struct {
	rotation
	keyset            *seal.Keyset
	done, total, lost int
	undecryptable     []Row
}

func (p *pass) column(ctx context.Context, column seal.Cell) error {
	for after := ""; ; {
		rows, err := p.Store.SealedRows(ctx, column, after, p.keyset.Primary().Prefix(), batch)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].At.Row

		changes := make([]Change, 0, len(rows))
		for _, row := range rows {
			sealed, err := resealRow(p.keyset, row)
			if err != nil {
				p.undecryptable = append(p.undecryptable, row)
				continue
			}
			changes = append(changes, Change{At: row.At, From: row.Sealed, To: sealed})
		}
		killpoint.Reach(killpoint.RotateOpened)

		made, err := p.Store.Reseal(ctx, changes)
		if err != nil {
			return err
		}
		killpoint.Reach(killpoint.RotateResealed)
		p.lost += len(changes) - made
		p.done += len(rows)
		p.Report.Progress(min(p.done, p.total), p.total)
	}
}

func resealRow(keyset *seal.Keyset, row Row) ([]byte, error) {
	plaintext, err := keyset.Open(row.Sealed, row.At)
	if err != nil {
		return nil, err
	}
	defer clear(plaintext)

	return keyset.Seal(plaintext, row.At)
}
