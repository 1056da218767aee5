package db

import (
	"context"

	"github.com/upstash-connect/bff/internal/keys"
)

type auditRow struct {
	ID           int64 `gorm:"primaryKey"`
	At           int64
	Action       string
	ConnectionID string
	Detail       string
}

func (auditRow) TableName() string { return "audit_events" }

// Record implements keys.Auditor: it appends, and nothing here changes an event.
func (d *DB) Record(ctx context.Context, event keys.Event) error {
	return storage(d.write.WithContext(ctx).Create(&auditRow{
		At: millis(event.At), Action: string(event.Action), ConnectionID: event.ConnectionID, Detail: event.Detail,
	}).Error)
}
