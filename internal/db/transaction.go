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

// inTransaction runs work in one transaction. On Postgres it runs work again when the server rolled the transaction
// back in favor of another, so work must set its results anew each time. It returns *UnavailableError with Unknown when
// the connection was lost and the commit may have happened.
//
// On SQLite the work may share its commit with others (groupCommit), so it must be quick and must not wait for anything
// else.
func (d *DB) inTransaction(ctx context.Context, work func(tx *gorm.DB) error) error {
	return d.transact(ctx, func(u *unitOfWork) error { return work(u.gorm()) })
}

// transact is inTransaction for work that runs prepared statements.
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

// setTimeouts sets the server-side timeouts of a transaction whose session belongs to a pooler.
func (d *DB) setTimeouts(ctx context.Context, tx *sql.Tx) error {
	if !d.pooler.detected.Load() {
		return nil
	}
	_, err := tx.ExecContext(ctx, d.pooler.timeouts.setLocalSQL())

	return err
}

// inOwnTransaction is inTransaction for slow work: it shares its commit with no other work.
func (d *DB) inOwnTransaction(ctx context.Context, work func(tx *gorm.DB) error) error {
	if !d.file {
		return d.inTransaction(ctx, work)
	}

	return d.health.observe(asUnavailable(d.write.WithContext(ctx).Transaction(work)))
}

// runWrite is inTransaction for a single statement, which is its own transaction.
func (d *DB) runWrite(ctx context.Context, work func(write *gorm.DB) error) error {
	if d.file {
		return d.inTransaction(ctx, work)
	}

	return d.runWriteAlone(ctx, work)
}

// runWriteAlone is runWrite for a slow statement.
func (d *DB) runWriteAlone(ctx context.Context, work func(write *gorm.DB) error) error {
	if d.readOnly {
		return &UnavailableError{Cause: errReadOnly}
	}

	return d.retry(
		ctx, isRetryable,
		func(ctx context.Context) error { return markUnknownCommit(work(d.write.WithContext(ctx)), true) },
	)
}

// runRead runs work that reads with one statement. A repeated read is harmless, so it also retries after a lost
// connection.
func (d *DB) runRead(ctx context.Context, work func(read *gorm.DB) error) error {
	return d.retry(ctx, isRetryableRead, func(ctx context.Context) error { return work(d.read.WithContext(ctx)) })
}

func isRetryableRead(err error) bool { return isRetryable(err) || isOpenConnectionLost(err) }

// retry runs work again while again accepts its error, for maxAttempts and the call timeout at most.
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
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // random, or the transactions collide again
		}
		pause *= 2
	}
}

// timeoutError is the error of a server that did not respond in time while its caller still waits.
func timeoutError(err error, callTimeout time.Duration) error {
	var unavailable *UnavailableError
	unknown := errors.As(err, &unavailable) && unavailable.Unknown
	return &UnavailableError{Cause: fmt.Errorf("no response in %s: %w", callTimeout, err), Unknown: unknown}
}
