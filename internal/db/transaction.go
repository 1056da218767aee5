package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
)

const (
	maxAttempts = 6
	firstPause  = 10 * time.Millisecond
)

// change runs work in one transaction. On Postgres the whole of it is run again when the server gave it up for the sake
// of another, so work must set its results anew each time. *UnavailableError with Unknown when the connection was lost
// where the commit may have landed.
//
// On SQLite it may share the commit with others' work (group): work must not take long, nor wait for anything else.
func (d *DB) inTransaction(ctx context.Context, work func(tx *gorm.DB) error) error {
	return d.transact(ctx, func(u *unitOfWork) error { return work(u.gorm()) })
}

// transact is change for work that has hot statements.
func (d *DB) transact(ctx context.Context, work func(u *unitOfWork) error) error {
	if d.file {
		return d.health.observe(asUnavailable(d.group.run(ctx, work)))
	}

	if d.readOnly {
		return &UnavailableError{Cause: errReadOnly}
	}

	return d.retry(ctx, isRetryable, func(ctx context.Context) error {
		committing := false
		err := d.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			under, _ := tx.Statement.ConnPool.(*sql.Tx)

			err := d.setTimeouts(ctx, under)
			if err == nil {
				err = work(&unitOfWork{ctx: ctx, d: d, tx: under})
			}
			committing = err == nil

			return err
		})

		return markUnknownCommit(err, committing)
	})
}

// bound sets the server's bounds for a transaction, where the session that has it is a pooler's.
func (d *DB) setTimeouts(ctx context.Context, tx *sql.Tx) error {
	if !d.pooler.detected.Load() {
		return nil
	}
	_, err := tx.ExecContext(ctx, d.pooler.timeouts.setLocalSQL())

	return err
}

// inOwnTransaction is change for work that may take long: it shares its commit with nobody.
func (d *DB) inOwnTransaction(ctx context.Context, work func(tx *gorm.DB) error) error {
	if !d.file {
		return d.inTransaction(ctx, work)
	}

	return d.health.observe(asUnavailable(d.write.WithContext(ctx).Transaction(work)))
}

// set is change for work that is one statement, and so a transaction by itself.
func (d *DB) runWrite(ctx context.Context, work func(write *gorm.DB) error) error {
	if d.file {
		return d.inTransaction(ctx, work)
	}

	return d.runWriteAlone(ctx, work)
}

// setAlone is set for a statement that may take long.
func (d *DB) runWriteAlone(ctx context.Context, work func(write *gorm.DB) error) error {
	if d.readOnly {
		return &UnavailableError{Cause: errReadOnly}
	}

	return d.retry(
		ctx, isRetryable, func(ctx context.Context) error { return markUnknownCommit(work(d.write.WithContext(ctx)), true) },
	)
}

// look runs work that reads with one statement. Reading again does no harm, so a lost connection is a reason too.
func (d *DB) runRead(ctx context.Context, work func(read *gorm.DB) error) error {
	return d.retry(ctx, isRetryableRead, func(ctx context.Context) error { return work(d.read.WithContext(ctx)) })
}

func isRetryableRead(err error) bool { return isRetryable(err) || isOpenConnectionLost(err) }

// attempt runs work again while its error is a reason to, a few times at most, within the database's callTimeout.
func (d *DB) retry(ctx context.Context, again func(error) bool, work func(context.Context) error) error {
	caller := ctx
	if d.callTimeout > 0 {
		var cancel context.CancelFunc

		ctx, cancel = context.WithTimeout(ctx, d.callTimeout)
		defer cancel()
	}

	pause := firstPause
	for n := 1; ; n++ {
		err := work(ctx)
		if err != nil && ctx.Err() != nil && caller.Err() == nil {
			return d.health.observe(timeoutError(err, d.callTimeout))
		}

		if err == nil || n == maxAttempts || !again(err) {
			return d.health.observe(asUnavailable(err))
		}

		select {
		case <-ctx.Done():
			return d.health.observe(asUnavailable(err))
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // apart from each other, or they meet again
		}
		pause *= 2
	}
}

// silent is for a server that has not answered in time, while its caller still waits.
func timeoutError(err error, callTimeout time.Duration) error {
	var unavailable *UnavailableError
	unknown := errors.As(err, &unavailable) && unavailable.Unknown
	return &UnavailableError{Cause: fmt.Errorf("no answer in %s: %w", callTimeout, err), Unknown: unknown}
}
