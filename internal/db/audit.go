package db

import (
	"context"

	"gorm.io/gorm"

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

// auditBatch is how many events are read at a time: the log may be long.
const auditBatch = 500

// Record implements keys.Auditor: it appends. Triggers keep everybody from changing an event.
func (d *DB) Record(ctx context.Context, event keys.Event) error {
	return d.set(ctx, func(write *gorm.DB) error { return appendEvents(write, []keys.Event{event}) })
}

// appendEvents writes events with one statement, so that they are the log's all together or not at all.
func appendEvents(write *gorm.DB, events []keys.Event) error {
	if len(events) == 0 {
		return nil // GORM takes an empty list for a mistake
	}

	rows := make([]auditRow, 0, len(events))
	for _, event := range events {
		rows = append(rows, auditRow{
			At: millis(event.At), Action: string(event.Action), ConnectionID: event.ConnectionID, Detail: event.Detail,
		})
	}

	return write.Create(&rows).Error
}

// Events lists the audit events that a filter picks, oldest first, and calls each for every one of them. It stops at
// the first error of each, and takes as long as each does.
func (d *DB) Events(ctx context.Context, filter keys.EventFilter, each func(keys.Event) error) error {
	query := d.read.WithContext(ctx).Model(&auditRow{}).Where("at >= ?", millis(filter.Since))
	if filter.Action != "" {
		query = query.Where("action = ?", filter.Action)
	}
	var batch []auditRow

	return storage(query.FindInBatches(&batch, auditBatch, func(*gorm.DB, int) error {
		for _, row := range batch {
			event := keys.Event{
				At:           fromMillis(&row.At),
				Action:       keys.Action(row.Action),
				ConnectionID: row.ConnectionID,
				Detail:       row.Detail,
			}
			if err := each(event); err != nil {
				return err
			}
		}

		return nil
	}).Error)
}
