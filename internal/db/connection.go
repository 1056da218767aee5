package db

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

type connectionRow struct {
	ID             string `gorm:"primaryKey"`
	Issuer         string
	Subject        string
	Email          string
	State          string
	KeyName        string
	SealedKey      []byte
	ConnectedAt    *int64
	DisconnectedAt *int64
	LeaseFence     int64
	LeaseUntil     int64
	CreatedAt      int64 `gorm:"autoCreateTime:false"`
	Epoch          int64
}

func (connectionRow) TableName() string { return "connections" }

type intentRow struct {
	ID           string `gorm:"primaryKey"`
	ConnectionID string
	Name         string
	State        string
	Fence        int64
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
}

func (intentRow) TableName() string { return "mint_intents" }

func (r intentRow) intent() keys.Intent {
	return keys.Intent{
		ID: r.ID, ConnectionID: r.ConnectionID, Name: r.Name, State: keys.IntentState(r.State),
		Fence: r.Fence, CreatedAt: fromMillis(&r.CreatedAt),
	}
}

func (r connectionRow) connection(intents []intentRow, leaseHeld bool) keys.Connection {
	connection := keys.Connection{
		ID:             r.ID,
		Account:        keys.Account{Issuer: r.Issuer, Subject: r.Subject},
		Email:          r.Email,
		State:          keys.State(r.State),
		KeyName:        r.KeyName,
		SealedKey:      r.SealedKey,
		ConnectedAt:    fromMillis(r.ConnectedAt),
		DisconnectedAt: fromMillis(r.DisconnectedAt),
		LeaseHeld:      leaseHeld,
		Epoch:          r.Epoch,
	}
	for _, row := range intents {
		connection.Intents = append(connection.Intents, row.intent())
	}

	return connection
}

func byAccount(account keys.Account) map[string]any {
	return map[string]any{"issuer": account.Issuer, "subject": account.Subject}
}

// FindConnection implements keys.Store.
func (d *DB) FindConnection(ctx context.Context, account keys.Account) (found keys.Connection, err error) {
	err = d.look(ctx, func(read *gorm.DB) (err error) {
		found, _, err = findAccount(read, account)
		return err
	})

	return found, err
}

// intentColumns name the columns of an intent apart from its connection's.
const intentColumns = "mint_intents.id AS intent_id, mint_intents.connection_id AS intent_connection_id, mint_intents.name AS intent_name, " +
	"mint_intents.state AS intent_state, mint_intents.fence AS intent_fence, mint_intents.created_at AS intent_created_at"

func findAccount(tx *gorm.DB, account keys.Account) (found keys.Connection, fence int64, err error) {
	return findConnection(tx, "issuer = ? AND subject = ?", account.Issuer, account.Subject)
}

// findConnection reads row and intents with one statement, so that they belong together. It returns the fence of the
// connection's last lease as well.
func findConnection(tx *gorm.DB, where string, values ...any) (keys.Connection, int64, error) {
	var found []struct {
		Row    connectionRow `gorm:"embedded"` // a field of its own: GORM skips an embedded type that is not exported
		Intent intentRow     `gorm:"embedded;embeddedPrefix:intent_"`
		Now    int64
	}

	err := tx.Model(&connectionRow{}).Select("connections.*, "+now(tx)+" AS now, "+intentColumns).
		Joins(
			"LEFT JOIN mint_intents ON mint_intents.connection_id = connections.id AND mint_intents.state <> ?",
			keys.IntentRefused,
		).
		Where(where, values...).
		Order("mint_intents.created_at, mint_intents.id").Find(&found).Error
	if err != nil {
		return keys.Connection{}, 0, err
	}

	if len(found) == 0 {
		return keys.Connection{}, 0, keys.ErrNotFound
	}

	var intents []intentRow
	for _, joined := range found {
		if joined.Intent.ID != "" { // else the connection has none
			intents = append(intents, joined.Intent)
		}
	}
	row := found[0].Row

	return row.connection(intents, row.LeaseUntil > found[0].Now), row.LeaseFence, nil
}

// EnsureConnection implements keys.Store. The unique constraint decides a race.
func (d *DB) EnsureConnection(
	ctx context.Context, account keys.Account, id string, at time.Time,
) (found keys.Connection, err error) {
	err = d.change(ctx, func(tx *gorm.DB) error {
		row := connectionRow{
			ID:        id,
			Issuer:    account.Issuer,
			Subject:   account.Subject,
			State:     string(keys.Pending),
			CreatedAt: millis(at),
		}

		result := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if result.Error != nil {
			return result.Error
		}

		if result.RowsAffected == 1 {
			found = row.connection(nil, false) // it is as it was made: nobody else has seen it yet
			return nil
		}
		var err error
		found, _, err = findAccount(tx, account)

		return err
	})

	return found, err
}

// MoveConnection implements keys.Store.
func (d *DB) MoveConnection(ctx context.Context, id, keyName string, from, to keys.State) (moved bool, err error) {
	err = d.set(ctx, func(write *gorm.DB) error {
		result := write.Model(&connectionRow{}).Where("id = ? AND key_name = ? AND state = ?", id, keyName, from).
			Updates(map[string]any{"state": to})
		moved = result.RowsAffected == 1

		return result.Error
	})

	return moved, err
}

// ReuseConnection implements keys.Store.
func (d *DB) ReuseConnection(ctx context.Context, id, keyName, email string) (kept bool, err error) {
	err = d.set(ctx, func(write *gorm.DB) error {
		result := write.Model(
			&connectionRow{},
		).Where(
			"id = ? AND key_name = ? AND sealed_key IS NOT NULL", id, keyName,
		).
			Updates(
				map[string]any{"state": keys.Active, "email": email},
			)
		kept = result.RowsAffected == 1

		return result.Error
	})

	return kept, err
}

// DisconnectConnection implements keys.Store. One that was disconnected before is disconnected again: a mint may be
// under way for it.
func (d *DB) DisconnectConnection(
	ctx context.Context, account keys.Account, at time.Time,
) (endedGrants int, err error) {
	err = d.change(ctx, func(tx *gorm.DB) error {
		var row connectionRow

		err := tx.Select("id").Where(byAccount(account)).Take(&row).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return keys.ErrNotFound
		}

		if err != nil {
			return err
		}

		if err := disconnect(tx, row.ID, at); err != nil {
			return err
		}
		endedGrants, err = revoke(tx, partner.GrantFilter{ConnectionID: row.ID}, revokedByDisconnect, keys.Event{
			At: at, Action: keys.ActionGrantRevoked, Detail: revokedByDisconnect,
		})

		return err
	})
	if err != nil {
		return 0, err
	}
	d.truncateSoon()

	return endedGrants, nil
}

func disconnect(tx *gorm.DB, id string, at time.Time) error {
	// Bumping the fence keeps a mint under way from storing its key into a disconnected row, and the epoch keeps every
	// grant of before from standing again.
	err := tx.Model(&connectionRow{}).Where("id = ?", id).Updates(map[string]any{
		"state": keys.Disconnected, "sealed_key": nil, "key_name": "", "disconnected_at": millis(at),
		"lease_fence": gorm.Expr("lease_fence + 1"), "lease_until": 0, "epoch": gorm.Expr("epoch + 1"),
	}).Error
	if err != nil {
		return err
	}

	err = tx.Model(&intentRow{}).Where("connection_id = ? AND state = ?", id, keys.IntentLive).
		Updates(map[string]any{"state": keys.IntentLeftBehind}).Error
	if err != nil {
		return err
	}

	err = tx.Model(&usedTokenRow{}).Where("connection_id = ?", id).Updates(map[string]any{"spent": true}).Error
	if err != nil {
		return err
	}

	return tx.Where("connection_id = ?", id).Delete(&sessionRow{}).Error
}
