package db

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
)

const (
	maintenanceInterval     = 30 * time.Second
	truncateRetry           = time.Second
	refusedRetention        = 30 * 24 * time.Hour
	clockMargin             = time.Hour // a token may be accepted a little beyond its end
	connectSessionRetention = 24 * time.Hour
)

// Maintain deletes, until ctx ends, what has expired and truncates the write-ahead log, in which a destroyed key's page
// would otherwise live on until the log is next reused: after every disconnect at once, else every half minute.
// Postgres keeps its own log.
func (d *DB) Maintain(ctx context.Context, logger *slog.Logger) {
	ticker := time.NewTicker(maintenanceInterval)
	defer ticker.Stop()

	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case at := <-ticker.C:
			err = d.Tidy(ctx, at)
		case <-d.truncate:
			err = d.checkpoint(ctx)
		}

		if err == nil || ctx.Err() != nil {
			continue
		}
		logger.WarnContext(ctx, "database maintenance failed; it is tried again", "error", err)

		select {
		case <-ctx.Done():
			return
		case <-time.After(truncateRetry):
			d.requestTruncate()
		}
	}
}

// requestTruncate asks Maintain for a checkpoint.
func (d *DB) requestTruncate() {
	select {
	case d.truncate <- struct{}{}:
	default: // asked already
	}
}

var errCheckpointBusy = errors.New("the write-ahead log is in use")

// checkpoint moves the write-ahead log into the database and empties it. SQLite reports one that did not get through as
// a value, not as an error (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
func (d *DB) checkpoint(ctx context.Context) error {
	if !d.file {
		return nil
	}
	var result struct{ Busy, Log, Checkpointed int }

	err := d.write.WithContext(ctx).Raw("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&result).Error
	if err == nil && result.Busy != 0 {
		err = errCheckpointBusy
	}

	return asUnavailable(err)
}

// Tidy does one round of Maintain. Several replicas may do it at once.
func (d *DB) Tidy(ctx context.Context, at time.Time) error {
	return errors.Join(
		// and then the next: an OR of both would read the whole table
		d.deleteWhere(ctx, &sessionRow{}, "idle_until < ?", millis(at)),
		d.deleteWhere(ctx, &sessionRow{}, "expires_at < ?", millis(at)),
		d.deleteWhere(ctx, &usedTokenRow{}, "expires_at < ?", millis(at.Add(-clockMargin))),
		d.deleteWhere(ctx, &intentRow{}, "state = ? AND created_at < ?", keys.IntentRefused, millis(at.Add(-refusedRetention))),
		d.deleteWhere(ctx, &createRow{}, "expires_at <= ? AND "+mayExpire, millis(at)),
		d.deleteWhere(ctx, &connectSessionRow{}, "expires_at < ?", millis(at.Add(-connectSessionRetention))),
		// asked once: a clock in the condition keeps from the index
		d.deleteWhere(ctx, &limitRow{}, "tat <= (SELECT "+nowMicros(d.write)+")"),
		d.deleteWhere(ctx, &auditRow{}, "at < (SELECT "+now(d.write)+" - kept FROM retention WHERE kind = 'audit_events')"),
		d.compactCounts(ctx),
		d.checkpoint(ctx),
	)
}

// SetAuditRetention sets how long audit events are kept, at least a week: triggers refuse to delete younger ones. Servers on
// one database should agree; the last to start decides.
func (d *DB) SetAuditRetention(ctx context.Context, kept time.Duration) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Exec(
			"INSERT INTO retention (kind, kept) VALUES ('audit_events', ?) ON CONFLICT (kind) DO UPDATE SET kept = excluded.kept",
			kept.Milliseconds(),
		).Error
	})
}

// deleteBatch bounds one statement on Postgres, so that none runs into the server's time limit.
const deleteBatch = 1000

// discard deletes the rows of a table that a condition picks. On Postgres it does so in batches and passes by what
// another holds, so that neither replicas that tidy up at once nor requests meet in a deadlock: the next round has the
// rest.
func (d *DB) deleteWhere(ctx context.Context, table any, where string, values ...any) error {
	for {
		var gone int64

		err := d.runWriteAlone(ctx, func(write *gorm.DB) error {
			result := write.Where(where, values...)
			if !d.file {
				picked := write.Model(table).Select("ctid").Where(where, values...).Limit(deleteBatch).
					Clauses(
						clause.Locking{
							Strength: clause.LockingStrengthUpdate,
							Options:  clause.LockingOptionsSkipLocked,
						},
					)
				result = write.Where("ctid = ANY(ARRAY(?))", picked)
			}
			result = result.Delete(table)
			gone = result.RowsAffected

			return result.Error
		})
		if err != nil || d.file || gone < deleteBatch {
			return err
		}
	}
}
