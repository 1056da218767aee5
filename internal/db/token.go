package db

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type usedTokenRow struct {
	ConnectionID string `gorm:"primaryKey"`
	Digest       []byte `gorm:"primaryKey"`
	ExpiresAt    int64
	Spent        bool
}

func (usedTokenRow) TableName() string { return "used_tokens" }

// RememberToken implements keys.TokenMemory.
func (d *DB) RememberToken(ctx context.Context, connectionID string, digest [32]byte, expires time.Time) error {
	row := usedTokenRow{ConnectionID: connectionID, Digest: digest[:], ExpiresAt: millis(expires)}

	return d.set(ctx, func(write *gorm.DB) error {
		return write.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
	})
}

// TokenSpent implements keys.TokenMemory.
func (d *DB) TokenSpent(ctx context.Context, connectionID string, digest [32]byte) (bool, error) {
	var count int64
	err := d.look(ctx, func(read *gorm.DB) error {
		return read.Model(
			&usedTokenRow{},
		).Where(
			"connection_id = ? AND digest = ? AND spent", connectionID, digest[:],
		).Count(
			&count,
		).Error
	})

	return count > 0, err
}
