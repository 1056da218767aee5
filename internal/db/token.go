package db

import (
	"context"
	"database/sql"
	"time"

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
	values := []any{connectionID, digest[:], millis(expires)}

	if len(events) == 0 {
		_, err := d.execStatement(ctx, rememberToken, values...) // one statement, so one round trip
		return err
	}

	return d.transactForConnection(ctx, connectionID, func(u *unitOfWork) error {
		if _, err := u.exec(rememberToken, values...); err != nil {
			return err
		}

		return u.recordAll(events)
	})
}

var rememberToken = newStatement("INSERT INTO used_tokens (connection_id, digest, expires_at, spent) " +
	"VALUES (?, ?, ?, FALSE) ON CONFLICT DO NOTHING")

// TokenSpent implements keys.TokenMemory.
func (d *DB) TokenSpent(ctx context.Context, connectionID string, digest [32]byte) (bool, error) {
	return d.findOne(ctx, findSpent, func(*sql.Rows) error { return nil }, connectionID, digest[:])
}

var findSpent = newStatement("SELECT 1 FROM used_tokens WHERE connection_id = ? AND digest = ? AND spent")
