package db

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/webhook"
)

const (
	maintenanceInterval     = 30 * time.Second
	truncateRetry           = time.Second
	refusedRetention        = 30 * 24 * time.Hour
	clockMargin             = time.Hour // a token may be accepted slightly after its expiry
	connectSessionRetention = 24 * time.Hour
	failedEventRetention    = 30 * 24 * time.Hour // an operator can list and resend a failed event
	lastAttemptMargin       = time.Hour           // after the end of an event's retention, for its last attempt
)

// Maintain deletes expired rows every half minute until ctx ends. It also truncates the write-ahead log, then and
// immediately after every disconnect: otherwise the page of a destroyed key would stay in the log until SQLite reuses
// it. Postgres manages its own log.
func (d *DB) Maintain(ctx context.Context, logger *slog.Logger) {
	ticker := time.NewTicker(maintenanceInterval)
	defer ticker.Stop()

	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case at := <-ticker.C:
			err = d.DeleteExpired(ctx, at)
		case <-d.truncate:
			err = d.checkpoint(ctx)
		}

		if err == nil || ctx.Err() != nil {
			continue
		}
		logger.WarnContext(ctx, "database maintenance failed; retrying", "error", err)

		select {
		case <-ctx.Done():
			return
		case <-time.After(truncateRetry):
			d.requestTruncate()
		}
	}
}

// requestTruncate requests a checkpoint from Maintain.
func (d *DB) requestTruncate() {
	select {
	case d.truncate <- struct{}{}:
	default: // already requested
	}
}

var errCheckpointBusy = errors.New("the write-ahead log is in use")

// checkpoint moves the write-ahead log into the database and empties it. SQLite reports a checkpoint that could not
// complete as a value, not as an error (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
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

// DeleteExpired does one round of Maintain. Several replicas may run it at once.
func (d *DB) DeleteExpired(ctx context.Context, at time.Time) error {
	return errors.Join(
		// Two statements: an OR of both conditions would read the complete table.
		d.deleteWhere(ctx, &sessionRow{}, "idle_until < ?", millis(at)),
		d.deleteWhere(ctx, &sessionRow{}, "expires_at < ?", millis(at)),
		d.deleteWhere(ctx, &usedTokenRow{}, "expires_at < ?", millis(at.Add(-clockMargin))),
		d.deleteWhere(
			ctx, &intentRow{}, "state = ? AND created_at < ?", keys.IntentRefused, millis(at.Add(-refusedRetention)),
		),
		d.deleteWhere(ctx, &createRow{}, "expires_at <= ? AND "+mayExpire, millis(at)),
		d.deleteWhere(ctx, &connectSessionRow{}, "expires_at < ?", millis(at.Add(-connectSessionRetention))),
		// A subquery, so that the clock is read once: a clock in the condition would prevent the use of the index.
		d.deleteWhere(ctx, &limitRow{}, "tat <= (SELECT "+nowMicros(d.write)+")"),
		d.deleteWhere(ctx, &auditRow{}, "at < (SELECT "+now(d.write)+" - kept FROM retention WHERE kind = 'audit_events')"),
		d.failUnattempted(ctx, at),
		d.endPendingWithoutEndpoint(ctx),
		d.deleteWhere(ctx, &outboxRow{}, "state IN ('delivered', 'unsent') AND at < ?", millis(at.Add(-webhook.Retention))),
		d.deleteWhere(ctx, &outboxRow{}, "state = 'failed' AND at < ?", millis(at.Add(-failedEventRetention))),
		// Of an erased user, no event stays longer than its delivery takes.
		d.deleteWhere(ctx, &outboxRow{}, "state = 'failed' AND at < ? AND NOT EXISTS "+
			"(SELECT 1 FROM connections WHERE connections.id = outbox.connection_id)", millis(at.Add(-webhook.Retention))),
		d.deleteWhere(ctx, &webhookSecretRow{}, "expires_at < ?", millis(at)),
		d.compactCounts(ctx),
		d.checkpoint(ctx),
	)
}

// failUnattempted ends the delivery of events that nobody attempts: their service is disabled, or no server has the
// secrets of the built-in service. Otherwise they would be pending, and stored, forever.
func (d *DB) failUnattempted(ctx context.Context, at time.Time) error {
	ended := at.Add(-lastAttemptMargin)

	// No event is given up before its retention ends: the first condition is for the index.
	_, err := d.updateInBatches(ctx, map[string]any{
		"state":      webhook.Failed,
		"last_error": gorm.Expr("CASE WHEN last_error = '' THEN 'not attempted within 72 hours' ELSE last_error END"),
	}, "state = 'pending' AND at < ? AND give_up_at < ?", millis(ended.Add(-webhook.Retention)), millis(ended))

	return err
}

// SetAuditRetention sets how long audit events are retained, at least a week: triggers reject the deletion of younger
// ones. Servers on one database should agree; the last one to start decides.
func (d *DB) SetAuditRetention(ctx context.Context, retention time.Duration) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Exec(
			"INSERT INTO retention (kind, kept) VALUES ('audit_events', ?) ON CONFLICT (kind) DO UPDATE SET kept = excluded.kept",
			retention.Milliseconds(),
		).Error
	})
}

// deleteBatch bounds one statement that deletes or updates many rows, so that none reaches the server's statement
// timeout.
const deleteBatch = 1000

// deleteWhere deletes the rows of a table that match a condition. On Postgres it works in batches and skips locked
// rows, so that neither concurrent replicas nor requests cause a deadlock. The next round deletes the rest.
func (d *DB) deleteWhere(ctx context.Context, table any, where string, values ...any) error {
	for {
		var deleted int64

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
			deleted = result.RowsAffected

			return result.Error
		})
		if err != nil || d.file || deleted < deleteBatch {
			return err
		}
	}
}
