package db

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/session"
)

type sessionRow struct {
	TokenHash    []byte `gorm:"primaryKey"`
	ConnectionID string
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	IdleUntil    int64
	ExpiresAt    int64
}

func (sessionRow) TableName() string { return "sessions" }

// InsertSession implements session.Store. An account that was disconnected between its connect and here gets no session:
// keys.ErrConnectRequired.
func (d *DB) InsertSession(ctx context.Context, s session.Session) error {
	return storage(d.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var connected int64
		err := tx.Model(&connectionRow{}).Where("id = ? AND state <> ?", s.ConnectionID, keys.Disconnected).Count(&connected).Error
		if err != nil {
			return err
		}
		if connected == 0 {
			return keys.ErrConnectRequired
		}
		return tx.Create(&sessionRow{
			TokenHash: s.TokenHash[:], ConnectionID: s.ConnectionID, CreatedAt: millis(s.CreatedAt),
			IdleUntil: millis(s.IdleUntil), ExpiresAt: millis(s.ExpiresAt),
		}).Error
	}))
}

// FindSession implements session.Store.
func (d *DB) FindSession(ctx context.Context, tokenHash [sha256.Size]byte) (session.Session, error) {
	var found struct {
		Row             sessionRow `gorm:"embedded"`
		Issuer, Subject string
	}
	err := d.read.WithContext(ctx).Model(&sessionRow{}).
		Select("sessions.*, connections.issuer, connections.subject").
		Joins("JOIN connections ON connections.id = sessions.connection_id").
		Where("sessions.token_hash = ?", tokenHash[:]).Take(&found).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return session.Session{}, session.ErrNotFound
	}
	return session.Session{
		TokenHash: tokenHash, ConnectionID: found.Row.ConnectionID, Issuer: found.Issuer, Subject: found.Subject,
		CreatedAt: fromMillis(&found.Row.CreatedAt), IdleUntil: fromMillis(&found.Row.IdleUntil), ExpiresAt: fromMillis(&found.Row.ExpiresAt),
	}, storage(err)
}

// TouchSession implements session.Store.
func (d *DB) TouchSession(ctx context.Context, tokenHash [sha256.Size]byte, idleUntil time.Time) error {
	return storage(d.write.WithContext(ctx).Model(&sessionRow{}).Where("token_hash = ?", tokenHash[:]).
		Updates(map[string]any{"idle_until": millis(idleUntil)}).Error)
}

// DeleteSession implements session.Store.
func (d *DB) DeleteSession(ctx context.Context, tokenHash [sha256.Size]byte) error {
	return storage(d.write.WithContext(ctx).Where("token_hash = ?", tokenHash[:]).Delete(&sessionRow{}).Error)
}

// DeleteSessionsOf implements session.Store.
func (d *DB) DeleteSessionsOf(ctx context.Context, connectionID string) error {
	return storage(d.write.WithContext(ctx).Where("connection_id = ?", connectionID).Delete(&sessionRow{}).Error)
}
