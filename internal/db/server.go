package db

import (
	"context"
	"maps"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
)

type serverRow struct {
	ID           string `gorm:"primaryKey"`
	Fingerprint  string
	PrimaryKeyID int64 `gorm:"column:primary_key_id"`
	SeenAt       int64
}

func (serverRow) TableName() string { return "servers" }

// serverRetention is after how long a server that stopped without Leave is deleted.
const serverRetention = time.Hour

// Heartbeat implements rotation.Registry.
func (d *DB) Heartbeat(ctx context.Context, server rotation.Server) error {
	err := d.runWrite(ctx, func(write *gorm.DB) error {
		values := map[string]any{
			"fingerprint":    server.Fingerprint,
			"primary_key_id": int64(server.Primary),
			"seen_at":        gorm.Expr(now(write)),
		}
		row := maps.Clone(values)
		row["id"] = server.ID

		return write.Model(&serverRow{}).Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.Assignments(values),
		}).Create(row).Error
	})
	if err != nil {
		return err
	}

	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Where("seen_at < "+now(write)+" - ?", serverRetention.Milliseconds()).Delete(&serverRow{}).Error
	})
}

// Leave implements rotation.Registry.
func (d *DB) Leave(ctx context.Context, id string) error {
	return d.runWrite(ctx, func(write *gorm.DB) error { return write.Where("id = ?", id).Delete(&serverRow{}).Error })
}

// Servers implements rotation.Registry.
func (d *DB) Servers(ctx context.Context, within time.Duration) ([]rotation.Server, error) {
	var rows []serverRow
	err := d.runRead(ctx, func(read *gorm.DB) error {
		return read.Where("seen_at >= "+now(read)+" - ?", within.Milliseconds()).Order("id").Find(&rows).Error
	})

	servers := make([]rotation.Server, 0, len(rows))
	for _, row := range rows {
		primary := seal.KeyID(row.PrimaryKeyID) //nolint:gosec // Heartbeat stores 32 bits
		servers = append(servers, rotation.Server{ID: row.ID, Fingerprint: row.Fingerprint, Primary: primary})
	}

	return servers, err
}
