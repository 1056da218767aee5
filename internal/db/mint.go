package db

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
)

// TakeLease implements keys.Ledger.
func (d *DB) TakeLease(
	ctx context.Context, connectionID string, lease time.Duration,
) (under keys.Connection, fence int64, err error) {
	err = d.inTransaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(
			&connectionRow{},
		).Where(
			"id = ? AND lease_until <= "+now(tx), connectionID,
		).Updates(
			map[string]any{
				"lease_fence": gorm.Expr("lease_fence + 1"),
				"lease_until": gorm.Expr(now(tx)+" + ?", lease.Milliseconds()),
			},
		)
		if result.Error != nil {
			return result.Error
		}

		if result.RowsAffected == 0 {
			return keys.ErrLeaseHeld
		}
		var err error
		under, fence, err = findConnection(tx, findByID, connectionID)

		return err
	})

	return under, fence, err
}

// ReleaseLease implements keys.Ledger.
func (d *DB) ReleaseLease(ctx context.Context, connectionID string, fence int64) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Model(&connectionRow{}).Where("id = ? AND lease_fence = ?", connectionID, fence).
			Updates(map[string]any{"lease_until": 0}).Error
	})
}

// extendLease restarts the lease's time, if this fence is still the latest.
func extendLease(tx *gorm.DB, connectionID string, fence int64, lease time.Duration) error {
	result := tx.Model(&connectionRow{}).Where("id = ? AND lease_fence = ?", connectionID, fence).
		Updates(map[string]any{"lease_until": gorm.Expr(now(tx)+" + ?", lease.Milliseconds())})
	if result.Error == nil && result.RowsAffected == 0 {
		return keys.ErrFenced
	}

	return result.Error
}

// OpenIntent implements keys.Ledger.
func (d *DB) OpenIntent(ctx context.Context, intent keys.Intent, lease time.Duration) error {
	return d.inTransaction(ctx, func(tx *gorm.DB) error {
		if err := extendLease(tx, intent.ConnectionID, intent.Fence, lease); err != nil {
			return err
		}

		return tx.Create(&intentRow{
			ID: intent.ID, ConnectionID: intent.ConnectionID, Name: intent.Name, State: string(keys.IntentOpen),
			Fence: intent.Fence, CreatedAt: millis(intent.CreatedAt),
		}).Error
	})
}

func unsettled() []keys.IntentState { return []keys.IntentState{keys.IntentOpen, keys.IntentUncertain} }

// ResumeIntent implements keys.Ledger.
func (d *DB) ResumeIntent(ctx context.Context, intent keys.Intent, lease time.Duration) error {
	return d.inTransaction(ctx, func(tx *gorm.DB) error {
		if err := extendLease(tx, intent.ConnectionID, intent.Fence, lease); err != nil {
			return err
		}

		result := tx.Model(&intentRow{}).Where("id = ? AND state IN ?", intent.ID, unsettled()).
			Updates(map[string]any{"fence": intent.Fence})
		if result.Error == nil && result.RowsAffected == 0 {
			return keys.ErrFenced
		}

		return result.Error
	})
}

// CloseIntent implements keys.Ledger.
func (d *DB) CloseIntent(ctx context.Context, intent keys.Intent, state keys.IntentState) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		query := write.Model(&intentRow{}).Where("id = ?", intent.ID)
		if state == keys.IntentLeftBehind {
			query = query.Where("state <> ?", keys.IntentLive)
		} else {
			query = query.Where("fence = ? AND state IN ?", intent.Fence, unsettled())
		}

		return query.Updates(map[string]any{"state": state}).Error
	})
}

// StoreKey implements keys.Ledger.
func (d *DB) StoreKey(ctx context.Context, stored keys.StoredKey) (connection keys.Connection, err error) {
	err = d.inTransaction(ctx, func(tx *gorm.DB) error {
		if err := storeKey(tx, stored); err != nil {
			return err
		}

		if err := writePauseEvents(tx, stored.ConnectionID, keys.Active, stored.At); err != nil {
			return err
		}

		first, err := activateIntent(tx, stored)
		if err != nil {
			return err
		}

		if first {
			if err := insertEvents(tx, stored.Events); err != nil {
				return err
			}
		}
		connection, _, err = findConnection(tx, findByID, stored.ConnectionID)

		return err
	})

	return connection, err
}

// storeKey stores the sealed key in its connection and releases the lease, if this fence is still the latest.
func storeKey(tx *gorm.DB, stored keys.StoredKey) error {
	result := tx.Model(&connectionRow{}).Where("id = ? AND lease_fence = ?", stored.ConnectionID, stored.Fence).
		Updates(map[string]any{
			"state": keys.Active, "email": stored.Email, "key_name": stored.Name, "sealed_key": stored.Sealed,
			"connected_at": millis(stored.At), "lease_until": 0,
		})
	if result.Error == nil && result.RowsAffected == 0 {
		return keys.ErrFenced
	}

	return result.Error
}

// activateIntent makes the intent of a stored key the live one. It reports whether it was not live yet: a caller that
// lost a commit's result repeats the commit.
func activateIntent(tx *gorm.DB, stored keys.StoredKey) (first bool, err error) {
	// The replaced key stopped working; whether its owner deleted it is unknown.
	err = tx.Model(&intentRow{}).
		Where("connection_id = ? AND state = ? AND id <> ?", stored.ConnectionID, keys.IntentLive, stored.IntentID).
		Updates(map[string]any{"state": keys.IntentUnconfirmed}).Error
	if err != nil {
		return false, err
	}

	intent := tx.Model(&intentRow{}).Where("id = ? AND connection_id = ?", stored.IntentID, stored.ConnectionID).
		Session(&gorm.Session{}) // reused for two statements

	result := intent.Where("state <> ?", keys.IntentLive).Updates(map[string]any{"state": keys.IntentLive})
	if result.Error != nil || result.RowsAffected == 1 {
		return true, result.Error
	}

	var live int64

	err = intent.Count(&live).Error
	if err == nil && live == 0 {
		err = keys.ErrNotFound
	}

	return false, err
}

// FindIntent reads one intent; it returns keys.ErrNotFound for an unknown id.
func (d *DB) FindIntent(ctx context.Context, intentID string) (keys.Intent, error) {
	var row intentRow

	err := d.runRead(ctx, func(read *gorm.DB) error { return read.Where("id = ?", intentID).Take(&row).Error })
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return keys.Intent{}, keys.ErrNotFound
	}

	return row.intent(), err
}

// releaseMintLeases ends the leases of a stopped server.
func (d *DB) releaseMintLeases(ctx context.Context) error {
	return d.runWrite(ctx, func(write *gorm.DB) error {
		return write.Model(&connectionRow{}).Where("lease_until > 0").Updates(map[string]any{"lease_until": 0}).Error
	})
}
