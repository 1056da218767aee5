package db

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
)

// now is the database's own clock in milliseconds: leases of several processes are compared by one clock.
const now = "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)"

// TakeLease implements keys.Ledger.
func (d *DB) TakeLease(ctx context.Context, connectionID string, duration time.Duration) (int64, error) {
	var fence int64
	err := d.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		result := tx.Model(&connectionRow{}).Where("id = ? AND lease_until <= "+now, connectionID).Updates(map[string]any{
			"lease_fence": gorm.Expr("lease_fence + 1"),
			"lease_until": gorm.Expr(now+" + ?", duration.Milliseconds()),
		})
		if result.Error != nil {
			return result.Error
		}
		if result.RowsAffected == 0 {
			return keys.ErrLeaseHeld
		}
		return tx.Model(&connectionRow{}).Where("id = ?", connectionID).Pluck("lease_fence", &fence).Error
	})
	return fence, storage(err)
}

// ExtendLease implements keys.Ledger.
func (d *DB) ExtendLease(ctx context.Context, connectionID string, fence int64, duration time.Duration) error {
	return d.fenced(ctx, connectionID, fence, map[string]any{"lease_until": gorm.Expr(now+" + ?", duration.Milliseconds())})
}

// ReleaseLease implements keys.Ledger.
func (d *DB) ReleaseLease(ctx context.Context, connectionID string, fence int64) error {
	err := d.fenced(ctx, connectionID, fence, map[string]any{"lease_until": 0})
	if errors.Is(err, keys.ErrFenced) {
		return nil
	}
	return err
}

func (d *DB) fenced(ctx context.Context, connectionID string, fence int64, change map[string]any) error {
	result := d.write.WithContext(ctx).Model(&connectionRow{}).Where("id = ? AND lease_fence = ?", connectionID, fence).Updates(change)
	if result.Error == nil && result.RowsAffected == 0 {
		return keys.ErrFenced
	}
	return storage(result.Error)
}

// OpenIntent implements keys.Ledger.
func (d *DB) OpenIntent(ctx context.Context, intent keys.Intent) error {
	return storage(d.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := checkFence(tx, intent.ConnectionID, intent.Fence); err != nil {
			return err
		}
		return tx.Create(&intentRow{
			ID: intent.ID, ConnectionID: intent.ConnectionID, Name: intent.Name, State: string(intent.State),
			Fence: intent.Fence, CreatedAt: millis(intent.CreatedAt),
		}).Error
	}))
}

func checkFence(tx *gorm.DB, connectionID string, fence int64) error {
	var count int64
	err := tx.Model(&connectionRow{}).Where("id = ? AND lease_fence = ?", connectionID, fence).Count(&count).Error
	if err == nil && count == 0 {
		return keys.ErrFenced
	}
	return err
}

// CloseIntent implements keys.Ledger. A live intent is never closed this way: its key is in use.
func (d *DB) CloseIntent(ctx context.Context, intentID string, state keys.IntentState) error {
	result := d.write.WithContext(ctx).Model(&intentRow{}).Where("id = ? AND state <> ?", intentID, keys.IntentLive).
		Updates(map[string]any{"state": state})
	return storage(result.Error)
}

// StoreKey implements keys.Ledger.
func (d *DB) StoreKey(ctx context.Context, stored keys.StoredKey) error {
	return storage(d.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := checkFence(tx, stored.ConnectionID, stored.Fence); err != nil {
			return err
		}
		// The key this one replaces stopped working; whether its owner deleted it cannot be known.
		err := tx.Model(&intentRow{}).Where("connection_id = ? AND state = ?", stored.ConnectionID, keys.IntentLive).
			Updates(map[string]any{"state": keys.IntentUnconfirmed}).Error
		if err != nil {
			return err
		}
		err = tx.Model(&intentRow{}).Where("id = ?", stored.IntentID).Updates(map[string]any{"state": keys.IntentLive}).Error
		if err != nil {
			return err
		}
		return tx.Model(&connectionRow{}).Where("id = ?", stored.ConnectionID).Updates(map[string]any{
			"state": keys.Active, "email": stored.Email, "key_name": stored.Name, "sealed_key": stored.Sealed,
			"connected_at": millis(stored.At), "lease_until": 0,
		}).Error
	}))
}

// FindIntent implements keys.Ledger.
func (d *DB) FindIntent(ctx context.Context, intentID string) (keys.Intent, error) {
	var row intentRow
	err := d.read.WithContext(ctx).Where("id = ?", intentID).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return keys.Intent{}, keys.ErrNotFound
	}
	return row.intent(), storage(err)
}
