package db

import (
	"context"
	"database/sql"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
)

type usedTokenRow struct {
	ConnectionID string `gorm:"primaryKey"`
	Digest       []byte `gorm:"primaryKey"`
	ExpiresAt    int64
	Spent        bool
}

func (usedTokenRow) TableName() string { return "used_tokens" }

// RememberToken implements keys.TokenMemory.
func (d *DB) RememberToken(
	ctx context.Context, connectionID string, digest [32]byte, expires time.Time, events ...keys.Event,
) error {
	row := usedTokenRow{ConnectionID: connectionID, Digest: digest[:], ExpiresAt: millis(expires)}
	remember := func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
	}

	if len(events) == 0 {
		return d.set(ctx, remember) // one statement, and so one journey
	}

	return d.change(ctx, func(tx *gorm.DB) error {
		if err := remember(tx); err != nil {
			return err
		}

		return appendEvents(tx, events)
	})
}

// TokenSpent implements keys.TokenMemory.
func (d *DB) TokenSpent(ctx context.Context, connectionID string, digest [32]byte) (bool, error) {
	return d.findOne(ctx, findSpent, func(*sql.Rows) error { return nil }, connectionID, digest[:])
}

var findSpent = hotly("SELECT 1 FROM used_tokens WHERE connection_id = ? AND digest = ? AND spent")
