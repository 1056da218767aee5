package db

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
)

// sealedColumn is a column of sealed values, and the column with the id of the row's connection or service. These names
// are constants, so they are inserted into SQL without quoting.
type sealedColumn struct{ table, column, owner string }

// sealedColumns lists all of them. A column missing here would not be rotated; a test compares the list with the
// schema.
func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{"connections", "sealed_key", "id"},
		{"creates", "sealed_answer", "connection_id"},
		{"webhook_secrets", "sealed_secret", "service_id"},
	}
}

func findColumn(at seal.Cell) (sealedColumn, error) {
	for _, c := range sealedColumns() {
		if c.table == at.Table && c.column == at.Column {
			return c, nil
		}
	}

	return sealedColumn{}, fmt.Errorf("%s.%s is not a sealed column", at.Table, at.Column)
}

// SealedColumns implements rotation.Rows.
func (d *DB) SealedColumns() []seal.Cell {
	var places []seal.Cell
	for _, c := range sealedColumns() {
		places = append(places, seal.Cell{Table: c.table, Column: c.column})
	}

	return places
}

// SealedRows implements rotation.Rows.
func (d *DB) SealedRows(
	ctx context.Context, column seal.Cell, after string, except []byte, most int,
) ([]rotation.Row, error) {
	c, err := findColumn(column)
	if err != nil {
		return nil, err
	}
	var found []struct {
		ID, Owner string
		Sealed    []byte
	}

	err = d.runRead(ctx, func(read *gorm.DB) error {
		query := read.Table(c.table).Select("id, "+c.owner+" AS owner, "+c.column+" AS sealed").
			Where(c.column+" IS NOT NULL AND id > ?", after)
		if except != nil {
			query = query.Where("substr("+c.column+", 1, 5) <> ?", except)
		}

		return query.Order("id").Limit(most).Find(&found).Error
	})
	if err != nil {
		return nil, err
	}

	rows := make([]rotation.Row, 0, len(found))
	for _, row := range found {
		at := seal.Cell{Table: c.table, Row: row.ID, Column: c.column}
		rows = append(rows, rotation.Row{At: at, Owner: row.Owner, Sealed: row.Sealed})
	}

	return rows, nil
}

// Reseal implements rotation.Rows. It updates the rows in the given order, so that two concurrent calls do not
// deadlock.
func (d *DB) Reseal(ctx context.Context, changes []rotation.Change) (changed int, err error) {
	err = d.inOwnTransaction(ctx, func(tx *gorm.DB) error {
		changed = 0
		for _, change := range changes {
			c, err := findColumn(change.At)
			if err != nil {
				return err
			}

			result := tx.Table(c.table).Where("id = ? AND "+c.column+" = ?", change.At.Row, change.From).
				Updates(map[string]any{c.column: change.To})
			if result.Error != nil {
				return result.Error
			}
			changed += int(result.RowsAffected)
		}

		return nil
	})

	return changed, err
}

// KeyUses implements rotation.Rows.
func (d *DB) KeyUses(ctx context.Context) ([]rotation.Use, error) {
	var uses []rotation.Use
	for _, c := range sealedColumns() {
		var found []keyCount
		prefix := "substr(" + c.column + ", 1, 5)"

		err := d.runRead(ctx, func(read *gorm.DB) error {
			return read.Table(c.table).Select(prefix + " AS prefix, count(*) AS count").
				Where(c.column + " IS NOT NULL").Group(prefix).Order("1").Find(&found).Error
		})
		if err != nil {
			return nil, err
		}
		uses = append(uses, c.uses(found)...)
	}

	return uses, nil
}

// KeysInUse implements rotation.Guard. It steps from key to key by the index, and counts up to most. (With an equality
// instead of the second range, SQLite would read the complete table after an ANALYZE that found all values alike.)
func (d *DB) KeysInUse(ctx context.Context, most int) ([]rotation.Use, error) {
	var uses []rotation.Use
	for _, c := range sealedColumns() {
		statement := strings.NewReplacer(
			"PREFIX", "substr("+c.column+", 1, 5)", "VALUES", c.table+" WHERE "+c.column+" IS NOT NULL",
		).Replace(
			`
WITH RECURSIVE used(prefix) AS (
	SELECT (SELECT PREFIX FROM VALUES ORDER BY PREFIX LIMIT 1)
	UNION ALL
	SELECT (SELECT PREFIX FROM VALUES AND PREFIX > used.prefix ORDER BY PREFIX LIMIT 1) FROM used WHERE used.prefix IS NOT NULL
)
SELECT prefix, (
	SELECT count(*) FROM (SELECT PREFIX AS found FROM VALUES AND PREFIX >= used.prefix ORDER BY PREFIX LIMIT ?) AS few WHERE found = used.prefix
) AS count FROM used WHERE prefix IS NOT NULL`,
		)

		var found []keyCount
		if err := d.runRead(
			ctx, func(read *gorm.DB) error { return read.Raw(statement, most).Scan(&found).Error },
		); err != nil {
			return nil, err
		}
		uses = append(uses, c.uses(found)...)
	}

	return uses, nil
}

// keyCount is how many values of a column start with a prefix.
type keyCount struct {
	Prefix []byte
	Count  int
}

func (c sealedColumn) uses(found []keyCount) []rotation.Use {
	var uses []rotation.Use
	for _, use := range found {
		id, known := seal.KeyIDOf(use.Prefix)
		uses = append(uses, rotation.Use{Table: c.table, Key: id, Known: known, Count: use.Count})
	}

	return uses
}

type retiredKeyRow struct {
	Prefix []byte `gorm:"primaryKey"`
}

func (retiredKeyRow) TableName() string { return "retired_keys" }

// RetireKeys implements rotation.Retirer. Triggers of the schema then reject the keys. SQLite serializes writers, so
// every later one sees the change. On Postgres a short table lock waits for the writers that began earlier
// (https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES).
func (d *DB) RetireKeys(ctx context.Context, keys []seal.KeyID) error {
	rows := make([]retiredKeyRow, 0, len(keys))
	for _, key := range slices.Sorted(slices.Values(keys)) {
		rows = append(rows, retiredKeyRow{Prefix: key.Prefix()})
	}

	if len(rows) == 0 {
		return nil
	}

	return d.inOwnTransaction(ctx, func(tx *gorm.DB) error {
		if !d.file {
			if err := tx.Exec("LOCK TABLE connections, creates, webhook_secrets IN SHARE MODE").Error; err != nil {
				return err
			}
		}

		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
	})
}

// RetiredKey implements rotation.Retirer.
func (d *DB) RetiredKey(ctx context.Context, key seal.KeyID) (bool, error) {
	var count int64
	err := d.runRead(ctx, func(read *gorm.DB) error {
		return read.Model(&retiredKeyRow{}).Where("prefix = ?", key.Prefix()).Count(&count).Error
	})

	return count > 0, err
}
