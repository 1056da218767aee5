package db

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// AuditKept is how long audit events are kept. A trigger of the schema knows the same number.
const AuditKept = 400 * 24 * time.Hour

const (
	tidyEvery     = 30 * time.Second
	truncateRetry = time.Second
	refusedKept   = 30 * 24 * time.Hour
	clockMargin   = time.Hour // a token may be accepted a little beyond its end
)

// Maintain deletes, until ctx ends, what has expired and truncates the write-ahead log, in which a destroyed key's page
// would otherwise live on until the log is next reused: after every disconnect at once, else every half minute.
func (d *DB) Maintain(ctx context.Context, logger *slog.Logger) {
	ticker := time.NewTicker(tidyEvery)
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
			d.truncateSoon()
		}
	}
}

// truncateSoon asks Maintain for a checkpoint.
func (d *DB) truncateSoon() {
	select {
	case d.truncate <- struct{}{}:
	default: // asked already
	}
}

var errCheckpointBusy = errors.New("the write-ahead log is in use")

// checkpoint moves the write-ahead log into the database and empties it. SQLite reports one that did not get through as a
// value, not as an error (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
func (d *DB) checkpoint(ctx context.Context) error {
	var result struct{ Busy, Log, Checkpointed int }
	err := d.write.WithContext(ctx).Raw("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&result).Error
	if err == nil && result.Busy != 0 {
		err = errCheckpointBusy
	}
	return storage(err)
}

// Tidy does one round of Maintain.
func (d *DB) Tidy(ctx context.Context, at time.Time) error {
	write := d.write.WithContext(ctx)
	return storage(errors.Join(
		write.Where("expires_at < ? OR idle_until < ?", millis(at), millis(at)).Delete(&sessionRow{}).Error,
		write.Where("expires_at < ?", millis(at.Add(-clockMargin))).Delete(&usedTokenRow{}).Error,
		write.Where("state = ? AND created_at < ?", keys.IntentRefused, millis(at.Add(-refusedKept))).Delete(&intentRow{}).Error,
		write.Where("expires_at <= ?", millis(at)).Delete(&createRow{}).Error,
		write.Where("tat <= "+nowMicros).Delete(&limitRow{}).Error,
		write.Where("at < ?", millis(at.Add(-AuditKept))).Delete(&auditRow{}).Error,
		d.checkpoint(ctx),
	))
}
