package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// index is an index that is created again after its table is filled: sorting a million rows once is much cheaper than
// a million inserts. SQLite drops triggers with the table; the product's triggers only reject changes that nobody
// makes here.
type index struct{ drop, create string }

const sqliteIndexes = `SELECT 'DROP ' || type || ' ' || name, sql FROM sqlite_master
WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type`

const postgresIndexes = `SELECT 'DROP INDEX ' || indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace
AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)`

// quick are settings under which a database fills fast: nobody else has it open, and after a crash it is made again.
func quick(postgres bool) []string {
	if postgres {
		// foreign keys are not checked: the rows come from the referenced table
		return []string{"SET session_replication_role = replica", "SET maintenance_work_mem = '512MB'"}
	}

	return []string{"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = OFF"}
}

// dropIndexes prepares a database for being filled, and returns what must be made again.
func dropIndexes(ctx context.Context, database *sql.DB, postgres bool) ([]index, error) {
	for _, statement := range quick(postgres) {
		if _, err := database.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}

	indexes, err := findIndexes(ctx, database, postgres)
	if err != nil {
		return nil, err
	}

	for _, i := range indexes {
		if _, err := database.ExecContext(ctx, i.drop); err != nil {
			return nil, fmt.Errorf("%s: %w", i.drop, err)
		}
	}

	return indexes, nil
}

func findIndexes(ctx context.Context, database *sql.DB, postgres bool) (indexes []index, err error) {
	query := sqliteIndexes
	if postgres {
		query = postgresIndexes
	}

	rows, err := database.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()

	for rows.Next() {
		var i index
		if err := rows.Scan(&i.drop, &i.create); err != nil {
			return nil, err
		}
		indexes = append(indexes, i)
	}

	return indexes, rows.Err()
}
