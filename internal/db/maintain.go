package db

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// AuditKept is how long audit events are kept.
const AuditKept = 400 * 24 * time.Hour

const maintainEvery = 30 * time.Second

// Maintain deletes, until ctx ends, what has expired and truncates the write-ahead log, in which a destroyed key's page
// would otherwise live on until the log is next reused.
func (d *DB) Maintain(ctx context.Context, logger *slog.Logger) {
	ticker := time.NewTicker(maintainEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case at := <-ticker.C:
			if err := d.Tidy(ctx, at); err != nil && ctx.Err() == nil {
				logger.WarnContext(ctx, "database maintenance failed; it is tried again", "error", err)
			}
		}
	}
}

// Tidy does one round of Maintain.
func (d *DB) Tidy(ctx context.Context, at time.Time) error {
	write := d.write.WithContext(ctx)
	return storage(errors.Join(
		write.Where("expires_at < ? OR idle_until < ?", millis(at), millis(at)).Delete(&sessionRow{}).Error,
		write.Where("expires_at < ?", millis(at)).Delete(&usedTokenRow{}).Error,
		write.Where("at < ?", millis(at.Add(-AuditKept))).Delete(&auditRow{}).Error,
		write.Exec("PRAGMA wal_checkpoint(TRUNCATE)").Error,
	))
}
