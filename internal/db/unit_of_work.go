package db

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// unitOfWork is one transaction in progress. It runs what requests use often as prepared statements, and the rest
// through GORM.
type unitOfWork struct {
	ctx context.Context
	d   *DB
	tx  *sql.Tx
}

// gorm returns the transaction for use with GORM.
func (u *unitOfWork) gorm() *gorm.DB {
	tx := u.d.write.Session(&gorm.Session{Context: u.ctx, NewDB: true})
	tx.Statement.ConnPool = u.tx

	return tx
}

// exec runs a statement that changes rows, and returns how many it changed.
func (u *unitOfWork) exec(s *statement, values ...any) (int64, error) {
	result, err := u.d.writes.exec(u.ctx, u.tx, s, values)
	if err != nil {
		return 0, u.d.translate(err)
	}

	return result.RowsAffected()
}

// findOne runs a statement that returns at most one row, and reports whether it did.
func (u *unitOfWork) findOne(s *statement, scan func(row *sql.Rows) error, values ...any) (found bool, err error) {
	rows, err := u.d.writes.queryTx(u.ctx, u.tx, s, values)
	if err != nil {
		return false, u.d.translate(err)
	}

	err = readAll(rows, func(rows *sql.Rows) error {
		if found = rows.Next(); !found {
			return nil
		}

		return scan(rows)
	})

	return found, err
}

// translate maps the databases' constraint violations to GORM's errors.
func (d *DB) translate(err error) error {
	if translator, ok := d.write.Dialector.(gorm.ErrorTranslator); ok {
		return translator.Translate(err)
	}

	return err
}

// execStatement is transact for a single prepared statement that changes rows. On Postgres that is its own transaction,
// and so one round trip to the server.
func (d *DB) execStatement(ctx context.Context, s *statement, values ...any) (changed int64, err error) {
	if d.file {
		err = d.transact(ctx, func(u *unitOfWork) (err error) {
			changed, err = u.exec(s, values...)
			return err
		})

		return changed, err
	}

	if d.readOnly {
		return 0, &UnavailableError{Cause: errReadOnly}
	}

	err = d.retry(ctx, isRetryable, func(ctx context.Context) error {
		d.writes.observe(s, values)

		result, err := d.writes.pool.ExecContext(ctx, s.postgres, values...)
		if err != nil {
			return markUnknownCommit(d.translate(err), true)
		}
		changed, err = result.RowsAffected()

		return err
	})

	return changed, err
}
