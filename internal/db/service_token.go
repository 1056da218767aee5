package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

type serviceTokenRow struct {
	ID         string `gorm:"primaryKey"`
	ServiceID  string
	Hash       []byte
	Scopes     string
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	ExpiresAt  int64
	LastUsedAt *int64
	RevokedAt  *int64
}

func (serviceTokenRow) TableName() string { return "service_tokens" }

func (r serviceTokenRow) token() (partner.Token, error) {
	token := partner.Token{
		ID: r.ID, ServiceID: r.ServiceID, CreatedAt: fromMillis(&r.CreatedAt), ExpiresAt: fromMillis(&r.ExpiresAt),
		LastUsedAt: fromMillis(r.LastUsedAt), RevokedAt: fromMillis(r.RevokedAt),
	}
	copy(token.Hash[:], r.Hash)

	return token, fromJSON(r.Scopes, &token.Scopes)
}

// InsertToken implements partner.Store.
func (d *DB) InsertToken(ctx context.Context, token partner.Token, event keys.Event) error {
	err := d.inTransaction(ctx, func(tx *gorm.DB) error {
		row := serviceTokenRow{
			ID: token.ID, ServiceID: token.ServiceID, Hash: token.Hash[:], Scopes: toJSON(token.Scopes),
			CreatedAt: millis(token.CreatedAt), ExpiresAt: millis(token.ExpiresAt),
			LastUsedAt: optionalMillis(token.LastUsedAt), RevokedAt: optionalMillis(token.RevokedAt),
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}

		return d.appendEvents(tx, []keys.Event{event})
	})
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return partner.ErrServiceNotFound
	}

	return err
}

// Tokens implements partner.Store.
func (d *DB) Tokens(ctx context.Context, serviceID string) ([]partner.Token, error) {
	var rows []serviceTokenRow

	err := d.runRead(ctx, func(read *gorm.DB) error {
		query := read.Order("created_at, id")
		if serviceID != "" {
			query = query.Where("service_id = ?", serviceID)
		}

		return query.Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}

	tokens := make([]partner.Token, 0, len(rows))
	for _, row := range rows {
		token, err := row.token()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}

	return tokens, nil
}

// FindToken implements partner.Store.
func (d *DB) FindToken(ctx context.Context, id string) (partner.Token, partner.Service, error) {
	var (
		row     serviceTokenRow
		service foundService
	)

	found, err := d.findOne(ctx, findToken, func(token *sql.Rows) error {
		return token.Scan(append(service.scanTargets(), &row.ID, &row.ServiceID, &row.Hash, &row.Scopes, &row.CreatedAt,
			&row.ExpiresAt, &row.LastUsedAt, &row.RevokedAt)...)
	}, id)
	if err == nil && !found {
		err = partner.ErrInvalidToken
	}

	if err != nil {
		return partner.Token{}, partner.Service{}, err
	}
	token, tokenErr := row.token()
	of, serviceErr := service.service()

	return token, of, errors.Join(tokenErr, serviceErr)
}

var findToken = newStatement("SELECT " + serviceColumnList + ", service_tokens.id, service_id, hash, scopes, " +
	"service_tokens.created_at, expires_at, last_used_at, revoked_at " +
	"FROM service_tokens JOIN services ON services.id = service_tokens.service_id WHERE service_tokens.id = ?")

// RecordTokenUse implements partner.Store.
func (d *DB) RecordTokenUse(ctx context.Context, id string, at time.Time) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Model(&serviceTokenRow{}).Where("id = ?", id).
			Updates(map[string]any{"last_used_at": millis(at)}).Error
	})
}

// EndToken implements partner.Store.
func (d *DB) EndToken(ctx context.Context, id string, until time.Time, revoke bool, event keys.Event) error {
	end := millis(until)

	changed := map[string]any{"expires_at": gorm.Expr("CASE WHEN expires_at > ? THEN ? ELSE expires_at END", end, end)}
	if revoke {
		changed["revoked_at"] = gorm.Expr("CASE WHEN revoked_at < ? THEN revoked_at ELSE ? END", end, end)
	}

	return d.inTransaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(&serviceTokenRow{}).Where("id = ?", id).Updates(changed)
		if result.Error != nil {
			return result.Error
		}

		if result.RowsAffected == 0 {
			return partner.ErrTokenNotFound
		}

		return d.appendEvents(tx, []keys.Event{event})
	})
}
